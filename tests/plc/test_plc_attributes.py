"""Attributes of makers: those that are carried out, and a word about those that would change something."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, Program, compile_st
from commissioning.plc.syntax.attributes import CARRIED_OUT, NO_EFFECT, TOLD

TEXT = """TYPE {attribute 'global_init_slot' := '3'} State : (idle, busy); END_TYPE
FUNCTION_BLOCK FB_Named
VAR
    {attribute 'hide'} n : INT;  // {attribute 'pack_mode'}
    s : STRING := '{attribute ''no_copy''}';
    (* {attribute 'no-exit'} *) {attribute 'Is_Connected' := 'n'} {attribute 'noinit'}
    given, other : BOOL;
    {attribute 'is_connected'}
    again : BOOL;
END_VAR
END_FUNCTION_BLOCK
PROGRAM MAIN VAR f : FB_Named; END_VAR f(); END_PROGRAM
"""


def compiled(text: str, dialect: str = "codesys") -> Program:
    return compile_st({"main.st": text}, dialect=dialect)


def scanned(text: str, dialect: str = "codesys") -> Plc:
    plc = compiled(text, dialect).start()
    plc.scan(0)
    return plc


def test_that_each_is_told_once_at_its_first_place() -> None:
    program = compiled(TEXT.replace("''no_copy''", "$'no_copy$'"), "twincat")
    told = [(p.where.line, p.where.column, p.what.partition(":")[0], p.severity) for p in program.notices]
    assert told == [
        (1, 6, "the attribute 'global_init_slot' is not carried out", "warning"),
        (6, 33, "the attribute 'is_connected' is not carried out", "warning"),
        (6, 67, "the attribute 'noinit' is not carried out", "warning"),
    ]


def test_that_the_rest_gets_no_word() -> None:
    text = "{attribute 'qualified_only'} VAR_GLOBAL {attribute 'TcLinkTo' := 'x'} g AT %I* : BOOL; END_VAR"
    text += " {attribute 'of my own' := 'x'} PROGRAM MAIN END_PROGRAM"
    assert not compiled(text, "twincat").notices


@pytest.mark.parametrize("name", sorted(NO_EFFECT | CARRIED_OUT))
def test_that_what_is_carried_out_or_changes_nothing_is_not_told(name: str) -> None:
    text = f"PROGRAM MAIN VAR {{attribute '{name}'}} x : INT; END_VAR x := x + 1; END_PROGRAM"
    told = [problem.what for problem in compiled(text).notices]
    assert not [what for what in told if "is not carried out" in what]


def test_that_each_attribute_stands_in_one_table() -> None:
    assert not (NO_EFFECT & CARRIED_OUT) | (NO_EFFECT & TOLD.keys()) | (CARRIED_OUT & TOLD.keys())


# ---- to_string -------------------------------------------------------------------------------------------

COLOURS = """TYPE
{attribute 'to_string'} Colour : (red, blue, green := 5, grass := 5) DINT;
Plain : (a, b);
Paint : Colour;
END_TYPE
"""


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("TO_STRING(c)", "blue"), ("TO_STRING(Colour.green)", "green"), ("TO_STRING(Paint#red)", "red"),
        ("TO_STRING(p)", "grass"), ("TO_STRING(odd)", "7"), ("TO_STRING(odd_one)", "-3"),
        ("TO_STRING(Plain.b)", "1"), ("TO_STRING(plain_one)", "1"), ("DINT_TO_STRING(c)", "1"),
        ("CONCAT(TO_STRING(c), '!')", "blue!"), ("TO_STRING(TO_DINT(c))", "1"),
    ],
)  # fmt: skip
def test_that_to_string_gives_names_where_the_type_has_the_attribute(expression: str, text: str) -> None:
    declared = (
        "c : Colour := blue; p : Paint := grass; odd, odd_one : Colour; plain_one : Plain := b; s : STRING;"
    )
    body = f"odd := 7; odd_one := -3; s := {expression};"
    shown = scanned(f"{COLOURS} PROGRAM MAIN VAR {declared} END_VAR {body} END_PROGRAM")["MAIN.s"]
    assert shown == ("green" if text == "grass" else text)  # of two names for one number the first


def test_that_wide_and_short_texts_take_the_names() -> None:
    text = f"""{COLOURS} PROGRAM MAIN VAR c : Colour := blue; w : WSTRING; s : STRING(3); END_VAR
    w := TO_WSTRING(c); s := TO_STRING(c); END_PROGRAM"""
    plc = scanned(text, "twincat")
    assert (plc["MAIN.w"], plc["MAIN.s"]) == ("blue", "blu")


def test_that_the_attribute_belongs_to_the_type_that_follows_it() -> None:
    text = """TYPE One : (a, b); {attribute 'to_string'} Two : (c, d); Three : (e, f); END_TYPE
    PROGRAM MAIN VAR s : ARRAY[1..3] OF STRING; END_VAR
    s[1] := TO_STRING(One.b); s[2] := TO_STRING(Two.d); s[3] := TO_STRING(Three.f); END_PROGRAM"""
    plc = scanned(text)
    assert [plc[f"MAIN.s[{k}]"] for k in (1, 2, 3)] == ["1", "d", "1"]


# ---- instance-path ---------------------------------------------------------------------------------------

PATHS = """
{attribute 'reflection'} FUNCTION_BLOCK Inner
VAR {attribute 'instance-path'} {attribute 'noinit'} path : STRING(14); END_VAR END_FUNCTION_BLOCK
{attribute 'reflection'} FUNCTION_BLOCK Outer
VAR {attribute 'noinit'} {attribute 'instance-path'} here : STRING := 'x'; i : Inner; n : INT; END_VAR
n := n + 1; END_FUNCTION_BLOCK
FUNCTION_BLOCK Derived EXTENDS Outer END_FUNCTION_BLOCK
TYPE Box : STRUCT o : Outer; END_STRUCT END_TYPE
VAR_GLOBAL shared : Outer; END_VAR
PROGRAM MAIN VAR f : Outer; row : ARRAY[1..2] OF Derived; b : Box; s : STRING; END_VAR
f(); s := f.here; END_PROGRAM
"""


def test_that_texts_are_the_paths_of_their_instances() -> None:
    program = compiled(PATHS, "twincat")
    assert not program.notices
    plc = program.start()
    plc.scan(0)
    shown = ("MAIN.f.here", "MAIN.row[2].here", "MAIN.b.o.here", "shared.here", "MAIN.s")
    assert [plc[path] for path in shown] == ["MAIN.f", "MAIN.row[2]", "MAIN.b.o", "shared", "MAIN.f"]
    assert plc["MAIN.row[2].i.path"] == "MAIN.row[2].i"[:14]
    assert plc["MAIN.b.o.i.path"] == "MAIN.b.o.i"


def test_that_paths_are_there_after_a_start_an_online_change_and_a_snapshot() -> None:
    program = compiled(PATHS, "twincat")
    plc = program.start()
    plc.scan(0)
    plc.writer("MAIN.f.here")("lost")
    other = program.start()
    other.restore(plc.snapshot())
    assert other["MAIN.f.here"] == "lost"
    plc.start("cold")
    assert plc["MAIN.f.here"] == "MAIN.f"
    plc.online_change(compiled(PATHS.replace("f : Outer;", "f, g : Outer;"), "twincat"))
    assert (plc["MAIN.f.here"], plc["MAIN.g.here"]) == ("MAIN.f", "MAIN.g")


@pytest.mark.parametrize(
    ("old", "new", "cure"),
    [
        ("{attribute 'reflection'} FUNCTION_BLOCK Inner", "FUNCTION_BLOCK Inner", "'reflection'"),
        ("path : STRING(14)", "path : INT", "Make it a STRING"),
        ("VAR {attribute 'instance-path'}", "VAR_INPUT {attribute 'instance-path'}", "Declare it in VAR of"),
    ],
)  # fmt: skip
def test_that_a_text_without_what_it_needs_is_told(old: str, new: str, cure: str) -> None:
    assert old in PATHS
    (told,) = compiled(PATHS.replace(old, new)).notices
    assert "path does not get the path of its instance" in told.what and cure in told.cure


# ---- pack_mode -------------------------------------------------------------------------------------------

PACKED = """TYPE {attribute 'pack_mode' := '%s'}
S : STRUCT a : BYTE; b : DINT; c : BYTE; d : INT; END_STRUCT
T : STRUCT x : BYTE; s : ARRAY[0..1] OF S; l : LREAL; END_STRUCT
{attribute 'pack_mode' := '1'} Both : UNION a : ARRAY[0..2] OF BYTE; b : INT; END_UNION
Loose : UNION a : ARRAY[0..2] OF BYTE; b : INT; END_UNION END_TYPE
PROGRAM MAIN VAR s : S; t : T; n, x, u, v, p, q : UDINT; k : DINT; b : POINTER TO BYTE; w : POINTER TO DINT;
  seen : ARRAY[0..2] OF BYTE; from : S; END_VAR
n := SIZEOF(S); x := XSIZEOF(t); u := SIZEOF(Both); v := SIZEOF(Loose); s.b := 16#04030201; s.d := 77;
p := ADR(s.b) - ADR(s); q := ADR(t.s[1].d) - ADR(t); w := ADR(s) + p; k := w^;
b := ADR(s); seen[0] := b[p]; seen[1] := b[p + 3]; seen[2] := b[n - 2]; MEMCPY(ADR(from), ADR(s), SIZEOF(s));
END_PROGRAM
"""


@pytest.mark.parametrize(
    ("mode", "sizes", "places"),
    [  # sizes of the structure are those of the example in Beckhoff's documentation
        ("0", (8, 32), (1, 15)), ("1", (8, 32), (1, 15)), ("2", (10, 32), (2, 20)), ("4", (12, 40), (4, 26)),
        ("8", (12, 40), (4, 26)), ("3", (12, 40), (4, 26)),
    ],
)  # fmt: skip
def test_that_members_lie_where_pack_mode_has_them(
    mode: str, sizes: tuple[int, int], places: tuple[int, int]
) -> None:
    program = compiled(PACKED % mode)
    told = [problem.what for problem in program.notices if "pack_mode" in problem.what]
    assert told == ["there is no pack_mode '3': the members lie where they do without"] * (mode == "3")
    plc = program.start()
    plc.scan(0)
    assert (plc["MAIN.n"], plc["MAIN.x"]) == sizes
    assert (plc["MAIN.p"], plc["MAIN.q"]) == places
    assert (plc["MAIN.u"], plc["MAIN.v"]) == (3, 4)
    assert plc["MAIN.k"] == 0x04030201 and [plc[f"MAIN.seen[{k}]"] for k in range(3)] == [1, 4, 77]
    assert (plc["MAIN.from.b"], plc["MAIN.from.d"]) == (0x04030201, 77)


# ---- blocks ----------------------------------------------------------------------------------------------

AFTER = """
VAR_GLOBAL log : STRING; END_VAR
{attribute 'call_after_init'} FUNCTION_BLOCK Base
VAR_INPUT in1 : INT := 5; END_VAR VAR seen : INT; END_VAR
METHOD FB_init : BOOL VAR_INPUT bInitRetains, bInCopyCode : BOOL; END_VAR log := CONCAT(log, 'i'); END_METHOD
{attribute 'call_after_init'} METHOD After : BOOL seen := in1; log := CONCAT(log, 'a'); END_METHOD
METHOD Never log := 'wrong'; END_METHOD
END_FUNCTION_BLOCK
FUNCTION_BLOCK Top EXTENDS Base
METHOD After : BOOL SUPER^.After(); log := CONCAT(log, 't'); END_METHOD
{attribute 'call_after_init'} METHOD Last log := CONCAT(log, 'l'); END_METHOD
END_FUNCTION_BLOCK
{attribute 'call_after_init'} FUNCTION_BLOCK Bare VAR n : INT; END_VAR
{attribute 'call_after_init'} METHOD Begin n := 3; END_METHOD END_FUNCTION_BLOCK
FUNCTION_BLOCK Unmarked VAR n : INT; END_VAR
{attribute 'call_after_init'} METHOD Begin n := 3; END_METHOD END_FUNCTION_BLOCK
PROGRAM MAIN VAR b : Base := (in1 := 99); t : Top; bare : ARRAY[0..1] OF Bare; none : Unmarked;
  p : POINTER TO Bare; made : INT; END_VAR
IF p = 0 THEN p := __NEW(Bare); made := p^.n; END_IF
END_PROGRAM
"""


def test_that_methods_are_called_after_fb_init_with_all_initial_values() -> None:
    plc = scanned(AFTER)
    assert (plc["MAIN.b.seen"], plc["MAIN.t.seen"], plc["log"]) == (99, 5, "iaiatl")
    assert [plc[f"MAIN.bare[{k}].n"] for k in (0, 1)] == [3, 3]
    assert (plc["MAIN.none.n"], plc["MAIN.made"]) == (0, 3)


def test_that_such_a_method_has_no_inputs() -> None:
    text = AFTER.replace("METHOD Begin n := 3;", "METHOD Begin VAR_INPUT k : INT; END_VAR n := 3;", 1)
    with pytest.raises(Problems) as caught:
        compiled(text)
    assert {problem.what for problem in caught.value.problems} == {
        "Bare.Begin has inputs, so nothing calls it after FB_init"
    }


def test_that_blocks_with_no_assign_are_not_copied() -> None:
    text = """%s FUNCTION_BLOCK Base VAR n : INT; END_VAR END_FUNCTION_BLOCK
    FUNCTION_BLOCK Top EXTENDS Base END_FUNCTION_BLOCK
    PROGRAM MAIN VAR a, b : Top; END_VAR a := b; END_PROGRAM"""
    compiled(text % "")
    with pytest.raises(Problems) as caught:
        compiled(text % "{attribute 'no_assign'}")
    (told,) = caught.value.problems
    assert told.what == "Top has the attribute 'no_assign': its instances are not copied"


def test_that_inputs_are_initialised_on_call() -> None:
    text = """FUNCTION_BLOCK F
    VAR_INPUT {attribute 'initialize_on_call'} a : INT := 7; b : INT := 8;
      {attribute 'initialize_on_call'} c : ARRAY[0..1] OF INT := [1, 2]; END_VAR
    VAR_OUTPUT sum : INT; END_VAR sum := a + b + c[1]; END_FUNCTION_BLOCK
    PROGRAM MAIN VAR f : F; big : ARRAY[0..1] OF INT := [0, 1000]; x, y : INT; END_VAR
    f(a := 100, b := 200, c := big, sum => x); f(sum => y); END_PROGRAM"""
    plc = scanned(text)
    assert (plc["MAIN.x"], plc["MAIN.y"]) == (1300, 7 + 200 + 2)


# ---- __VARINFO -------------------------------------------------------------------------------------------

INFO = """
TYPE Point : STRUCT x, y : REAL; END_STRUCT END_TYPE
VAR_GLOBAL kept : LREAL; out AT %QW4 : INT; END_VAR
VAR_GLOBAL RETAIN total : DINT; END_VAR
FUNCTION_BLOCK F VAR speed : REAL; i : __SYSTEM.VAR_INFO; END_VAR i := __VARINFO(speed); END_FUNCTION_BLOCK
PROGRAM MAIN
VAR
  count : INT; // counts the calls
  arr : ARRAY[1..2, 1..2, 1..2] OF INT; t : TON; p : Point; f : F; w : WORD; next : INT;
  i : ARRAY[1..9] OF __SYSTEM.VAR_INFO; q : POINTER TO INT; same, one : BOOL;
END_VAR
i[1] := __VARINFO(count); i[2] := __VARINFO(arr); i[3] := __VARINFO(t); i[4] := __VARINFO(p.y);
i[5] := __VARINFO(w.3); i[6] := __VARINFO(out); i[7] := __VARINFO(kept); i[8] := __VARINFO(total);
i[9] := __VARINFO(next); f();
q := i[1].ByteAddress; q^ := 5;
same := i[1].TypeClass = __SYSTEM.TYPE_CLASS.TYPE_INT; one := i[6].MemoryArea = MEMORY_AREA.MEM_OUTPUT;
END_PROGRAM
"""


def test_that_varinfo_knows_the_variable() -> None:
    plc = scanned(INFO)

    def of(number: int, *names: str) -> list[object]:
        return [plc[f"MAIN.i[{number}].{name}"] for name in names]

    kind = ("TypeClass", "TypeName", "BitSize", "Symbol")
    assert of(1, *kind, "Comment", "Area", "BitNr", "MemoryArea") == [
        7, "INT", 16, "count", "counts the calls", -1, -1, 5,
    ]  # fmt: skip
    assert of(2, *kind, "NumElements", "BaseTypeClass", "ElemBitSize") == [
        26, "ARRAY[1..2,1..2,1..2] OF INT", 128, "arr", 8, 7, 16,
    ]  # fmt: skip
    assert of(3, "TypeClass", "TypeName") == [28, "TON"]
    assert of(4, *kind) == [14, "REAL", 32, "p.y"]
    assert of(5, "TypeClass", "BitSize", "BitNr") == [0, 1, 3]
    assert of(6, "BitAddress", "MemoryArea") == [64, 2]
    assert of(7, "Area", "MemoryArea") == [0, 4]
    assert of(8, "MemoryArea") == [3]
    assert (plc["MAIN.count"], plc["MAIN.same"], plc["MAIN.one"]) == (5, True, True)
    assert plc["MAIN.f.i.Symbol"] == "speed"
    address = {number: of(number, "ByteAddress", "ByteOffset") for number in (1, 9)}
    assert address[9][0] - address[1][0] == address[9][1] - address[1][1] > 0  # type: ignore[operator]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("__VARINFO()", "__VARINFO has 1 argument: a variable"),
        ("__VARINFO(1 + 1)", "a variable is expected here"),
        ("__VARINFO(F())", "__VARINFO asks for a variable, this is only a value"),
    ],
)
def test_that_varinfo_needs_a_variable(call: str, told: str) -> None:
    text = f"""FUNCTION F : INT F := 1; END_FUNCTION
    PROGRAM MAIN VAR i : __SYSTEM.VAR_INFO; END_VAR i := {call}; END_PROGRAM"""
    with pytest.raises(Problems) as caught:
        compiled(text)
    assert told in [problem.what for problem in caught.value.problems]


def test_that_the_standard_has_no_varinfo() -> None:
    with pytest.raises(Problems):
        compiled("PROGRAM MAIN VAR n, x : INT; END_VAR n := __VARINFO(x).BitNr; END_PROGRAM", "iec")


# ---- enumerations ----------------------------------------------------------------------------------------

ENUMERATIONS = """
{attribute 'qualified_only'} {attribute 'strict'} {attribute 'to_string'}
TYPE State : (Idle, Busy := 7) := Busy; END_TYPE
{attribute 'qualified_only'} TYPE Other : (Idle, Free); END_TYPE
VAR_GLOBAL Free : INT := 3; END_VAR
PROGRAM MAIN
VAR s : State; named : STRING; n : INT; END_VAR
    s := 7;
    named := TO_STRING(s);
    n := Free + Other.Free;
END_PROGRAM
"""


def test_that_members_known_by_their_enumeration_only_hide_nothing() -> None:
    plc = scanned(ENUMERATIONS)
    assert (plc["MAIN.named"], plc["MAIN.n"]) == ("Busy", 4)


@pytest.mark.parametrize("wrong", ["s := 8;", "s := n;", "s := s + 1;"])
def test_that_a_strict_enumeration_takes_only_its_members(wrong: str) -> None:
    with pytest.raises(Problems) as caught:
        compiled(ENUMERATIONS.replace("s := 7;", wrong))
    assert [problem.where.line for problem in caught.value.problems] == [8]
    assert compiled(ENUMERATIONS.replace(" {attribute 'strict'}", "").replace("s := 7;", "s := n;"))


def test_that_a_member_of_one_that_is_qualified_only_needs_its_name() -> None:
    with pytest.raises(Problems) as caught:
        compiled(ENUMERATIONS.replace("s := 7;", "s := Idle;"))
    (problem,) = caught.value.problems
    assert (problem.where.line, problem.where.column) == (8, 10)
    assert "qualified_only" in problem.what
    assert problem.cure == "Write State.Idle or Other.Idle"
