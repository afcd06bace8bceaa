"""A line with links that nobody uses runs as if it had none, and a client of ours runs one that it may."""

from __future__ import annotations

import asyncio
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from asyncua import Client

from commissioning.bench.load import LoadedScene, load_text
from commissioning.sim.run import Run
from commissioning.sim.session import Session

LINE = """
format: commissioning-scene/1
name: Two belts
products:
  carton: {size: [0.30 m, 0.20 m, 0.20 m], mass: 2.5 kg}
devices:
  infeed: {type: source, product: carton, every: {exponential: 4 s}, to: belt1}
  belt1:  {type: belt, pose: {xyz: [0, 0, 0.75]}, length: 3 m, width: 0.5 m, speed: 0.5 m/s,
           acceleration: 2 m/s2, to: out, tags: {run: Q_Run}}
  pe1:    {type: photo_eye, along: belt1, at: 2.15 m, tags: {blocked: I_PE1}}
  out:    {type: sink}
controllers:
  outside: {type: none}
links:
  hmi: {type: opcua_server, endpoint: "ENDPOINT"}
"""


def load_line(endpoint: str) -> LoadedScene:
    return load_text(LINE.replace("ENDPOINT", endpoint), Path("scene.yaml"))


def test_that_a_line_that_is_watched_has_the_digest_of_one_that_is_not(
    free_endpoint: Callable[[], str], ask: Any, until: Callable[..., None]
) -> None:
    endpoint = free_endpoint()
    loaded = load_line(endpoint)
    alone = Run(loaded, seed=1)
    alone.force("Q_Run", True)
    alone.advance("10 min")

    session = Session(lambda: Run(loaded, seed=1), speed=math.inf, until_ns=600_000_000_000)
    try:
        assert session.wait_links(30) == ()
        session.do(lambda run: run.force("Q_Run", True)).result(5)

        async def watch() -> Any:
            async with Client(endpoint) as client:
                await client.get_node("ns=2;s=I_PE1").read_data_value(raise_on_bad_status=False)
                session.start()
                await asyncio.to_thread(until, lambda: session.status().state == "ended", 60)
                for _ in range(100):  # the last values are on their way when the run ends
                    last = await client.get_node("ns=2;s=I_PE1").read_value()
                    if last == session.run.tags["I_PE1"].value:
                        break
                    await asyncio.sleep(0.05)
                return last

        last = ask(watch(), 90)
        assert session.status().state == "ended"
        assert last == session.run.tags["I_PE1"].value
        assert session.journal.digest() == alone.journal.digest()
    finally:
        session.close()


def test_that_a_port_in_use_is_a_problem_of_the_link_and_not_the_end_of_the_run(
    free_endpoint: Callable[[], str], until: Callable[..., None]
) -> None:
    loaded = load_line(free_endpoint())
    first = Session(lambda: Run(loaded, seed=1), speed=math.inf, until_ns=10**9)
    try:
        assert first.wait_links(30) == ()
        second = Session(lambda: Run(loaded, seed=1), speed=math.inf, until_ns=10**9)
        try:
            (problem,) = second.wait_links(30)
            assert problem.where.id == "links.hmi.endpoint" and problem.cause and problem.cure
            second.start()
            until(lambda: second.status().state == "ended", 30)
            assert dict(second.status().links)["hmi"].state == "refused"
        finally:
            second.close()
    finally:
        first.close()


def test_that_a_scene_without_links_does_not_pay_for_the_protocol_library() -> None:
    code = (
        "import sys; from commissioning.registry import types; types(); "
        "print([m for m in ('asyncua', 'cryptography') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
