"""Pointers and references to variables of interfaces, also made by __NEW; types as arguments."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, compile_st

BLOCKS = """INTERFACE I_X
METHOD Go : INT
END_METHOD
END_INTERFACE
FUNCTION_BLOCK X IMPLEMENTS I_X
VAR n : INT; END_VAR
METHOD Go : INT
n := n + 1;
Go := n;
END_METHOD
END_FUNCTION_BLOCK
TYPE Seen : UNION kind : I_X; address : LWORD; END_UNION END_TYPE
TYPE Held : STRUCT before : INT; kind : I_X; END_STRUCT END_TYPE
"""
DECLARED = "x : X; i : I_X; a : ARRAY[0..2] OF I_X; p : POINTER TO I_X; r : REFERENCE TO I_X; n, s : INT;"


def scanned(body: str, more: str = "") -> Plc:
    plc = compile_st(
        {"m.st": f"{BLOCKS}PROGRAM MAIN\nVAR {DECLARED}{more} END_VAR\n{body}\nEND_PROGRAM"}, "twincat"
    ).start()
    plc.scan(0)
    return plc


BODIES = [
    ("p := ADR(i); p^ := x; n := i.Go();", ""),
    ("p := ADR(a); p[2] := x; n := a[2].Go();", ""),
    ("a[1] := x; p := ADR(a); n := p[1].Go();", ""),
    ("r REF= i; r := x; n := i.Go();", ""),
    ("i := x; r REF= i; n := r.Go();", ""),
    ("u.kind := x; IF u.address <> 0 THEN n := u.kind.Go(); END_IF", " u : Seen;"),
    ("ph := ADR(h); ph^.kind := x; n := h.kind.Go();", " h : Held; ph : POINTER TO Held;"),
    ("p := __NEW(POINTER TO I_X, 3); p[2] := x; n := p[2].Go(); __DELETE(p);", ""),
    ("pn := __NEW(POINTER TO INT); pn^ := ADR(n); pn^^ := 1;", " pn : POINTER TO POINTER TO INT;"),
]


@pytest.mark.parametrize(("body", "more"), BODIES)
def test_that_a_pointer_leads_to_the_variable_that_names_a_block(body: str, more: str) -> None:
    assert scanned(body, more)["MAIN.n"] == 1


def test_that_new_makes_pvoid_and_types_are_given_nothing() -> None:
    more = " pp : POINTER TO PVOID; y : X();"
    assert (
        scanned("pp := __NEW(PVOID, 2); pp[1] := ADR(n); n := SEL(pp[1] = ADR(n), 0, y.Go());", more)[
            "MAIN.n"
        ]
        == 1
    )


def test_that_sizeof_is_given_a_pointer_type() -> None:
    assert scanned("s := SIZEOF(POINTER TO I_X) * 3;")["MAIN.s"] == 24


def test_that_a_type_is_no_value() -> None:
    with pytest.raises(Problems, match="POINTER TO INT"):
        scanned("n := ABS(POINTER TO INT);")
