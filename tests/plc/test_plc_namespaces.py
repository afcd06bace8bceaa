"""Names of libraries in front of what they declare say nothing; a variable of that name still counts."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st

KINDS = (
    "TYPE Mode : (off, auto) := off; END_TYPE\n"
    "TYPE Step : STRUCT n : INT; END_STRUCT END_TYPE\n"
    "FUNCTION Twice : INT VAR_INPUT n : INT; END_VAR\nTwice := 2 * n; END_FUNCTION\n"
)


def main(declared: str, body: str) -> str:
    return f"{KINDS}PROGRAM MAIN\nVAR {declared} END_VAR\n{body}\nEND_PROGRAM"


def test_that_the_name_of_a_library_may_stand_in_front_of_what_it_declares() -> None:
    body = "s.n := ZCore.Twice(4); CASE m OF ZCore.Mode.auto: m := ZCore.Mode.off; n := s.n; END_CASE"
    plc = compile_st(
        {"m.st": main("s : ZCore.Step; m : ZCore.Mode := ZCore.Mode.auto; n : INT;", body)}, "twincat"
    ).start()
    plc.scan(0)
    assert (plc["MAIN.n"], plc["MAIN.m"]) == (8, 0)


def test_that_a_variable_of_that_name_is_a_variable() -> None:
    text = main("ZCore : Step; t : Step;", "ZCore.n := 4; t.n := ZCore.n;")
    plc = compile_st({"m.st": text}, "twincat").start()
    plc.scan(0)
    assert plc["MAIN.t.n"] == 4
    with pytest.raises(Problems, match=r"ZCore\.Step|Step"):
        compile_st({"m.st": main("ZCore : INT; t : ZCore.Stepp;", "t.n := 4;")}, "twincat")


def test_that_what_a_named_library_declares_may_be_a_stub() -> None:
    text = main(
        "s : ZAux.Ring; n : INT;", "s.Push(n); n := ZAux.Limits.most; IF ZAux.Full(s) THEN n := 0; END_IF"
    )
    found = compile_st({"m.st": text}, "twincat", stubs=True)
    assert not [notice for notice in found.notices if "only stubs declare" in notice.what]


def test_that_a_label_may_name_the_library_of_its_enumeration() -> None:
    text = main(
        "m : Mode := Mode.auto; n : INT;",
        "CASE m OF\nZLib.Mode.off: n := 1;\nZLib.Mode.auto: n := 2;\nEND_CASE",
    )
    plc = compile_st({"m.st": text}, "twincat").start()
    plc.scan(0)
    assert plc["MAIN.n"] == 2


SHARED = """NAMESPACE A FUNCTION F : INT F := 1; END_FUNCTION TYPE T : INT := 10; END_TYPE END_NAMESPACE
NAMESPACE B FUNCTION F : INT F := 2; END_FUNCTION TYPE T : INT := 20; END_TYPE END_NAMESPACE
"""


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("USING A; PROGRAM P VAR x, y : T; END_VAR x := F() + y; END_PROGRAM", (11, 10)),
        ("USING B; PROGRAM P VAR x, y : T; END_VAR x := F() + y; END_PROGRAM", (22, 20)),
        ("PROGRAM P USING B; VAR x, y : T; END_VAR x := F() + y; END_PROGRAM", (22, 20)),
        ("USING A; PROGRAM P VAR x : INT; y : B.T; END_VAR x := B.F() + F(); END_PROGRAM", (3, 20)),
        ("PROGRAM P VAR using, x, y : INT; END_VAR using := 4; x := using; END_PROGRAM", (4, 0)),
    ],
)
def test_that_using_says_which_of_two_namespaces_is_meant(text: str, values: tuple[int, int]) -> None:
    plc = compile_st({"m.st": SHARED + text}).start()
    plc.scan(0)
    assert (plc["P.x"], plc["P.y"]) == values


def test_that_using_in_a_namespace_holds_there() -> None:
    text = """NAMESPACE C USING B; FUNCTION G : INT G := F(); END_FUNCTION END_NAMESPACE
    USING A; PROGRAM P VAR x, y : INT; END_VAR x := G(); y := F(); END_PROGRAM"""
    plc = compile_st(
        {"m.st": SHARED + text.replace("USING A; ", "").replace("y := F();", "y := A.F();")}
    ).start()
    plc.scan(0)
    assert (plc["P.x"], plc["P.y"]) == (2, 1)


@pytest.mark.parametrize(
    ("text", "what", "cure"),
    [
        ("USING A, B; PROGRAM P VAR x : INT; END_VAR x := F(); END_PROGRAM",
         "F is in the namespaces A and B, and USING names them all", "Write A.F or B.F"),
        ("USING A; PROGRAM P USING B; VAR x : T; END_VAR END_PROGRAM",
         "T is in the namespaces A and B, and USING names them all", "Write A.T or B.T"),
        ("PROGRAM P VAR x : INT; END_VAR x := F(); END_PROGRAM",
         "there is no function F", "Write A.F or B.F, or USING A;"),
        ("PROGRAM P VAR x : T; END_VAR END_PROGRAM",
         "there is no type or block T", "Write A.T or B.T, or USING A;"),
    ],
)  # fmt: skip
def test_that_a_name_of_two_namespaces_is_told_with_both(text: str, what: str, cure: str) -> None:
    with pytest.raises(Problems) as caught:
        compile_st({"m.st": SHARED + text})
    assert [(problem.what, problem.cure) for problem in caught.value.problems] == [(what, cure)]
