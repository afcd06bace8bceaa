"""Unknown library blocks, functions and types: listed stubs that the user fills in, never a silent no-op."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import PlcError, Program, compile_st
from commissioning.plc.stubs.collected import STUB_FILE


def stubbed(declared: str, body: str, dialect: str = "twincat", **more: str) -> Program:
    text = f"PROGRAM MAIN\nVAR {declared} END_VAR\n{body}\nEND_PROGRAM"
    return compile_st({"m.st": text, **more}, dialect, stubs=True)


def text_of(program: Program) -> str:
    """The stubs, in one line."""
    return " ".join(program.stubs[STUB_FILE].split())


def test_that_a_program_without_stubs_names_everything_unknown() -> None:
    with pytest.raises(Problems) as caught:
        compile_st("PROGRAM MAIN VAR p : MC_Power; END_VAR F_Log(1); END_PROGRAM")
    assert [p.what for p in caught.value.problems] == [
        "there is no type or block MC_Power", "there is no block or function F_Log",
    ]  # fmt: skip


def test_that_an_unknown_block_has_the_parameters_it_is_called_with() -> None:
    found = stubbed(
        "power : MC_Power; n : UINT; q, ok : BOOL;",
        "power(Enable := q, Number := n, Override := 1.5, Status => ok); IF power.Busy THEN n := 1; END_IF",
    )
    words = text_of(found)
    assert "VAR_INPUT Enable : BOOL; Number : UINT; Override : LREAL; END_VAR" in words
    assert "Status : BOOL;" in words and "Busy : BOOL;" in words
    assert words.endswith("END_VAR STUB(); END_FUNCTION_BLOCK")


def test_that_an_unknown_structure_has_the_members_that_are_used() -> None:
    found = stubbed(
        "d : ST_Data; v : REAL; s : STRING; q : BOOL;", "d.speed := v; s := d.inner.name; q := d.flags[3];"
    )
    words = text_of(found)
    assert "speed : REAL;" in words and "flags : ARRAY[0..255] OF BOOL;" in words
    assert "TYPE inner_type : STRUCT name : STRING; END_STRUCT" in words


def test_that_an_unknown_enumeration_has_its_members() -> None:
    found = stubbed(
        "e : E_State := E_State.Idle; n : INT;",
        "CASE e OF E_State.Idle: e := E_State.Run; E_State.Run: n := n + 1; END_CASE",
    )
    assert "TYPE E_State : (Idle, Run); END_TYPE" in text_of(found)
    plc = found.start()
    for scan in range(3):
        plc.scan(scan)
    assert plc["MAIN.n"] == 2  # data of stubs works: only calls are missing


def test_that_unknown_functions_methods_and_variables_are_found() -> None:
    found = stubbed(
        "a : FB_Axis; n : INT; q : BOOL;",
        "n := F_Add(n, 2.5, q); a.Reset(); q := a.IsHomed(n); IF bExternal THEN GVL_X.count := n; END_IF",
    )
    words = text_of(found)
    assert "FUNCTION F_Add : INT VAR_INPUT p1 : INT; p2 : LREAL; p3 : BOOL; END_VAR STUB();" in words
    assert "METHOD Reset STUB(); END_METHOD" in words and "METHOD IsHomed : BOOL" in words
    assert "bExternal : BOOL;" in words and "TYPE GVL_X_type : STRUCT count : INT; END_STRUCT" in words


def test_that_every_stub_is_told_with_its_place() -> None:
    found = stubbed("a, b : FB_Axis;", "a();\nF_Log('x');")
    told = [(n.severity, n.what.partition(" is ")[0], n.where.line) for n in found.notices]
    assert told == [("notice", "FB_Axis", 2), ("notice", "F_Log", 4)]


def test_that_calling_a_stub_stops_the_plc_at_the_call() -> None:
    plc = stubbed("a : FB_Axis; n : INT;", "n := n + 1;\nIF n = 3 THEN\n  a(x := n);\nEND_IF").start()
    plc.scan(0)
    plc.scan(1)
    with pytest.raises(PlcError, match="FB_Axis is a stub") as caught:
        plc.scan(2)
    assert (caught.value.file, caught.value.line) == ("m.st", 5)


def test_that_the_stubs_can_be_saved_and_completed() -> None:
    body = "a(x := 4, y => n);"
    before = stubbed("a : FB_Axis; n : INT;", body)
    own = before.stubs[STUB_FILE].replace("STUB();", "y := x * 2;")
    after = stubbed("a : FB_Axis; n : INT;", body, **{"library.st": own})
    assert not after.stubs and all(notice.severity == "warning" for notice in after.notices)
    plc = after.start()
    plc.scan(0)
    assert plc["MAIN.n"] == 8


def test_that_a_stub_that_is_saved_but_not_completed_still_stops_the_plc() -> None:
    body = "a(x := 4);"
    own = stubbed("a : FB_Axis;", body).stubs[STUB_FILE]
    with pytest.raises(PlcError, match="FB_Axis is a stub"):
        stubbed("a : FB_Axis;", body, **{"library.st": own}).start().scan(0)


def test_that_a_known_program_gets_no_stubs_and_the_same_code() -> None:
    text = "PROGRAM MAIN VAR t : TON; n : INT; END_VAR t(IN := n > 3); n := n + 1; END_PROGRAM"
    with_stubs, without = compile_st(text, stubs=True), compile_st(text)
    assert with_stubs.source == without.source and with_stubs.hash == without.hash
    assert not with_stubs.notices


def test_that_mistakes_stay_problems_beside_stubs() -> None:
    with pytest.raises(Problems) as caught:
        stubbed("a : FB_Axis; n : INT; s : STRING;", "a(x := n); n := s; t := = 3;")
    assert "is not expected here" in str(caught.value)
    with pytest.raises(Problems, match="an INT is expected here, this is a STRING"):
        stubbed("a : FB_Axis; n : INT; s : STRING;", "a(x := n); n := s;")


@pytest.mark.parametrize(
    "body",
    [
        "a.b.c.d.e := 1;", "a[1][2] := 1;", "x := F(F(F(1)));", "a(b := a);", "a := a;", "a.a := a.a;",
        "a.b(c := a.b.c);", "CASE a.b OF a.c: x := 1; a.d: x := 2; END_CASE", "a^.b := 1;", "F(); x := F();",
        "x := a + b * c - d;", "IF a = b THEN a := 'x'; END_IF", "a.b := 1; a.b := 'x'; a.b := TRUE;",
    ],
)  # fmt: skip
def test_that_whatever_a_program_does_with_unknown_names_ends(body: str) -> None:
    for declared in ("x : INT;", "x : INT; a : Unknown;"):
        try:
            stubbed(declared, body)
        except Problems as found:
            assert found.problems


def test_that_stubs_may_leave_everything_at_its_default_and_tell() -> None:
    text = "PROGRAM MAIN VAR a : FB_Axis; n : INT; END_VAR n := n + 1;"
    text += " IF n = 2 THEN a(x := n); n := F_Log(n); END_IF"
    program = compile_st(text + " END_PROGRAM", stubs=True, stub_calls="defaults")
    plc = program.start()
    plc.scan(0)
    assert plc.reached_stubs() == ()
    kept = plc.snapshot()
    plc.scan(1)
    assert plc.reached_stubs() == ("FB_Axis", "F_Log") and plc["MAIN.n"] == 0
    plc.restore(kept)
    assert plc.reached_stubs() == ()
    assert program.hash != compile_st(text + " END_PROGRAM", stubs=True).hash


def test_that_calls_of_stubs_stop_or_give_defaults() -> None:
    with pytest.raises(Problems, match="Use stop or defaults"):
        compile_st("PROGRAM MAIN END_PROGRAM", stub_calls="ignore")


def test_that_what_a_declaration_gives_to_an_unknown_block_is_of_its_fb_init() -> None:
    declared = "n : DINT; x : Lib.FB_T(n, TRUE); r : ARRAY[1..2] OF FB_R[(sName := 'a'), (sName := 'b')];"
    found = stubbed(declared, "n := n + 1;")
    words = text_of(found)
    start = "METHOD FB_init : BOOL VAR_INPUT bInitRetains : BOOL; bInCopyCode : BOOL;"
    assert f"{start} p1 : DINT; p2 : BOOL; END_VAR" in words
    assert f"{start} sName : STRING; END_VAR" in words
    plc = found.start()
    plc.scan(0)
    assert plc["MAIN.n"] == 1  # nothing of the stubs was reached but what runs at the start


def test_that_what_is_surer_decides_between_two_guesses() -> None:
    body = "x.sText := y.GetIt(); q := n.Inner; n.Run(); w.a := F_TO_STRING(1);"
    found = stubbed("x : ST_Data; y : FB_Maker; w : ST_W; q : BOOL; t : TON;", body + " t(Q => G.Flag);")
    words = text_of(found)
    assert "sText : STRING;" in words and "METHOD GetIt : STRING" in words
    assert "FUNCTION F_TO_STRING : STRING" in words and "a : STRING;" in words
    assert "Flag : BOOL;" in words


def test_that_blocks_that_extend_stubs_and_give_themselves_on_are_understood() -> None:
    found = stubbed(
        "s : Start; b : Builder; n : STRING;",
        "s(); n := b.Clear().Append('x').Append('y').ToString(); Log.Write(b.Clear().ToString()).Pin();",
        start="""FUNCTION_BLOCK Start EXTENDS Lib.TaskBase VAR p : INT; sub : Lib.fbSub(THIS^); END_VAR
        IF Execute() THEN p := p + 1; THIS^.Throw(p > 3); END_IF
        METHOD Go : ITaskStatus sub.Invoke(); Go := THIS^.sub; END_METHOD
        METHOD Restore : IRestorable VAR_INPUT deep : BOOL; END_VAR SUPER^.Restore(deep); p := 0; END_METHOD
        METHOD Done : BOOL Done := Go().IsDone; END_METHOD
        END_FUNCTION_BLOCK""",
    )
    words = text_of(found)
    assert "METHOD Restore : IRestorable VAR_INPUT deep : BOOL; END_VAR" in words
    assert "FUNCTION_BLOCK fbSub IMPLEMENTS ITaskStatus" in words and "INTERFACE ITaskStatus" in words
    assert "REFERENCE TO TaskBase; END_VAR" in words
    assert "METHOD Clear : REFERENCE TO FB_Clear" in words and "METHOD Throw" in words


def test_that_a_stub_extends_the_one_that_it_stands_for() -> None:
    found = stubbed(
        "c : Unit;",
        "c();",
        unit="""FUNCTION_BLOCK Unit VAR g : MyTask; h : OtherTask; END_VAR g(x := 1); h(x := 2);
        IF Task.Busy THEN g.Run(); END_IF
        PROPERTY Task : REFERENCE TO TaskBase GET Task REF= g; Task REF= h; END_GET END_PROPERTY
        END_FUNCTION_BLOCK""",
    )
    words = text_of(found)
    assert "FUNCTION_BLOCK MyTask EXTENDS TaskBase VAR_INPUT x : DINT; END_VAR METHOD Run" in words
    assert "FUNCTION_BLOCK OtherTask EXTENDS TaskBase" in words and "Busy : BOOL;" in words


def test_that_what_cannot_be_read_is_a_stub_to_the_rest() -> None:
    sources = {
        "bad.st": "FUNCTION_BLOCK FB_Bad VAR_INPUT a : INT; END_VAR\nIF THEN a := 1;",
        "good.st": "PROGRAM MAIN VAR b : FB_Bad; x : BOOL; END_VAR b(a := 3, q => x); END_PROGRAM",
    }
    with pytest.raises(Problems) as caught:
        compile_st(sources, stubs=True)
    assert {problem.where.file for problem in caught.value.problems} == {"bad.st"}


def test_that_an_unknown_label_of_an_action_without_its_block_is_a_constant() -> None:
    text = (
        "ACTION Step:\nCASE state OF\nWAITING: state := RUNNING; count := count + 1;\n"
        "RUNNING: count := count + 10;\nEND_CASE\nEND_ACTION\nPROGRAM p END_PROGRAM"
    )
    program = compile_st(text, "codesys", stubs=True)
    words = text_of(program)
    assert "VAR CONSTANT WAITING : DINT := 10; RUNNING : DINT := 11; END_VAR" in words
    assert not [notice for notice in program.notices if "only stubs declare" in notice.what]


def test_that_initial_values_say_what_an_unknown_block_has_inside() -> None:
    found = stubbed(
        "belt : FB_Belt := (origin := (x := 1.5, inner := (on := TRUE)), name := 'a');", "belt(speed := 2);"
    )
    words = text_of(found)
    assert "origin : origin_type; name : STRING;" in words and "speed : DINT;" in words
    assert "TYPE origin_type : STRUCT x : LREAL; inner : inner_type; END_STRUCT" in words
    assert "TYPE inner_type : STRUCT on : BOOL; END_STRUCT" in words


def test_that_what_is_copied_into_a_block_is_a_block() -> None:
    text = (
        "FUNCTION_BLOCK FB_Q VAR_INPUT n : INT; END_VAR END_FUNCTION_BLOCK\n"
        "PROGRAM MAIN VAR a, b : FB_Q; END_VAR\na := F_Twice(b);\nEND_PROGRAM"
    )
    program = compile_st(text, "twincat", stubs=True)
    assert "FUNCTION F_Twice : FB_Q" in text_of(program)
    assert not [notice for notice in program.notices if "only stubs declare" in notice.what]


def test_that_an_unknown_global_may_have_the_name_of_its_type() -> None:
    text = "PROGRAM p VAR_EXTERNAL Controller : Controller; END_VAR\nController.Execute();\nEND_PROGRAM"
    program = compile_st(text, stubs=True)
    words = text_of(program)
    assert "METHOD Execute" in words and "Controller : Controller;" in words


def test_that_what_is_compared_with_0_and_has_methods_is_an_interface() -> None:
    text = (
        "FUNCTION_BLOCK FB_Oven VAR _inner : Inner; END_VAR\n"
        "METHOD Start VAR_INPUT status : IPLCCall; END_VAR\n"
        "IF status <> 0 THEN status.Start(1); _inner.command := status; END_IF\n"
        "IF _inner.command <> 0 THEN _inner.command.Remote := 5; END_IF\nEND_METHOD\n"
        "END_FUNCTION_BLOCK\nPROGRAM MAIN VAR o : FB_Oven; END_VAR END_PROGRAM"
    )
    program = compile_st(text, "twincat", stubs=True)
    assert "INTERFACE IPLCCall" in text_of(program) and "command : IPLCCall;" in text_of(program)
    assert not [notice for notice in program.notices if "only stubs declare" in notice.what]


def test_that_a_dot_in_front_means_a_global_also_in_a_block_that_extends_a_stub() -> None:
    text = (
        "FUNCTION_BLOCK Fifo EXTENDS FB_Base VAR n : INT; END_VAR\n"
        "n := .Settings.Fifo.depth; Offset := Offset + n + .Offset;\nEND_FUNCTION_BLOCK\n"
        "PROGRAM p VAR f : Fifo; END_VAR f(); END_PROGRAM"
    )
    program = compile_st(text, "codesys", stubs=True)
    stubs = program.stubs[STUB_FILE]
    assert "    Settings : Settings_type;" in stubs and "depth : INT;" in stubs
    assert stubs.count("    Offset : ") == 2  # the global, and what the base has
