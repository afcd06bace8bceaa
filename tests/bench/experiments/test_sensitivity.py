"""What would raise the throughput: one device after the other a little quicker."""

from __future__ import annotations

from pathlib import Path

import pytest

from commissioning.bench.experiments.experiment import ExperimentReport, experiment
from commissioning.bench.experiments.plan import read_plan
from commissioning.bench.load import load_text
from commissioning.bench.pool import LocalPool
from commissioning.model.problem import Problems
from commissioning.model.quantity import parse_quantity
from commissioning.registry import declarations

LINE = """format: commissioning-scene/1
run: {length: 30 min}
products: {box: {size: [0.3 m, 0.2 m, 0.2 m]}}
devices:
  src: {type: source, product: box, every: SOURCE, to: m1}
  m1: {type: station, cycle: M1, to: b}
  b: {type: belt, length: 3 m, speed: 0.5 m/s, to: m2}
  m2: {type: station, cycle: M2, to: out}
  out: {type: sink}
experiments:
  it: {sensitivity: 5 %, warm_up: 10 min, replications: 6}
"""


def line(source: str = "always", m1: str = "2 s", m2: str = "4 s") -> str:
    return LINE.replace("SOURCE", source).replace("M1", m1).replace("M2", m2)


def run(text: str) -> ExperimentReport:
    return experiment(load_text(text, Path("scene.yaml")), "it", make_pool=lambda files: LocalPool(1, files))


def test_that_only_the_machine_that_limits_raises_the_rate_and_by_as_much() -> None:
    """4 s a part in a line without chance: 5 % quicker gives 5 % more, anything else nothing."""
    report = run(line())
    first, *others = report.gains
    assert first.variant == "m2 5 % quicker" and first.significant
    assert first.change == pytest.approx(0.05, abs=2 / 450)  # one part at either end of 450
    assert {gain.variant for gain in others} == {"m1 5 % quicker", "b 5 % quicker"}
    assert all(abs(gain.change) <= 2 / 450 for gain in others)
    assert report.as_json()["sensitivity"][0]["variant"] == "m2 5 % quicker"
    text = report.as_text()
    assert "What would raise out.throughput" in text and "m2 5 % quicker: +" in text
    assert "What would raise out.throughput" in report.as_html()


def test_that_a_line_without_enough_to_do_gains_by_its_source() -> None:
    report = run(line("{exponential: 8 s}"))
    assert report.gains[0].variant == "src 5 % quicker"
    assert report.gains[0].change == pytest.approx(0.05, abs=0.02)
    assert all(abs(gain.change) < 0.005 for gain in report.gains[1:])


def test_that_small_gains_are_told_from_luck_by_shared_random_numbers() -> None:
    """Two machines in turn the slower one: both gain something, the slower in the mean gains more."""
    report = run(line("always", "{exponential: 3.9 s}", "{exponential: 4 s}"))
    gains = {gain.variant: gain for gain in report.gains}
    assert gains["m2 5 % quicker"].significant and gains["m1 5 % quicker"].significant
    assert 0.0 < gains["m1 5 % quicker"].change < 0.05 and 0.0 < gains["m2 5 % quicker"].change < 0.05
    assert not gains["b 5 % quicker"].significant or abs(gains["b 5 % quicker"].change) < 0.01
    spread = [gain.high - gain.low for gain in report.gains if gain.low is not None and gain.high is not None]
    base = report.variant("base").cells["out.throughput"].interval
    assert base is not None and max(spread) < 2 * base.half_width / base.mean  # narrower than each by itself


@pytest.mark.parametrize(
    ("written", "quicker"),
    [
        ("{normal: {mean: 4.2 s, sd: 420 ms}}", {"normal": {"mean": "4 s", "sd": "400 ms"}}),
        ("{erlang: {mean: 4.2 s, k: 3}}", {"erlang": {"mean": "4 s", "k": 3}}),
        ("{uniform: [2.1 s, 4.2 s]}", {"uniform": ["2 s", "4 s"]}),
        ("{box: 4.2 s}", {"box": "4 s"}),
        ("4.2", "4 s"),
        ("{weibull: {mean: 4.2 s, shape: 1.5}}", {"weibull": {"mean": "4 s", "shape": 1.5}}),
    ],
)
def test_that_all_times_of_a_distribution_shrink_and_its_shape_stays(written: str, quicker: object) -> None:
    loaded = load_text(line(m1=written), Path("scene.yaml"))
    plan = read_plan("it", loaded.text, loaded.scene, declarations())
    variant = next(variant for variant in plan.variants if variant.id == "m1 5 % quicker")
    assert _si(variant.overrides[0].value) == _si(quicker)


def _si(value: object) -> object:
    """Times in ns, so that 400 ms and 0.4 s are the same."""
    if isinstance(value, dict):
        return {key: item if key in ("k", "shape") else _si(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_si(item) for item in value]
    return round(parse_quantity(value, "duration") * 1e9)  # type: ignore[arg-type]


def test_that_what_cannot_be_compared_is_a_problem() -> None:
    with pytest.raises(Problems, match="sensitivity compares with the scene as it is"):
        load_text(line().replace("sensitivity: 5 %", "sensitivity: 5 %, baseline: none"), Path("scene.yaml"))
    with pytest.raises(Problems, match="more than 0 %"):
        load_text(line().replace("sensitivity: 5 %", "sensitivity: 0 %"), Path("scene.yaml"))


def test_that_tables_and_figures_show_what_was_asked_and_quicker_devices_stand_by_themselves() -> None:
    report = run(line())
    names = {result.variant.id for result in report.asked}
    assert names == {result.variant.id for result in report.variants} - set(report.plan.quicker)
    page, words = report.as_html(), report.as_text()
    tables, _, gains = page.partition("What would raise")
    for name in report.plan.quicker:
        assert name not in tables and name in gains
        assert name not in words.partition("What would raise")[0]
