# ruff: noqa: E501 - one case per line
from __future__ import annotations

import pytest
from scene_fakes import DECLARATIONS, SAMPLE, scene_of

from commissioning.files.scene_text import load
from commissioning.model.duration import Always, Exponential, Normal
from commissioning.model.pose import Pose
from commissioning.model.read_params import check_declaration
from commissioning.model.read_scenario import check_open_targets
from commissioning.model.scene import Binding, RunRecord, Step, Target
from commissioning.model.tags import DataType
from commissioning.model.validate import build_scene

HEAD = "format: commissioning-scene/1\nproducts: {c: {size: [0.3, 0.2, 0.2]}}\n"
LINE = """\
devices:
  src: {type: source, product: c, every: 4 s, to: b1}
  b1: {type: belt, length: 3 m, speed: 0.4 m/s, to: b2}
  b2: {type: belt, length: 2 m, speed: 0.4 m/s, to: out}
  out: {type: sink}
"""


def test_that_the_scene_of_the_contract_is_read_in_si() -> None:
    scene, problems = scene_of(SAMPLE)
    assert problems == ()
    assert scene.name == "Carton line"
    assert scene.products["carton"].size == (0.3, 0.2, 0.2) and scene.products["carton"].mass == 2.5
    belt = scene.devices["belt1"]
    assert belt.params == {"length": 3.0, "width": 0.5, "speed": 0.4, "acceleration": 1.2, "accumulating": False}
    assert belt.pose == Pose((0.0, 0.0, 0.75))
    assert belt.to == {"": Target("belt2")} and belt.tags == {"run": Binding("Q_Belt1_Run")}
    assert scene.devices["infeed"].params["every"] == Exponential(4.0)
    assert scene.devices["pack"].params["cycle"] == Normal(5.0, 0.5)
    failures = {"every": Exponential(3600.0), "repair": Exponential(300.0), "counts": "operating"}
    assert scene.devices["pack"].params["failures"] == failures
    assert (scene.devices["pe1"].along, scene.devices["pe1"].at) == ("belt1", 2.8)
    assert scene.controllers["plc"].params["task"] == {"main": {"program": "MAIN", "cycle": "10 ms"}}
    assert scene.controllers["plc"].params["programs"] == ("plc/main.st",)
    tag = scene.tags["Q_Belt1_Run"]
    assert (tag.type, tag.controller, tag.direction) == (DataType.BOOL, "plc", "output")
    assert scene.tags["I_PE1"].direction == "input"
    second = 10**9
    assert scene.scenarios["stop_test"].steps == (Step(second, "press", "start"), Step(60 * second, "push", "estop"))
    assert scene.checks["rate"].params["at_least"] == 550 / 3600
    assert scene.checks["rate"].params["for"] == 3600.0
    assert scene.run == RunRecord()


CASES = {
    # what was changed in SAMPLE: (old, new, line, id, words)
    "unknown key of a device": ("    width:", "    widht:", 14, "devices.belt1.widht", "Did you mean 'width'?"),
    "unknown key of the scene": ("scenarios:", "scenarois:", 31, "scenarois", "Did you mean 'scenarios'?"),
    "unknown type": ("type: station", "type: staton", 23, "devices.pack.type", "Did you mean 'station'?"),
    "no type": ("type: sink", "", 24, "devices.out.type", "has no type"),
    "missing parameter": ("    length: 3 m\n", "", 10, "devices.belt1.length", "needs 'length'"),
    "empty parameter": ("length: 3 m", "length:", 13, "devices.belt1.length", "no value"),
    "wrong unit": ("length: 3 m", "length: 3 s", 13, "devices.belt1.length", "a length like 3 m"),
    "no unit of an angle": (
        "{xyz: [0, 0, 0.75]}", "{rpy: [0, 0, 90]}", 12, "devices.belt1.pose.rpy[2]", "90 deg",
    ),
    "wrong kind": ("accumulating: false", "accumulating: no", 17, "devices.belt1.accumulating", "true or false"),
    "out of range": ("speed: 0.4 m/s\n", "speed: 0 m/s\n", 15, "devices.belt1.speed", "more than 0 m/s"),
    "too fast": ("speed: 0.4 m/s\n", "speed: 11 m/s\n", 15, "devices.belt1.speed", "at most 10 m/s"),
    "wrong distribution": ("sd: 0.5 s", "sd: 0 s", 23, "devices.pack.cycle.normal.sd", "more than 0 s"),
    "always not on a source": (
        "cycle: {normal: {mean: 5 s, sd: 0.5 s}}", "cycle: always", 23, "devices.pack.cycle", "source",
    ),
    "unknown nested key": ("repair:", "repiar:", 23, "devices.pack.failures.repiar", "Did you mean 'repair'?"),
    "unknown product": ("product: carton", "product: cartn", 7, "devices.infeed.product", "'carton'"),
    "missing target": ("to: belt2", "to: belt3", 18, "devices.belt1.to", "Did you mean 'belt2'?"),
    "no target": ("    to: belt2\n", "", 10, "devices.belt1.to", "leads nowhere"),
    "target takes no parts": ("to: belt2", "to: estop", 18, "devices.belt1.to", "takes no parts"),
    "along nothing": ("along: belt1", "along: belt9", 20, "devices.pe1.along", "Did you mean 'belt"),
    "along no track": ("along: belt1", "along: pack", 20, "devices.pe1.along", "nothing stands along"),
    "at beyond the track": ("at: 2.8 m", "at: 3.1 m", 20, "devices.pe1.at", "0 m to 3 m"),
    "along without at": (", at: 2.8 m", "", 20, "devices.pe1.at", "needs at"),
    "no pose": (", pose: {xyz: [1 m, -0.6 m, 1 m]}", "", 8, "devices.estop.pose", "needs a pose"),
    "pose is a list": ("{xyz: [0, 0, 0.75]}", "[0, 0, 0.75]", 12, "devices.belt1.pose", "a mapping, not a list"),
    "ids equal without case": ("  belt2:", "  Belt1:", 21, "devices.Belt1", "only in case"),
    "id of two kinds": ("  plc:", "  pack:", 26, "controllers.pack", "the device 'pack'"),
    "bad id": ("  out:", "  9out:", 24, "devices.9out", "beginning with a letter"),
    "duplicate id": ("  belt2:", "  belt1:", 21, "devices.belt1", "twice, first in line 10"),
    "unknown port": ("{blocked: I_PE1}", "{blockd: I_PE1}", 20, "devices.pe1.tags.blockd", "'blocked'"),
    "two device outputs on a tag": ("raised: I_Stop1", "raised: i_pe1", 22, "devices.stop1.tags.raised", "two owners"),
    "input and output on a tag": ("raise: Q_Stop1", "raise: I_PE1", 22, "devices.stop1.tags.raise", "two owners"),
    "type of port and tag": ("type: BOOL", "type: INT", 19, "devices.belt1.tags.run", "Make the tag BOOL"),
    "unknown tag type": ("type: BOOL", "type: BOOOL", 28, "tags.Q_Belt1_Run.type", "Did you mean 'BOOL'?"),
    "address against binding": ("%QX0.0", "%IX0.0", 28, "tags.Q_Belt1_Run.address", "a PLC output"),
    "bad address": ("%QX0.0", "Q0.0", 28, "tags.Q_Belt1_Run.address", "%QX0.0"),
    "unknown controller": ("controller: plc", "controller: plx", 28, "tags.Q_Belt1_Run.controller", "'plc'"),
    "tag named like a port": ("{blocked: I_PE1}", "{blocked: Belt1.Run}", 20, "devices.pe1.tags.blocked", "port belt1.run"),
    "unknown action": ("push: estop", "psh: estop", 33, "scenarios.stop_test.steps[1].psh", "'push'"),
    "action on the wrong device": ("push: estop", "push: start", 33, "scenarios.stop_test.steps[1].push", "estop"),
    "action on nothing": ("push: estop", "push: estp", 33, "scenarios.stop_test.steps[1].push", "'estop'"),
    "two actions": ("push: estop", "push: estop, press: start", 33, "scenarios.stop_test.steps[1]", "one thing"),
    "no time": ("{at: 60 s, push", "{push", 33, "scenarios.stop_test.steps[1].at", "no time"),
    "unknown scenario": ("scenario: stop_test", "scenario: stop_tst", 37, "checks.stop_fast.scenario", "'stop_test'"),
    "unknown check": ("type: never", "type: nver", 36, "checks.no_crush.type", "'never'"),
    "unknown device of a check": ("at: out", "at: ut", 35, "checks.rate.at", "'out'"),
    "share above one": ("95 %", "120 %", 35, "checks.rate.confidence", "at most 99.99 %"),
    "no format": ("format: commissioning-scene/1\n", "", 2, "format", "Begin with format"),
    "other format": ("scene/1", "scene/2", 2, "format", "reads commissioning-scene/1"),
    "size of two": ("[0.30 m, 0.20 m, 0.20 m]", "[0.30 m, 0.20 m]", 5, "products.carton.size", "three"),
    "negative size": ("[0.30 m,", "[-0.30 m,", 5, "products.carton.size[0]", "more than 0"),
    "section is a list": ("links:\n  hmi: {type: opcua_server", "links:\n  - {type: opcua_server", 30, "links", "a mapping"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CASES))
def test_that_a_mistake_is_one_problem_with_place_and_cure(name: str) -> None:
    old, new, line, where, words = CASES[name]
    assert old in SAMPLE
    scene, problems = scene_of(SAMPLE.replace(old, new, 1))
    assert scene is None
    found = [problem for problem in problems if problem.where.id == where]
    assert len(found) == 1, [str(problem) for problem in problems]
    assert found[0].where.file == "scene.yaml"
    assert found[0].where.column >= 1
    assert found[0].where.line == line
    assert words in str(found[0])


def test_that_all_problems_come_at_once_in_the_order_of_the_file() -> None:
    text = SAMPLE
    for name in ("unknown key of a device", "wrong unit", "unknown product", "unknown port", "unknown action"):
        text = text.replace(CASES[name][0], CASES[name][1], 1)
    _, problems = scene_of(text)
    assert [problem.where.line for problem in problems] == [7, 13, 14, 20, 33]


@pytest.mark.parametrize("text", ["", "# nothing\n", "[]", "a scene", "3", "format: [\n"])
def test_that_what_is_no_scene_is_one_problem(text: str) -> None:
    scene, problems = scene_of(text)
    assert scene is None and len(problems) == 1


def test_that_the_smallest_scene_is_a_scene() -> None:
    scene, problems = scene_of("format: commissioning-scene/1\ncontrollers: none\nlinks:\n")
    assert problems == () and not scene.devices


def test_that_exits_targets_and_merges_are_read() -> None:
    scene, problems = scene_of(
        HEAD
        + """
devices:
  src: {type: source, product: c, every: always, to: {device: d}}
  d: {type: divert, length: 1 m, to: {left: {device: b2, at: 1.2 m}, straight: b1}}
  b1: {type: belt, length: 3 m, speed: 0.4 m/s, to: out}
  b2: {type: belt, length: 2 m, speed: 0.4 m/s, pose: {xyz: [0, 3, 0]}, to: out}
  out: {type: sink}
"""
    )
    assert problems == ()
    assert scene.devices["src"].params["every"] == Always()
    assert list(scene.devices["d"].to.items()) == [("straight", Target("b1")), ("left", Target("b2", 1.2))]


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("out", "has the exits straight, left"),
        ("{straight: out}", "exit left of d leads nowhere"),
        ("{straight: out, lft: out}", "Did you mean 'left'?"),
        ("{straight: out, left: {device: out, at: 1 m}}", "only tracks"),
        ("{straight: out, left: {device: b, at: 2.5 m}}", "2.5 m is not on b"),
        ("{straight: out, left: {at: 1 m}}", "no device"),
        ("[out]", "a device, not a list"),
        ("5", "a device, not 5"),
    ],
)
def test_that_wrong_exits_are_problems(to: str, words: str) -> None:
    text = HEAD + (
        "devices:\n  out: {type: sink}\n  b: {type: belt, length: 2 m, speed: 1, to: out, pose: {xyz: [0, 5, 0]}}\n"
        f"  d: {{type: divert, length: 1 m, to: {to}}}\n"
    )
    _, problems = scene_of(text)
    assert any(words in str(problem) and problem.where.line == 6 for problem in problems), problems


def test_that_the_long_form_of_a_binding_is_read() -> None:
    devices = LINE + (
        "  e1: {type: photo_eye, along: b1, at: 1, tags: {blocked: {tag: W, bit: 3, invert: true, delay: 20 ms}}}\n"
        "  e2: {type: photo_eye, along: b1, at: 2, tags: {blocked: {tag: w, bit: 4}}}\n"
    )
    devices = devices.replace("b2}\n", "b2, tags: {speed_setpoint: {tag: Q_Speed, scale: 0.001}}}\n", 1)
    scene, problems = scene_of(HEAD + devices + "tags: {Q_Speed: {type: INT}}\n")
    assert problems == ()
    assert scene.devices["e1"].tags["blocked"] == Binding("W", True, 3, None, 20_000_000)
    # names compare without case: both bits are of one tag, spelled as it was first
    assert scene.devices["e2"].tags["blocked"] == Binding("W", bit=4)
    assert scene.tags["W"].type is DataType.WORD
    assert scene.devices["b1"].tags["speed_setpoint"].scale == 0.001
    assert scene.tags["Q_Speed"].type is DataType.INT and scene.tags["Q_Speed"].direction == "output"


@pytest.mark.parametrize(
    ("binding", "tag", "words"),
    [
        ("{tag: T, bit: 64}", "{}", "at most 63"),
        ("{tag: T, bit: 16}", "{type: WORD}", "bits 0 to 15"),
        ("{tag: T, bit: 1}", "{type: BOOL}", "Remove bit"),
        ("{tag: T, scale: 2}", "{type: BOOL}", "scale is for numbers"),
        ("{tag: T, scale: 0}", "{}", "scale of 0"),
        ("{tag: T, delay: -1 s}", "{}", "cannot be negative"),
        ("{tag: T, invert: 1}", "{}", "true or false"),
        ("{bit: 1}", "{}", "no tag"),
        ("{tag: T, offset: 1}", "{}", "has no 'offset'"),
        ("[T]", "{}", "text, not a list"),
        ('"a`b"', "{}", "no name for a tag"),
        ("5", "{}", "text, not 5"),
        ("T", "{type: WORD}", "Make the tag BOOL"),
    ],
)
def test_that_wrong_bindings_are_problems(binding: str, tag: str, words: str) -> None:
    eye = f"  e1: {{type: photo_eye, along: b1, at: 1, tags: {{blocked: {binding}}}}}\n"
    _, problems = scene_of(HEAD + LINE + eye + f"tags: {{T: {tag}}}\n")
    assert any(words in str(problem) for problem in problems), problems


def test_that_each_bit_of_a_word_has_one_owner() -> None:
    eyes = "".join(
        f"  e{n}: {{type: photo_eye, along: b1, at: {n}, tags: {{blocked: {binding}}}}}\n"
        for n, binding in enumerate(("{tag: W, bit: 3}", "{tag: W, bit: 3}", "{tag: W, bit: 2}"))
    )
    _, problems = scene_of(HEAD + LINE + eyes)
    assert [problem.where.id for problem in problems] == ["devices.e1.tags.blocked"]
    assert "e0.blocked and e1.blocked" in problems[0].what


PLC = "type: emulated, programs: [plc/main.st], task: {main: {program: MAIN, cycle: 10 ms}}"


@pytest.mark.parametrize(("said", "problem"), [("{}", True), ("{controller: b}", False), ("{controller: none}", False)])
def test_that_of_several_controllers_a_used_tag_says_whose_it_is(said: str, problem: bool) -> None:
    eye = "  e1: {type: photo_eye, along: b1, at: 1, tags: {blocked: I_E}}\n"
    two = f"controllers:\n  a: {{{PLC}}}\n  b: {{{PLC}}}\n"
    _, problems = scene_of(HEAD + LINE + eye + two + f"tags: {{I_E: {said}}}\n")
    assert [str(p.what) for p in problems] == (["I_E belongs to none of the controllers a, b"] if problem else [])


def test_that_declared_tags_that_differ_in_case_are_a_problem() -> None:
    _, problems = scene_of(HEAD + "tags: {Run: {type: BOOL}, RUN: {type: BOOL}}\n")
    assert [problem.where.id for problem in problems] == ["tags.RUN"]


def test_that_steps_are_sorted_by_time_and_keep_the_order_of_equal_times() -> None:
    text = SAMPLE.replace(
        "production: {steps: [{at: 1 s, press: start}]}",
        "production: {steps: [{at: 2 s, press: start}, {at: 1 s, force: {I_PE1: true, pack.parts: 7}}, "
        "{at: 1 s, push: [estop]}, {at: 1500 ms, release: i_pe1}, {at: 2 s, release: estop}, "
        "{at: 3 s, set: {pack.cycle_time: 20 ms}}]}",
    )
    scene, problems = scene_of(text)
    assert problems == ()
    s = 10**9
    assert scene.scenarios["production"].steps == (
        Step(s, "force", "I_PE1", True), Step(s, "force", "pack.parts", 7), Step(s, "push", "estop"),
        Step(3 * s // 2, "release", "I_PE1"), Step(2 * s, "press", "start"), Step(2 * s, "release", "estop"),
        Step(3 * s, "set", "pack.cycle_time", 20_000_000),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("{at: 1 s, force: {I_PE1: 1}}", "I_PE1 is BOOL, 1 is not"),
        ("{at: 1 s, force: {pack.parts: 70000}}", "from 0 to 65535"),
        ("{at: 1 s, force: {pack.cycle_time: 3 m}}", "a time like 20 ms"),
        ("{at: 1 s, force: {I_PE1: }}", "nothing is not"),
        ("{at: 1 s, force: I_PE1}", "is a mapping"),
        ("{at: 1 s, force: {}}", "names no tag"),
        ("{at: -1 s, press: start}", "cannot be negative"),
        ("{at: 1 s}", "here is none"),
        ("{at: 1 s, press: I_PE1}", "no device"),
        ("{at: 1 s, press: [start, 5]}", "no device 5"),
        ("press", "a step is a mapping"),
        ("{}", "empty"),
        ("null", "empty"),
    ],
)
def test_that_wrong_steps_are_problems(step: str, words: str) -> None:
    _, problems = scene_of(SAMPLE.replace("{at: 60 s, push: estop}", step))
    assert [problem.where.line for problem in problems] == [33], problems
    assert words in str(problems[0])


def test_that_only_a_program_may_bring_unknown_tags() -> None:
    text = SAMPLE.replace("push: estop", "force: {MAIN.count: 3}")
    scene, problems = scene_of(text)
    assert problems == ()
    assert scene.scenarios["stop_test"].steps[1] == Step(60 * 10**9, "force", "MAIN.count", 3)
    lines = [line for line in text.splitlines() if "plc" not in line]
    _, problems = scene_of("\n".join(lines))
    assert ["no tag 'MAIN.count'" in str(problem) for problem in problems] == [True]


def test_that_steps_on_tags_of_a_program_are_checked_once_the_program_is_known() -> None:
    text = load(SAMPLE.replace("push: estop", "force: {MAIN.cuont: 3}"), "scene.yaml")
    scene, _ = build_scene(text, DECLARATIONS)
    assert scene is not None
    (problem,) = check_open_targets(text, DECLARATIONS, scene, {"MAIN.count": DataType.INT})
    assert "Did you mean 'MAIN.count'?" in str(problem) and problem.where.line == 33
    assert check_open_targets(text, DECLARATIONS, scene, {"main.CUONT": DataType.INT}) == ()
    (problem,) = check_open_targets(text, DECLARATIONS, scene, {"MAIN.cuont": DataType.BOOL})
    assert "MAIN.cuont is BOOL, 3 is not" in problem.what
    text = load(SAMPLE.replace("push: estop", "force: {MAIN.t: 20 ms}"), "scene.yaml")
    scene, _ = build_scene(text, DECLARATIONS)
    assert scene is not None
    (problem,) = check_open_targets(text, DECLARATIONS, scene, {"MAIN.t": DataType.TIME})
    assert "Add MAIN.t to tags" in problem.cure


def test_that_the_run_is_read() -> None:
    scene, _ = scene_of(SAMPLE + "run: {length: 8h, seed: 7, scenario: production}\n")
    assert scene.run == RunRecord(28_800 * 10**9, 7, "production")
    for wrong in ("{length: 0 s}", "{length: -1 s}", "{seed: -1}", "{seed: 1.5}", "{scenario: x}", "{sed: 1}", "5"):
        _, problems = scene_of(SAMPLE + f"run: {wrong}\n")
        assert len(problems) == 1, wrong


@pytest.mark.parametrize("declaration", DECLARATIONS.values(), ids=lambda item: f"{item.kind} {item.type}")
def test_that_the_made_up_declarations_are_sound(declaration: object) -> None:
    check_declaration(declaration)  # type: ignore[arg-type]
