"""A client of the line's OPC UA server reads values that run between events; nothing is journaled for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from asyncua import Client

from commissioning.bench.load import load_text
from commissioning.sim.run import Run
from commissioning.sim.session import Session

LINE = """
format: commissioning-scene/1
devices:
  belt: {type: belt, length: 3 m, speed: 0.5 m/s, to: out}
  out:  {type: sink}
  enc:  {type: encoder, along: belt, at: 1 m, counts: 10000, tags: {count: I_Count}}
controllers:
  outside: {type: none}
links:
  hmi: {type: opcua_server, endpoint: "ENDPOINT"}
"""


def test_that_a_client_sees_the_count_go_on_while_the_belt_runs(
    free_endpoint: Callable[[], str], ask: Any
) -> None:
    """5,000 counts/s: values in the order in which the belt had them, and 2 s show thousands."""
    endpoint = free_endpoint()
    loaded = load_text(LINE.replace("ENDPOINT", endpoint), Path("scene.yaml"))
    session = Session(lambda: Run(loaded, seed=1), speed=1.0)
    try:
        assert session.wait_links(30) == ()
        length = session.journal.length

        async def watch() -> list[int]:
            seen = []
            async with Client(endpoint) as client:
                node = client.get_node("ns=2;s=I_Count")
                session.start()
                for _ in range(20):
                    await asyncio.sleep(0.1)
                    seen.append(await node.read_value())
            return seen

        seen = ask(watch(), 60)
        session.pause()
        now = session.wait(10).now_ns
        assert all(after >= before for before, after in pairwise(seen))
        assert len(set(seen)) >= 10
        assert 2_000 < seen[-1] - seen[2] <= 5_000 * now / 1e9
        assert session.journal.length == length
    finally:
        session.close()
