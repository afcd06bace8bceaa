"""A world of lanes, saved at random events while commands are played, goes on alike when restored."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["goes_on_alike"]

NS = 1_000_000_000


def goes_on_alike(
    world: Any, restored: Callable[[Any], Any], plan: Sequence[tuple[float, list[Any]]], rng: random.Random,
    share: float, most: int,
) -> None:  # fmt: skip
    """`plan`: s, command. At a `share` of all events, and at the first, it is saved; `most` of those are
    restored, as plain data, and played on: the journal and every saved attribute are the same."""
    taken: list[tuple[int, Any]] = []

    def play(world: Any, start: int, saves: bool) -> None:
        for step in range(start, len(plan)):
            t, command = plan[step]
            until = round(t * NS)
            while saves and (at := world.kernel.next_time()) is not None and at <= until:
                world.kernel.advance(at)
                if rng.random() < share or not taken:
                    taken.append((step, world.save()))
            world.kernel.advance(until)
            world.do(command)
        world.kernel.advance(round((plan[-1][0] + 10.0) * NS))

    play(world, 0, True)
    end, digest = world.save(), world.journal.digest()
    for step, data in rng.sample(taken, min(most, len(taken))):
        plain = json.loads(json.dumps(data))
        again = restored(plain)
        assert again.save() == plain
        play(again, step, False)
        assert again.save() == end
        assert again.journal.digest() == digest
