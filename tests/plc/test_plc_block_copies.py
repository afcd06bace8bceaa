"""Blocks that are copied into blocks, VAR_IN_OUT that was not given, and FB_init with VAR_IN_OUT."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import PlcError, compile_st

TEXT = """
FUNCTION_BLOCK Inner VAR_OUTPUT n : INT; END_VAR VAR t : TON; END_VAR
n := n + 1; t(IN := TRUE, PT := T#20ms);
END_FUNCTION_BLOCK
TYPE S : STRUCT a : INT; f : Inner; t : TON; END_STRUCT END_TYPE
FUNCTION_BLOCK Store
VAR_IN_OUT arr : ARRAY[0..2] OF INT; END_VAR
VAR_OUTPUT ok : BOOL; END_VAR
METHOD FB_init : BOOL
VAR_INPUT bInitRetains, bInCopyCode : BOOL; name : STRING; END_VAR
VAR_IN_OUT keep : INT; END_VAR
keep := keep + LEN(name);
END_METHOD
METHOD Valid : BOOL
Valid := __ISVALIDREF(arr);
END_METHOD
ok := Valid();
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR one, two : S; g : Inner; sum : INT := 100; st : Store(name := 'abc', keep := sum); x : ARRAY[0..2] OF INT;
 before, during : BOOL; many : ARRAY[0..1] OF S; t1, t2 : TON; END_VAR
before := st.Valid();
st(arr := x); during := st.ok;
one.a := one.a + 1; one.f(); one.f(); // twice in a scan
two := one; g := one.f; many[1] := two; many[0].f := g;
t1(IN := TRUE, PT := T#5ms); t2 := t1;
END_PROGRAM
"""


def test_that_a_copied_block_has_the_state_of_the_other_and_goes_its_own_way() -> None:
    plc = compile_st(TEXT).start()
    plc.run(4)
    assert [plc[f"MAIN.{name}.n"] for name in ("one.f", "two.f", "g", "many[0].f", "many[1].f")] == [8] * 5
    assert (plc["MAIN.two.a"], plc["MAIN.many[1].a"], plc["MAIN.many[0].a"]) == (4, 4, 0)
    assert plc["MAIN.many[1].f.t.Q"] is True  # copied with its timer, which has run out after 20 ms
    assert plc["MAIN.t2.Q"] is True
    plc["MAIN.two.f.n"] = 50
    assert plc["MAIN.one.f.n"] == 8
    other = compile_st(TEXT).start()
    other.restore(plc.snapshot())
    other.run()
    plc.run()
    assert other.snapshot() == plc.snapshot()


def test_that_a_method_can_ask_whether_its_block_has_its_variables() -> None:
    plc = compile_st(TEXT).start()
    plc.run()
    assert (plc["MAIN.before"], plc["MAIN.during"]) == (False, True)


def test_that_fb_init_takes_variables_by_reference() -> None:
    plc = compile_st(TEXT).start()
    assert plc["MAIN.sum"] == 100 + 3


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("g := one.f;", "g := one.t;"), "g is a block, nothing can be assigned to it"),
        (("two := one;", "two := many;"), "has a block in it and cannot be copied"),
        (("g := one.f;", "g := 3;"), "g is a block, nothing can be assigned to it"),
    ],
)
def test_that_only_blocks_of_one_type_are_copied(change: tuple[str, str], what: str) -> None:
    assert change[0] in TEXT
    with pytest.raises(Problems) as caught:
        compile_st(TEXT.replace(*change))
    assert what in str(caught.value)


BY_VALUE = """
FUNCTION_BLOCK Inner
VAR_OUTPUT n : INT; END_VAR
METHOD FB_init : BOOL VAR_INPUT bInitRetains, bInCopyCode : BOOL; END_VAR
n := 10;
END_METHOD
n := n + 1;
END_FUNCTION_BLOCK
TYPE S : STRUCT a : INT; f : Inner; t : TON; END_STRUCT END_TYPE
FUNCTION Called : INT
VAR_INPUT s : S; i : Inner; END_VAR VAR own : Inner; END_VAR
s.f(); i(); own();
Called := 100 * s.f.n + 10 * (i.n - 10) + own.n - 10 + s.a;
END_FUNCTION
FUNCTION_BLOCK Taking VAR_INPUT s : S; i : Inner; END_VAR VAR_OUTPUT seen, calls : INT; END_VAR
i(); seen := i.n; calls := s.f.n;
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR s : S; i : Inner; t : Taking; x : INT; END_VAR
s.a := 1000; s.f(); x := Called(s, i); t(s := s, i := i);
END_PROGRAM
"""


def test_that_blocks_given_by_value_are_copies() -> None:
    plc = compile_st(BY_VALUE, dialect="codesys").start()
    plc.run()
    # in Called: s.f has run once before and once there, i and own once there
    assert plc["MAIN.x"] == 100 * 12 + 10 * 1 + 1 + 1000
    assert (plc["MAIN.s.f.n"], plc["MAIN.i.n"]) == (11, 10)
    assert (plc["MAIN.t.seen"], plc["MAIN.t.calls"]) == (11, 11)
    plc.run()
    assert (plc["MAIN.t.seen"], plc["MAIN.t.calls"], plc["MAIN.i.n"]) == (11, 12, 10)
    other = compile_st(BY_VALUE, dialect="codesys").start()
    other.restore(plc.snapshot())
    assert other.snapshot() == plc.snapshot()


def test_that_the_standard_has_no_blocks_in_functions() -> None:
    with pytest.raises(Problems, match="a function keeps nothing between calls"):
        compile_st(BY_VALUE)


OWN = """FUNCTION_BLOCK X
VAR n : INT; END_VAR
METHOD CopyTo : BOOL
VAR_IN_OUT o : X; END_VAR
o := THIS^;
END_METHOD
METHOD Into : BOOL
VAR_INPUT r : REFERENCE TO X; END_VAR
r := THIS^;
END_METHOD
METHOD Nowhere : REFERENCE TO X
Nowhere := THIS^;
END_METHOD
METHOD Which : INT
Which := 1;
END_METHOD
END_FUNCTION_BLOCK
FUNCTION_BLOCK Y EXTENDS X
VAR m : INT := 3; END_VAR
METHOD Which : INT
Which := 2;
END_METHOD
METHOD Take : BOOL
VAR_INPUT v : INT; END_VAR
n := v; m := v;
END_METHOD
END_FUNCTION_BLOCK
FUNCTION Between : INT
VAR_IN_OUT one, other : X; END_VAR
one := other;
Between := one.Which();
END_FUNCTION
PROGRAM MAIN
VAR y, y2, y3 : Y; x, x2, x3 : X; w, v : INT; END_VAR
%s
END_PROGRAM
"""


@pytest.mark.parametrize("dialect", ["codesys", "twincat"])
def test_that_a_block_copies_itself_to_another_one_also_if_one_is_derived(dialect: str) -> None:
    body = "y.Take(5); y.CopyTo(x); x.CopyTo(y2); y.Into(x2); w := Between(x3, y); v := Between(y3, x);"
    plc = compile_st(OWN % body, dialect).start()
    plc.run()
    assert [plc[f"MAIN.{name}.n"] for name in ("x", "y2", "x2", "x3", "y3")] == [5] * 5
    assert (plc["MAIN.y2.m"], plc["MAIN.y3.m"]) == (3, 3)
    assert (plc["MAIN.w"], plc["MAIN.v"]) == (1, 2)  # every block stays what it is


def test_that_a_copy_to_nowhere_stops_the_plc() -> None:
    plc = compile_st(OWN % "x.Nowhere();", "twincat").start()
    with pytest.raises(PlcError, match="null"):
        plc.run()
