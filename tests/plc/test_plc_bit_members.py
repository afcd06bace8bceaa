"""Members of type BIT in structures of the makers."""

from __future__ import annotations

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import compile_st

TEXT = """
TYPE Status :
STRUCT
    ready, busy : BIT; fault : BIT := TRUE; code : INT := 7;
    b0, b1, b2, b3, b4, b5, b6, b7, b8 : BIT;
END_STRUCT
END_TYPE
TYPE More EXTENDS Status : STRUCT last : BIT; END_STRUCT END_TYPE
TYPE Bits : STRUCT one, two, three : BIT; END_STRUCT END_TYPE
TYPE Both : UNION bits : Bits; whole : BYTE; END_UNION END_TYPE
PROGRAM MAIN
VAR
    s : Status := (busy := TRUE, b8 := TRUE); t : Status; rows : ARRAY[1..2] OF Status;
    m : More := (last := TRUE); u : Both; p : POINTER TO Status; q : POINTER TO BYTE;
    size, small, n : INT; seen, far : BOOL; first : BYTE;
END_VAR
    size := SIZEOF(Status); small := SIZEOF(Bits);
    t := s;
    rows[2].b3 := s.busy;
    u.whole := 2#101;
    u.bits.two := u.bits.one AND NOT s.ready;
    p := ADR(rows[1]);
    p^.ready := TRUE;
    seen := p^.ready AND rows[1].ready AND NOT rows[1].busy;
    q := ADR(s); first := q^;
    far := m.last AND m.fault AND NOT m.busy;
    IF s.fault THEN n := n + 1; END_IF
END_PROGRAM
"""


def test_that_neighbours_share_a_byte() -> None:
    plc = compile_st(TEXT, "codesys").start()
    plc.run()
    assert (plc["MAIN.size"], plc["MAIN.small"]) == (6, 1)  # a byte, a gap, an INT, two bytes
    assert plc["MAIN.u.whole"] == 0b111
    assert plc["MAIN.first"] == 0b110
    assert (plc["MAIN.seen"], plc["MAIN.far"], plc["MAIN.n"]) == (True, True, 1)
    assert [plc[f"MAIN.t.{name}"] for name in ("ready", "busy", "fault", "code", "b7", "b8")] == [
        False, True, True, 7, False, True,
    ]  # fmt: skip
    assert (plc["MAIN.rows[2].b3"], plc["MAIN.rows[1].b3"], plc["MAIN.u.bits.three"]) == (True, False, True)


def test_that_each_is_a_variable_by_its_path() -> None:
    program = compile_st(TEXT, "twincat")
    plc = program.start()
    assert "MAIN.s.busy" in program.variables and "MAIN.s.__bits0" not in list(program.variables)
    assert program.variable("MAIN.s.busy").type == "BOOL" and program.variable("MAIN.s.busy").initial is True
    plc["MAIN.s.fault"] = False
    plc.force("MAIN.s.ready", True)
    plc.run()
    assert (plc["MAIN.n"], plc["MAIN.first"], plc["MAIN.t.ready"]) == (0, 0b011, True)
    plc.start("cold")
    plc.release()
    plc.run()
    assert plc["MAIN.n"] == 1


@pytest.mark.parametrize(
    ("old", "new", "line"), [("b7, b8", "b7, busy", 5), ("s.busy;", "s.bussy;", 19), ("s.busy;", "5;", 19)]
)
def test_that_mistakes_have_their_place(old: str, new: str, line: int) -> None:
    with pytest.raises(Problems) as caught:
        compile_st(TEXT.replace(old, new), "codesys")
    assert caught.value.problems[0].where.line == line


def test_that_the_standard_has_no_such_type() -> None:
    with pytest.raises(Problems, match="BIT"):
        compile_st("TYPE S : STRUCT a : BIT; END_STRUCT; END_TYPE PROGRAM MAIN END_PROGRAM", "iec")


def test_that_bits_keep_their_values_by_name_over_an_online_change() -> None:
    text = """TYPE S : STRUCT a, b : BIT; END_STRUCT END_TYPE
    PROGRAM MAIN VAR RETAIN s : S; END_VAR VAR p : POINTER TO S; on : BOOL; END_VAR
    IF p = 0 THEN p := ADR(s); END_IF on := p^.a; END_PROGRAM"""
    for wanted in ("b, a", "z, a, b", "b0, b1, b2, b3, b4, b5, b6, b7, a, b"):
        plc = compile_st(text, "codesys").start()
        plc["MAIN.s.a"] = True
        plc.run()
        other = compile_st(text.replace("a, b", wanted), "codesys")
        retained = plc.retained()
        plc.online_change(other)
        assert (plc["MAIN.s.a"], plc["MAIN.s.b"]) == (True, False), wanted
        plc.run()
        assert plc["MAIN.on"] is True
        again = other.start()
        again.start("warm", retained)
        assert (again["MAIN.s.a"], again["MAIN.s.b"]) == (True, False), wanted
