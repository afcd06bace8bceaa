"""PLC code under test from Python: instances, functions, virtual time, what a timeout tells."""

from __future__ import annotations

import pytest

from commissioning.plc import PlcError, compile_st
from commissioning.plc.testing.under_test import ConditionTimeout, Part, PlcUnderTest

PROJECT = """
TYPE
    Colour : (red, green := 5, blue);
    Pos : STRUCT x : INT := 3; y : ARRAY[1..3] OF REAL; END_STRUCT
END_TYPE
VAR_GLOBAL I_Go AT %IX0.0 : BOOL; Q_Run : BOOL; g : INT; shared : FB_Inner; END_VAR
FUNCTION F_Sum : INT
VAR_INPUT a : INT; p : Pos; END_VAR
VAR_IN_OUT c : INT; END_VAR
VAR_OUTPUT twice : INT; END_VAR
    F_Sum := a + p.x + c;
    twice := 2 * a;
    c := c + 1;
END_FUNCTION
FUNCTION_BLOCK FB_Inner
VAR_INPUT up : BOOL; END_VAR
VAR_OUTPUT count : INT; END_VAR
    IF up THEN count := count + 1; END_IF;
END_FUNCTION_BLOCK
FUNCTION_BLOCK FB_Zone
VAR_INPUT
    enable, sOut : BOOL;
    colour : Colour;
    pos : Pos;
    limit : TIME := T#3s;
END_VAR
VAR_IN_OUT total : INT; other : FB_Inner; watch : TON; END_VAR
VAR_OUTPUT alarm : BOOL; END_VAR
VAR t : TON; inner : ARRAY[0..1] OF FB_Inner; large : ARRAY[0..1999] OF Pos; END_VAR
    t(IN := enable AND sOut, PT := limit);
    alarm := t.Q;
    total := total + 1;
    g := g + 1;
    inner[1](up := enable);
    other(up := enable);
    watch(IN := enable, PT := T#1s);
    large[7].y[2] := 1.5;
END_FUNCTION_BLOCK
FUNCTION F_Count : INT
VAR_IN_OUT counted : FB_Inner; END_VAR
    counted(up := TRUE);
    F_Count := counted.count;
END_FUNCTION
FUNCTION_BLOCK FB_Base
VAR_INPUT x : INT; END_VAR
VAR_OUTPUT y : INT; END_VAR
VAR n : INT; END_VAR
METHOD Add : INT
VAR_INPUT a : INT; END_VAR
    Add := a + x;
    n := n + 1;
END_METHOD
METHOD Which : INT
    Which := 1;
END_METHOD
PROPERTY Tens : INT
GET
    Tens := n * 10;
END_GET
SET
    n := Tens / 10;
END_SET
END_PROPERTY
    y := THIS^.Which();
END_FUNCTION_BLOCK
FUNCTION_BLOCK FB_Derived EXTENDS FB_Base
METHOD Which : INT
    Which := 2;
END_METHOD
    SUPER^();
END_FUNCTION_BLOCK
FUNCTION_BLOCK FB_Stops
VAR_INPUT d : INT; END_VAR
    g := 10 / d;
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR n : INT; END_VAR
    n := n + 1;
    Q_Run := I_Go;
    shared(up := TRUE);
END_PROGRAM
"""
PROGRAM = compile_st({"zone.st": PROJECT})


@pytest.fixture
def bed() -> PlcUnderTest:
    return PlcUnderTest(PROGRAM)


def test_that_the_alarm_comes_after_its_time(bed: PlcUnderTest) -> None:
    zone = bed.fb("FB_Zone")
    zone(enable=True, sOut=True)
    bed.run(scans=3)
    assert not zone.alarm and bed.now_s == 0.03
    bed.run_until(lambda: zone.alarm, timeout="T#4s")
    assert bed.now_s == 3.0  # a TON that starts at 0 with PT = 3 s (decision 5)


def test_that_only_what_was_made_runs(bed: PlcUnderTest) -> None:
    zone = bed.fb("FB_Zone")
    bed.run(5)
    assert bed["MAIN.n"] == 0 and bed["g"] == 5 and zone.total == 5


def test_that_the_project_runs_where_nothing_was_made(bed: PlcUnderTest) -> None:
    bed["I_Go"] = True
    bed.run(2)
    assert bed["Q_Run"] and bed["MAIN.n"] == 2 and bed.now_s == 0.01
    bed.run_for("T#20ms")
    assert bed["MAIN.n"] == 4
    bed.run_until(lambda: bed["MAIN.n"] == 10)
    assert bed.now_ns == 90_000_000


def test_that_a_program_can_run_alone(bed: PlcUnderTest) -> None:
    main = bed.program("MAIN")
    bed["I_Go"] = True
    main()
    assert bed["Q_Run"] and main.n == 1 and bed["MAIN.n"] == 0


def test_that_every_test_gets_fresh_instances(bed: PlcUnderTest) -> None:
    one, two = bed.fb("FB_Zone"), bed.fb("FB_Zone")
    one(enable=True)
    one()
    assert (one.total, two.total) == (2, 0)
    assert (one.inner[1].count, two.inner[1].count) == (2, 0)
    assert PlcUnderTest(PROGRAM)["g"] == 0


def test_that_inputs_keep_their_values_and_calls_happen_now(bed: PlcUnderTest) -> None:
    zone = bed.fb("FB_Zone", enable=True, sOut=True, limit="T#20ms")
    zone()
    zone()
    assert bed.now_ns == 0 and zone.total == 2
    bed.run(2)
    assert bed.now_ns == 20_000_000 and zone.alarm and zone.t.Q
    zone(enable=False)
    assert not zone.alarm


def test_that_values_have_the_forms_of_python_and_of_the_program(bed: PlcUnderTest) -> None:
    zone = bed.fb("FB_Zone")
    zone(colour="green", pos={"x": 7, "y": [1, 2.5, 3]}, limit="1.5 s", total=40)
    assert (zone.colour, zone.pos.x, zone.pos.y[2], zone.limit, zone.total) == (5, 7, 2.5, 1_500_000_000, 41)
    assert zone["pos.y[3]"] == 3.0 and zone.large[7].y[2] == 1.5
    assert isinstance(zone.pos, Part)
    zone.pos.x = 9
    zone["pos.y[1]"] = 4.0
    zone.large[1999].x = 11
    assert (zone.pos.x, zone.pos.y[1], zone.large[1999].x) == (9, 4.0, 11)
    zone(colour="Colour.blue")
    assert zone.COLOUR == 6


def test_that_what_is_taken_by_reference_is_held_for_the_test(bed: PlcUnderTest) -> None:
    zone = bed.fb("FB_Zone", enable=True)
    bed.run(102)  # the timer starts at 0 and is out at 1 s
    assert zone.other.count == 102 and zone.watch.Q
    zone.other.count = 5
    zone()
    assert zone.other.count == 6


def test_that_running_times_can_be_read(bed: PlcUnderTest) -> None:
    zone = bed.fb("FB_Zone", enable=True, sOut=True)
    zone()
    bed.run_for("250 ms")
    assert zone.t.ET == 250_000_000


def test_that_a_function_may_take_a_block(bed: PlcUnderTest) -> None:
    count = bed.function("F_Count")
    assert (count(), count(), count.counted.count) == (1, 2, 2)


def test_that_an_array_of_any_bounds_is_a_list() -> None:
    text = """
FUNCTION F_Turn : INT
VAR_IN_OUT a : ARRAY[*] OF INT; END_VAR
VAR i : DINT; END_VAR
    FOR i := LOWER_BOUND(a, 1) TO UPPER_BOUND(a, 1) DO
        F_Turn := F_Turn + a[i];
        a[i] := -a[i];
    END_FOR
END_FUNCTION
FUNCTION_BLOCK FB_Sum
VAR_IN_OUT a : ARRAY[*] OF INT; END_VAR
VAR_OUTPUT sum : INT; END_VAR
    sum := sum + F_Turn(a);
END_FUNCTION_BLOCK
"""
    bed = PlcUnderTest(compile_st(text, with_tests=True))
    values = [1, 2, 4]
    assert bed.call_function("F_Turn", a=values) == 7 and values == [-1, -2, -4]
    block = bed.fb("FB_Sum")
    block(a=values)
    assert block.sum == -7 and values == [1, 2, 4]
    with pytest.raises(TypeError, match="needs an array for a: give it a list"):
        bed.call_function("F_Turn")
    with pytest.raises(TypeError, match="takes a list of elementary values"):
        bed.call_function("F_Turn", a=5)
    with pytest.raises(ValueError, match="40000 does not fit"):
        bed.call_function("F_Turn", a=[40000])


def test_that_blocks_are_given_by_reference_and_as_interfaces() -> None:
    text = """
INTERFACE I_Axis METHOD Go : INT END_METHOD END_INTERFACE
FUNCTION_BLOCK FB_Axis IMPLEMENTS I_Axis
VAR_OUTPUT moves : INT; END_VAR
METHOD Go : INT
    moves := moves + 1;
    Go := moves;
END_METHOD
END_FUNCTION_BLOCK
FUNCTION_BLOCK FB_User
VAR_INPUT axis : I_Axis; where : POINTER TO FB_Axis; END_VAR
VAR_IN_OUT other : FB_Axis; END_VAR
VAR_OUTPUT n : INT; END_VAR
    IF axis <> 0 THEN n := axis.Go(); END_IF
    IF where <> 0 THEN n := n + 10 * where^.Go(); END_IF
    n := n + 100 * other.Go();
END_FUNCTION_BLOCK
"""
    bed = PlcUnderTest(compile_st(text, with_tests=True))
    user, axis, other = bed.fb("FB_User"), bed.fb("FB_Axis"), bed.fb("FB_Axis")
    assert user(axis=axis, other=other).n == 101
    assert user(where=axis).n == 2 + 30 + 200
    assert (axis.moves, other.moves) == (3, 2)
    with pytest.raises(TypeError, match="other is a FB_Axis, not FB_User"):
        user(other=user)
    with pytest.raises(TypeError, match="n is an INT, not FB_Axis"):
        bed.fb("FB_User")._instance.set("n", axis._instance)


def test_that_methods_and_properties_answer_by_name(bed: PlcUnderTest) -> None:
    base, derived = bed.fb("FB_Base", x=1), bed.fb("FB_Derived", x=1)
    assert (base.Add(a=4), base.n, base.Tens) == (5, 1, 10)
    base.Tens = 90
    assert (base.n, base.Tens) == (9, 90)
    base()
    derived()
    assert (base.y, derived.y) == (1, 2)  # the method of the derived block
    assert derived.Add(a=1) == 2 and derived.n == 1
    with pytest.raises(TypeError, match="Add has no input b"):
        base.Add(b=1)


def test_that_functions_are_called_by_name(bed: PlcUnderTest) -> None:
    assert bed.call_function("F_Sum", a=1, p={"x": 10}, c=100) == 111
    add = bed.function("f_sum")
    assert add(a=4, c=0) == 7  # p.x is 3 unless it is given
    assert (add.twice, add.c) == (8, 1)
    assert bed.now_ns == 0


@pytest.mark.parametrize(
    ("name", "pt", "shown"), [("TON", "1 s", True), ("TOF", "1 s", True), ("TP", "1 s", False)]
)
def test_that_standard_blocks_have_instances_too(bed: PlcUnderTest, name: str, pt: str, shown: bool) -> None:
    timer = bed.fb(name, PT=pt)
    timer(IN=True)
    bed.run_for("1 s")
    assert timer.Q is shown and timer.ET in (0, 1_000_000_000)


def test_that_counters_and_edges_have_instances(bed: PlcUnderTest) -> None:
    counter, edge = bed.fb("CTU", PV=2), bed.fb("R_TRIG")
    for level in (True, False, True):
        edge(CLK=level)
        counter(CU=edge.Q)
        counter(CU=False)
    assert counter.CV == 2 and counter.Q


def test_that_a_timeout_tells_what_changed_meanwhile(bed: PlcUnderTest) -> None:
    zone = bed.fb("FB_Zone", enable=True, sOut=True)
    with pytest.raises(ConditionTimeout) as raised:
        bed.run_until(lambda: zone.alarm, timeout="T#50ms")
    told = str(raised.value).splitlines()
    assert told[0] == (
        "the condition did not come true within T#50ms (from 0 s to 0.05 s); what changed, the latest first:"
    )
    # called at 0 and then each 10 ms: six times until 50 ms
    assert "      0.050 s  FB_Zone.total  5 -> 6  (6 times)" in told
    assert "      0.050 s  g  5 -> 6  (6 times)" in told
    assert "      0.000 s  FB_Zone.large[7].y[2]  0 -> 1.5" not in told  # too large to be listed
    assert not any("MAIN" in line for line in told)


def test_that_what_changes_all_the_time_hides_nothing() -> None:
    counters = "".join(f"n{k} : INT; " for k in range(20))
    body = (
        "".join(f"n{k} := n{k} + 1; " for k in range(20))
        + "IF n0 = 3 THEN step := 10; END_IF; t(IN := TRUE);"
    )
    program = compile_st(f"PROGRAM MAIN VAR {counters} step : INT; t : TON; END_VAR {body} END_PROGRAM")
    bed = PlcUnderTest(program)
    with pytest.raises(ConditionTimeout) as raised:
        bed.run_until(lambda: False, timeout=1)
    told = str(raised.value).splitlines()
    assert told[1:4] == [
        "      0.020 s  MAIN.step  0 -> 10",
        "      0.000 s  MAIN.t.IN  FALSE -> TRUE",
        "      0.000 s  MAIN.t.Q  FALSE -> TRUE",  # PT is 0: it delays nothing (decision 5)
    ]
    assert told[-1] == "  and 11 variables before" and len(told) == 14


def test_that_a_timeout_without_changes_says_so() -> None:
    bed = PlcUnderTest(compile_st("PROGRAM MAIN VAR a, b : BOOL; END_VAR a := b; END_PROGRAM"))
    with pytest.raises(ConditionTimeout, match="nothing changed meanwhile"):
        bed.run_until(lambda: bed["MAIN.a"], timeout=0.1)


def test_that_a_condition_that_holds_already_waits_for_nothing(bed: PlcUnderTest) -> None:
    bed.run_until(lambda: True)
    assert bed.now_ns == 0 and bed.scan_count == 0


def test_that_what_stops_the_plc_is_raised_with_the_statement(bed: PlcUnderTest) -> None:
    block = bed.fb("FB_Stops")
    with pytest.raises(PlcError, match="division by zero") as raised:
        block(d=0)
    assert (raised.value.file, raised.value.line) == (
        "zone.st",
        PROJECT[: PROJECT.index("g := 10")].count("\n") + 1,
    )
    with pytest.raises(PlcError):
        block(d=1)  # a PLC that stopped stays stopped


def test_that_wrong_names_and_values_name_the_nearest(bed: PlcUnderTest) -> None:
    zone = bed.fb("FB_Zone")
    with pytest.raises(KeyError, match=r"no function block FB_Zonn. Did you mean FB_Zone"):
        bed.fb("FB_Zonn")
    with pytest.raises(KeyError, match=r"no function G_Sum. Did you mean F_Sum"):
        bed.call_function("G_Sum")
    with pytest.raises(TypeError, match=r"FB_Zone has no input enabel. Did you mean enable"):
        zone(enabel=True)
    with pytest.raises(TypeError, match="has no input alarm"):
        zone(alarm=True)
    with pytest.raises(AttributeError, match="did you mean alarm"):
        _ = zone.alrm
    with pytest.raises(AttributeError, match="no variable enabl"):
        zone.enabl = True
    with pytest.raises(TypeError, match=r"FB_Zone.enable is a BOOL, not int"):
        zone(enable=1)
    with pytest.raises(ValueError, match=r"40000 does not fit FB_Zone.total"):
        zone(total=40000)
    with pytest.raises(ValueError, match="Colour has no yellow"):
        zone(colour="yellow")
    with pytest.raises(ValueError, match="has 3 elements, here are 2"):
        zone(pos={"y": [1, 2]})
    with pytest.raises(TypeError, match="an INT is expected, not the text"):
        zone(total="3")
    assert not hasattr(zone, "nothing")


def test_that_globals_take_durations_and_names_too() -> None:
    bed = PlcUnderTest(compile_st("VAR_GLOBAL t : TIME; END_VAR PROGRAM MAIN t := t; END_PROGRAM"))
    bed["t"] = "T#2s"
    assert bed["t"] == 2_000_000_000


def test_that_a_test_can_ask_what_it_has_executed(bed: PlcUnderTest) -> None:
    """FB_Inner: an IF, an assignment, and the ELSE that is not written."""
    covered = bed.coverage()
    inner = bed.fb("FB_Inner")
    inner(up=False)
    assert (covered["FB_Inner"].statements_hit, covered["FB_Inner"].branches_hit) == (1, 1)
    inner(up=True)
    assert (covered["FB_Inner"].statements_hit, covered["FB_Inner"].branches_hit) == (2, 2)
    assert covered["MAIN"].statements_hit == 0


def test_that_coverage_can_be_prepared() -> None:
    seen = []
    bed = PlcUnderTest(PROGRAM, prepare=seen.append)
    assert seen == [bed.plc]
