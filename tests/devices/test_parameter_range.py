"""Every parameter of every type of device, over all that can be written: it runs, or the scene says why not.

The scenes are made from the examples of the declarations, so a new type is in here at once.
"""

from __future__ import annotations

import json
import math
import random
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.bench.load import load_text
from commissioning.files import scene_text
from commissioning.model.declare import Param, TypeDeclaration
from commissioning.model.dimensions import DIMENSIONS
from commissioning.model.problem import Problems
from commissioning.registry import types
from commissioning.sim.run import Run

DEVICES: dict[str, TypeDeclaration] = {
    name: made.declaration for (kind, name), made in sorted(types().items()) if kind == "device"
}
EVERYTHING = Path(__file__).parents[1] / "scenes" / "everything" / "scene.yaml"
PRODUCTS = {
    "box": {"size": [0.3, 0.2, 0.2], "mass": 2.0},
    "tall": {"size": [0.25, 0.24, 0.4], "mass": 5.0},
}
EXTREMES = (
    0.0, 5e-324, 1e-300, 1e-30, 1e-12, 1e-9, 1e-6, 1e-5, 1e-3, 0.1, 0.5, 1.0, 7.0, 100.0, 1e4, 1e5, 1e6,
    1e9, 1e12, 1e15, 9.2e18, 1e30, 1e100, 1e300, 1.7e308, -1.0, -1e-300, -1e300, math.inf, math.nan,
)  # fmt: skip
ENOUGH = 20_000  # events: a part each microsecond is possible, and nobody waits for it here
WHOLE = (-(1 << 63), -1, 0, 1, 2, 3, 10, 1000, 10**6, 10**9, (1 << 31) - 1, 1 << 63, 10**30)


@contextmanager
def at_most(seconds: int, what: object) -> Iterator[None]:
    """Ends what hangs; the time is far more than anything in here takes."""

    def late(*_: object) -> None:
        raise AssertionError(f"not over after {seconds} s: {what}")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def example(declaration: TypeDeclaration) -> dict[str, Any]:
    """The device in a declaration's example, as plain data, without its surroundings."""
    tree = scene_text.load(declaration.example, "example").tree
    (device,) = tree.values()
    return {key: value for key, value in device.items() if key not in ("to", "along", "at", "tags")}


def small(name: str) -> dict[str, Any]:
    """A line with one device of a type: a source, a belt, the device, sinks."""
    declaration = DEVICES[name]
    thing = example(declaration)
    devices: dict[str, Any] = {}
    feeds = declaration.feeds or declaration.places == "along"
    if feeds:
        target = "x" if declaration.feeds else "end"
        devices["src"] = {"type": "source", "product": "box", "every": 1.5, "to": "way"}
        devices["way"] = {"type": "belt", "length": 3.0, "speed": 0.5, "to": target}
    if target_is_end := declaration.places == "along":
        thing |= {"along": "way", "at": 1.5}
    exits = {out or "plain": f"out_{out}" for out in declaration.outputs}
    if exits:
        thing["to"] = exits.get("plain", exits)
    if thing.get("product"):
        thing["product"] = "box"
    devices["x"] = thing
    for sink in exits.values():
        devices[sink] = {"type": "sink"}
    if target_is_end:
        devices["end"] = {"type": "sink"}
    return {"format": "commissioning-scene/1", "products": PRODUCTS, "devices": devices}


def everything() -> dict[str, Any]:
    """The scene with every type, as plain data."""
    return json.loads(json.dumps(scene_text.load(EVERYTHING.read_text(), "everything").tree))


def loads(tree: Mapping[str, Any]) -> bool:
    try:
        load_text(json.dumps(tree), Path("line/scene.yaml"))
    except Problems:
        return False
    return True


SMALL = {name: tree for name in DEVICES if loads(tree := small(name))}


def value(param: Param, rng: random.Random) -> Any:
    """Something that a user could write for it, most of it in its range."""
    if param.kind in DIMENSIONS:
        number = rng.choice(EXTREMES)
        if rng.random() < 0.5:
            number = 10.0 ** rng.uniform(-12, 12)
        limits = [n for n in (param.minimum, param.maximum, param.exclusive_minimum) if n is not None]
        if limits and rng.random() < 0.3:
            number = rng.choice(limits) * rng.choice((1.0, 1.0 - 1e-12, 1.0 + 1e-12))
        return f"{number} {DIMENSIONS[param.kind].si}" if not DIMENSIONS[param.kind].plain else number
    if param.kind == "integer":
        limits = [int(n) for n in (param.minimum, param.maximum) if n is not None]
        return rng.choice((*WHOLE, *limits, *limits))
    if param.kind == "distribution":
        a, b = rng.choice(EXTREMES), rng.choice(EXTREMES)
        return rng.choice(
            (
                a, {"exponential": a}, {"normal": {"mean": a, "sd": b}}, {"lognormal": {"mean": a, "sd": b}},
                {"erlang": {"mean": a, "k": rng.choice(WHOLE)}}, {"uniform": [min(a, b), max(a, b)]},
                {"triangular": [min(a, b), a, max(a, b)]}, {"weibull": {"mean": a, "shape": b}}, "always",
            )
        )  # fmt: skip
    if param.kind == "boolean":
        return rng.random() < 0.5
    if param.kind == "choice":
        return rng.choice((*param.choices, "other"))
    return rng.choice(
        (None, "", "x", 0, -1, 1e300, True, [], {}, [1], {"a": 1}, "box", {"box": 1e300}, {"box": 5e-324})
    )


def holds(tree: dict[str, Any], what: object) -> None:
    """It loads and runs ten seconds, restores and goes on; or it has problems, each with a place."""
    with at_most(30, what):
        try:
            loaded = load_text(json.dumps(tree), Path("line/scene.yaml"))
        except Problems as problems:
            assert all(problem.where.file for problem in problems.problems), str(problems)
            return
        run = Run(loaded, 1)
        for name in ("Q_Src", "Q_B1", "Q_B2", "Q_Pu", "Q_Sp"):
            if name in run.tags:
                run.write(name, True)
        for _ in range(2):
            end = run.now_ns + 5_000_000_000
            before = run.events
            while run.now_ns < end and run.problem is None and run.events < before + ENOUGH:
                run.advance_to(min(end, max(run.now_ns, run.line.kernel.next_time() or end)))
            if run.problem is not None:  # a source that always has a part, into what always takes one
                assert "without end at one instant" in run.problem.what, f"{what}: {run.problem}"
                assert "give `every` a time" in run.problem.what
                return
            run = Run.restore(loaded, run.snapshot())


def test_that_most_types_are_tried_in_a_small_line() -> None:
    """The others only in the line of everything, which must hold every type (see the test of snapshots)."""
    assert len(SMALL) >= 18, sorted(set(DEVICES) - set(SMALL))


@settings(max_examples=250, deadline=None)
@given(seed=st.integers(0, 1 << 32))
def test_that_any_parameter_of_a_device_is_refused_or_runs(seed: int) -> None:
    rng = random.Random(seed)
    name = rng.choice(sorted(SMALL))
    tree = json.loads(json.dumps(SMALL[name]))
    device = tree["devices"]["x"]
    params = [param for param in DEVICES[name].params if param.kind != "file"]
    for param in rng.sample(params, min(len(params), rng.choice((1, 1, 2, 3)))):
        device[param.name] = value(param, rng)
    holds(tree, device)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 1 << 32))
def test_that_any_parameter_in_a_line_of_everything_is_refused_or_runs(seed: int) -> None:
    rng = random.Random(seed)
    tree = everything()
    identity = rng.choice(sorted(tree["devices"]))
    device = tree["devices"][identity]
    params = [param for param in DEVICES[device["type"]].params if param.kind != "file"]
    for param in rng.sample(params, min(len(params), 1)):
        device[param.name] = value(param, rng)
    holds(tree, device)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 1 << 32))
def test_that_any_size_of_a_product_is_refused_or_runs(seed: int) -> None:
    rng = random.Random(seed)
    tree = json.loads(json.dumps(SMALL["belt"]))
    box = tree["products"]["box"]
    box["size"][rng.randrange(3)] = rng.choice(EXTREMES)
    box["mass"] = rng.choice((2.0, rng.choice(EXTREMES)))
    holds(tree, box)


@pytest.mark.parametrize(
    ("device", "param", "written", "said"),
    [
        ("belt", "speed", "1e-300 m/s", "speed is 1e-300 m/s, but must be at least 1e-05 m/s"),
        ("belt", "acceleration", "1e-300 m/s2", "acceleration is 1e-300 m/s2, but must be 0 or at least"),
        ("pusher", "speed", "1e-9 m/s", "but must be at least 1e-05 m/s"),
        ("belt", "speed", "1e300 m/s", "but must be more than 0 m/s and at most 10000 m/s"),
        ("source", "every", {"exponential": "1e-300 s"}, "shorter than a nanosecond"),
        ("push_button", "hold", "1e300 s", "at most"),
        ("roller_conveyor", "zones", 10**9, "at most 1000"),
    ],
)
def test_that_what_time_in_nanoseconds_cannot_hold_is_told_at_its_place(
    device: str, param: str, written: Any, said: str
) -> None:
    """10 km at 0.01 mm/s take 32 years; 64 bits hold 292 years of nanoseconds."""
    tree = json.loads(json.dumps(SMALL[device]))
    tree["devices"]["x"][param] = written
    with pytest.raises(Problems) as raised:
        load_text(json.dumps(tree), Path("line/scene.yaml"))
    (problem,) = raised.value.problems
    assert said in problem.what
    assert problem.where.id.startswith(f"devices.x.{param}") and problem.where.line
