"""Parameters of type ANY, as CODESYS and TwinCAT have them."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st

TEXT = """
FUNCTION Same : BOOL
VAR_INPUT one, other : ANY; END_VAR
VAR i : DINT; END_VAR
IF one.TypeClass <> other.TypeClass OR one.diSize <> other.diSize THEN RETURN; END_IF
FOR i := 0 TO one.diSize - 1 DO IF one.pValue[i] <> other.pValue[i] THEN RETURN; END_IF END_FOR
Same := TRUE;
END_FUNCTION
FUNCTION Passed : BOOL VAR_INPUT a, b : ANY_NUM; END_VAR Passed := Same(a, b); END_FUNCTION
FUNCTION_BLOCK Kind
VAR_INPUT x : ANY; END_VAR VAR_OUTPUT size : DINT; is_int, is_text : BOOL; END_VAR
size := x.diSize;
is_int := x.TypeClass = __SYSTEM.TYPE_CLASS.TYPE_INT;
is_text := x.TypeClass = __SYSTEM.TYPE_CLASS.TYPE_STRING;
END_FUNCTION_BLOCK
PROGRAM MAIN
VAR a, b : INT := 7; c : INT := 8; d : DINT := 7; s : STRING(9); k, l : Kind;
 same, other, wider, passed : BOOL; sizes : DINT; END_VAR
same := Same(a, b); other := Same(a, c); wider := Same(a, d); passed := Passed(c, c);
k(x := a); l(x := s); sizes := k.size * 100 + l.size;
END_PROGRAM
"""


@pytest.mark.parametrize("dialect", ["codesys", "twincat"])
def test_that_any_says_class_place_and_size_of_a_variable(dialect: str) -> None:
    plc = compile_st(TEXT, dialect=dialect).start()
    plc.run()
    assert [plc[f"MAIN.{name}"] for name in ("same", "other", "wider", "passed")] == [
        True,
        False,
        False,
        True,
    ]
    assert plc["MAIN.sizes"] == 2 * 100 + 10
    assert (plc["MAIN.k.is_int"], plc["MAIN.k.is_text"], plc["MAIN.l.is_text"]) == (True, False, True)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("Same(a, b)", "Same(a, 7)"), "an ANY is given a variable"),
        (("Same(a, b)", "Same(a, a + b)"), "an ANY is given a variable"),
        (("TYPE_CLASS.TYPE_INT", "TYPE_CLASS.TYPE_INTEGER"), "__SYSTEM.TYPE_CLASS has no TYPE_INTEGER"),
    ],
)
def test_that_what_any_does_not_take_is_told(change: tuple[str, str], what: str) -> None:
    assert change[0] in TEXT
    with pytest.raises(Problems) as caught:
        compile_st(TEXT.replace(*change), dialect="codesys")
    assert what in str(caught.value)


@pytest.mark.parametrize("name", ["__SYSTEM.TYPE_CLASS", "IBaseLibrary.TypeClass", "TypeClass"])
def test_that_the_types_of_any_have_their_older_name_as_well(name: str) -> None:
    text = f"""FUNCTION Kind : INT VAR_INPUT x : ANY; END_VAR
CASE x.TypeClass OF
{name}.TYPE_INT: Kind := 1;
{name}.TYPE_STRING: Kind := 2;
END_CASE
END_FUNCTION
PROGRAM MAIN VAR n, k : INT; s : STRING; END_VAR
n := Kind(n); k := Kind(s);
END_PROGRAM"""
    for stubs in (False, True):
        plc = compile_st({"m.st": text}, "twincat", stubs=stubs).start()
        plc.scan(0)
        assert (plc["MAIN.n"], plc["MAIN.k"]) == (1, 2)


@pytest.mark.parametrize("dialect", ["codesys", "twincat"])
def test_that_a_long_time_is_of_a_class_of_its_own(dialect: str) -> None:
    text = """FUNCTION F : INT VAR_INPUT x : ANY; END_VAR F := TO_INT(x.TypeClass); END_FUNCTION
PROGRAM MAIN VAR t : TIME; lt : LTIME; a, b : INT; END_VAR a := F(t); b := F(lt); END_PROGRAM"""
    plc = compile_st(text, dialect).start()
    plc.scan(0)
    assert (plc["MAIN.a"], plc["MAIN.b"]) == (18, 37)  # TYPE_TIME, TYPE_LTIME
