"""Addresses that structures, texts, arrays and blocks share with others, and how makers count them."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import Plc, PlcError, Program, compile_st
from commissioning.plc.debugging.cross_reference import CrossReference

sys.path.insert(0, str(Path(__file__).parent))
from test_plc_skipping import Host, memories, storm

MS = 1_000_000
TYPES = "TYPE S : STRUCT x : INT; y : BOOL; d : DINT; t : STRING(3); END_STRUCT END_TYPE\n"
MAKERS = ("codesys", "twincat")


def program(declared: str, body: str = "", dialect: str = "codesys", before: str = "") -> Program:
    text = f"{TYPES}{before} PROGRAM MAIN VAR {declared} END_VAR {body} END_PROGRAM"
    return compile_st({"main.st": text}, dialect=dialect)


def scanned(declared: str, body: str = "", dialect: str = "codesys", before: str = "") -> Plc:
    plc = program(declared, body, dialect, before).start()
    plc.scan(0)
    return plc


def values(plc: Plc, *names: str) -> list[object]:
    return [plc[f"MAIN.{name}"] for name in names]


# ---- what the number counts ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "codesys", "twincat"),
    [("%MD4", 16, 4), ("%MW3", 6, 3), ("%ML1", 8, 1), ("%MB5", 5, 5), ("%MD0", 0, 0), ("%MX7.0", 7, 7)],
)
def test_that_numbers_count_bytes_in_twincat_and_what_the_letter_says_elsewhere(
    address: str, codesys: int, twincat: int
) -> None:
    type_ = {"D": "DWORD", "W": "WORD", "L": "LWORD", "B": "BYTE", "X": "BOOL"}[address[2]]
    for dialect, place in (("iec", codesys), ("codesys", codesys), ("twincat", twincat)):
        declared = f"v AT {address} : {type_}; b AT %MB{place} : BYTE; a AT %MB{place + 8} : BYTE;"
        plc = scanned(declared, "b := 1; a := 77;", dialect)
        assert values(plc, "v", "a") == [True if type_ == "BOOL" else 1, 77], dialect


def test_that_words_of_twincat_may_lie_across_each_other() -> None:
    plc = scanned("one AT %MW0 : WORD; two AT %MW1 : WORD; r AT %MD101 : REAL; w AT %MB101 : DWORD;",
                  "one := 16#0102; two := two OR 16#0300; r := 1.0;", "twincat")  # fmt: skip
    assert values(plc, "one", "two", "w") == [0x0102, 0x0301, 0x3F800000]


@pytest.mark.parametrize("dialect", MAKERS)
def test_that_bodies_and_outputs_use_the_same_bytes(dialect: str) -> None:
    number = 6 if dialect == "twincat" else 3
    plc = scanned("b AT %QB7 : BYTE;", f"%QW{number} := 16#AB00;", dialect)
    assert plc["MAIN.b"] == 0xAB


# ---- structures, texts and arrays that share bytes -------------------------------------------------------


@pytest.mark.parametrize("dialect", MAKERS)
def test_that_a_structure_shares_its_bytes(dialect: str) -> None:
    declared = """s AT %MB0 : S := (x := 16#0102, t := 'abc'); low AT %MB0 : BYTE; high AT %MB1 : SINT;
    on AT %MX2.0 : BOOL; over AT %MB1 : WORD; odd AT %MB5 : DWORD; t AT %MB8 : STRING(5);
    end AT %MB11 : BYTE;"""
    body = "s.d := 16#04030201; on := TRUE;"
    plc = scanned(declared, body, dialect)
    assert values(plc, "low", "high", "s.y", "over", "odd", "t") == [2, 1, True, 0x0101, 0x61040302, "abc"]
    plc["MAIN.low"] = 0xFF
    plc["MAIN.t"] = "xy"
    assert values(plc, "s.x", "s.t", "end") == [0x01FF, "xy", 0]
    assert plc.reader(["MAIN.s.x", "MAIN.low"])() == (0x01FF, 0xFF)
    with pytest.raises(ValueError, match="does not fit"):
        plc["MAIN.s.x"] = 40_000


def test_that_a_variable_over_several_elements_is_what_lies_there() -> None:
    declared = """a AT %MW0 : ARRAY[0..3] OF INT := [1, 2, -1, 4]; y AT %MD1 : DWORD; z AT %MB1 : INT;
    r AT %MD0 : REAL; b AT %MB2 : ARRAY[0..1] OF BYTE; i : INT;"""
    plc = scanned(declared, "i := a[2]; y := y AND 16#FFFF0000; b[1] := 9;", "codesys")
    assert values(plc, "i", "a[2]", "a[3]", "a[1]", "z") == [-1, 0, 4, 0x0902, 0x0200]
    assert values(plc, "r") != [0.0]


def test_that_the_standard_has_it_where_widths_are_equal() -> None:
    plc = scanned("a AT %MW0 : ARRAY[0..3] OF INT; y AT %MD1 : DWORD;", "y := 16#00020001;", "iec")
    assert values(plc, "a[2]", "a[3]") == [1, 2]


def test_that_elements_are_found_with_indices_that_vary() -> None:
    declared = "s AT %MB0 : ARRAY[1..3] OF S; raw AT %MB0 : ARRAY[0..35] OF BYTE; w AT %MW6 : WORD; k : INT;"
    body = "FOR k := 1 TO 3 DO s[k].x := k * 11; s[k].t := 'k'; END_FOR raw[24] := raw[24] + 1;"
    plc = scanned(declared, body)
    assert values(plc, "s[1].x", "s[2].x", "s[3].x", "w", "raw[12]") == [11, 22, 34, 22, 22]
    assert values(plc, "raw[8]", "s[3].t") == [ord("k"), "k"]


def test_that_references_pointers_copies_and_parameters_reach_them() -> None:
    before = """FUNCTION Twice : INT VAR_IN_OUT n : INT; END_VAR n := n * 2; Twice := n; END_FUNCTION
    FUNCTION Sum : INT VAR_INPUT s : S; END_VAR Sum := s.x; END_FUNCTION"""
    declared = """s AT %MB0 : S; low AT %MB0 : BYTE; p : POINTER TO INT; r : REFERENCE TO DINT; copy : S;
    n, m : INT;"""
    body = """s.x := 5; p := ADR(s.x); p^ := p^ + 1; r REF= s.d; r := -9; n := Twice(s.x); copy := s;
    copy.x := 1; m := Sum(s); s.t := 'end';"""
    plc = scanned(declared, body, before=before)
    assert values(plc, "low", "s.x", "s.d", "n", "m", "copy.x", "copy.d") == [12, 12, -9, 12, 12, 1, -9]


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ("t AT %MB0 : TON; b AT %MB4 : BYTE;", "b (%MB4) lies in the block t (%MB0)"),
        ("s AT %MX0.1 : S;", "is 1 bit wide"),
    ],
)
def test_that_blocks_share_nothing(declared: str, told: str) -> None:
    with pytest.raises(Problems) as caught:
        program(declared)
    assert any(told in problem.what for problem in caught.value.problems)


def test_that_variables_tell_address_initial_value_and_users() -> None:
    made = program("s AT %QB0 : S := (x := 7); low AT %QB0 : BYTE;", "s.x := low + 1;")
    variable = made.variables["MAIN.s.x"]
    assert (variable.initial, variable.address, variable.path) == (7, "%QB0", "MAIN.s.x")
    assert not [name for name in made.variables if "memory" in name.lower()]
    uses = CrossReference(made)["MAIN.s"]
    assert (len(uses.writes), len(CrossReference(made)["MAIN.low"].reads)) == (1, 1)


def test_that_the_cross_reference_knows_who_uses_what_shares_bits() -> None:
    made = program("w AT %MW0 : WORD; low AT %MB0 : BYTE; again AT %MB0 : BYTE;", "w := 5; again := low + 1;")
    uses = CrossReference(made)
    shown = {
        name: (len(uses[f"MAIN.{name}"].reads), len(uses[f"MAIN.{name}"].writes)) for name in ("w", "low")
    }
    assert shown["w"] == (0, 1) and shown["low"][0] == 1


def test_that_a_copy_reaches_what_lies_in_a_union_and_where_a_pointer_leads() -> None:
    before = "TYPE U : UNION s : S; b : ARRAY[0..11] OF BYTE; END_UNION END_TYPE"
    declared = (
        "u : U; c : S; raw : ARRAY[0..11] OF BYTE; p : POINTER TO S; n : INT; few : ARRAY[0..3] OF BYTE;"
    )
    body = "u.s.x := 5; u.s.t := 'ab'; c := u.s; p := ADR(raw); p^ := c; n := raw[0]; u.s := p^;"
    body += "raw[8] := u.b[9];"
    assert values(scanned(declared, body, before=before), "c.x", "c.t", "n", "raw[8]") == [
        5,
        "ab",
        5,
        ord("b"),
    ]
    with pytest.raises(PlcError, match="where no variable lies"):
        scanned(declared, "p := ADR(few); c := p^;", before=before)


SHARED = """
TYPE Word2 : STRUCT lo, hi : BYTE; n : INT; END_STRUCT END_TYPE
VAR_GLOBAL
  i0 AT %IX0.0 : BOOL; i1 AT %IX0.1 : BOOL; i2 AT %IX0.2 : BOOL; all AT %IB0 : Word2; level AT %IW1 : INT;
  q0 AT %QX0.0 : BOOL; q1 AT %QX0.1 : BOOL; q2 AT %QX0.2 : BOOL; sent AT %QB0 : Word2; out AT %QW1 : INT;
  m AT %MB0 : Word2; mw AT %MB1 : WORD; mt AT %MB0 : STRING(5);
END_VAR
PROGRAM MAIN VAR t : TON; END_VAR
t(IN := i0, PT := T#30ms);
sent.lo := all.lo AND 6; q0 := t.Q; sent.n := all.n / 2;
IF i2 THEN mw := INT_TO_WORD(level); END_IF
m.n := m.n OR BYTE_TO_INT(all.lo);
END_PROGRAM
"""


def test_that_skipping_snapshots_and_starts_know_shared_bytes() -> None:
    made = compile_st(SHARED, dialect="codesys")
    every = skipped = 0
    for seed in range(12):
        one, other = Host(made, False), Host(made, True)
        for number, (at, name, value) in enumerate(storm(seed)):
            for host in (one, other):
                host.advance(at)
                host.write(at, name, value)
            if number == 20:
                kept = other.plc.snapshot()
                other.plc.restore(kept)
                assert other.plc.snapshot() == kept
        one.advance(4000 * MS)
        other.advance(4000 * MS)
        assert one.log == other.log and memories(one.plc) == memories(other.plc)
        every, skipped = every + one.plc.scans(0), skipped + other.plc.scans(0)
    assert skipped < every * 0.6


def test_that_shared_bytes_are_kept_where_they_are_retained_and_over_an_online_change() -> None:
    text = """TYPE S : STRUCT x : INT; d : DINT; END_STRUCT END_TYPE
    VAR_GLOBAL RETAIN r AT %%MB0 : S := (x := 3); low AT %%MB0 : BYTE; END_VAR
    VAR_GLOBAL v AT %%MB100 : S; lv AT %%MB100 : BYTE; END_VAR
    PROGRAM MAIN VAR n %s : INT; END_VAR n := n + 1; END_PROGRAM"""
    plc = compile_st(text % "", dialect="codesys").start()
    plc.scan(0)
    plc["r.d"], plc["v.d"] = -5, 6
    plc.online_change(compile_st(text % ", more", dialect="codesys"))
    assert (plc["r.d"], plc["r.x"], plc["v.d"]) == (-5, 3, 6)
    text_kept = plc.retained()
    plc.start("warm")
    assert (plc["r.d"], plc["low"], plc["v.d"]) == (-5, 3, 0)
    plc.start("cold")
    assert (plc["r.d"], plc["r.x"]) == (0, 3)
    plc.start("warm", text_kept)
    assert plc["r.d"] == -5


def test_random_structures_of_numbers_against_their_bytes() -> None:
    kinds = {
        "BYTE": 1,
        "SINT": 1,
        "INT": 2,
        "WORD": 2,
        "DINT": 4,
        "UDINT": 4,
        "LINT": 8,
        "BOOL": 1,
        "REAL": 4,
    }
    for seed in range(15):
        rng = random.Random(seed)
        members = [rng.choice(list(kinds)) for _ in range(rng.randrange(1, 7))]
        inside = " ".join(f"m{k} : {kind};" for k, kind in enumerate(members))
        size = sum(kinds[kind] for kind in members)
        before = f"TYPE {{attribute 'pack_mode' := '1'}} R : STRUCT {inside} END_STRUCT END_TYPE"
        plc = scanned(f"r AT %MB3 : R; raw AT %MB3 : ARRAY[0..{size - 1}] OF BYTE;", "", "twincat", before)
        place = 0
        for k, kind in enumerate(members):
            data = [rng.randrange(256) for _ in range(kinds[kind])]
            for offset, byte in enumerate(data):
                plc[f"MAIN.raw[{place + offset}]"] = byte
            number = int.from_bytes(bytes(data), "little", signed=kind in ("SINT", "INT", "DINT", "LINT"))
            if kind == "BOOL":
                assert plc[f"MAIN.r.m{k}"] is (number != 0)
            elif kind != "REAL":
                assert plc[f"MAIN.r.m{k}"] == number, (seed, members)
            place += kinds[kind]


# ---- blocks ----------------------------------------------------------------------------------------------

BLOCK = """FUNCTION_BLOCK Lamp
VAR out AT %QX3.1 : BOOL; counted AT %MB40 : S := (x := 5); END_VAR VAR_INPUT on : BOOL; END_VAR
out := out OR on; counted.x := counted.x + 1;
END_FUNCTION_BLOCK
FUNCTION_BLOCK Bright EXTENDS Lamp END_FUNCTION_BLOCK
"""


@pytest.mark.parametrize("dialect", MAKERS)
def test_that_an_address_in_a_block_is_one_memory_for_all_instances(dialect: str) -> None:
    plc = scanned("a, b : Lamp; c : Bright; all AT %QB3 : BYTE; n : INT;",
                  "a(on := FALSE); b(on := TRUE); c(); n := c.counted.x;", dialect, BLOCK)  # fmt: skip
    assert values(plc, "all", "n", "a.out", "c.out", "b.counted.x") == [2, 7, True, True, 7]
    alone = scanned("a, b : Lamp;", "a(on := TRUE); b();", dialect, BLOCK)
    assert values(alone, "b.out", "b.counted.x") == [True, 7]


@pytest.mark.parametrize(
    ("dialect", "section"), [("iec", "VAR"), ("codesys", "VAR_INPUT"), ("twincat", "VAR_OUTPUT")]
)
def test_that_the_standard_and_parameters_have_no_address_in_a_block(dialect: str, section: str) -> None:
    text = f"FUNCTION_BLOCK F {section} x AT %QX0.0 : BOOL; END_VAR END_FUNCTION_BLOCK PROGRAM P END_PROGRAM"
    with pytest.raises(Problems, match="only globals and variables of a PROGRAM can have an address"):
        compile_st(text, dialect=dialect)


@pytest.mark.parametrize("kind", ["TON", "ARRAY[1..2] OF TON", "Own", "Holder"])
def test_that_a_block_in_a_block_has_no_address(kind: str) -> None:
    """A task would sleep over the end of its timer, and a user's block would have no memory."""
    text = f"""TYPE Holder : STRUCT t : TON; END_STRUCT END_TYPE
    FUNCTION_BLOCK Own VAR n : INT; END_VAR n := n + 1; END_FUNCTION_BLOCK
    FUNCTION_BLOCK F VAR t AT %MB100 : {kind}; END_VAR END_FUNCTION_BLOCK PROGRAM P VAR f : F; END_VAR f();
    END_PROGRAM"""
    with pytest.raises(Problems, match="t: a block in a FUNCTION_BLOCK has no address"):
        compile_st(text, dialect="codesys")


def test_that_a_function_has_no_address() -> None:
    text = "FUNCTION F : INT VAR x AT %QX0.0 : BOOL; END_VAR F := 1; END_FUNCTION PROGRAM P END_PROGRAM"
    with pytest.raises(Problems, match="can have an address"):
        compile_st(text, dialect="codesys")
