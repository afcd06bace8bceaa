"""`commissioning serve` and `run --arm` as processes of their own, as a user starts them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asyncua import Client, ua

SCENE = """
format: commissioning-scene/1
name: Served
products:
  carton: {size: [0.30 m, 0.20 m, 0.20 m], mass: 2.5 kg}
devices:
  infeed: {type: source, product: carton, every: 2 s, to: belt1}
  belt1:  {type: belt, pose: {xyz: [0, 0, 0.75]}, length: 1 m, width: 0.5 m, speed: 0.5 m/s,
           acceleration: 2 m/s2, to: out, tags: {run: Q_Run}}
  pe1:    {type: photo_eye, along: belt1, at: 0.5 m, tags: {blocked: I_PE1}}
  out:    {type: sink}
"""
NONE = """
controllers: {outside: {type: none}}
links: {hmi: {type: opcua_server, endpoint: "ENDPOINT"}}
"""
EXTERNAL = """
controllers: {plc: {type: external, link: plc1}}
links: {plc1: {type: opcua_client, endpoint: "ENDPOINT", node: "ns=2;s={name}"}}
"""
VARIABLES = {"I_PE1": (False, ua.VariantType.Boolean), "Q_Run": (True, ua.VariantType.Boolean)}


def scene_at(folder: Path, controller: str, endpoint: str) -> Path:
    (folder / "scene.yaml").write_text(SCENE + controller.replace("ENDPOINT", endpoint), "utf-8")
    return folder


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "commissioning", *words]


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a signal")
def test_that_serve_lets_a_client_run_the_line_until_ctrl_c(
    tmp_path: Path, free_endpoint: Callable[[], str], ask: Any
) -> None:
    endpoint = free_endpoint()
    folder = scene_at(tmp_path, NONE, endpoint)
    served = subprocess.Popen(
        command("serve", str(folder), "--record", str(tmp_path / "served.rec")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert served.stdout is not None
        assert f"{endpoint} is up" in served.stdout.readline()

        async def drive() -> int:
            import asyncio

            edges = 0
            async with Client(endpoint) as client:
                await client.get_node("ns=2;s=Q_Run").write_value(True)
                last = False
                for _ in range(400):
                    data = await client.get_node("ns=2;s=I_PE1").read_data_value(raise_on_bad_status=False)
                    now = bool(data.Value.Value)
                    edges, last = edges + (now != last), now
                    if edges >= 2:
                        break
                    await asyncio.sleep(0.02)
            return edges

        assert ask(drive(), 40) >= 2
        served.send_signal(signal.SIGINT)
        out, err = served.communicate(timeout=20)
    finally:
        served.kill()
        served.communicate()
    assert served.returncode == 0 and "Traceback" not in err, err
    digest = re.search(r"digest ([0-9a-f]{64})", out)
    assert digest is not None
    verified = subprocess.run(
        command("replay", str(tmp_path / "served.rec"), "--verify"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert verified.returncode == 0 and digest.group(1) in verified.stdout, verified.stdout + verified.stderr


@pytest.mark.parametrize("armed", [False, True])
def test_that_a_run_writes_to_its_controller_only_with_arm(
    tmp_path: Path, plc_factory: Any, armed: bool
) -> None:
    plc = plc_factory()
    plc.start(VARIABLES)
    folder = scene_at(tmp_path, EXTERNAL, plc.endpoint)
    words = ["run", str(folder), "--for", "4 s", "--speed", "2x", *(["--arm", "plc1"] if armed else [])]
    done = subprocess.run(command(*words), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    if armed:
        assert ("I_PE1", True) in plc.values
    else:
        assert plc.requests == 0


def test_that_a_port_in_use_ends_serve_with_2_and_no_traceback(tmp_path: Path, plc_factory: Any) -> None:
    plc = plc_factory()
    plc.start({})
    folder = scene_at(tmp_path, NONE, plc.endpoint)
    done = subprocess.run(command("serve", str(folder)), capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "already in use" in done.stderr and "links.hmi" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_that_no_plc_ends_a_run_with_2_and_no_traceback(
    tmp_path: Path, free_endpoint: Callable[[], str]
) -> None:
    folder = scene_at(tmp_path, EXTERNAL, free_endpoint())
    words = ("run", str(folder), "--for", "1 s", "--speed", "1x")
    done = subprocess.run(command(*words), capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "no OPC UA server answers" in done.stderr
    assert done.stderr.startswith(f"{folder / 'scene.yaml'}:14:") and "links.plc1.endpoint: " in done.stderr
    assert "Traceback" not in done.stderr
