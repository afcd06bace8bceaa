"""Energy by state, its peak and its demand: sums made by hand from the times of a deterministic line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from commissioning.bench.load import load_text
from commissioning.bench.single import run_once
from commissioning.model.problem import Problems
from commissioning.model.record import RECORD, Kind, State
from commissioning.sim.analysis.energy import energy, powers
from commissioning.sim.run import Run

SCENE = """format: commissioning-scene/1
products: {{box: {{size: [0.3 m, 0.2 m, 0.2 m]}}}}
devices:
  src: {{type: source, product: box, every: 10 s, limit: 5, to: m}}
  m: {{type: station, cycle: 4 s, to: out, power: {power}}}
  team: {{type: operators, power: {{idle: 100 W}}}}
  out: {{type: sink}}
"""


def build(power: str) -> Run:
    run = Run(load_text(SCENE.format(power=power), Path("scene.yaml")), 1)
    run.advance("100 s")
    return run


def test_that_energy_is_power_by_state_times_the_time_in_it() -> None:
    """Five cycles of 4 s at 3 kW, 80 s starved at 0.5 kW, and 100 W all the time: 60 + 40 + 10 kJ."""
    run = build("{working: 3 kW, starved: 500 W}")
    used = energy(run.journal.header, run.journal.records(), run.now_ns)
    assert used is not None
    assert used.devices["m"].by_state == pytest.approx({"working": 60 / 3600, "starved": 40 / 3600})
    assert used.kwh == pytest.approx(110 / 3600)
    assert (used.parts, used.kwh_per_part) == (5, pytest.approx(22 / 3600))
    assert (used.peak_kw, used.peak_at_s) == (pytest.approx(3.1), 10.0)
    assert used.demand_kw == pytest.approx(1.1)  # 110 kJ in 100 s
    assert run.kpi()["m"].energy_kwh == pytest.approx(100 / 3600)
    assert run.kpi()["out"].energy_kwh is None


def test_that_energy_of_a_window_leaves_out_what_was_before() -> None:
    run = build("{working: 3 kW, starved: 500 W}")
    used = energy(run.journal.header, run.journal.records(), 50_000_000_000, 12_000_000_000)
    assert used is not None  # 12-14, 20-24, 30-34, 40-44 s at work, 24 s starved, 38 s of 100 W
    assert used.kwh == pytest.approx((14 * 3.0 + 24 * 0.5 + 38 * 0.1) / 3600)
    assert used.parts == 4


def test_that_a_state_without_a_power_takes_that_of_idle_and_off_takes_none() -> None:
    watts = powers({"idle": 200.0, "working": 900.0})
    assert watts[State.BLOCKED] == watts[State.DOWN] == watts[State.IDLE] == 200.0
    assert (watts[State.WORKING], watts[State.OFF]) == (900.0, 0.0)
    assert powers({"off": 5.0})[State.OFF] == 5.0


def test_that_a_scene_without_powers_has_no_energy() -> None:
    text = SCENE.replace(", power: {power}", "").replace(", power: {{idle: 100 W}}", "").format()
    run = Run(load_text(text, Path("scene.yaml")), 1)
    run.advance("10 s")
    assert energy(run.journal.header, run.journal.records(), run.now_ns) is None


def test_that_the_peak_and_the_demand_are_those_of_a_second_by_second_meter() -> None:
    """Two devices of random states, an hour: integral, peak and quarter-hour means of a sampled meter."""
    rng = np.random.default_rng(5)
    names = [{"working": 2000.0, "idle": 300.0, "down": 50.0}, {"working": 700.0, "blocked": 900.0}]
    header = {
        "core": {"objects": [{"id": name, "kind": "device"} for name in "ab"]},
        "look": {"devices": {"a": {"power": names[0]}, "b": {"power": names[1]}}},
    }
    rows, meter = [], np.zeros(3600)
    for device in range(2):
        watts = powers(names[device])
        times = np.sort(rng.choice(np.arange(1, 3600), 60, replace=False))
        state, before = int(State.IDLE), 0
        for t in (*times, 3600):
            meter[before:t] += watts[state] / 1e3
            before, state = int(t), int(rng.integers(0, len(State)))
            if t < 3600:
                rows.append((t * 10**9, int(Kind.STATE), state, device, 0, 0.0, 0.0, 0.0, 0.0))
    used = energy(header, np.array(sorted(rows), RECORD), 3600 * 10**9)
    assert used is not None
    assert used.kwh == pytest.approx(meter.sum() / 3600)
    assert used.peak_kw == pytest.approx(meter.max())
    assert used.peak_at_s == float(meter.argmax())
    assert used.demand_kw == pytest.approx(meter.reshape(4, 900).mean(axis=1).max())


def test_that_a_run_tells_its_energy() -> None:
    result = run_once(
        load_text(SCENE.format(power="{working: 3 kW, starved: 500 W}"), Path("scene.yaml")), 100 * 10**9
    )
    facts = result.as_json()
    assert facts["energy"]["kwh_per_part"] == pytest.approx(22 / 3600)
    assert facts["kpi"]["m"]["energy_kwh"] == pytest.approx(100 / 3600)
    assert "kWh a part" in result.as_text()


@pytest.mark.parametrize(
    ("power", "what", "where"),
    [
        ("{working: 3 kg}", "kg", "devices.m.power.working"),
        ("{running: 3 kW}", "no 'running'", "devices.m.power.running"),
        ("{working: -3 kW}", "at least 0", "devices.m.power.working"),
        ("3 kW", "is a mapping", "devices.m.power"),
    ],
)
def test_that_a_wrong_power_is_a_problem_with_its_place(power: str, what: str, where: str) -> None:
    with pytest.raises(Problems, match=what) as caught:
        build(power)
    assert caught.value.problems[0].where.id == where
