"""__NEW and __DELETE: what is made, what becomes of it over snapshots, starts and online changes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.model.problem import Problems
from commissioning.plc import Plc, PlcError, TaskSpec, compile_st
from commissioning.plc.running.heap import FIRST_OF_HEAP, MOST_BYTES
from commissioning.plc.values.exception_codes import CODES

MS = 1_000_000
MAKERS = ("codesys", "twincat")
TYPES = """
TYPE Pair : STRUCT a : INT := 3; b : STRING(5) := 'xy'; r : LREAL; END_STRUCT END_TYPE
VAR_GLOBAL told : STRING; alive : INT; END_VAR
{attribute 'enable_dynamic_creation'}
FUNCTION_BLOCK Base VAR_INPUT v : INT := 7; END_VAR
METHOD FB_init : BOOL VAR_INPUT bInitRetains, bInCopyCode : BOOL; first : INT := 5; END_VAR
v := v + first; alive := alive + 1; END_METHOD
METHOD FB_exit : BOOL VAR_INPUT bInCopyCode : BOOL; END_VAR
told := CONCAT(told, 'B'); alive := alive - 1; END_METHOD
METHOD add : INT VAR_INPUT d : INT; END_VAR v := v + d; add := v; END_METHOD
END_FUNCTION_BLOCK
{attribute 'enable_dynamic_creation'}
FUNCTION_BLOCK Derived EXTENDS Base VAR inner : Leaf; clock : TON; END_VAR
METHOD FB_exit : BOOL VAR_INPUT bInCopyCode : BOOL; END_VAR told := CONCAT(told, 'D'); END_METHOD
METHOD add : INT VAR_INPUT d : INT; END_VAR v := v + 10 * d; add := v; END_METHOD
clock(IN := TRUE, PT := T#50ms);
END_FUNCTION_BLOCK
FUNCTION_BLOCK Leaf VAR n : INT := 2; END_VAR
METHOD FB_exit : BOOL VAR_INPUT bInCopyCode : BOOL; END_VAR told := CONCAT(told, 'L'); END_METHOD
END_FUNCTION_BLOCK
FUNCTION_BLOCK Node VAR_INPUT next : POINTER TO Node; n : INT; END_VAR
METHOD FB_exit : BOOL VAR_INPUT bInCopyCode : BOOL; END_VAR
IF next <> 0 THEN __DELETE(next); END_IF END_METHOD
END_FUNCTION_BLOCK
"""


def program(body: str, variables: str = "") -> str:
    return f"""{TYPES}
PROGRAM P
VAR p, q : POINTER TO INT; b : POINTER TO BYTE; s : POINTER TO Pair; base : POINTER TO Base;
node, top : POINTER TO Node; d : POINTER TO Derived; i, n, m : INT; x : LREAL; ok : BOOL; step : INT;
text : STRING; exc : __SYSTEM.ExceptionCode;
{variables} END_VAR
{body}
END_PROGRAM"""


def started(body: str, variables: str = "", dialect: str = "codesys") -> Plc:
    return compile_st({"p.st": program(body, variables)}, dialect).start()


def ran(body: str, variables: str = "", dialect: str = "codesys") -> Plc:
    plc = started(body, variables, dialect)
    plc.run(scans=1)
    return plc


def made(plc: Plc) -> int:
    """How many things are there."""
    assert plc.space is not None
    return len(list(plc.space.heap))


def stepped(plc: Plc, step: int) -> None:
    plc["P.step"] = step
    plc.run(scans=1)


# ---- what is made ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", MAKERS)
def test_that_variables_begin_with_their_initial_values(dialect: str) -> None:
    plc = ran(
        """p := __NEW(INT); n := p^; p^ := 5; m := p^;
        s := __NEW(Pair, 3); s[2].a := 9; s[1].r := 0.5; i := s[0].a * 100 + s[1].a * 10 + s[2].a;
        text := s[2].b; x := s[1].r; ok := b = 0;""",
        dialect=dialect,
    )
    assert [plc[f"P.{name}"] for name in ("n", "m", "i", "text", "x", "ok")] == [0, 5, 339, "xy", 0.5, True]


def test_that_elements_lie_in_a_row() -> None:
    body = """b := __NEW(BYTE, 4); FOR i := 0 TO 3 DO b[i] := INT_TO_BYTE(i + 1); END_FOR
    p := b; n := p^; p := p + 2; m := p^; MEMSET(b, 255, 2); i := b[1];"""
    plc = ran(body)
    assert (plc["P.n"], plc["P.m"], plc["P.i"]) == (0x0201, 0x0403, 255)


@pytest.mark.parametrize("dialect", MAKERS)
def test_that_a_block_gets_its_init_and_its_exit(dialect: str) -> None:
    body = "base := __NEW(Base(20)); n := base^.v; m := base^.add(1); __DELETE(base); ok := base = 0;"
    plc = ran(body, dialect=dialect)
    assert (plc["P.n"], plc["P.m"], plc["P.ok"], plc["told"], plc["alive"]) == (27, 28, True, "B", 0)
    plc = ran("base := __NEW(Base); n := base^.v;", dialect=dialect)
    assert (plc["P.n"], plc["alive"]) == (12, 1)


def test_that_a_pointer_to_a_base_leads_to_what_was_made() -> None:
    """Methods of the derived class, and FB_exit of the derived one first, then of the base, then inside."""
    plc = ran("base := __NEW(Derived(first := 1)); n := base^.add(2); __DELETE(base);")
    assert (plc["P.n"], plc["told"]) == (28, "DBL")


def test_that_this_and_interfaces_know_a_new_block() -> None:
    text = """INTERFACE Walks METHOD step : INT END_METHOD END_INTERFACE
    FUNCTION_BLOCK Dog IMPLEMENTS Walks VAR n : INT; END_VAR
    METHOD step : INT n := n + 1; step := n; END_METHOD
    METHOD me : POINTER TO Dog me := THIS; END_METHOD END_FUNCTION_BLOCK
    PROGRAM P VAR p : POINTER TO Dog; w : Walks; n : INT; ok : BOOL; END_VAR
    IF p = 0 THEN p := __NEW(Dog); w := p^; END_IF n := w.step(); ok := p^.me() = p; END_PROGRAM"""
    plc = compile_st(text, "twincat").start()
    plc.run(scans=3)
    assert (plc["P.n"], plc["P.ok"]) == (3, True)


def test_that_deleting_null_is_nothing() -> None:
    assert ran("__DELETE(p); ok := TRUE;")["P.ok"] is True


def test_that_a_list_of_nodes_goes_as_a_whole() -> None:
    body = """FOR i := 1 TO 40 DO node := __NEW(Node); node^.next := top; node^.n := i; top := node; END_FOR
    n := top^.next^.n;"""
    plc = started(f"CASE step OF 1: {body} 2: __DELETE(top); END_CASE")
    stepped(plc, 1)
    assert (plc["P.n"], made(plc)) == (39, 40)
    stepped(plc, 2)
    assert made(plc) == 0


# ---- what is deleted -------------------------------------------------------------------------------------

MISUSES = [
    "q := p; __DELETE(p); n := q^;",
    "q := p; __DELETE(p); q^ := 1;",
    "q := p; __DELETE(p); p := __NEW(INT, 3); n := q^;",
    "q := p; __DELETE(p); __DELETE(q);",
    "n := p[3];",
    "q := p + 2; __DELETE(q);",
    "q := ADR(n); __DELETE(q);",
    "base := __NEW(Base); d := base; d^();",
    "d := __NEW(Derived); base := d; __DELETE(d); n := base^.v;",
    "d := __NEW(Derived); base := d; __DELETE(d); n := base^.add(1);",
]


@pytest.mark.parametrize("misuse", MISUSES)
def test_that_wrong_use_stops_the_plc_and_can_be_caught(misuse: str) -> None:
    with pytest.raises(PlcError):
        ran(f"p := __NEW(INT, 3); {misuse}")
    plc = ran(f"p := __NEW(INT, 3); __TRY {misuse} m := 1; __CATCH(exc) ; __ENDTRY")
    assert (plc["P.exc"], plc["P.m"]) == (CODES["ACCESS_VIOLATION"], 0)


def test_that_what_was_lent_is_told_when_it_is_gone() -> None:
    text = """FUNCTION_BLOCK Lent VAR_IN_OUT x : INT; END_VAR VAR_INPUT p : POINTER TO POINTER TO INT; END_VAR
    x := 1; __DELETE(p^); x := 2; END_FUNCTION_BLOCK
    PROGRAM P VAR p : POINTER TO INT; l : Lent; END_VAR
    p := __NEW(INT); l(x := p^, p := ADR(p)); END_PROGRAM"""
    plc = compile_st({"p.st": text}, "codesys").start()
    with pytest.raises(PlcError, match="memory is used that __DELETE has given back") as caught:
        plc.run(scans=1)
    assert caught.value.line == 2


SUICIDES = [
    "n := n + 1;", "n := 1;", "few[2] := 1;", "few := other;", "other := few; few := other;", "n := few[1];",
    "inner();", "t(IN := TRUE);", "total := THIS^.n;",
]  # fmt: skip


@pytest.mark.parametrize("use", SUICIDES)
def test_that_a_block_that_goes_while_it_runs_is_told(use: str) -> None:
    text = f"""FUNCTION_BLOCK I VAR n : INT; END_VAR n := n + 1; END_FUNCTION_BLOCK
    VAR_GLOBAL p : POINTER TO B; total : INT; END_VAR
    FUNCTION_BLOCK B VAR_INPUT n : INT; END_VAR VAR few : ARRAY[1..3] OF INT; inner : I; t : TON; END_VAR
    METHOD go VAR me : POINTER TO B; other : ARRAY[1..3] OF INT; END_VAR
    me := THIS; __DELETE(me);
    {use} END_METHOD END_FUNCTION_BLOCK
    PROGRAM P VAR a, b : INT; e : __SYSTEM.ExceptionCode; END_VAR
    p := __NEW(B); a := 1; __TRY p^.go(); b := 1; __CATCH(e) ; __ENDTRY END_PROGRAM"""
    plc = compile_st({"p.st": text}, "codesys").start()
    plc.run(scans=1)
    assert (plc["P.e"], plc["P.a"], plc["P.b"]) == (CODES["ACCESS_VIOLATION"], 1, 0)
    state = plc.snapshot()
    other = compile_st({"p.st": text}, "codesys").start()
    other.restore(state)
    assert other.snapshot() == state


def test_that_a_lent_structure_that_goes_is_told() -> None:
    for use in ("x := y;", "y := x;", "n := x.a;", "x.a := 1;", "f(x, x.a);"):
        text = f"""TYPE Pair : STRUCT a, b, c : INT; END_STRUCT END_TYPE
        FUNCTION f : INT VAR_INPUT p : Pair; n : INT; END_VAR f := p.c + n; END_FUNCTION
        FUNCTION_BLOCK Lent VAR_IN_OUT x : Pair; END_VAR VAR_INPUT p : POINTER TO POINTER TO Pair; END_VAR
        VAR y : Pair; n, m : INT := 5; END_VAR
        __DELETE(p^); {use} END_FUNCTION_BLOCK
        PROGRAM P VAR p : POINTER TO Pair; l : Lent; e : __SYSTEM.ExceptionCode; b : INT; END_VAR
        p := __NEW(Pair); __TRY l(x := p^, p := ADR(p)); b := 1; __CATCH(e) ; __ENDTRY END_PROGRAM"""
        plc = compile_st(text, "codesys").start()
        plc.run(scans=2)
        assert (plc["P.e"], plc["P.b"], plc["P.l.m"]) == (CODES["ACCESS_VIOLATION"], 0, 5), use


def test_that_references_and_interfaces_know_what_is_gone() -> None:
    text = """INTERFACE W METHOD go : INT END_METHOD END_INTERFACE
    FUNCTION_BLOCK B IMPLEMENTS W VAR_INPUT n : INT; END_VAR METHOD go : INT go := n; END_METHOD
    END_FUNCTION_BLOCK
    PROGRAM P VAR p : POINTER TO B; w : W; r : REFERENCE TO INT; k : INT; e, f : __SYSTEM.ExceptionCode;
    END_VAR
    p := __NEW(B); w := p^; r REF= p^.n; r := 4; k := w.go(); __DELETE(p);
    __TRY k := w.go(); __CATCH(e) ; __ENDTRY __TRY r := 5; __CATCH(f) ; __ENDTRY END_PROGRAM"""
    plc = compile_st(text, "codesys").start()
    plc.run(scans=2)
    assert (plc["P.k"], plc["P.e"], plc["P.f"]) == (4, CODES["ACCESS_VIOLATION"], CODES["ACCESS_VIOLATION"])


def test_that_other_types_are_made_too() -> None:
    text = """TYPE Row : ARRAY[1..3] OF INT := [4, 5, 6]; Colour : (red, green := 7) := green; END_TYPE
    PROGRAM P VAR r : POINTER TO Row; c : POINTER TO Colour; s : POINTER TO STRING; t : POINTER TO TIME;
    x : POINTER TO REAL; n, m : INT; l : INT; ok : BOOL; END_VAR
    r := __NEW(Row); n := r^[2]; c := __NEW(Colour); m := c^; s := __NEW(STRING, 2); s[1] := 'abc';
    l := LEN(s[1]); t := __NEW(TIME); t^ := T#2s; x := __NEW(REAL, 10); x[9] := 0.5;
    ok := t^ = T#2s AND x[9] = 0.5 AND s^ = '';
    END_PROGRAM"""
    plc = compile_st(text, "codesys").start()
    plc.run(scans=2)
    assert [plc[f"P.{name}"] for name in ("n", "m", "l", "ok")] == [5, 7, 3, True]


def test_that_a_block_that_deletes_itself_in_its_exit_is_told() -> None:
    text = """FUNCTION_BLOCK B METHOD FB_exit : BOOL VAR_INPUT c : BOOL; END_VAR VAR p : POINTER TO B; END_VAR
    p := THIS; __DELETE(p); END_METHOD END_FUNCTION_BLOCK
    PROGRAM P VAR p : POINTER TO B; END_VAR p := __NEW(B); __DELETE(p); END_PROGRAM"""
    with pytest.raises(PlcError, match="is being deleted already"):
        compile_st(text, "codesys").start().run(scans=1)


def test_the_bound() -> None:
    """A loop that makes and makes comes to it, is told where, and may catch it; then there is room again."""
    body = "WHILE TRUE DO p := __NEW(INT, 1000); n := n + 1; END_WHILE"
    plc = started(body)
    with pytest.raises(
        PlcError, match=f"__NEW: .* bytes more than the {MOST_BYTES} that the program may have"
    ):
        plc.run(scans=1)
    assert plc["P.n"] == MOST_BYTES // (16 + 2000 + 16)
    plc = ran(f"__TRY {body} __CATCH(exc) __DELETE(p); p := __NEW(INT, 1000); ok := TRUE; __ENDTRY")
    assert (plc["P.exc"], plc["P.ok"]) == (CODES["OUT_OF_MEMORY"], True)
    plc = ran(f"__TRY p := __NEW(LREAL, {MOST_BYTES}); __CATCH(exc) ; __ENDTRY")
    assert plc["P.exc"] == CODES["OUT_OF_MEMORY"]
    plc = ran("__TRY p := __NEW(INT, n); __CATCH(exc) m := 1; __ENDTRY")
    assert plc["P.m"] == 1


def test_that_making_and_deleting_never_comes_to_the_bound() -> None:
    plc = ran("FOR n := 1 TO 20000 DO p := __NEW(INT, 1000); __DELETE(p); END_FOR ok := TRUE;")
    assert plc["P.ok"] is True
    assert plc.space is not None
    assert plc.space.heap.used == 0


def test_that_addresses_are_given_again_only_at_the_end() -> None:
    """Around the end of all addresses, what is there is passed over."""
    plc = ran("q := __NEW(INT); q^ := 77; p := __NEW(INT, 500);")
    assert plc.space is not None
    heap = plc.space.heap
    heap._next = (1 << 32) - 100
    first = plc["P.p"]
    address = heap.created(next(k.number for k in heap.kinds), 500, plc.memories[0], 0)
    assert address > first
    assert list(heap.piece(plc["P.q"]).memory) == [77]
    assert len({one.base for one in heap}) == 3


# ---- state -----------------------------------------------------------------------------------------------

KEPT = """CASE step OF
1: p := __NEW(INT, 3); p[1] := 11; s := __NEW(Pair); s^.r := 0.25;
  d := __NEW(Derived(1)); base := d; q := p + 2;
2: n := p[1]; m := q^; x := s^.r; i := base^.add(1);
3: __DELETE(d); __DELETE(p); __DELETE(s);
END_CASE
ok := FALSE;
IF d <> 0 THEN d^(); ok := d^.clock.Q; END_IF"""


def test_that_a_snapshot_restores_what_was_made() -> None:
    plc = started(KEPT)
    stepped(plc, 1)
    stepped(plc, 2)
    state = json.loads(json.dumps(plc.snapshot()))
    other = compile_st({"p.st": program(KEPT)}, "codesys").start()
    other.restore(state)
    assert other.snapshot() == state
    for one in (plc, other):
        stepped(one, 2)
        one["P.step"] = 0
        one.run(scans=6)
    assert other.snapshot() == plc.snapshot()
    assert other["P.ok"] == plc["P.ok"]
    stepped(plc, 3)
    assert made(plc) == 0
    plc.restore(state)
    assert plc.snapshot() == state
    assert made(plc) == 3


def test_that_snapshots_of_programs_without_it_are_what_they_were() -> None:
    plc = compile_st("PROGRAM P VAR n : INT; p : POINTER TO INT; END_VAR p := ADR(n); END_PROGRAM").start()
    assert "heap" not in plc.snapshot()


def test_that_a_changed_cell_of_new_memory_keeps_scans_from_being_skipped() -> None:
    plc = started("IF p = 0 THEN p := __NEW(INT); END_IF IF step = 1 THEN p^ := p^ + 1; END_IF")
    plc.run(scans=4)
    assert plc.settled()
    stepped(plc, 1)
    assert not plc.settled()
    plc.run(scans=20)
    assert not plc.settled()


def test_that_making_and_deleting_in_every_scan_is_never_skipped() -> None:
    plc = started("p := __NEW(INT); __DELETE(p);")
    plc.run(scans=10)
    assert not plc.settled()


def test_that_a_timer_in_new_memory_has_a_deadline() -> None:
    plc = started("IF d = 0 THEN d := __NEW(Derived); END_IF d^(); ok := d^.clock.Q;")
    plc.run(scans=3)
    assert plc.deadline() == 50 * MS
    plc.run(scans=2)
    assert plc["P.ok"] is False
    plc.run(scans=1)
    assert plc["P.ok"] is True


def test_that_another_task_is_woken_by_what_changes_there() -> None:
    text = """VAR_GLOBAL p : POINTER TO INT; END_VAR
    PROGRAM A VAR n : INT; go : BOOL; END_VAR
    IF p = 0 THEN p := __NEW(INT); END_IF IF go THEN p^ := 5; END_IF END_PROGRAM
    PROGRAM B VAR n : INT; END_VAR IF p <> 0 THEN n := p^; END_IF END_PROGRAM"""
    plc = compile_st(text, "codesys", [TaskSpec("a", "A", 10 * MS), TaskSpec("b", "B", 10 * MS)]).start()
    for number in range(4):
        plc.scan(number * 10 * MS, 0)
        plc.scan(number * 10 * MS, 1)
    assert plc.settled(1)
    plc["A.go"] = True
    plc.scan(40 * MS, 0)
    assert plc.disturbed(1)


def test_what_starts_keep() -> None:
    retained = "END_VAR VAR RETAIN r : POINTER TO INT; END_VAR VAR"
    body = """IF step = 1 THEN p := __NEW(INT); p^ := 4; r := p; END_IF
    IF p <> 0 THEN n := p^; END_IF ok := r = 0;"""
    for kind, there in (("hot", 1), ("warm", 0), ("cold", 0), ("origin", 0)):
        plc = started(body, retained)
        stepped(plc, 1)
        plc["P.step"] = 0
        before = plc["P.p"]
        plc.start(kind)
        plc.run(scans=1)
        assert (made(plc), plc["P.ok"]) == (there, not there), kind
        assert plc["P.p"] == (before if there else 0)
        stepped(plc, 1)  # and goes on with other addresses
        assert plc["P.p"] > before
        assert plc["P.n"] == 4


def test_that_an_online_change_keeps_what_was_made() -> None:
    plc = started(KEPT)
    stepped(plc, 1)
    stepped(plc, 2)
    before = {name: plc[f"P.{name}"] for name in ("p", "q", "s", "n", "m", "x", "i")}
    changed = KEPT.replace("n := p[1];", "n := p[1] + 1000; extra := extra + 1;")
    text = program(changed, "extra : INT;").replace("VAR n : INT := 2;", "VAR r : LREAL; n : INT := 2;")
    text = text.replace("VAR inner : Leaf;", "VAR big : ARRAY[0..9] OF LREAL; inner : Leaf;")
    told = plc.online_change(compile_st({"p.st": text}, "codesys"))
    assert "__NEW" not in str(told)
    assert plc["P.p"] == before["p"]  # the same room at the same address
    stepped(plc, 2)
    assert plc["P.n"] == 1011
    assert (plc["P.m"], plc["P.x"]) == (before["m"], before["x"])
    assert plc["P.i"] == before["i"] + 10
    assert made(plc) == 3
    plc["P.step"] = 0
    plc.run(scans=6)
    assert plc["P.ok"] is True
    stepped(plc, 3)
    assert (made(plc), plc["told"]) == (0, "DBL")


def test_that_an_online_change_tells_what_it_leaves_behind() -> None:
    plc = started(KEPT)
    stepped(plc, 1)
    text = program("ok := d = 0 AND s = 0 AND p <> 0; IF step = 5 THEN p := __NEW(INT); END_IF")
    told = plc.online_change(compile_st({"p.st": text}, "codesys"))
    gone = [one for one in told.removed if "__NEW" in one]
    assert gone == ["1 Pair made with __NEW", "1 Derived made with __NEW"]
    plc.run(scans=1)
    assert plc["P.ok"] is True
    assert made(plc) == 1


def test_that_the_debugger_and_coverage_see_it_all() -> None:
    plc = started("base := __NEW(Base(1));\nn := base^.add(1);\n__DELETE(base);")
    coverage = plc.coverage()
    with plc.debug() as debugger:
        places = [str(debugger.step_in()) for _ in range(12)]
        debugger.run("20 ms")
    assert any("Base.FB_init" in place for place in places)
    assert any("Base.FB_exit" in place for place in places)
    assert any("Base.add" in place for place in places)
    hit, every = coverage["P"].statements_hit, coverage["P"].statements
    assert hit == every == 3


# ---- problems --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("p := __NEW();", "__NEW is given a type"),
        ("p := __NEW(INT, 1, 2);", "__NEW is given a type"),
        ("p := __NEW(Lost);", "there is no type Lost for __NEW"),
        ("p := __NEW(3);", "__NEW is given the name of a type"),
        ("p := __NEW(INT, 0);", "__NEW makes 1 element or more, not 0"),
        ("p := __NEW(INT, 1.5);", "how many elements is a whole number"),
        ("base := __NEW(Base, 2);", "__NEW makes blocks one by one"),
        ("node := __NEW(Node(1));", "Node has no FB_init"),
        ("base := __NEW(Base(1, 2));", "FB_init of Base takes first"),
        ("n := __NEW(INT);", "__NEW and __DELETE need a pointer, n is an INT"),
        ("__DELETE(n);", "__NEW and __DELETE need a pointer, n is an INT"),
        ("__DELETE();", "__DELETE has 1 argument"),
        ("IF __NEW(INT) = 0 THEN ; END_IF", "there is no function __NEW"),
        ("p := __NEW(Hollow);", "Hollow is ABSTRACT"),
        ("p := __NEW(Full);", "Full has blocks in it"),
    ],
)
def test_that_what_is_wrong_is_told(body: str, what: str) -> None:
    more = (
        "FUNCTION_BLOCK ABSTRACT Hollow END_FUNCTION_BLOCK TYPE Full : STRUCT l : Leaf; END_STRUCT END_TYPE"
    )
    with pytest.raises(Problems) as caught:
        compile_st(more + program(body), "codesys")
    assert any(what in problem.what for problem in caught.value.problems), caught.value.problems


def test_that_the_standard_has_none_of_it() -> None:
    text = "PROGRAM P VAR p : REF_TO INT; END_VAR p := __NEW(INT);\n__DELETE(p); END_PROGRAM"
    with pytest.raises(Problems) as caught:
        compile_st(text)
    assert [problem.what for problem in caught.value.problems] == [
        "the dialect iec has no __NEW", "the dialect iec has no __DELETE"
    ]  # fmt: skip


# ---- at random, against a model --------------------------------------------------------------------------

SLOTS = 3
RANDOM = """
FUNCTION_BLOCK Cell VAR v : INT; hidden : ARRAY[0..1] OF Inner; END_VAR
METHOD FB_init : BOOL VAR_INPUT a, b : BOOL; first : INT; END_VAR v := first; END_METHOD
METHOD add : INT VAR_INPUT d : INT; END_VAR v := v + d; hidden[d MOD 2].n := hidden[d MOD 2].n + d;
add := v * 100 + hidden[0].n * 10 + hidden[1].n; END_METHOD
END_FUNCTION_BLOCK
FUNCTION_BLOCK Inner VAR_OUTPUT n : INT; END_VAR END_FUNCTION_BLOCK
PROGRAM P
VAR op, slot, place, value, result : INT; exc : __SYSTEM.ExceptionCode; {more}
rows, stale : ARRAY[0..2] OF POINTER TO INT; cells, late : ARRAY[0..2] OF POINTER TO Cell; END_VAR
exc := 0; result := 0;
__TRY
CASE op OF
0: rows[slot] := __NEW(INT, place + 1); stale[slot] := rows[slot];
1: __DELETE(rows[slot]);
2: rows[slot][place] := value;
3: result := rows[slot][place];
4: result := stale[slot][place];
5: cells[slot] := __NEW(Cell(value)); late[slot] := cells[slot];
6: result := cells[slot]^.add(value);
7: result := late[slot]^.add(value);
8: __DELETE(cells[slot]);
END_CASE
__CATCH(exc)
__ENDTRY
END_PROGRAM
"""
Step = tuple[int, int, int, int]
STEPS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, SLOTS - 1), st.integers(0, 5), st.integers(0, 9)),
    max_size=40,
)


class Model:
    """What the pointers lead to; None: nothing."""

    def __init__(self) -> None:
        self.rows: list[list[int] | None] = [None] * SLOTS
        self.stale: list[list[int] | None] = [None] * SLOTS
        self.cells: list[list[int] | None] = [None] * SLOTS
        self.late: list[list[int] | None] = [None] * SLOTS
        self.made = 0

    def step(self, op: int, slot: int, at: int, value: int) -> int | None:
        """The result; None where the PLC raises an exception."""
        rows, cells = self.rows, self.cells
        if op == 0:
            rows[slot] = self.stale[slot] = [0] * (at + 1)
            self.made += 1
        elif op == 5:
            cells[slot] = self.late[slot] = [value, 0, 0]
            self.made += 1
        elif op in (1, 8):
            held, kept = (rows, self.stale) if op == 1 else (cells, self.late)
            gone, held[slot] = held[slot], None
            if gone is not None:
                self.made -= 1
                gone.clear()
                kept[slot] = None if kept[slot] is gone else kept[slot]
        elif op in (2, 3, 4):
            row = self.stale[slot] if op == 4 else rows[slot]
            if row is None or at >= len(row):
                return None
            if op > 2:
                return row[at]
            row[at] = value
        elif op in (6, 7):
            cell = cells[slot] if op == 6 else self.late[slot]
            if cell is None:
                return None
            cell[0] += value
            cell[1 + value % 2] += value
            return cell[0] * 100 + cell[1] * 10 + cell[2]
        return 0


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_that_random_use_agrees_with_a_model(steps: list[Step]) -> None:
    """Also over snapshots into other PLCs, hot starts and online changes (the steps from 9 on)."""
    plain = _random("")
    changed = _random("more : LREAL;")
    plc, model = plain.start(), Model()
    for op, slot, at, value in steps:
        if op == 9:
            state: dict[str, Any] = json.loads(json.dumps(plc.snapshot()))
            other = plc.program.start()
            other.restore(state)
            assert other.snapshot() == state
            plc = other
            continue
        if op == 10:
            plc.start("hot")
            continue
        if op >= 11:
            plc.online_change(plain if plc.program is changed else changed)
            continue
        for name, number in zip(("op", "slot", "place", "value"), (op, slot, at, value), strict=True):
            plc[f"P.{name}"] = number
        plc.run(scans=1)
        expected = model.step(op, slot, at, value)
        failed = plc["P.exc"] == CODES["ACCESS_VIOLATION"]
        assert failed is (expected is None), (op, slot, at, value)
        assert plc["P.exc"] in (0, CODES["ACCESS_VIOLATION"])
        assert plc["P.result"] == (expected or 0)
        assert made(plc) == model.made
        kept = [plc[f"P.rows[{k}]"] for k in range(SLOTS)]
        assert all(address == 0 or address >= FIRST_OF_HEAP for address in kept)


_COMPILED: dict[str, Any] = {}


def _random(more: str) -> Any:
    if more not in _COMPILED:
        _COMPILED[more] = compile_st(RANDOM.replace("{more}", more), "codesys")
    return _COMPILED[more]
