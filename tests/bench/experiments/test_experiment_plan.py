"""What is wrong with an experiment is told with its line, when the scene is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from commissioning.bench.experiments.experiment import experiment
from commissioning.bench.experiments.plan import read_plan
from commissioning.bench.experiments.variants import Override, Variant, variant_text
from commissioning.bench.load import LoadedScene, load_text
from commissioning.model.problem import Problem, Problems
from commissioning.registry import declarations

LINE = """\
format: commissioning-scene/1
name: Plan line
run: {length: 10 min}
products: {carton: {size: [0.30 m, 0.20 m, 0.20 m], mass: 2 kg}}
devices:
  infeed: {type: source, product: carton, every: {exponential: 4 s}, to: belt1}   # how fast they come
  belt1: {type: belt, pose: {xyz: [0, 0, 0.75]}, length: 3 m, speed: 0.4 m/s, to: pack}
  pe1: {type: photo_eye, along: belt1, at: 2 m}
  pack: {type: station, cycle: {normal: {mean: 2 s, sd: 0.2 s}}, to: out}
  out: {type: sink}
checks:
  seen: {type: never, when: pe1.blocked}
experiments:
  it: """


def loaded(text: str, folder: Path) -> LoadedScene:
    return load_text(LINE + text + "\n", folder / "scene.yaml")


def problems(text: str, folder: Path) -> list[Problem]:
    with pytest.raises(Problems) as caught:
        loaded(text, folder)
    return list(caught.value.problems)


WRONG = {
    "{variants: {a: {belt2.speed: 1 m/s}}}": ("there is no device 'belt2'", "Did you mean 'belt1'?"),
    "{variants: {a: {belt1.sped: 1 m/s}}}": ("belt1 (belt) has no 'sped'", "Did you mean 'speed'?"),
    "{variants: {a: {belt1.speed: 1 kg}}}": ("kg", "0.4 m/s"),
    "{variants: {a: {belt1.speed: -1 m/s}}}": ("speed is -1 m/s, but must be more than 0", "0.4 m/s"),
    "{variants: {a: {speed: 1 m/s}}}": ("'speed' names no parameter", "belt1.speed"),
    "{variants: {a: {pack.cycle.normal.mean: 1 kg}}}": ("kg", ""),
    "{variants: {a: {belt1.speed.mean: 1 m/s}}}": ("there is nothing inside it to change", "belt1.speed"),
    "{variants: {a: {products.box.mass: 1 kg}}}": ("there is no product 'box'", "carton"),
    "{variants: {a: {}}}": ("variant a changes nothing", "base"),
    "{variants: {none: {belt1.speed: 1 m/s}}}": ("cannot be named", "Rename"),
    "{sweep: {}}": ("this sweep is empty", "belt1.speed"),
    "{sweep: {belt1.speed: []}}": ("the sweep over belt1.speed is empty", "values"),
    "{sweep: {belt1.speed: 1 m/s}}": ("a sweep goes over a list of values", "belt1.speed: [1 m/s, ...]"),
    "{sweep: {belt1.speed: [1 m/s, 2 s]}}": ("'s'", ""),
    "{sweep: {belt1.speed: [1 m/s, 1 m/s]}}": ("1 m/s stands twice", "Remove one"),
    "{measures: [out]}": ("'out' is no measure", "out.throughput"),
    "{measures: [belt9.blocked]}": ("there is no device 'belt9'", "belt1"),
    "{measures: [out.rate]}": ("a device has no figure 'rate'", "throughput"),
    "{measures: [out.throughput, out.throughput]}": ("measured twice", "Remove"),
    "{measures: []}": ("nothing is measured", "out.throughput"),
    "{replications: 0}": ("replications is 0", ""),
    "{replications: many}": ("replications is a whole number", ""),
    "{for: 0 s}": ("for is 0 s", ""),
    "{warm_up: automatic}": ("automatic", "auto"),
    "{warm_up: [1]}": ("", "auto"),
    "{scenario: rush}": ("there is no scenario 'rush'", ""),
    "{precision: 0}": ("precision is", ""),
    "{baseline: fast}": ("there is no variant 'fast'", "base"),
    "{baseline: none}": ("there is nothing to run", "variants"),
    "{sweep: {products.carton.mass: [3 s]}}": ("has the unit 's', which is a duration, not a mass", "kg"),
    "{sweep: {products.carton.mas: [3 kg]}}": ("'mas'", "mass"),
    "{sweep: {pe1.at: [1 s]}}": ("has the unit 's', which is a duration, not a length", ""),
    "{variants: {a: {pe1.along: pack}}}": ("pack is a station, nothing stands along it", "belt1"),
    "{variants: {a: {belt1.to: nowhere}}}": ("there is no device 'nowhere'", "pack"),
    "{variants: {a: {pack.to: infeed}}}": ("infeed is a source, which takes no parts", "Name a device"),
    "{variants: {a: {pack.to: {left: out}}}}": ("pack has no exit 'left'", ""),
    "{variants: {base: {belt1.speed: 1 m/s}}}": ("`base` is the scene as it is", "Name it otherwise"),
    "{variants: {a: {pack.cycle: 3 s, pack.cycle.normal.sd: 1 s}}}": ("lies inside pack.cycle", "remove one"),
    "{sweep: {pack.cycle: [3 s], pack.cycle.normal.sd: [1 s]}}": ("lies inside pack.cycle", "remove one"),
    "{variants: {a: {infeed.every: 0 s, infeed.every.exponential: 3 s}}}": ("lies inside infeed.every", ""),
    "{repetitions: 3}": ("has no 'repetitions'", "replications"),
    "{variants: [1]}": ("variants is a mapping", ""),
    "{sweep: {belt1.sped: [0.3 m/s, 0.4 m/s]}}": ("has no 'sped'", "speed"),  # once, not for each value
    "{sensitivity: 5}": ("at most 100 %", ""),
}


@pytest.mark.parametrize("text", WRONG)
def test_that_what_is_wrong_is_told_with_line_and_cure(text: str, tmp_path: Path) -> None:
    (problem,) = problems(text, tmp_path)
    what, cure = WRONG[text]
    assert what in problem.what
    assert cure in problem.cure
    assert problem.where.line == len(LINE.splitlines())
    assert problem.where.id.startswith("experiments.it")


def test_that_all_problems_are_told_at_once(tmp_path: Path) -> None:
    found = problems("{sweep: {belt1.sped: [1], pack.cycle: [x]}, measures: [out], seed: 3}", tmp_path)
    assert len(found) == 4


def test_that_a_sweep_too_large_is_refused(tmp_path: Path) -> None:
    speeds, lengths = (", ".join(f"{k} {unit}" for k in range(1, 101)) for unit in ("m/s", "m"))
    (problem,) = problems(f"{{sweep: {{belt1.speed: [{speeds}], belt1.length: [{lengths}]}}}}", tmp_path)
    assert "10,000 variants" in problem.what


def test_that_what_only_the_whole_variant_shows_is_told_before_the_runs(tmp_path: Path) -> None:
    scene = loaded("{variants: {short: {belt1.length: 1 m}, long: {belt1.length: 4 m}}}", tmp_path)
    with pytest.raises(Problems) as caught:
        experiment(scene, "it")
    (problem,) = caught.value.problems
    assert "with variant short: devices.pe1.at: 2 m is not on belt1" in problem.what
    assert problem.where.line == len(LINE.splitlines())


def test_that_an_unknown_experiment_names_those_there_are(tmp_path: Path) -> None:
    scene = loaded("{}", tmp_path)
    with pytest.raises(Problems, match=r"there is no experiment id\. Use one of it"):
        experiment(scene, "id")


def test_that_defaults_are_the_scenes(tmp_path: Path) -> None:
    scene = loaded("{}", tmp_path)
    plan = read_plan("it", scene.text, scene.scene, declarations())
    assert (plan.length_ns, plan.warm_up_ns, plan.replications, plan.confidence) == (600 * 10**9, 0, 10, 0.95)
    assert [measure.id for measure in plan.measures] == ["out.throughput"]
    assert [variant.id for variant in plan.variants] == ["base"] and plan.baseline == "base"


def test_that_a_sweep_makes_every_combination_in_the_order_of_the_file(tmp_path: Path) -> None:
    scene = loaded(
        "{sweep: {pack.cycle: [2 s, {exponential: 3 s}], belt1.speed: [0.3 m/s, 0.5 m/s]}, "
        "variants: {eye: {pe1.at: 1 m}}, baseline: eye, warm_up: auto}",
        tmp_path,
    )
    plan = read_plan("it", scene.text, scene.scene, declarations())
    assert plan.warm_up_ns is None and plan.baseline == "eye"
    assert [variant.id for variant in plan.variants] == [
        "eye",
        "pack.cycle=2 s, belt1.speed=0.3 m/s",
        "pack.cycle=2 s, belt1.speed=0.5 m/s",
        "pack.cycle={exponential: 3 s}, belt1.speed=0.3 m/s",
        "pack.cycle={exponential: 3 s}, belt1.speed=0.5 m/s",
    ]


def test_that_a_variant_is_the_scene_file_with_other_values(tmp_path: Path) -> None:
    scene = loaded("{}", tmp_path)
    overrides = (
        Override("infeed.every", {"exponential": "5 s"}, ()),
        Override("belt1.acceleration", "1 m/s2", ()),
        Override("pack.cycle.normal.sd", "0.1 s", ()),
        Override("products.carton.mass", "3 kg", ()),
    )
    text = variant_text(scene.text, Variant("a", overrides)).dump()
    by_hand = LINE.split("checks:")[0]
    by_hand = by_hand.replace("every: {exponential: 4 s}", "every: {exponential: 5 s}")
    by_hand = by_hand.replace("speed: 0.4 m/s, to: pack", "speed: 0.4 m/s, to: pack, acceleration: 1 m/s2")
    by_hand = by_hand.replace("sd: 0.2 s", "sd: 0.1 s").replace("mass: 2 kg", "mass: 3 kg")
    assert load_text(text, tmp_path / "scene.yaml").scene == load_text(by_hand, tmp_path / "scene.yaml").scene
    assert "# how fast they come" in text
