"""Blocks that are copied into blocks, VAR_IN_OUT that was not given, and FB_init with VAR_IN_OUT."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st

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
