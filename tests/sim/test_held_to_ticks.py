"""Every type of device whose times follow from motion is held to a tick loop without code of the product."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from commissioning.bench.load import load
from commissioning.registry import declarations
from commissioning.sim.run import Run

TESTS = Path(__file__).parents[1]
EVERYTHING = TESTS / "scenes" / "everything"

HELD = {
    "agvs": "sim/fleet_cases.py sim/test_round_ticks.py",
    "belt": "sim/test_device_ticks.py sim/test_track_ticks.py",
    "chain_conveyor": "sim/test_device_ticks.py",
    "crane": "sim/test_round_ticks.py",
    "curve": "sim/test_mover_ticks.py",
    "lift": "sim/test_mover_ticks.py devices/test_axis_motion.py",
    "pusher": "sim/test_mover_ticks.py",
    "rack": "sim/test_round_ticks.py",
    "roller_conveyor": "sim/test_device_ticks.py sim/test_reversible_conveyor_ticks.py",
    "separator": "sim/test_mover_ticks.py",
    "shuttle": "sim/test_mover_ticks.py",
    "stopper": "sim/test_mover_ticks.py",
    "turntable": "sim/test_mover_ticks.py devices/test_axis_motion.py",
}
"""Types with a drive or an axis, and where their tick loops are. Those of bare lanes (ramps, jerk, belts that
turn, the merge by gaps) are in `sim/lanes`; that of `fleet_cases` is run by `test_fleet_ticks`."""
PASSING_ON = {
    "assembly": "sim/test_track_ticks.py", "buffer": "sim/test_track_ticks.py",
    "disassembly": "sim/test_track_ticks.py", "diverter": "sim/test_device_ticks.py",
    "merge": "sim/test_merge_ticks.py", "popup": "sim/test_device_ticks.py",
    "sink": "sim/test_device_ticks.py", "source": "sim/test_device_ticks.py",
    "station": "sim/fleet_cases.py", "transfer": "sim/test_device_ticks.py",
}  # fmt: skip
"""What decides by itself when parts move on."""
SENSING = {
    "barcode_reader": "sim/test_passing_ticks.py", "colour_sensor": "sim/test_passing_ticks.py",
    "encoder": "devices/test_continuous_sensors.py", "height_eye": "sim/test_passing_ticks.py",
    "laser_distance": "devices/test_continuous_sensors.py", "light_curtain": "sim/test_passing_ticks.py",
    "photo_eye": "sim/test_passing_ticks.py", "proximity": "sim/test_passing_ticks.py",
    "scale": "sim/test_passing_ticks.py",
}  # fmt: skip
"""What tells how parts move."""
WITHOUT_MOTION = {
    "estop_button", "inspection", "manual_station", "operators", "push_button", "router", "stack_light",
}  # fmt: skip
"""Times of work and people only, routes, what is pressed and what lights up."""


def test_that_every_type_of_device_is_held_to_a_tick_loop_or_moves_nothing() -> None:
    shipped = {name for kind, name in declarations() if kind == "device"}
    assert {*HELD, *PASSING_ON, *SENSING, *WITHOUT_MOTION} == shipped
    for kind, files in (HELD | PASSING_ON | SENSING).items():
        for file in files.split():
            text = (TESTS / file).read_text()
            assert f"type: {kind}" in text or f'"{kind}"' in text, (kind, file)


def test_that_whatever_has_a_drive_or_an_axis_counts_as_moving() -> None:
    run = Run(load(EVERYTHING), 1)
    types = {device.id: device.declaration.type for device in run.line.devices.values()}
    assert {types[name.split(".")[0]] for name in run.journal.header["core"]["drives"]} == set(HELD)


@pytest.mark.parametrize("file", sorted(Path(__file__).parent.glob("tick_*.py")), ids=lambda file: file.stem)
def test_that_a_loop_imports_nothing_of_the_product(file: Path) -> None:
    names: list[str] = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    assert names
    assert not [name for name in names if name.partition(".")[0] == "commissioning"]
