"""Hostile declarations: no crash, no hang, no flood of memory, and no text of the program in the Python."""

from __future__ import annotations

import contextlib
import random
import re
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.model.problem import Problems
from commissioning.plc import PlcError, compile_st
from commissioning.plc.checking import byte_layout
from commissioning.plc.generation import locations

PROGRAM = """
TYPE
  Colour : (red, green := 5, blue) := green; Small : SINT (-5..5) := 3; Byte2 : (b0, b1) BYTE;
  Point : STRUCT x, y : REAL := 1.5; c : Colour; t : TON; END_STRUCT;
  Row : ARRAY[0..2, -1..1] OF Point := [2((x := 1.0)), (c := red, t := (PT := T#1s))];
END_TYPE
VAR_GLOBAL w AT %MW0 : WORD := 16#F0; b AT %MX0.4 : BOOL; r AT %MD0 : REAL; grid : Row; name : WSTRING[5] := "ab$0041"; END_VAR
FUNCTION Sum : DINT VAR_INPUT a : ARRAY[1..3] OF INT := [3(7)]; END_VAR VAR_OUTPUT n : INT; END_VAR
  Sum := a[1] + a[2] + a[3]; n := UPPER_BOUND(a, 1); END_FUNCTION
FUNCTION_BLOCK Push VAR_IN_OUT p : Point; END_VAR VAR_INPUT k : Small; END_VAR VAR_TEMP s : ARRAY[1..9] OF REAL; END_VAR
  s[k + 6] := p.x; p.x := s[9] + 1.0; p.t(IN := b); END_FUNCTION_BLOCK
PROGRAM MAIN
VAR i : INT; v : ARRAY[1..3] OF INT := [1, 2, 3]; m : ARRAY[0..1] OF Push := [(k := 2), 1((k := 1))]; d : DT; s : STRING(7); e : Colour; END_VAR
  m[i](p := grid[i, i - 1]); i := DINT_TO_INT(Sum(a := v, n => v[2])) MOD 2; w.%B1 := %IB9; grid[0, 0].c := e;
  CASE e OF red, Colour.blue: e := Colour#green; ELSE e := TO_Colour(i); END_CASE
  d := DT#2024-02-29-12:00:00 + T#1d; s := CONCAT(DT_TO_STRING(d), 'x'); w.3 := NOT b; v := v;
END_PROGRAM
"""  # noqa: E501
WORDS = tuple(re.findall(r"""DT#[0-9:-]+|:=|=>|'[^']*'|"[^"]*"|[A-Za-z_0-9#%.]+|\S""", PROGRAM))


def tried(text: str) -> None:
    """Compiles and scans; Problems and PlcError are answers, everything else is a failure of this test."""
    with contextlib.suppress(Problems, PlcError):
        plc = compile_st(text).start()
        plc.scan(0)
        plc.scan(10_000_000)
        plc.restore(plc.snapshot())


def test_that_the_program_itself_compiles_and_runs() -> None:
    plc = compile_st(PROGRAM).start()
    plc.run(5)
    assert plc["MAIN.v[2]"] == 3
    compile_st(" ".join(WORDS))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(PROGRAM)), st.integers(0, len(PROGRAM)))
def test_that_a_program_with_types_cut_anywhere_is_compiled_or_refused(start: int, stop: int) -> None:
    tried(PROGRAM[: min(start, stop)] + PROGRAM[max(start, stop) :])


@settings(max_examples=400, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_that_a_program_with_words_swapped_is_compiled_or_refused(rng: random.Random, changes: int) -> None:
    words = list(WORDS)
    for _ in range(changes):
        words[rng.randrange(len(words))] = rng.choice(WORDS)
    tried(" ".join(words))


DEEP = "ARRAY[1..2] OF " * 5000
HUGE = [
    "x : ARRAY[1..2_000_000_000] OF INT;",
    "x : ARRAY[0..99999, 0..99999, 0..99999] OF BOOL;",
    f"x : {DEEP}INT;",
    "x : " + "STRUCT a : " * 2000 + "INT;" + " END_STRUCT;" * 2000,
    "x : ARRAY[1..2] OF INT := [999999999(0)];",
    "x : ARRAY[1..2] OF INT := [99999999999999999999999(0)];",
    "x : ARRAY[1..2] OF INT := " + "[" * 5000 + "]" * 5000 + ";",
    "x : ARRAY[-9223372036854775808..9223372036854775807] OF INT;",
    "x : STRING[99999999999];",
    "x : (" + ", ".join(f"m{k}" for k in range(40_000)) + ");",
    "x AT %MD99999999999999999999 : DINT;",
    "x AT %MX0.0 : BOOL; y AT %ML99999999 : LINT;",
    "x : INT; END_VAR x.99999999999999999999999 := TRUE; VAR",
    "x : DATE := D#99999999999999999999-01-01;",
]


@pytest.mark.parametrize("declaration", HUGE, ids=range(len(HUGE)))
def test_that_monstrous_declarations_are_answered_at_once(declaration: str) -> None:
    begin = time.thread_time()
    tried(f"PROGRAM MAIN VAR {declaration} END_VAR END_PROGRAM")
    assert time.thread_time() - begin < 5


def test_that_types_that_double_are_refused_before_they_fill_the_memory() -> None:
    doubled = " ".join(f"T{k} : STRUCT a, b : T{k - 1}; END_STRUCT;" for k in range(1, 60))
    with pytest.raises(Problems, match="larger than the memory"):
        compile_st(f"TYPE T0 : INT; {doubled} END_TYPE PROGRAM P VAR x : T59; END_VAR END_PROGRAM")


def test_that_many_large_variables_are_refused_before_they_fill_the_memory() -> None:
    units = " ".join(
        f"FUNCTION_BLOCK F{k} VAR x : ARRAY[1..3_900_000] OF INT; END_VAR END_FUNCTION_BLOCK"
        for k in range(8)
    )
    with pytest.raises(Problems, match="40000000"):
        compile_st(f"{units} PROGRAM P VAR a : ARRAY[1..10] OF F0; b : F1; END_VAR END_PROGRAM")


@pytest.mark.parametrize("name", ["__import__", "t1_3_1", "piece", "table", "m", "g", "now", "lambda_", "o"])
def test_that_names_of_the_generated_python_are_ordinary_names(name: str) -> None:
    text = f"""TYPE {name}_t : STRUCT {name} : ARRAY[1..3] OF INT; END_STRUCT;
    {name}_e : ({name}_a, {name}_b); END_TYPE
    PROGRAM MAIN VAR {name} : {name}_t; i : INT := 3; e : {name}_e := {name}_b; END_VAR
    {name}.{name}[i] := 7; i := {name}.{name}[3] - 4; END_PROGRAM"""
    plc = compile_st(text).start()
    plc.run(2)
    assert (plc[f"MAIN.{name}.{name}[3]"], plc["MAIN.e"]) == (7, 1)


def test_that_no_word_of_the_declarations_stands_in_the_generated_python() -> None:
    source = compile_st(PROGRAM).source
    own = {"red", "green", "blue", "Colour", "Small", "Point", "Row", "grid", "Push", "Sum", "MAIN", "name"}
    assert own.isdisjoint(re.findall(r"[A-Za-z_]\w*", source))


def test_that_what_lies_in_a_large_memory_is_laid_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # not element by element: a million structures took 5 s to start
    placed: list[int] = []
    place_of = byte_layout.place_of

    def counted(*given: Any) -> int:
        placed.append(1)
        return place_of(*given)

    monkeypatch.setattr(byte_layout, "place_of", counted)
    text = """TYPE Inner : STRUCT a : BYTE; b : DINT; s : STRING(20); END_STRUCT
    Outer : STRUCT x : INT; rows : ARRAY[1..100] OF Inner; END_STRUCT END_TYPE
    FUNCTION F : DINT VAR_INPUT r : REFERENCE TO Outer; END_VAR F := r.rows[100].b; END_FUNCTION
    PROGRAM MAIN VAR all : ARRAY[1..100] OF Outer; n : DINT; p : POINTER TO BYTE; END_VAR
    all[100].rows[100].b := 16#11223344; n := F(all[100]);
    p := ADR(all[100].rows[100].b); p := p + 1; p^ := 0; END_PROGRAM"""
    plc = compile_st(text, "twincat").start()
    plc.scan(0)
    assert len(placed) < 100  # of 10,000 structures
    assert (plc["MAIN.n"], plc["MAIN.all[100].rows[100].b"]) == (0x11223344, 0x11220044)


@pytest.mark.parametrize(
    ("variables", "count"), [("a, b, c : INT;", 300_000), ("", 1_100_000)], ids=["variables", "empty blocks"]
)
def test_that_a_flood_of_instances_is_refused_at_once(variables: str, count: int) -> None:
    """Each instance, and each variable in it, has a path of its own: a line of text asks for gigabytes."""
    block = f"FUNCTION_BLOCK B VAR {variables} END_VAR END_FUNCTION_BLOCK\n"
    main = f"PROGRAM MAIN VAR f : ARRAY[1..{count}] OF B; END_VAR END_PROGRAM"
    start = time.process_time()
    with pytest.raises(Problems, match="instances and variables in them, more than 1000000"):
        compile_st({"m.st": block + main})
    assert time.process_time() - start < 5


def test_that_elements_beyond_the_listed_ones_are_found_by_their_paths(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(locations, "MOST_LISTED", 10)
    block = "FUNCTION_BLOCK B VAR a : ARRAY[0..4] OF INT := [5(7)]; END_VAR a[4] := a[4] + 1;\n"
    block += "END_FUNCTION_BLOCK\n"
    program = compile_st(
        {"m.st": block + "PROGRAM MAIN VAR f : ARRAY[1..9] OF B; END_VAR f[9](); END_PROGRAM"}
    )
    assert len(program.locations) < 20
    plc = program.start()
    plc.run(scans=2)
    assert (plc["MAIN.f[9].a[4]"], plc["MAIN.f[8].a[4]"], plc["MAIN.f[1].a[0]"]) == (9, 7, 7)
    plc["MAIN.f[9].a[4]"] = 1
    plc.restore(plc.snapshot())
    plc.run(scans=1)
    assert plc["MAIN.f[9].a[4]"] == 2
