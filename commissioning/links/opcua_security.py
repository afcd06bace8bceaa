"""Who may connect to the server link: users and certificates. Needs the OPC UA library."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.user_managers import UserManager
from asyncua.ua.status_codes import StatusCodes
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

__all__ = ["Security", "Unreadable", "Users", "accept_on_loopback"]


class Unreadable(ValueError):
    """A certificate or key that cannot be used; `param` names the parameter of the link."""

    def __init__(self, param: str, what: str, cause: str = "") -> None:
        super().__init__(what)
        self.param, self.cause = param, cause


class Security:
    """Certificate and key of this server, and the folder of client certificates it trusts.

    Trust is by the certificate itself (SHA-256 of it), not by its issuer. An empty folder trusts nobody.
    Raises Unreadable.
    """

    def __init__(self, certificate: Path, private_key: Path, trusted: Path) -> None:
        self.certificate, self.private_key = certificate, private_key
        own = _read(certificate, "certificate")
        if _public(_read_key(private_key)) != _public(own):
            raise Unreadable("private_key", f"{private_key} is not the key of {certificate}")
        self._trusted: set[bytes] = set()
        for path in sorted(trusted.iterdir()):
            if path.suffix.lower() in (".der", ".crt", ".cer", ".pem"):
                self._trusted.add(_read(path, "trusted").fingerprint(hashes.SHA256()))

    def trusts(self, certificate: bytes | None) -> bool:
        return certificate is not None and _load(certificate).fingerprint(hashes.SHA256()) in self._trusted

    async def validate(self, certificate: x509.Certificate, application: ua.ApplicationDescription) -> None:
        now = datetime.now(UTC)
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise ServiceError(StatusCodes.BadCertificateTimeInvalid)
        if certificate.fingerprint(hashes.SHA256()) not in self._trusted:
            raise ServiceError(StatusCodes.BadCertificateUntrusted)


def _read(path: Path, param: str) -> x509.Certificate:
    try:
        return _load(path.read_bytes())
    except (OSError, ValueError) as error:
        raise Unreadable(param, f"{path} is no certificate", str(error)) from error


def _read_key(path: Path) -> PrivateKeyTypes:
    try:
        return load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:  # TypeError: it wants a password
        raise Unreadable("private_key", f"{path} is no private key without password", str(error)) from error


def _public(holder: x509.Certificate | PrivateKeyTypes) -> bytes:
    return holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _load(data: bytes) -> x509.Certificate:
    if data.startswith(b"-----BEGIN"):
        return x509.load_pem_x509_certificate(data)
    return x509.load_der_x509_certificate(data)


async def accept_on_loopback(certificate: x509.Certificate, application: ua.ApplicationDescription) -> None:
    """Without encryption a client certificate proves nothing; only loopback is served like that."""


class Users(UserManager):
    """No user names, no administrators. Anonymous on unencrypted loopback, else a trusted certificate."""

    def __init__(self, security: Security | None) -> None:
        self._security = security

    def get_user(
        self,
        iserver: Any,
        username: str | None = None,
        password: str | None = None,
        certificate: Any = None,
    ) -> User | None:
        if username is not None or password is not None:
            return None
        if self._security is not None and not self._security.trusts(certificate):
            return None
        return User(role=UserRole.User)
