"""CONFIGURATION: resources, what programs are given, VAR_CONFIG, VAR_ACCESS."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, Program, TaskSpec, compile_st

sys.path.insert(0, str(Path(__file__).parent))
from test_plc_skipping import memories, played

MS = 1_000_000

BLOCK = """FUNCTION_BLOCK Valve
VAR_INPUT wanted : BOOL; END_VAR
VAR closed AT %I* : BOOL; coil AT %Q* : BOOL; travel : INT := 3; r : TON := (PT := T#1s); END_VAR
VAR_OUTPUT moving : BOOL; END_VAR
coil := wanted; moving := wanted AND closed; travel := travel + 1;
END_FUNCTION_BLOCK
"""
LINE = """PROGRAM Line
VAR_INPUT speed : INT; END_VAR
VAR_OUTPUT done : INT; END_VAR
VAR v : ARRAY[1..2] OF Valve; lamp AT %Q* : BOOL; n : INT := 1; END_VAR
v[1](wanted := TRUE); v[2](wanted := TRUE); lamp := v[1].moving; n := n + 1; done := speed * 2;
END_PROGRAM
"""
CELL = """CONFIGURATION Cell
VAR_GLOBAL set : INT := 21; result : INT; END_VAR
RESOURCE Station ON PLC
TASK fast (INTERVAL := T#10ms, PRIORITY := 1);
PROGRAM p WITH fast : Line (speed := set, done => result);
END_RESOURCE
"""
END = "\nEND_CONFIGURATION\n"


def cell(inside: str, dialect: str = "iec", before: str = "") -> Program:
    return compile_st({"m.st": BLOCK + LINE + before + CELL + inside + END}, dialect)


def refused(inside: str, before: str = "", dialect: str = "iec") -> list[str]:
    with pytest.raises(Problems) as caught:
        cell(inside, dialect, before)
    return [problem.what for problem in caught.value.problems]


# ---- PROGRAM p WITH t : T (in := x, out => y) -----------------------------------------------------------


def test_that_a_program_is_given_its_inputs_before_each_scan_and_its_outputs_are_taken_behind() -> None:
    plc = cell("").start()
    plc.scan(0)
    assert (plc["p.speed"], plc["p.done"], plc["result"]) == (21, 42, 42)
    plc["set"] = 5
    plc.scan(1)
    assert plc["result"] == 10


def test_that_a_write_to_what_a_program_is_given_wakes_its_task() -> None:
    plc = cell("", before="").start()
    before = BLOCK + LINE.replace("n := n + 1;", "").replace(
        "v[1](wanted := TRUE); v[2](wanted := TRUE);", ""
    )
    plc = compile_st({"m.st": before + CELL + END}).start()
    for scan in range(10):
        if not plc.settled():
            plc.scan(scan)
    assert plc.settled()
    plc["set"] = 6
    assert not plc.settled()
    plc.scan(11)
    assert plc["result"] == 12


def test_that_two_instances_of_a_program_get_their_own_values() -> None:
    text = """PROGRAM Twice VAR_INPUT a : INT; b : BOOL; END_VAR VAR_OUTPUT q : INT; END_VAR
    q := a * 2; END_PROGRAM
    CONFIGURATION c VAR_GLOBAL x, y : INT; s : STRUCT_ := (m := 9); on AT %IX0.0 : BOOL; END_VAR
    TASK t (INTERVAL := T#10ms);
    PROGRAM one WITH t : Twice (a := 4, q => x, b := %IX0.0);
    PROGRAM two WITH t : Twice (a := s.m, q => y, b := NOT_);
    END_CONFIGURATION
    TYPE STRUCT_ : STRUCT m : INT; END_STRUCT END_TYPE
    VAR_GLOBAL NOT_ : BOOL := TRUE; END_VAR"""
    plc = compile_st({"m.st": text}).start()
    plc["on"] = True
    plc.scan(0)
    assert [plc[k] for k in ("x", "y", "one.b", "two.b")] == [8, 18, True, True]


def test_that_edges_of_a_program_see_what_it_is_given() -> None:
    text = """PROGRAM Count VAR_INPUT start : BOOL R_EDGE; END_VAR VAR n : INT; END_VAR
    IF start THEN n := n + 1; END_IF END_PROGRAM
    CONFIGURATION c VAR_GLOBAL x : BOOL; END_VAR TASK t (INTERVAL := T#10ms);
    PROGRAM p WITH t : Count (start := x); END_CONFIGURATION"""
    plc = compile_st({"m.st": text}).start()
    for scan, level in enumerate([True, True, False, True]):
        plc["x"] = level
        plc.scan(scan)
    assert plc["p.n"] == 2


def test_that_a_snapshot_and_the_debugger_run_with_what_is_given() -> None:
    program = cell("")
    plc, other = program.start(), program.start()
    plc.scan(0)
    other.restore(plc.snapshot())
    covered = other.coverage()
    for one in (plc, other):
        one["set"] = 7
        one.scan(1)
    assert plc["result"] == other["result"] == 14
    assert covered.statements[0] > 0


@pytest.mark.parametrize(
    "given, words",
    [
        ("sped := set", "Line has no input sped"),
        ("speed := set, speed := 1", "speed is given twice"),
        ("lamp => result", "Line has no output lamp"),
        ("speed := set + 1", "an instance is given a constant, a global variable or an address"),
        ("speed := T#1s", "TIME"),
        ("done => nothing", "nothing is not declared"),
        ("set", "needs the name of an input"),
        ("v WITH fast", "only a block of the program itself has a task"),
        ("w WITH fast", "Line has no block w"),
    ],
)
def test_that_wrong_parameters_of_a_program_are_told(given: str, words: str) -> None:
    with pytest.raises(Problems) as caught:
        compile_st({"m.st": BLOCK + LINE + CELL.replace("speed := set, done => result", given) + END})
    assert [words in p.what for p in caught.value.problems] == [True]
    assert caught.value.problems[0].where.line == (BLOCK + LINE + CELL).split("PROGRAM p")[0].count("\n") + 1


def test_that_tasks_of_the_scene_tell_that_nothing_is_given() -> None:
    found = compile_st({"m.st": BLOCK + LINE + CELL + END}, tasks=[TaskSpec("t", "Line", 10_000_000)])
    assert "what PROGRAM p is given in the CONFIGURATION does not reach it" in [n.what for n in found.notices]


def test_that_a_retained_program_keeps_all_its_variables_over_a_warm_start() -> None:
    text = """PROGRAM A VAR n : INT; END_VAR n := n + 1; END_PROGRAM
    CONFIGURATION c TASK t (INTERVAL := T#10ms);
    PROGRAM RETAIN kept WITH t : A; PROGRAM NON_RETAIN lost WITH t : A; END_CONFIGURATION"""
    program = compile_st({"m.st": text})
    plc = program.start()
    for scan in range(3):
        plc.scan(scan)
    plc.start("warm")
    assert (plc["kept.n"], plc["lost.n"]) == (3, 0)
    assert (program.variable("kept.n").retain, program.variable("lost.n").retain) == (True, False)


# ---- tasks -----------------------------------------------------------------------------------------------

TASKS = """VAR_GLOBAL CONSTANT CYCLE : TIME := T#20ms; FIRST : INT := 3; END_VAR
VAR_GLOBAL start : BOOL; slow : TIME := T#1s; END_VAR
PROGRAM A VAR n : INT; END_VAR n := n + 1; END_PROGRAM
CONFIGURATION c TASK t ({}); PROGRAM p WITH t : A; END_CONFIGURATION"""


@pytest.mark.parametrize(
    "settings, cycle_ns, priority, trigger",
    [
        ("INTERVAL := T#10ms, PRIORITY := 1", 10_000_000, 1, ""),
        ("PRIORITY := 16#F, INTERVAL := time#1s500ms", 1_500_000_000, 15, ""),
        ("INTERVAL := CYCLE, PRIORITY := FIRST", 20_000_000, 3, ""),
        ("INTERVAL := CYCLE * 2, PRIORITY := FIRST + 1", 40_000_000, 4, ""),
        ("INTERVAL := LTIME#250us", 250_000, 0, ""),
        ("SINGLE := start, PRIORITY := 2", 0, 2, "start"),
        ("SINGLE := start, INTERVAL := T#10ms, PRIORITY := 1", 10_000_000, 1, "start"),
    ],
)
@pytest.mark.parametrize("dialect", ["iec", "codesys"])
def test_that_a_task_takes_literals_and_constants(
    settings: str, cycle_ns: int, priority: int, trigger: str, dialect: str
) -> None:
    (task,) = compile_st(TASKS.format(settings), dialect).tasks
    assert (task.cycle_ns, task.priority, task.trigger) == (cycle_ns, priority, trigger)


@pytest.mark.parametrize(
    "settings, words",
    [
        ("INTERVAL := slow", "INTERVAL is not a setting that a task can have here"),
        ("INTERVAL := 10", "INTERVAL is not a setting that a task can have here"),
        ("INTERVAL := CICLE", "CICLE is not declared"),
        ("INTERVAL := T#10ms, PRIORITY := T#1s", "PRIORITY is not a setting that a task can have here"),
        ("INTERVAL := T#10ms, SINGLE := TRUE", "SINGLE is not a setting that a task can have here"),
        ("PRIORITY := 1", "task t has no INTERVAL and no SINGLE, so it never runs"),
        ("INTERVAL := T#1x", "T#1x"),
    ],
)
def test_that_a_wrong_setting_of_a_task_is_told(settings: str, words: str) -> None:
    with pytest.raises(Problems) as caught:
        compile_st(TASKS.format(settings))
    assert [words in p.what for p in caught.value.problems] == [True]
    assert caught.value.problems[0].where.line == 4


# ---- resources -------------------------------------------------------------------------------------------

TWO = """PROGRAM A VAR n : INT; END_VAR n := n + 1; END_PROGRAM
CONFIGURATION c VAR_GLOBAL all : INT; END_VAR
RESOURCE left ON PLC VAR_GLOBAL mine : INT; END_VAR TASK t (INTERVAL := T#10ms);
PROGRAM l WITH t : A; END_RESOURCE
RESOURCE right ON PLC TASK t (INTERVAL := T#20ms); PROGRAM r WITH t : A; END_RESOURCE
END_CONFIGURATION"""


def test_that_tasks_of_two_resources_may_have_one_name() -> None:
    program = compile_st({"m.st": TWO})
    assert [(t.name, t.cycle_ns, t.programs) for t in program.tasks] == [
        ("left.t", 10_000_000, ("l",)), ("right.t", 20_000_000, ("r",)),
    ]  # fmt: skip
    plc = program.start()
    plc.scan(0, 0)
    assert (plc["left.l.n"], plc["c.right.r.n"], plc["l.n"]) == (1, 0, 1)


def test_that_a_task_is_looked_for_in_its_own_resource() -> None:
    with pytest.raises(Problems, match="there is no TASK u"):
        compile_st({"m.st": TWO.replace("r WITH t", "r WITH u")})


def test_that_instances_of_two_resources_need_two_names() -> None:
    with pytest.raises(Problems, match="one PLC runs the resources left and right here"):
        compile_st({"m.st": TWO.replace("PROGRAM r", "PROGRAM l")})


# ---- VAR_CONFIG ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ["iec", "codesys", "twincat"])
def test_that_instances_get_addresses_and_initial_values_of_their_own(dialect: str) -> None:
    program = cell(
        """VAR_CONFIG
    Cell.Station.p.v[1].closed AT %IX0.0 : BOOL; Station.p.v[2].closed AT %IX0.1 : BOOL := TRUE;
    p.v[1].coil AT %QX4.0 : BOOL; p.v[2].coil AT %QX4.1 : BOOL; p.lamp AT %QX5.0 : BOOL;
    p.v[2].travel : INT := 70; p.n : INT := 10; set : INT := 30; p.v[1].r.PT : TIME := T#5s;
    END_VAR""",
        dialect,
    )
    addresses = [
        program.variable(f"p.{k}").address for k in ("v[1].closed", "v[2].closed", "v[1].coil", "lamp")
    ]
    assert addresses == ["%IX0.0", "%IX0.1", "%QX4.0", "%QX5.0"]
    assert not program.notices
    plc = program.start()
    assert [plc[f"p.{k}"] for k in ("v[1].travel", "v[2].travel", "n", "v[2].closed")] == [3, 70, 10, True]
    assert (plc["p.v[1].r.PT"], plc["p.v[2].r.PT"]) == (5_000_000_000, 1_000_000_000)
    assert program.variable("p.v[2].travel").initial == 70
    plc.scan(0)
    assert (plc["result"], plc["p.v[1].moving"], plc["p.v[2].moving"]) == (60, False, True)


def test_that_a_cold_start_and_an_online_change_go_by_the_configured_values() -> None:
    program = cell("VAR_CONFIG p.n : INT := 10; END_VAR")
    plc = program.start()
    plc.scan(0)
    assert plc["p.n"] == 11
    plc.online_change(cell("VAR_CONFIG p.n : INT := 50; p.v[1].travel : INT := 9; END_VAR"))
    assert plc["p.n"] == 11  # goes on with its value
    plc.start("cold")
    assert (plc["p.n"], plc["p.v[1].travel"]) == (50, 9)


def test_that_a_variable_of_a_single_instance_shares_the_memory_of_its_address() -> None:
    program = cell("""VAR_GLOBAL whole AT %QB5 : BYTE; END_VAR
    VAR_CONFIG p.lamp AT %QX5.3 : BOOL; p.v[1].closed AT %IX0.0 : BOOL; END_VAR""")
    plc = program.start()
    plc["p.v[1].closed"] = True
    plc.scan(0)
    assert (plc["p.lamp"], plc["whole"]) == (True, 8)


def test_that_a_variable_of_the_only_instance_of_a_block_shares_it_too() -> None:
    text = (
        BLOCK
        + """VAR_GLOBAL GVL_in AT %IB2 : BYTE; END_VAR
    VAR_CONFIG MAIN.v.closed AT %IX2.1 : BOOL; MAIN.v.coil AT %QX0.0 : BOOL := TRUE; END_VAR
    PROGRAM MAIN VAR v : Valve; q : BOOL; seen : BOOL; END_VAR
    seen := %QX0.0; v(wanted := FALSE); q := v.closed;
    END_PROGRAM"""
    )
    plc = compile_st({"m.st": text}, "codesys").start()
    assert plc["MAIN.v.coil"] is True
    plc["GVL_in"] = 2
    plc.scan(0)
    assert [plc[f"MAIN.{k}"] for k in ("seen", "q", "v.closed", "v.coil")] == [True, True, True, False]


def test_that_a_list_of_codesys_stands_alone_and_names_globals_by_their_list() -> None:
    files = {
        "GVL.st": "VAR_GLOBAL x AT %I* : BOOL; s : INT := 1; END_VAR",
        "config.st": "VAR_CONFIG GVL.x AT %IX3.0 : BOOL; GVL.s : INT := 4; END_VAR",
        "MAIN.st": "PROGRAM MAIN VAR n : INT; END_VAR n := s; END_PROGRAM",
    }
    program = compile_st(files, "codesys")
    assert program.variable("GVL.x").address == "%IX3.0"
    plc = program.start()
    plc.scan(0)
    assert plc["MAIN.n"] == 4


def test_that_structures_and_arrays_get_values_as_a_whole_and_in_part() -> None:
    text = """TYPE S : STRUCT a : INT := 1; b : ARRAY[0..2] OF REAL; END_STRUCT END_TYPE
    PROGRAM MAIN VAR s, t : S; f : ARRAY[1..2] OF INT; END_VAR f[1] := f[1] + 1; END_PROGRAM
    VAR_CONFIG MAIN.s : S := (b := [1.5, 2.5]); MAIN.t.b[2] : REAL := 9.0;
    MAIN.f : ARRAY[1..2] OF INT := [7, 8];
    END_VAR"""
    plc = compile_st({"m.st": text}).start()
    assert [plc[f"MAIN.{k}"] for k in ("s.a", "s.b[0]", "s.b[1]", "t.b[2]", "f[1]", "f[2]")] == [
        1, 1.5, 2.5, 9.0, 7, 8,
    ]  # fmt: skip


def test_that_values_follow_a_program_that_the_scene_runs_by_its_own_name() -> None:
    text = BLOCK + LINE + CELL + "VAR_CONFIG p.n : INT := 44; p.v[1].closed AT %IX0.0 : BOOL; END_VAR " + END
    program = compile_st({"m.st": text}, tasks=[TaskSpec("t", "Line", 10_000_000)])
    assert program.start()["Line.n"] == 44
    assert program.variable("Line.v[1].closed").address == "%IX0.0"


@pytest.mark.parametrize(
    "entry, words",
    [
        ("p.v[1].opened AT %IX0.0 : BOOL;", "p.v[1] has no variable opened"),
        ("p.v[3].closed AT %IX0.0 : BOOL;", "p.v, an ARRAY[1..2] OF Valve, has no [3]"),
        ("q.n : INT := 5;", "the configuration has no variable q"),
        ("p.n : DINT := 5;", "p.n is a DINT here and an INT where it is declared"),
        ("p.n AT %IW0 : INT;", "p.n has no address to be completed"),
        ("p.v[1].closed AT %QX0.0 : BOOL;", "p.v[1].closed is declared AT %I*, %QX0.0 is elsewhere"),
        ("p.v[1].closed AT %IW0 : BOOL;", "%IW0 is 16 bit wide, closed is a BOOL"),
        ("p.n : INT;", "neither an address nor a value"),
        ("p.n : INT := set;", "an initial value must be constant"),
        ("p.v[1] : Valve := (wanted := TRUE);", "p.v[1] is a block"),
        (
            "p.v[1].closed AT %IX0.0 : BOOL; p.v[2].closed AT %IX0.0 : BOOL;",
            "p.v[2].closed and p.v[1].closed lie both at %IX0.0",
        ),
    ],
)
def test_that_a_wrong_entry_of_var_config_is_told(entry: str, words: str) -> None:
    assert [words in what for what in refused(f"VAR_CONFIG {entry} END_VAR")] == [True]


@pytest.mark.parametrize("dialect", ["iec", "codesys"])
def test_that_a_variable_without_address_is_told_with_the_path_that_it_needs(dialect: str) -> None:
    program = cell("VAR_CONFIG p.v[1].closed AT %IX0.0 : BOOL; p.lamp AT %QX0.0 : BOOL; END_VAR", dialect)
    assert [(n.what, n.cure, n.where.line) for n in program.notices] == [
        (
            "no VAR_CONFIG says where p.v[2].closed lies",
            "VAR_CONFIG p.v[2].closed AT %I... : BOOL; END_VAR", 3,
        ),
        (
            "no VAR_CONFIG says where p.v[1].coil and 1 more lies",
            "VAR_CONFIG p.v[1].coil AT %Q... : BOOL; p.v[2].coil AT %Q... : BOOL; END_VAR", 3,
        ),
    ]  # fmt: skip


def test_that_twincat_links_such_variables_by_itself() -> None:
    assert not cell("", "twincat").notices


# ---- VAR_ACCESS ------------------------------------------------------------------------------------------


def test_that_access_paths_are_names_of_their_variables() -> None:
    program = cell("""VAR_ACCESS
    Speed : set : INT READ_WRITE; Count : Station.p.n : INT READ_ONLY;
    Closed : Cell.Station.p.v[1].closed : BOOL
    READ_WRITE; Silent : p.done : INT; Bit : %IX7.0 : BOOL READ_WRITE;
    END_VAR""")
    plc = program.start()
    plc["speed"] = 8
    plc["Closed"] = True
    plc.scan(0)
    assert [plc[k] for k in ("set", "Count", "p.v[1].closed", "Silent")] == [8, 2, True, 16]
    for name in ("Count", "Silent"):
        with pytest.raises(ValueError, match=f"{name} is READ_ONLY"):
            plc[name] = 3
    assert [k for k in program.variables if "." not in k] == [
        "set", "result", "Speed", "Count", "Closed", "Silent", "Bit",
    ]  # fmt: skip
    assert program.variables["Closed"].address == "%I*"
    assert program.variables["COUNT"].section == "VAR_ACCESS"


def test_that_an_access_path_of_a_structure_reaches_what_is_in_it() -> None:
    text = """TYPE S : STRUCT a : INT; b : ARRAY[0..2] OF REAL; END_STRUCT END_TYPE
    PROGRAM MAIN VAR s : S; END_VAR s.a := s.a + 1; END_PROGRAM
    VAR_ACCESS Part : MAIN.s : S READ_WRITE; END_VAR"""
    plc = compile_st({"m.st": text}).start()
    plc["Part.b[1]"] = 2.5
    plc.scan(0)
    assert (plc["MAIN.s.b[1]"], plc["Part.a"]) == (2.5, 1)


def test_that_a_write_through_an_access_path_wakes_the_task() -> None:
    text = "PROGRAM MAIN VAR a, b : INT; END_VAR b := a; END_PROGRAM "
    text += "VAR_ACCESS x : MAIN.a : INT READ_WRITE; END_VAR"
    plc = compile_st({"m.st": text}).start()
    for scan in range(3):
        plc.scan(scan)
    assert plc.settled()
    plc["x"] = 4
    assert not plc.settled()


@pytest.mark.parametrize(
    "entry, words",
    [
        ("set : p.n : INT;", "the name set is already taken"),
        ("a : p.n : INT; A : p.done : INT;", "the name A is already taken"),
        ("a : p.n : BOOL;", "p.n is a BOOL here and an INT where it is declared"),
        ("a : p.v[1] : Valve;", "p.v[1] is a block"),
        ("a : p.x.y : INT;", "p has no variable x"),
        ("a : p.n.y : INT;", "p.n is an INT and has nothing inside"),
    ],
)
def test_that_a_wrong_access_path_is_told(entry: str, words: str) -> None:
    assert [words in what for what in refused(f"VAR_ACCESS {entry} END_VAR")] == [True]


def test_that_the_words_of_access_are_names_elsewhere() -> None:
    plc = compile_st(
        "PROGRAM MAIN VAR read_only, Read_Write : BOOL; END_VAR read_only := NOT Read_Write; END_PROGRAM"
    ).start()
    plc.scan(0)
    assert plc["MAIN.READ_ONLY"] is True


OWN_ACCESS = """PROGRAM Cell VAR speed : INT; a : ARRAY[0..2] OF INT; t : TON; END_VAR
VAR_ACCESS v : speed : INT READ_WRITE; el : a[1] : INT READ_ONLY; done : t.Q : BOOL; END_VAR
speed := speed + 1; a[1] := speed; END_PROGRAM
"""
TWO_CELLS = """CONFIGURATION C RESOURCE R ON X TASK T(INTERVAL := T#10ms);
PROGRAM one WITH T : Cell; PROGRAM two WITH T : Cell; END_RESOURCE END_CONFIGURATION"""


def test_that_a_program_gives_access_to_its_own_variables() -> None:
    plc = compile_st(OWN_ACCESS).start()
    plc["Cell.v"] = 6
    plc.scan(0)
    assert (plc["Cell.speed"], plc["Cell.el"], plc["Cell.done"]) == (7, 7, False)
    two = compile_st(OWN_ACCESS + TWO_CELLS).start()
    two["two.v"] = 10
    two.scan(0)
    assert (two["one.v"], two["two.v"], two["two.el"]) == (1, 11, 11)
    with pytest.raises(ValueError, match=r"two\.el is READ_ONLY"):
        two["two.el"] = 3


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("speed : speed : INT;", "the name speed is already taken"),
        ("q : nope : INT;", "Cell has no variable nope"),
        ("q : speed : BOOL;", "Cell.speed is a BOOL here and an INT where it is declared"),
    ],
)
def test_that_a_wrong_access_of_a_program_is_told(section: str, told: str) -> None:
    for kind, what in (("PROGRAM", told), ("FUNCTION_BLOCK", "VAR_ACCESS stands in a FUNCTION_BLOCK")):
        text = f"{kind} Cell VAR speed : INT; END_VAR VAR_ACCESS {section} END_VAR END_{kind}\n"
        text += "PROGRAM P END_PROGRAM"
        with pytest.raises(Problems) as caught:
            compile_st(text)
        assert [problem.what for problem in caught.value.problems] == [what]


# ---- PROGRAM p WITH t : T (block WITH t2) ---------------------------------------------------------------

SUMS = """FUNCTION_BLOCK Sum VAR_INPUT x : INT; END_VAR VAR_OUTPUT n : INT; END_VAR VAR t : TON; END_VAR
n := n + x; t(IN := x > 7, PT := T#35ms); IF t.Q THEN n := 1000; END_IF END_FUNCTION_BLOCK
PROGRAM P VAR_INPUT given : INT := 5; END_VAR VAR one, two : Sum; seen : INT; END_VAR
one(x := given, n => seen); two(x := 1); END_PROGRAM
"""
SLOW = """CONFIGURATION C RESOURCE R ON X
TASK quick(INTERVAL := T#10ms, PRIORITY := 1); TASK slow(INTERVAL := T#50ms, PRIORITY := 2);
PROGRAM a WITH quick : P (one WITH slow); PROGRAM b WITH quick : P; END_RESOURCE END_CONFIGURATION"""


def both(plc: Plc, until: int) -> None:
    for step in range(until):
        plc.scan(step * 10 * MS, 0)
        if step % 5 == 0:
            plc.scan(step * 10 * MS, 1)


def test_that_a_block_runs_in_the_task_of_its_own_and_in_no_other() -> None:
    program = compile_st({"m.st": SUMS + SLOW})
    assert [(task.name, task.programs, task.blocks) for task in program.tasks] == [
        ("quick", ("a", "b"), ()), ("slow", (), ("a.one",)),
    ]  # fmt: skip
    plc = program.start()
    both(plc, 11)
    shown = ("a.one.n", "a.seen", "a.two.n", "b.one.n", "b.seen")
    assert [plc[path] for path in shown] == [15, 10, 11, 55, 55]  # inputs go in, outputs come out
    other = program.start()
    other.restore(plc.snapshot())
    plc.scan(150 * MS, 1)
    other.scan(150 * MS, 1)
    assert (plc["a.one.n"], other["a.one.n"]) == (20, 20)
    plc.online_change(compile_st({"m.st": SUMS.replace("seen : INT", "seen, more : INT") + SLOW}))
    plc.scan(200 * MS, 1)
    assert (plc["a.one.n"], plc["b.one.n"]) == (25, 55)


def test_that_skipping_knows_that_two_tasks_run_parts_of_one_program() -> None:
    text = """VAR_GLOBAL i0 AT %IX0.0 : BOOL; i1 AT %IX0.1 : BOOL; i2 AT %IX0.2 : BOOL; level AT %IW1 : INT;
      q0 AT %QX0.0 : BOOL; q1 AT %QX0.1 : BOOL; q2 AT %QX0.2 : BOOL; out AT %QW1 : INT; END_VAR
    FUNCTION_BLOCK Delay VAR_INPUT on : BOOL; END_VAR VAR_OUTPUT q : BOOL; END_VAR VAR t : TON; END_VAR
    t(IN := on, PT := T#33ms); q := t.Q; END_FUNCTION_BLOCK
    PROGRAM P VAR d : Delay; n : INT; END_VAR d(on := i0, q => q0); q1 := d.q AND i1; out := level;
    END_PROGRAM
    CONFIGURATION C TASK quick(INTERVAL := T#10ms); TASK slow(INTERVAL := T#25ms, PRIORITY := 1);
    PROGRAM p WITH quick : P (d WITH slow); END_CONFIGURATION"""
    program = compile_st({"m.st": text})
    every = skipped = 0
    for seed in range(15):
        one, other = played(program, seed, False), played(program, seed, True)
        assert one.log == other.log and memories(one.plc) == memories(other.plc)
        every += one.plc.scans(0) + one.plc.scans(1)
        skipped += other.plc.scans(0) + other.plc.scans(1)
    assert skipped < every * 0.7


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("one WITH nobody", "there is no TASK nobody"),
        ("one WITH slow, one WITH quick", "a.one is in two tasks"),
        ("t WITH slow", "t is a TON: only a block of the program itself has a task"),
        ("lent WITH slow", "Lent has a VAR_IN_OUT, which no task can give it"),
    ],
)
def test_that_a_block_that_cannot_have_a_task_is_told(given: str, told: str) -> None:
    lent = "FUNCTION_BLOCK Lent VAR_IN_OUT v : INT; END_VAR END_FUNCTION_BLOCK\n"
    text = lent + SUMS.replace("one, two : Sum;", "one, two : Sum; t : TON; lent : Lent;")
    with pytest.raises(Problems) as caught:
        compile_st({"m.st": text + SLOW.replace("one WITH slow", given)})
    assert [problem.what for problem in caught.value.problems] == [told]
