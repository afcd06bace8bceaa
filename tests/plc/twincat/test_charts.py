"""Charts that TwinCAT draws: what the manual says of steps, branches, actions and transitions."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, TaskSpec, compile_project

sys.path.insert(0, str(Path(__file__).parent))

from archived_charts import (
    ACTIVE,
    NAME,
    Branch,
    Jump,
    Part,
    Step,
    Transition,
    Use,
    action,
    chart,
    flags,
    part_xml,
    st,
    transition,
)  # fmt: skip
from drawn_archives import Assign, Leaf, body, declared, logic, network, pou, read, started

GO = Transition("go")


def program(*parts: Part | str, members: str = "", **types: str) -> Plc:
    return started(pou(declared(**({"go": "BOOL", "text": "STRING(200)"} | types)), chart(*parts), members))


def noting(*names: str) -> str:
    """Actions that write down when they are executed."""
    return "".join(action(name, f"text := CONCAT(text, '{name} ');") for name in names)


def active(plc: Plc, *names: str) -> str:
    return " ".join(name for name in names if plc[f"MAIN.{name}.X"])


def noted(plc: Plc) -> str:
    """What one scan has executed."""
    plc["MAIN.text"] = ""
    plc.run(scans=1)
    return str(plc["MAIN.text"]).strip()


def problem(*parts: Part | str, members: str = "") -> tuple[str, int]:
    """What is wrong with a chart, and in which line of the file: 5 is that of the first element."""
    text = pou(declared(go="BOOL"), chart(*parts), members)
    pieces, problems = read(text)
    assert len(pieces) == 1 and len(problems) == 1, problems
    assert problems[0].where.column > 0 and problems[0].where.id.startswith("MAIN")
    return problems[0].what, problems[0].where.line - text[: text.index("<o xml:space")].count("\n")


def test_that_exit_entry_and_step_actions_come_in_the_order_of_the_manual() -> None:
    first = Step("First", True, active="On1", entry="In1", exit="Out1", uses=(Use("Beta"), Use("Alpha")))
    second = Step("Second", active="On2", entry="In2", exit="Out2")
    members = noting("On1", "Beta", "In2", "Out1", "In1", "On2", "Alpha", "Out2")
    plc = program(first, GO, second, GO, Jump("First"), members=members)
    assert noted(plc) == "In1 On1 Alpha Beta"
    assert noted(plc) == "On1 Alpha Beta"
    plc["MAIN.go"] = True
    assert noted(plc) == "On1 Alpha Beta"
    plc["MAIN.go"] = False
    assert noted(plc) == "Out1 Alpha Beta In2 On2"  # IEC actions are executed once more
    assert noted(plc) == "On2"
    plc["MAIN.go"] = True
    assert noted(plc) == "On2"
    assert noted(plc) == "Out2 In1 On1 Alpha Beta"


def test_that_iec_actions_follow_their_qualifiers_and_times() -> None:
    first = Step("First", True, uses=(Use("lamp", "L", 20), Use("kept", "S"), Use("late", "D", 30)))
    second = Step("Second", uses=(Use("kept", "R"), Use("pulse", "P1")))
    bools = dict.fromkeys(("lamp", "kept", "late", "pulse"), "BOOL")
    plc = program(first, GO, second, GO, Jump("First"), **bools)
    seen = []
    for go in (0, 0, 0, 1, 0, 0):
        plc["MAIN.go"] = bool(go)
        plc.run(scans=1)
        seen.append("".join(str(int(plc[f"MAIN.{name}"])) for name in bools))
    assert seen == ["1100", "1100", "0100", "0110", "0001", "0000"]


def test_that_the_press_of_a_public_project_goes_its_ways() -> None:
    """The shape of it: one line of an alternative branch goes on behind it and ends with a parallel branch,
    the other jumps away; a line of the parallel branch has an alternative of its own."""
    over, fail = Transition("result = 1"), Transition("result = 2")
    left, fault = Transition("left = 1"), Transition("left = 2")
    press = Branch((
        (left, Step("Dwell"), left, Step("Record"), left),
        (fault, Step("Confirm"), left, Step("Scrap"), left),
    ))  # fmt: skip
    both = Branch((
        (Step("Ram"), press, Step("Back"), left, Step("Wait1")),
        (Step("Mark"), Transition("right = 1"), Step("Wait2")),
    ), True)  # fmt: skip
    away = (fail, Step("Reopen"), over, Step("Out"), over, Jump("Hands"))
    parts = (
        Step("Init", True), over, Step("Hands"), over, Step("Close"),
        Branch(((over, both), away), name="Branch1"),
        Transition("left = 1 AND right = 1"), Step("Done"), over, Jump("Hands"),
    )  # fmt: skip
    plc = program(*parts, result="INT", left="INT", right="INT")
    names = ("Init", "Hands", "Close", "Ram", "Dwell", "Record", "Confirm", "Scrap", "Back", "Wait1", "Mark",
             "Wait2", "Reopen", "Out", "Done")  # fmt: skip
    seen = []
    for result, left_, right in (
        (1, 0, 0), (1, 0, 0), (2, 0, 0), (1, 0, 0), (1, 0, 0), (1, 0, 0), (1, 0, 0), (0, 2, 0), (0, 1, 0),
        (0, 1, 1), (0, 1, 0), (0, 1, 1), (1, 0, 0),
    ):  # fmt: skip
        plc["MAIN.result"], plc["MAIN.left"], plc["MAIN.right"] = result, left_, right
        plc.run(scans=1)
        seen.append(active(plc, *names))
    assert seen == [
        "Hands", "Close", "Reopen", "Out", "Hands", "Close", "Ram Mark", "Confirm Mark", "Scrap Mark",
        "Back Wait2", "Wait1 Wait2", "Done", "Hands",
    ]  # fmt: skip


def test_that_the_first_true_transition_from_the_left_is_taken() -> None:
    """Those right of it are not even evaluated (TwinCAT 3 manual)."""
    legs = tuple((Transition(f"asked({n})"), Step(f"S{n}"), GO) for n in (1, 2, 3))
    members = "<Method Name='asked'><Declaration><![CDATA[METHOD asked : BOOL\nVAR_INPUT n : INT; END_VAR]]>"
    members += f"</Declaration><Implementation>{st('calls := calls + 1; asked := n >= wanted;')}"
    members += "</Implementation></Method>"
    parts = (Step("Begin", True), Branch(legs), Step("End"), GO, Jump("Begin"))
    plc = program(*parts, members=members, calls="INT", wanted="INT := 2")
    plc.run(scans=1)
    assert active(plc, "Begin", "S1", "S2", "S3") == "S2"
    assert plc["MAIN.calls"] == 2


def test_that_a_jump_may_lead_to_a_parallel_branch_by_its_name() -> None:
    both = Branch(((Step("A"),), (Step("B"),)), True, "Branch0")
    begin = changed(Step("Begin", True), "what it does", "what\nit does")  # a comment of several lines
    plc = program(begin, GO, both, GO, Step("End"), GO, Jump("Branch0"))
    plc["MAIN.go"] = True
    plc.run(scans=2)
    assert active(plc, "A", "B", "End") == "End"
    plc.run(scans=1)
    assert active(plc, "A", "B", "End") == "A B"


def test_that_a_step_is_active_for_its_shortest_time() -> None:
    plc = program(Step("First", True, shortest=30), Transition("go OR go"), Step("Second"), GO, Jump("First"))
    plc["MAIN.go"] = True
    plc.run(scans=3)
    assert active(plc, "First", "Second") == "First"
    plc.run(scans=1)
    assert active(plc, "First", "Second") == "Second"


def test_that_transition_objects_are_tested_and_read() -> None:
    drawn = body(network(Assign(logic("AND", Leaf("go"), Leaf("a")), (("Drawn", 0),))))
    members = (
        transition("Plain", st("// either\n(a OR b);  // a or b\n"))
        + transition("Many", st("n := n + 1;\nMany := n > 2;"))
        + transition("Drawn", drawn)
        + action("Look", "seen := Plain AND NOT Drawn;")
    )
    parts = [Step("S0", True, active="Look"), Transition("Plain"), Step("S1"), Transition("Many"), Step("S2")]
    parts += [Transition("Drawn"), Step("S3"), Transition("NOT Plain"), Jump("S0")]
    plc = program(*parts, members=members, **dict.fromkeys(("a", "b", "seen"), "BOOL"), n="INT")
    seen = []
    for a, go in ((0, 0), (1, 0), (1, 0), (1, 0), (1, 0), (1, 0), (1, 1), (0, 0)):
        plc["MAIN.a"], plc["MAIN.go"] = bool(a), bool(go)
        plc.run(scans=1)
        seen.append(active(plc, "S0", "S1", "S2", "S3") + str(int(plc["MAIN.seen"])))
    assert seen == ["S00", "S11", "S11", "S11", "S21", "S21", "S31", "S01"]


def test_that_steps_of_a_block_are_its_own() -> None:
    text = pou("FUNCTION_BLOCK Door\nVAR_INPUT go : BOOL; END_VAR\nVAR_OUTPUT n : INT; END_VAR",
               chart(Step("S0", True, entry="Count"), GO, Step("S1"), GO, Jump("S0")),
               action("Count", "n := n + 1;"), "Door")  # fmt: skip
    pieces, problems = read(text, "Door.TcPOU")
    assert problems == []
    assert pieces[0].translated == ("Door (SFC)",)
    main = "PROGRAM MAIN\nVAR one, two : Door; END_VAR\none(go := TRUE); two(go := one.S1.x);\nEND_PROGRAM"
    tasks = [TaskSpec("main", "MAIN", 10_000_000)]
    plc = compile_project({pieces[0].name: pieces[0], "main.st": main}, "twincat", tasks).start()
    plc.run(scans=5)
    assert (plc["MAIN.one.n"], plc["MAIN.two.n"]) == (3, 2)


# ---- settings ------------------------------------------------------------------------------------------


def test_that_a_flag_of_the_settings_is_declared_and_acts() -> None:
    parts = (Step("S0", True), GO, Step("S1"), Transition("FALSE"), Jump("S0"))
    plc = program(*parts, members=flags(Init="use declare", Tip="declare"))
    plc["MAIN.go"] = True
    plc.run(scans=1)
    assert active(plc, "S0", "S1") == "S1"
    plc["MAIN.SFCInit"], plc["MAIN.go"] = True, False
    plc.run(scans=1)
    assert active(plc, "S0", "S1") == "S0"


def test_that_a_flag_is_declared_by_the_program_or_by_the_settings() -> None:
    parts = (Step("S0", True), GO, Step("S1"), GO, Jump("S0"))
    for own, words in ((True, "use declare"), (True, "use"), (False, "declare")):
        plc = program(*parts, members=flags(own, Pause=words), SFCPause="BOOL := TRUE")
        plc["MAIN.go"] = True
        plc.run(scans=3)
        assert active(plc, "S0", "S1") == "S0"


def test_that_other_flags_and_those_that_are_off_are_told() -> None:
    parts = (Step("S0", True), GO, Jump("S0"))
    what, _ = problem(*parts, members=flags(CurrentStep="use declare"))
    assert what == "the chart uses SFCCurrentStep, which is not supported; switch it off in its settings"
    text = pou(declared(go="BOOL", SFCInit="BOOL"), chart(*parts), flags(Init="declare"))
    (told,) = read(text)[1]
    assert told.what == "SFCInit is declared, and switched off in the settings of the chart; rename it"


# ---- what cannot be read -------------------------------------------------------------------------------

FIRST, END = Step("S0", True), Jump("S0")


def changed(part: Part, old: str, new: str) -> str:
    text = part_xml(part)
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("parts", "told", "line"),
    [
        ([FIRST, END], "no transition stands before this jump", 2),
        ([FIRST, Step("S1"), GO, END], "no transition stands before this step", 2),
        ([FIRST, GO, GO, END], "no step stands before this transition", 3),
        ([GO, FIRST], "no step stands before this transition", 1),
        ([], "this chart has no steps", 0),
        ([FIRST, GO], "the chart ends with a transition; put a jump behind it", 2),
        ([FIRST, GO, END, Step("S1")], "this stands behind a jump, where nothing leads to", 4),
        ([FIRST, GO, Jump("S9")], "there is no step S9 to jump to", 3),
        ([FIRST, GO, Step("s0"), GO, END], "there is a step S0 in line 8 already", 3),
        ([FIRST, Transition(""), END], "this transition has no condition", 2),
        ([FIRST, Transition("???"), END], "this transition has no condition", 2),
        ([FIRST, Transition("go; x := 1"), END], "more than a condition; write a transition object", 2),
        ([FIRST, Transition("go // why"), END], "more than a condition; write a transition object", 2),
        ([Step("S 0", True), GO, END], "'S 0' is no name of a step", 1),
        ([FIRST, Branch(()), GO, END], "this branch has no lines", 2),
        ([FIRST, Branch(((), (GO, END))), GO, END], "a line of this alternative branch is empty", 2),
        ([FIRST, GO, Branch(((GO, END),))], "no step stands before this alternative branch", 3),
        ([FIRST, Branch(((Step("S1"),),), True), GO, END],
         "no transition stands before this parallel branch", 2),
        ([FIRST, GO, Branch(((Step("A"), GO), (Step("B"),)), True), GO, END],
         "the lines of a parallel branch begin and end with steps", 3),
        ([FIRST, Branch(((GO, Step("A")), (GO, Step("B")))), GO, END],
         "the lines of an alternative branch end with transitions", 2),
        ([Step("S0", True, entry="In"), GO, END], "from S0 to itself, which has an entry or exit action", 2),
        ([Step("S0", True, active="a b"), GO, END], "'a b' is no name of an action", 1),
        ([Step("S0", True, uses=(Use("a", "X"),)), GO, END], "'X' is no qualifier of an action", 1),
        ([Step("S0", True, uses=(Use("a", "D"),)), GO, END], "D needs a time", 1),
        ([Step("S0", True, uses=(Use("a", "N", 5),)), GO, END], "N takes no time", 1),
        ([Step("S0", True, uses=(Use(""),)), GO, END], "an action of S0 has no name", 1),
        ([changed(FIRST, '<n n="EmbeddedEntryAction" />', '<o n="EmbeddedEntryAction" t="X" />'), GO, END],
         "the entry action of S0 is kept inside the chart", 1),
        ([FIRST, changed(GO, '<n n="EmbeddedTransition" />', '<o n="EmbeddedTransition" t="X" />'), END],
         "the condition of this transition is kept inside the chart", 2),
        ([changed(FIRST, "SFCStep", "SFCMacro"), GO, END], "a SFCMacro is not known here", 1),
        ([changed(FIRST, ACTIVE, "12345678-0000-0000-0000-000000000000"), GO, END], None, 0),
        ([changed(Step("S0", True, active="On"), ACTIVE, "12345678-0000-0000-0000-000000000000"), GO, END],
         "has a property 12345678-0000-0000-0000-000000000000 that is not known here, and it is 'On'", 1),
        ([FIRST, changed(GO, '"FALSE"</v><v n="D', '"TRUE"</v><v n="D'), END],
         "this SFCTransition is excluded from the build", 2),
    ],
)  # fmt: skip
def test_that_what_cannot_be_read_is_told_with_its_place(
    parts: list[Part | str], told: str | None, line: int
) -> None:
    if told is None:  # a property that is not known, with the value it has by default
        assert read(pou(declared(go="BOOL"), chart(*parts)))[1] == []
        return
    what, found = problem(*parts)
    assert told in what
    assert found == line


def test_that_only_programs_and_blocks_are_charts() -> None:
    drawn = chart(FIRST, GO, END)
    members = f"<Action Name='Sub'><Implementation>{drawn}</Implementation></Action>"
    (told,) = read(pou(declared(go="BOOL"), st("go := TRUE;"), members))[1]
    assert told.what == "MAIN.Sub is drawn as a chart; only programs and blocks are charts here"
    assert told.cure == "Draw the chart in a block of its own, and call that"


def test_that_a_mistake_in_a_condition_has_the_place_of_its_transition() -> None:
    text = pou(declared(go="BOOL"), chart(FIRST, GO, Step("S1"), Transition("nobody > 3"), END))
    pieces, _ = read(text)
    with pytest.raises(Problems) as caught:
        compile_project({p.name: p for p in pieces}, "twincat", [TaskSpec("main", "MAIN", 10_000_000)])
    (told,) = caught.value.problems
    assert "nobody" in told.what
    assert text.splitlines()[told.where.line - 1].startswith('<o t="SFCTransition">')
    assert f"{NAME}" in text.splitlines()[told.where.line - 1]
