"""Arithmetic against an independent machine: ctypes for wrapping, numpy for REAL, C's rules for / and MOD."""

from __future__ import annotations

import ctypes
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from commissioning.plc import Plc, PlcError, compile_st

C_TYPES = {
    "SINT": ctypes.c_int8, "INT": ctypes.c_int16, "DINT": ctypes.c_int32, "LINT": ctypes.c_int64,
    "USINT": ctypes.c_uint8, "UINT": ctypes.c_uint16, "UDINT": ctypes.c_uint32, "ULINT": ctypes.c_uint64,
    "BYTE": ctypes.c_uint8, "WORD": ctypes.c_uint16, "DWORD": ctypes.c_uint32, "LWORD": ctypes.c_uint64,
}  # fmt: skip
INTEGERS = ("SINT", "USINT", "INT", "UINT", "DINT", "UDINT", "LINT", "ULINT")


def limits(name: str) -> tuple[int, int]:
    size = ctypes.sizeof(C_TYPES[name]) * 8
    signed = C_TYPES[name](-1).value < 0
    return (-(1 << (size - 1)), (1 << (size - 1)) - 1) if signed else (0, (1 << size) - 1)


def joined(a: str, b: str) -> str | None:
    """The smallest integer type that holds both ranges (decision 0005), worked out here anew."""
    low, high = min(limits(a)[0], limits(b)[0]), max(limits(a)[1], limits(b)[1])
    if a == b:
        return a
    fitting = [n for n in INTEGERS if limits(n)[0] <= low and high <= limits(n)[1]]
    return fitting[0] if fitting else None


def machine(name: str) -> str:
    """C promotes to int: nothing is computed in less than 32 bits."""
    return "DINT" if ctypes.sizeof(C_TYPES[name]) < 4 else name


class Node:
    """An integer expression: its text, type, and the value C would give (None after a division by zero; MOD 0
    is 0, as the standard defines it)."""

    def __init__(self, text: str, type_: str, value: int | None) -> None:
        self.text, self.type, self.value = text, type_, value


def combine(operator: str, a: Node, b: Node) -> Node | None:
    type_ = joined(a.type, b.type)
    if type_ is None:
        return None
    text = f"({a.text} {operator} {b.text})"
    wide = C_TYPES[machine(type_)]
    if a.value is None or b.value is None:
        return Node(text, type_, None)
    x, y = wide(a.value).value, wide(b.value).value
    if operator in ("/", "MOD"):
        if y == 0:
            return Node(text, type_, 0 if operator == "MOD" else None)  # IF IN2 = 0 THEN OUT := 0
        quotient = abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)
        result = quotient if operator == "/" else x - quotient * y
    else:
        result = {"+": x + y, "-": x - y, "*": x * y}[operator]
    return Node(text, type_, wide(result).value)


@st.composite
def expressions(draw: st.DrawFn) -> tuple[Node, dict[str, tuple[str, int]]]:
    """An expression over variables v0..vn and literals, with the variables' types and values."""
    variables: dict[str, tuple[str, int]] = {}

    def grow(depth: int) -> Node:
        if depth == 0 or draw(st.integers(0, 3)) == 0:
            type_ = draw(st.sampled_from(INTEGERS))
            low, high = limits(type_)
            value = draw(
                st.one_of(st.integers(low, high), st.integers(max(low, -3), 3), st.sampled_from([low, high]))
            )
            if draw(st.booleans()):
                return Node(f"{type_}#{value}", type_, value)
            name = f"v{len(variables)}"
            variables[name] = (type_, value)
            return Node(name, type_, value)
        if draw(st.integers(0, 5)) == 0:
            inner = grow(depth - 1)
            if inner.value is None:
                return inner
            return Node(f"(-{inner.text})" if inner.text[0] != "-" else f"(-({inner.text}))", inner.type,
                        C_TYPES[machine(inner.type)](-inner.value).value)  # fmt: skip
        found = combine(draw(st.sampled_from(["+", "-", "*", "/", "MOD"])), grow(depth - 1), grow(depth - 1))
        assume(found is not None)
        assert found is not None
        return found

    return grow(4), variables


def run_one(variables: dict[str, tuple[str, int]], type_: str, text: str) -> Plc:
    declared = " ".join(f"{name} : {kind} := {value};" for name, (kind, value) in variables.items())
    plc = compile_st(f"PROGRAM P VAR {declared} r : {type_}; b : BOOL; END_VAR {text} END_PROGRAM").start()
    plc.scan(0)
    return plc


@settings(max_examples=300, deadline=None)
@given(expressions())
def test_that_integer_expressions_equal_c_arithmetic_with_wrapping(
    case: tuple[Node, dict[str, tuple[str, int]]],
) -> None:
    node, variables = case
    if "/ " in node.text or "MOD" in node.text:
        assume("#0)" not in node.text)  # a literal zero divisor is refused when compiling
    if node.value is None:
        with pytest.raises(PlcError, match="division by zero"):
            run_one(variables, node.type, f"r := {node.text};")
        return
    plc = run_one(variables, node.type, f"r := {node.text}; b := {node.text} > 5;")
    assert plc["P.r"] == C_TYPES[node.type](node.value).value
    assert plc["P.b"] is (node.value > 5)


@pytest.mark.parametrize("name", C_TYPES)
def test_that_a_store_wraps_at_the_width_of_the_variable(name: str) -> None:
    low, high = limits(name)
    plc = compile_st(
        f"PROGRAM P VAR x : {name} := {high}; y : {name} := {low}; END_VAR x := x + 1; y "
        f":= y - 1; END_PROGRAM"
    ).start()
    plc.scan(0)
    assert (plc["P.x"], plc["P.y"]) == (C_TYPES[name](high + 1).value, C_TYPES[name](low - 1).value)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(list(C_TYPES)), st.sampled_from(list(C_TYPES)), st.data())
def test_that_conversions_between_whole_types_keep_the_low_bits(
    source: str, target: str, data: st.DataObject
) -> None:
    value = data.draw(st.integers(*limits(source)))
    plc = run_one(
        {"x": (source, value)}, target, f"r := {source}_TO_{target}(x);" if source != target else "r := x;"
    )
    assert plc["P.r"] == C_TYPES[target](value).value


finite32 = st.floats(width=32, allow_nan=False, allow_infinity=False)


@settings(max_examples=200, deadline=None)
@given(finite32, finite32, finite32)
def test_that_a_real_is_rounded_to_single_precision_when_stored(a: float, b: float, c: float) -> None:
    plc = compile_st(
        "PROGRAM P VAR a, b, c, r, s : REAL; d : LREAL; END_VAR r := a * b + c; s := a - "
        "b; d := a * b; END_PROGRAM"
    ).start()
    for name, value in zip("abc", (a, b, c), strict=True):
        plc[f"P.{name}"] = value
    plc.scan(0)
    with np.errstate(over="ignore"):
        expected, difference = float(np.float32(np.float64(a) * b + c)), float(np.float32(np.float64(a) - b))
        product = float(np.float32(np.float64(a) * np.float64(b)))
    assert plc["P.r"] == expected
    assert plc["P.s"] == difference
    assert plc["P.d"] == product  # REAL * REAL is a REAL, also on its way into an LREAL


@settings(max_examples=100, deadline=None)
@given(
    st.floats(-(2.0**50), 2.0**50, width=32),
    st.floats(-(2.0**50), 2.0**50, width=32),
    st.integers(-(1 << 31), (1 << 31) - 1),
)
def test_that_a_real_is_compared_and_converted_with_the_digits_of_a_real(a: float, b: float, n: int) -> None:
    """As in C, where every operation on floats gives a float."""
    total, product = np.float32(a) + np.float32(b), np.float32(a) * np.float32(b)
    plc = compile_st(
        "PROGRAM P VAR a, b, c, d : REAL; n : DINT; m : LINT; e, f, g, h, i : BOOL; s : STRING; END_VAR "
        "e := a + b = c; f := a * b <> d; g := c >= a + b; h := n = DINT_TO_REAL(n); "
        "i := STRING_TO_REAL(s) = a; IF ABS(d) < 1.0E18 THEN m := REAL_TO_LINT(a * b); END_IF; END_PROGRAM"
    ).start()
    values = {"a": a, "b": b, "c": float(total), "d": float(product), "n": n, "s": repr(a)}
    for name, value in values.items():
        plc[f"P.{name}"] = value
    plc.scan(0)
    assert [plc[f"P.{name}"] for name in "efghi"] == [True, False, True, True, True]
    assert plc["P.m"] == (int(np.rint(np.float64(product))) if abs(product) < 1e18 else 0)


def test_that_no_cell_ever_holds_minus_zero() -> None:
    plc = compile_st(
        "PROGRAM P VAR z, a, b : REAL; c, d, e, f, h : LREAL; END_VAR f := z * -1.0; "
        "h := MAX(-e, EXPT(-1.0E-200, 3.0)); a := -z; b := z * -1.0; "
        "c := e * -1.0; d := -e; END_PROGRAM"
    ).start()
    plc["P.z"] = -0.0
    plc.scan(0)
    signs = {name: math.copysign(1.0, float(plc[f"P.{name}"])) for name in "abcdfhz"}
    assert signs == dict.fromkeys("abcdfhz", 1.0)


@settings(max_examples=150, deadline=None)
@given(st.floats(-1e9, 1e9))
def test_that_real_to_dint_rounds_half_to_even_and_trunc_cuts(value: float) -> None:
    plc = compile_st(
        "PROGRAM P VAR x : LREAL; a, b : DINT; END_VAR a := LREAL_TO_DINT(x); b := TRUNC(x); END_PROGRAM"
    ).start()
    plc["P.x"] = value
    plc.scan(0)
    assert plc["P.a"] == int(np.rint(value))
    assert plc["P.b"] == int(np.trunc(value))


@pytest.mark.parametrize(("value", "expected"), [(0.5, 0), (1.5, 2), (2.5, 2), (-0.5, 0), (-1.5, -2)])
def test_that_ties_round_to_even(value: float, expected: int) -> None:
    plc = compile_st(f"PROGRAM P VAR a : INT; END_VAR a := REAL_TO_INT({value}); END_PROGRAM").start()
    plc.scan(0)
    assert plc["P.a"] == expected


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["BYTE", "WORD", "DWORD", "LWORD"]), st.integers(0, 70), st.data())
def test_that_shifts_and_rotations_move_the_bits_of_their_type(
    name: str, count: int, data: st.DataObject
) -> None:
    size = limits(name)[1].bit_length()
    value = data.draw(st.integers(0, limits(name)[1]))
    plc = compile_st(
        f"PROGRAM P VAR x : {name}; n : INT; l, r, a, b, i : {name}; END_VAR "
        "l := SHL(x, n); r := SHR(x, n); a := ROL(x, n); b := ROR(x, n); i := NOT x; END_PROGRAM"
    ).start()
    plc["P.x"], plc["P.n"] = value, count
    plc.scan(0)
    bits = f"{value:0{size}b}"
    turned = count % size
    assert plc["P.l"] == int((bits + "0" * count)[-size:], 2)
    assert plc["P.r"] == int(("0" * count + bits)[:size], 2)
    assert plc["P.a"] == int(bits[turned:] + bits[:turned], 2)
    assert plc["P.b"] == int(bits[size - turned :] + bits[: size - turned], 2)
    assert plc["P.i"] == int(bits.translate(str.maketrans("01", "10")), 2)


@settings(max_examples=100, deadline=None)
@given(st.integers(-(10**17), 10**17), st.integers(-(10**17), 10**17), st.integers(-50, 50).filter(bool))
def test_that_time_arithmetic_is_whole_nanoseconds(a: int, b: int, n: int) -> None:
    plc = compile_st(
        "PROGRAM P VAR a, b, s, d, m, q : TIME; n : INT; less : BOOL; END_VAR "
        "s := a + b; d := a - b; m := a * n; q := a / n; less := a < b; END_PROGRAM"
    ).start()
    plc["P.a"], plc["P.b"], plc["P.n"] = a, b, n
    plc.scan(0)
    assert (plc["P.s"], plc["P.d"], plc["P.m"]) == (a + b, a - b, a * n)
    assert plc["P.q"] == abs(a) // abs(n) * (1 if (a < 0) == (n < 0) else -1)  # toward zero, to the ns
    assert plc["P.less"] is (a < b)


def test_that_standard_functions_give_textbook_values() -> None:
    plc = compile_st("""
        PROGRAM P VAR
          a, b, c, d : INT; r, s, t : REAL; u : LREAL; w : WORD := 16#00F0; e, f : TIME; g : DINT;
          k : INT := 2; x : STRING;
          y : INT; z : STRING[3]; h : BOOL;
        END_VAR
        a := MAX(3, k, -7); b := MIN(3, k, -7); c := LIMIT(0, 120, 100); d := SEL(k > 1, 10, 20);
        r := SQRT(2.0); s := ABS(-2.5); t := SIN(0.5); u := EXPT(2.0, 10.0);
        w := w AND 16#0FF0 OR 2#1; e := DINT_TO_TIME(1500); f := T#1m30s;
        g := TIME_TO_DINT(f) + MUX(k, 5, 6, 7);
        x := CONCAT('ab', 'cd', MID('commissioning', 3, 4)); y := LEN(x) + FIND(x, 'cd'); z := 'abcdef';
        h := EQ(k, 2) AND NE(k, 3) AND x = 'abcdmis' AND INT_TO_STRING(k) = '2';
        END_PROGRAM""").start()
    plc.scan(0)
    assert (plc["P.a"], plc["P.b"], plc["P.c"], plc["P.d"]) == (3, -7, 100, 20)
    assert plc["P.r"] == float(np.float32(math.sqrt(2)))
    assert (plc["P.s"], plc["P.u"]) == (2.5, 1024.0)
    assert plc["P.t"] == float(np.float32(math.sin(0.5)))
    assert (plc["P.w"], plc["P.e"], plc["P.g"]) == (0xF1, 1_500_000_000, 90_007)
    assert (plc["P.x"], plc["P.y"], plc["P.z"], plc["P.h"]) == ("abcdmis", 10, "abc", True)
