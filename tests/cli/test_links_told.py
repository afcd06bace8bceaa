"""What a link tells when it is opened has file, line and column of the scene, as what is told at load has."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

Line = Any  # see conftest.py
Command = Callable[..., Any]

SERVER = "links:\n  a: {type: opcua_server, endpoint: ENDPOINT}\nscenarios:\n"


def place(small: Line, part: str) -> str:
    """file:line:column of `part`, which is once in the scene."""
    file = small.folder / "scene.yaml"
    text = file.read_text()
    assert text.count(part) == 1
    before = text[: text.index(part)]
    return f"{file}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))} "


@pytest.mark.parametrize("name", ["serve", "run"])
def test_that_a_port_in_use_is_told_where_it_is_written(name: str, small: Line, command: Command) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        endpoint = f'"opc.tcp://127.0.0.1:{busy.getsockname()[1]}"'
        small.edit("scenarios:\n", SERVER.replace("ENDPOINT", endpoint))
        said = command(name, small, "--for", "1 s", "--speed", "10x")
    assert (said.code, said.out, len(said.problems)) == (2, "", 1)
    assert said.err.startswith(place(small, endpoint) + "links.a.endpoint: ")


@pytest.mark.parametrize("name", ["serve", "run"])
def test_that_a_link_that_cannot_be_armed_is_told_where_it_stands(
    name: str, small: Line, command: Command
) -> None:
    small.edit("scenarios:\n", SERVER.replace("ENDPOINT", '"opc.tcp://127.0.0.1:0"'))
    said = command(name, small, "--for", "1 s", "--speed", "10x", "--arm", "a")
    assert (said.code, said.out, len(said.problems)) == (2, "", 1)
    assert said.err.startswith(place(small, "{type: opcua_server") + "links.a: ")
    assert "nothing to arm" in said.err
    said = command(name, small, "--for", "1 s", "--speed", "10x", "--arm", "b")
    assert said.err.startswith(place(small, "links:") + "links: there is no link b to arm. ")


def test_that_a_certificate_that_is_none_is_told_where_it_is_named(small: Line, command: Command) -> None:
    (small.folder / "trusted").mkdir()
    small.write("own.der", b"no certificate").write("own.pem", b"no key")
    files = "certificate: own.der, private_key: own.pem, trusted: trusted"
    small.edit("scenarios:\n", SERVER.replace("ENDPOINT", f'"opc.tcp://127.0.0.1:0", {files}'))
    said = command("serve", small, "--for", "1 s")
    assert (said.code, said.out, len(said.problems)) == (2, "", 1)
    assert said.err.startswith(place(small, "own.der") + "links.a.certificate: ")


def test_that_a_device_that_fails_is_told_where_it_stands(
    small: Line, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from commissioning.devices.push_button import PushButton

    def broken(self: PushButton, action: str, value: object = None) -> None:
        raise ArithmeticError("overheated")

    monkeypatch.setattr(PushButton, "operate", broken)
    said = command("run", small, "--for", "10 s")
    assert said.code == 2
    assert said.err.startswith(place(small, "{type: push_button") + "devices.go: go failed at 1.")


def test_that_a_window_is_not_opened_for_a_link_that_is_not_there(small: Line) -> None:
    from commissioning.app.opening import open_scene

    opened = open_scene(small.folder, arm=("plc1",))
    assert opened.source is None
    (problem,) = opened.problems
    assert "there is no link plc1 to arm" in str(problem)
    small.edit("scenarios:\n", SERVER.replace("ENDPOINT", '"opc.tcp://127.0.0.1:0"'))
    (problem,) = open_scene(small.folder, arm=("a",)).problems
    assert str(problem).startswith(place(small, "{type: opcua_server") + "links.a: ")
