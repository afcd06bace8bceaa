"""Endpoints: what the text in the scene says, and whether we may listen there."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from commissioning.model.problem import Problem

__all__ = ["Endpoint", "parse_endpoint", "port_problem"]

MakeProblem = Callable[..., Problem]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An ``opc.tcp://host:port/path`` address."""

    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"opc.tcp://{host}:{self.port}{self.path}"

    @property
    def loopback(self) -> bool:
        """Whether only programs on this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False  # a name: nobody knows what it resolves to tomorrow


def parse_endpoint(text: str) -> Endpoint:
    """Raises ValueError with a cure in its text."""
    example = "write it like opc.tcp://127.0.0.1:4840"
    parts = urlsplit(text.strip())
    if parts.scheme != "opc.tcp":
        raise ValueError(f"{text!r} is no OPC UA endpoint; {example}")
    if parts.username is not None or parts.password is not None:
        raise ValueError("an endpoint must not hold a user name or password: a scene is no place for secrets")
    try:
        port = parts.port
    except ValueError as error:
        raise ValueError(f"the port of {text!r} is no number up to 65535; {example}") from error
    if not parts.hostname:
        raise ValueError(f"{text!r} names no host; {example}")
    return Endpoint(parts.hostname, 4840 if port is None else port, parts.path)


def port_problem(endpoint: Endpoint, problem: MakeProblem) -> Problem | None:
    """Why nothing can listen at `endpoint`, None if something can. Asks the system by binding once."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            endpoint.host, endpoint.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        return problem(
            f"{endpoint.host} is no address of this machine",
            cause=error.strerror or str(error),
            cure="use opc.tcp://127.0.0.1:4840, or an address of this machine",
            key="endpoint",
        )
    with socket.socket(family, kind, proto) as probe:
        if os.name == "posix":  # as asyncio does: a port whose last connection lingers is free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except OSError as error:
            return busy_problem(endpoint, error, problem)
    return None


def busy_problem(endpoint: Endpoint, error: OSError, problem: MakeProblem) -> Problem:
    """What to tell about an endpoint that the system refused to bind."""
    if error.errno == errno.EADDRINUSE:
        return problem(
            f"port {endpoint.port} on {endpoint.host} is already in use",
            cause="another program, or another run of this scene, listens there",
            cure="end it, or give this link another port in `endpoint`",
            key="endpoint",
        )
    if error.errno == errno.EACCES:
        return problem(
            f"this user may not listen on port {endpoint.port}",
            cause=error.strerror or str(error),
            cure="use a port above 1023",
            key="endpoint",
        )
    return problem(
        f"cannot listen on {endpoint.host} port {endpoint.port}",
        cause=error.strerror or str(error),
        cure="use opc.tcp://127.0.0.1:4840, or an address of this machine",
        key="endpoint",
    )
