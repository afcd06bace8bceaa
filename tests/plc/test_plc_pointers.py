"""Pointers, references and interfaces. Bytes are checked against Python's struct module (packed as in C)."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commissioning.model.problem import Problems
from commissioning.plc import compile_st
from commissioning.plc.values.runtime import PlcError

MS = 1_000_000

RUNNERS = """
INTERFACE I_Run
METHOD Run : INT VAR_INPUT x : INT; END_VAR END_METHOD
END_INTERFACE
INTERFACE I_Other
METHOD Other END_METHOD
END_INTERFACE
FUNCTION_BLOCK A IMPLEMENTS I_Run
VAR_OUTPUT n : INT := 1; END_VAR
METHOD Run : INT VAR_INPUT x : INT; END_VAR
n := n + x; Run := n;
END_METHOD
END_FUNCTION_BLOCK
FUNCTION_BLOCK B EXTENDS A
METHOD Run : INT VAR_INPUT x : INT; END_VAR
Run := 100 + SUPER^.Run(x);
END_METHOD
METHOD Me : POINTER TO B
Me := THIS;
END_METHOD
END_FUNCTION_BLOCK
"""


def run(text: str, scans: int = 1) -> object:
    plc = compile_st(text).start()
    plc.run(scans)
    return plc


def values(text: str, *names: str) -> list[object]:
    plc = compile_st(text).start()
    plc.run()
    return [plc[f"MAIN.{name}"] for name in names]


def test_that_an_interface_calls_the_method_of_the_block_it_names() -> None:
    text = (
        RUNNERS
        + """
    PROGRAM MAIN
    VAR a : A; b : B; i : I_Run; r1, r2, r3 : INT; p : POINTER TO B; END_VAR
    i := a; r1 := i.Run(2);
    i := b; r2 := i.Run(2);
    p := ADR(b); r3 := p^.Run(1) + p^.Me()^.n;
    END_PROGRAM
    """
    )
    assert values(text, "r1", "r2", "r3") == [1 + 2, 100 + 1 + 2, 100 + 4 + 4]


def test_that_queryinterface_grants_only_what_a_block_implements() -> None:
    text = (
        RUNNERS
        + """
    PROGRAM MAIN
    VAR a : A; i, j : I_Run; o : I_Other; yes, no, gone : BOOL; r : INT; END_VAR
    i := a;
    yes := __QUERYINTERFACE(i, j); no := __QUERYINTERFACE(i, o); gone := o = 0;
    r := j.Run(5);
    END_PROGRAM
    """
    )
    assert values(text, "yes", "no", "gone", "r") == [True, False, True, 6]


def test_that_a_reference_reads_and_writes_what_it_is_bound_to() -> None:
    text = """
    TYPE S : STRUCT a, b : INT; END_STRUCT END_TYPE
    FUNCTION Inc : BOOL VAR_INPUT r : REFERENCE TO INT; END_VAR r := r + 1; END_FUNCTION
    PROGRAM MAIN
    VAR x, y : INT; s : S; r : REFERENCE TO INT; rs : REFERENCE TO S; before, after : BOOL; END_VAR
    before := __ISVALIDREF(r);
    r REF= x; r := 7; y := r + 1; Inc(y);
    rs REF= s; rs.b := 5; r REF= rs.b; r := r * 2;
    after := __ISVALIDREF(r);
    END_PROGRAM
    """
    assert values(text, "x", "y", "s.b", "before", "after") == [7, 9, 10, False, True]


def test_that_structures_can_be_linked_by_pointers() -> None:
    text = """
    TYPE Node : STRUCT v : INT; next : POINTER TO Node; t : TON; END_STRUCT END_TYPE
    PROGRAM MAIN
    VAR n1, n2 : Node; p : POINTER TO Node; total, count : INT; END_VAR
    n1.v := 3; n2.v := 4; n1.next := ADR(n2); n2.next := 0;
    p := ADR(n1); total := 0; count := 0;
    WHILE p <> 0 DO total := total + p^.v; count := count + 1; p^.t(IN := TRUE, PT := T#10ms); p := p^.next;
    END_WHILE
    END_PROGRAM
    """
    plc = compile_st(text).start()
    plc.run(3)
    assert (plc["MAIN.total"], plc["MAIN.count"], plc["MAIN.n2.t.Q"], plc["MAIN.n2.t.ET"]) == (
        7,
        2,
        True,
        10_000_000,
    )


def test_that_the_argument_of_a_function_has_an_address_while_it_runs() -> None:
    text = """
    FUNCTION Second : BYTE
    VAR_INPUT text : STRING; END_VAR
    VAR pt : POINTER TO ARRAY[0..250] OF BYTE; END_VAR
    pt := ADR(text); Second := pt^[1];
    END_FUNCTION
    PROGRAM MAIN VAR a, b : BYTE; END_VAR a := Second('xyz'); b := Second('q'); END_PROGRAM
    """
    assert values(text, "a", "b") == [ord("y"), 0]


@given(st.lists(st.integers(0, 2**32 - 1), min_size=4, max_size=4), st.integers(0, 8))
def test_that_bytes_lie_as_in_c(words: list[int], start: int) -> None:
    plc = _WINDOWS.start()
    for index, word in enumerate(words):
        plc[f"MAIN.words[{index}]"] = word
    plc["MAIN.start"] = start
    plc.run()
    data = struct.pack("<4I", *words)
    assert plc["MAIN.b"] == data[start]
    assert plc["MAIN.i"] == struct.unpack_from("<h", data, start)[0]
    assert plc["MAIN.q"] == struct.unpack_from("<Q", data, start)[0]
    real = struct.unpack_from("<f", data, start)[0]
    assert plc["MAIN.r"] == real or real != real
    changed = bytearray(data)
    struct.pack_into("<h", changed, start + 1, -2)
    assert [plc[f"MAIN.words[{n}]"] for n in range(4)] == list(struct.unpack("<4I", changed))


_WINDOWS = compile_st("""
PROGRAM MAIN
VAR words : ARRAY[0..3] OF DWORD; start : DINT; b : BYTE; i : INT; q : LWORD; r : REAL;
 pb : POINTER TO BYTE; pi : POINTER TO INT; pq : POINTER TO LWORD; pr : POINTER TO REAL; END_VAR
pb := ADR(words) + start; b := pb^;
pi := pb; i := pi^; pq := pb; q := pq^; pr := pb; r := pr^;
pi := pb + 1; pi^ := -2;
END_PROGRAM
""")


def test_that_sizes_and_places_are_those_of_c() -> None:
    text = """
    TYPE Mixed : STRUCT a : BYTE; b : DINT; c : BOOL; d : LREAL; e : INT; f : STRING(6); END_STRUCT END_TYPE
    PROGRAM MAIN
    VAR m : Mixed; two : ARRAY[1..2] OF Mixed; size, both, b, d, e, f, apart : LINT; END_VAR
    size := SIZEOF(m); both := SIZEOF(two);
    b := ADR(m.b) - ADR(m); d := ADR(m.d) - ADR(m); e := ADR(m.e) - ADR(m);
    f := ADR(m.f) - ADR(m); apart := ADR(two[2].e) - ADR(two[1].e);
    END_PROGRAM
    """
    layout = "<Bxxxi?xxxxxxxdh7s"  # what gcc pads on a 64-bit machine, then the end up to a multiple of 8
    size = -(-struct.calcsize(layout) // 8) * 8
    assert size == -(-struct.calcsize("@Bi?dh7s") // 8) * 8
    assert values(text, "size", "both", "b", "d", "e", "f", "apart") == [size, 2 * size, 4, 16, 24, 26, size]


@pytest.mark.parametrize(
    ("statement", "what", "column"),
    [
        ("x := p^;", "a pointer or reference to INT is null", 1),
        ("x := r;", "is null", 1),
        ("x := i.Run(1);", "is null", 1),
        ("p := 99; x := p^;", "leads to 0x63, where no variable lies", 10),
        ("p := ADR(x); q := p; x := q^.n;", "no A lies at the address", 22),
        ("p := ADR(t); ps := p; t2 := ps^;", None, 0),
        ("pa := ADR(x); x := pa^[4];", "4", 15),
        ("pa := ADR(x); x := pa^[k];", "index 9", 15),
    ],
)
def test_that_following_what_leads_nowhere_stops_the_plc(
    statement: str, what: str | None, column: int
) -> None:
    text = (
        RUNNERS
        + f"""
PROGRAM MAIN
VAR x : INT; k : INT := 9; p : POINTER TO INT; q : POINTER TO A; r : REFERENCE TO INT;
 i : I_Run; t, t2 : STRING; ps : POINTER TO STRING; pa : POINTER TO ARRAY[0..3] OF INT; END_VAR
{statement}
END_PROGRAM
"""
    )
    if what == "4":
        with pytest.raises(Problems, match="the index 4 is outside"):
            compile_st(text)
        return
    plc = compile_st(text).start()
    if what is None:
        plc.run()
        return
    with pytest.raises(PlcError, match=what) as caught:
        plc.run()
    assert (caught.value.line, caught.value.column) == (
        text.count("\n", 0, text.index(statement)) + 1,
        column,
    )


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("i := o;", "I_Other does not implement I_Run"),
        ("i := x;", "INT does not implement I_Run"),
        ("r REF= t;", "refers to an INT, this is a STRING"),
        ("x REF= x;", "REF= binds a REFERENCE, this is an INT"),
        ("x := x^;", "only a pointer is followed by ^, this is an INT"),
        ("p := ADR(x + 1);", "a variable is expected here"),
        ("p := ADR(w.3);", "a part of a variable has no address"),
        ("x := p;", "INT"),
        ("x := SIZEOF(nothing);", "nothing is not declared"),
    ],
)
def test_that_wrong_addresses_are_told(statement: str, what: str) -> None:
    text = (
        RUNNERS
        + f"""
    PROGRAM MAIN
    VAR x : INT; w : WORD; p : POINTER TO INT; r : REFERENCE TO INT; i : I_Run; o : I_Other;
     t : STRING; END_VAR
    {statement}
    END_PROGRAM
    """
    )
    with pytest.raises(Problems) as caught:
        compile_st(text)
    assert what in str(caught.value)


def test_that_pointers_go_into_a_snapshot_and_skip_no_scan_wrongly() -> None:
    """What one task changes through a pointer wakes the other."""
    text = """
    VAR_GLOBAL target : INT; END_VAR
    PROGRAM One VAR p : POINTER TO INT; n : INT; go : BOOL; END_VAR
    p := ADR(target); IF go THEN p^ := p^ + 1; go := FALSE; END_IF
    END_PROGRAM
    PROGRAM Two VAR seen : INT; END_VAR seen := target; END_PROGRAM
    CONFIGURATION C
    TASK t1 (INTERVAL := T#10ms, PRIORITY := 1); TASK t2 (INTERVAL := T#10ms, PRIORITY := 2);
    PROGRAM One WITH t1 : One; PROGRAM Two WITH t2 : Two;
    END_CONFIGURATION
    """
    program = compile_st(text)
    plc = program.start()
    plc.run(6)
    assert plc.settled(0) and plc.settled(1)
    plc["One.go"] = True
    plc.scan(plc.now_ns, 0)
    assert plc.disturbed(1)
    other = program.start()
    other.restore(plc.snapshot())
    for one in (plc, other):
        one.run(3)
    assert plc["Two.seen"] == 1
    assert plc.snapshot() == other.snapshot()


def test_that_memory_is_copied_filled_and_compared_by_bytes() -> None:
    text = """
    PROGRAM MAIN
    VAR a : ARRAY[0..3] OF INT := [1, 2, 3, -4]; b : ARRAY[0..3] OF INT; w : DWORD; s : STRING := 'abc';
     c : BYTE; n : UDINT; less, same : DINT; END_VAR
    n := MEMCPY(ADR(b), ADR(a), SIZEOF(a)); MEMSET(ADR(w), 16#5A, 3); MEMMOVE(ADR(a[1]), ADR(a), 6);
    MEMCPY(ADR(c), ADR(s) + 1, 1); same := MEMCMP(ADR(b), ADR(b), 8); less := MEMCMP(ADR(s), ADR(s) + 1, 1);
    END_PROGRAM
    """
    assert values(text, "n", "w", "c", "same", "less") == [8, 0x5A5A5A, ord("b"), 0, -1]
    assert values(text, *(f"b[{n}]" for n in range(4))) == [1, 2, 3, -4]
    assert values(text, *(f"a[{n}]" for n in range(4))) == [1, 1, 2, 3]


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("BYTE", 200), ("SINT", -3), ("INT", -300), ("UINT", 65_535), ("DINT", -70_000),
        ("DWORD", 0xFFFF_FFFF),
        ("LINT", -(1 << 63)), ("ULINT", (1 << 64) - 1), ("REAL", 1.5), ("LREAL", -0.1), ("BOOL", True),
        ("TIME", 70_000_000), ("STRING(3)", "abc"),
    ],
)  # fmt: skip
def test_that_large_arrays_are_copied_as_small_ones_are(type_: str, value: object) -> None:
    shown = {"TIME": "T#70MS", "STRING(3)": "'abc'", "BOOL": "TRUE"}.get(type_, str(value))
    text = f"""TYPE S : STRUCT a : BYTE; b : ARRAY[0..99] OF {type_}; c : DINT; END_STRUCT END_TYPE
    PROGRAM MAIN VAR one, two : S; parts : S; m, k : DINT; END_VAR
    one.a := 7; one.c := 9; FOR k := 1 TO 98 DO one.b[k] := {shown}; END_FOR
    MEMCPY(ADR(two), ADR(one), SIZEOF(one)); m := MEMCMP(ADR(two), ADR(one), SIZEOF(S));
    FOR k := 0 TO UDINT_TO_DINT(SIZEOF(S)) - 1 BY 5 DO
        MEMCPY(ADR(parts) + k, ADR(one) + k, MIN(5, UDINT_TO_DINT(SIZEOF(S)) - k));
    END_FOR
    MEMSET(ADR(one.b[2]), 0, 90 * SIZEOF(one.b[0]));
    END_PROGRAM"""
    zero = type(value)()
    places = ("[0]", "[1]", "[50]", "[98]", "[99]")
    for copied in ("two", "parts"):
        found = values(text, *(f"{copied}.b{place}" for place in places), f"{copied}.a", f"{copied}.c")
        assert found == [zero, value, value, value, zero, 7, 9]
    places = ("[1]", "[2]", "[91]", "[92]")
    assert values(text, *(f"one.b{place}" for place in places), "m") == [value, zero, zero, value, 0]


def test_that_memory_beyond_a_variable_stops_the_plc() -> None:
    text = "PROGRAM P VAR x : INT; END_VAR MEMSET(ADR(x), 0, 100000); END_PROGRAM"
    with pytest.raises(PlcError, match="where no variable lies"):
        compile_st(text).start().run()
    with pytest.raises(PlcError, match="-1 bytes are no piece of memory"):
        compile_st(text.replace("100000", "-1")).start().run()


BACKWARDS = """
FUNCTION backwards : STRING(8)
VAR_INPUT x : DWORD; END_VAR
VAR p : POINTER TO BYTE; k : INT; END_VAR
p := ADR(backwards) + 8;
p^ := 0;
FOR k := 1 TO 8 DO
    p := p - 1;
    p^ := DWORD_TO_BYTE(x AND 16#F) + 65;
    x := SHR(x, 4);
END_FOR
END_FUNCTION
"""


def test_that_a_text_can_be_written_from_its_end() -> None:
    text = BACKWARDS + "PROGRAM m VAR s : STRING; END_VAR s := backwards(16#1234ABCD); END_PROGRAM"
    plc = compile_st({"m.st": text}, "codesys").start()
    for scan in range(3):
        plc.scan(scan * MS)
        assert plc["m.s"] == "BCDEKLMN"
    assert plc.settled()  # the bytes behind the end of a result of a call last no longer than the call


HIDDEN = """PROGRAM m
VAR s : STRING(5) := 'ab'; t : STRING(5); p, q : POINTER TO ARRAY[0..5] OF BYTE;
    k, n : INT; seen : BYTE; go : BOOL; END_VAR
p := ADR(s); q := ADR(t);
IF go THEN p^[4] := 88; go := FALSE; END_IF
seen := p^[4];
IF k < 5 THEN k := k + 1; END_IF
END_PROGRAM"""


def test_that_bytes_behind_the_end_of_a_text_stay_until_something_covers_them() -> None:
    plc = compile_st({"m.st": HIDDEN}, "codesys").start()
    plc.scan(0)
    assert (plc["m.s"], plc["m.seen"]) == ("ab", 0)
    plc["m.go"] = True
    plc.scan(MS)
    assert (plc["m.s"], plc["m.seen"]) == ("ab", 88)
    kept = plc.snapshot()
    plc["m.s"] = "xyz"  # its closing zero is byte 3
    plc.scan(2 * MS)
    assert plc["m.seen"] == 88
    plc["m.s"] = "abcd"
    plc.scan(3 * MS)
    assert plc["m.seen"] == 0
    plc.restore(kept)
    plc.scan(4 * MS)
    assert (plc["m.s"], plc["m.seen"]) == ("ab", 88)
    plc.start("cold")
    plc.scan(5 * MS)
    assert plc["m.seen"] == 0


def test_that_bytes_behind_a_text_from_new_go_with_it() -> None:
    text = """TYPE t : STRING(5); END_TYPE
    PROGRAM m VAR p : POINTER TO t; q : POINTER TO BYTE; seen : BYTE; step : INT; END_VAR
    IF step = 0 THEN p := __NEW(t); q := p + 3; q^ := 88; step := 1; END_IF
    seen := q^;
    IF step = 2 THEN __DELETE(p); step := 3; END_IF END_PROGRAM"""
    plc = compile_st({"m.st": text}, "codesys").start()
    plc.scan(0)
    kept = plc.snapshot()
    plc["m.step"] = 2
    plc.scan(MS)
    with pytest.raises(PlcError, match="no variable lies"):
        plc.scan(2 * MS)
    plc.restore(kept)
    plc.scan(2 * MS)
    assert plc["m.seen"] == 88


def test_that_no_scan_is_left_out_while_bytes_behind_a_text_change() -> None:
    text = """PROGRAM m
    VAR s : STRING(30); p : POINTER TO ARRAY[0..30] OF BYTE; k : INT; END_VAR
    p := ADR(s);
    k := 30; WHILE k > 0 AND p^[k] <> 0 DO k := k - 1; END_WHILE
    p^[k] := 65; k := 0;
    END_PROGRAM"""
    plc = compile_st({"m.st": text}, "codesys").start()
    for scan in range(30):
        plc.scan(scan * MS)
        assert not plc.settled()
    plc.scan(30 * MS)
    assert plc["m.s"] == "A" * 30


GAPS = """TYPE S : STRUCT a : BYTE; b : DINT; c : BYTE; d : LINT; e : BYTE; END_STRUCT END_TYPE
PROGRAM MAIN VAR one, two : S; row, other : ARRAY[0..1] OF S; n : DINT; p : POINTER TO BYTE; sum, k : INT;
END_VAR
one.a := 1; one.b := 16#01020304; one.d := -1; one.e := 9;
MEMCPY(ADR(two), ADR(one), SIZEOF(one)); n := MEMCMP(ADR(one), ADR(two), SIZEOF(S));
row[0] := one; row[1].e := 7; MEMMOVE(ADR(other), ADR(row), SIZEOF(row));
p := ADR(one); FOR k := 0 TO 7 DO sum := sum + p[k]; END_FOR  // over the gap behind a
p[1] := 55;  // into it: nobody sees that
MEMSET(ADR(one), 0, SIZEOF(one));
END_PROGRAM
"""


def test_that_bytes_between_members_are_passed_over() -> None:
    plc = compile_st(GAPS, dialect="codesys").start()
    plc.scan(0)
    assert (plc["MAIN.two.a"], plc["MAIN.two.b"], plc["MAIN.two.d"], plc["MAIN.two.e"]) == (
        1,
        0x01020304,
        -1,
        9,
    )
    assert (plc["MAIN.other[0].e"], plc["MAIN.other[1].e"], plc["MAIN.n"]) == (9, 7, 0)
    assert plc["MAIN.sum"] == 1 + 1 + 2 + 3 + 4
    assert (plc["MAIN.one.a"], plc["MAIN.one.d"], plc["MAIN.one.e"]) == (0, 0, 0)


def test_that_a_copy_stops_between_two_variables() -> None:
    text = "PROGRAM MAIN VAR a : BYTE; b : LINT; END_VAR MEMSET(ADR(a), 1, 2); END_PROGRAM"
    plc = compile_st(text, dialect="codesys").start()
    with pytest.raises(PlcError, match="where no variable lies"):
        plc.scan(0)


def test_that_bytes_between_members_of_what_new_made_are_passed_over() -> None:
    text = """TYPE S : STRUCT a : BYTE; b : DINT; e : BYTE; END_STRUCT END_TYPE
    PROGRAM MAIN VAR p : POINTER TO S; row : ARRAY[0..1] OF S; END_VAR
    IF p = 0 THEN p := __NEW(S, 2); p^.b := 5; p[1].e := 6; MEMCPY(ADR(row), p, 2 * SIZEOF(S)); END_IF
    END_PROGRAM"""
    plc = compile_st(text, dialect="codesys").start()
    plc.scan(0)
    assert (plc["MAIN.row[0].b"], plc["MAIN.row[1].e"]) == (5, 6)
