"""Functions of texts from TwinCAT's Tc2_Utilities, written in Structured Text; see twincat_library.py."""

from __future__ import annotations

_TRIM = """
FUNCTION F_LTrim : T_MaxString
VAR_INPUT in : T_MaxString; END_VAR
VAR n : DINT; END_VAR
WHILE n < LEN(in) AND_THEN MID(in, 1, n + 1) = ' ' DO n := n + 1; END_WHILE
F_LTrim := RIGHT(in, LEN(in) - n);
END_FUNCTION
"""
_TRIM_RIGHT = """
FUNCTION F_RTrim : T_MaxString
VAR_INPUT in : T_MaxString; END_VAR
VAR n : DINT; END_VAR
n := LEN(in);
WHILE n > 0 AND_THEN MID(in, 1, n) = ' ' DO n := n - 1; END_WHILE
F_RTrim := LEFT(in, n);
END_FUNCTION
"""


def _cased(name: str, low: int, add: str) -> str:
    """Letters of ASCII and, beyond it, of Western Europe: 16#C0..16#DE and 16#E0..16#FE but for the signs of
    multiplication and division. `low`: the first letter, `add`: what makes it one of the other case."""
    return f"""
FUNCTION {name} : T_MaxString
VAR_INPUT in : T_MaxString; END_VAR
VAR p : POINTER TO BYTE; n : DINT; END_VAR
{name} := in;
p := ADR({name});
FOR n := 1 TO LEN(in) DO
    IF (p^ >= {low} AND p^ <= {low + 25}) OR
        (p^ >= {low + 127} AND p^ <= {low + 157} AND p^ <> {low + 150}) THEN
        p^ := USINT_TO_BYTE(BYTE_TO_USINT(p^) {add} 32);
    END_IF
    p := p + 1;
END_FOR
END_FUNCTION
"""


def _digits(name: str, kind: str, digit_bits: int) -> str:
    """X_TO_HEXSTR and X_TO_OCTSTR, X_TO_BINSTR: at least iPrecision digits, none cut; of 0 with iPrecision 0
    none at all."""
    letters = digit_bits == 4
    head = " bLoCase : BOOL;" if letters else ""
    shown = "SEL(bLoCase, '0123456789ABCDEF', '0123456789abcdef')" if letters else "'01234567'"
    return f"""
FUNCTION {name} : T_MaxString
VAR_INPUT in : {kind}; iPrecision : INT;{head} END_VAR
VAR rest : LWORD; END_VAR
rest := {kind}_TO_LWORD(in);
WHILE rest <> 0 OR LEN({name}) < LIMIT(0, iPrecision, 255) DO
    {name} := CONCAT(MID({shown}, 1, LWORD_TO_DINT(rest AND {(1 << digit_bits) - 1}) + 1), {name});
    rest := SHR(rest, {digit_bits});
END_WHILE
END_FUNCTION
"""


def _decimal(name: str, kind: str) -> str:
    return f"""
FUNCTION {name} : T_MaxString
VAR_INPUT in : {kind}; iPrecision : INT; END_VAR
IF in <> 0 THEN {name} := ULINT_TO_STRING({kind}_TO_ULINT(in)); END_IF
WHILE LEN({name}) < LIMIT(0, iPrecision, 255) DO {name} := CONCAT('0', {name}); END_WHILE
END_FUNCTION
"""


# FALSE and a shortened text where the target of nDstSize bytes (its final null included) is too small
_CONCAT2 = """
FUNCTION CONCAT2 : BOOL
VAR_INPUT pSrcString1, pSrcString2, pDstString : POINTER TO STRING; nDstSize : UDINT; END_VAR
VAR source, target : POINTER TO BYTE; n : UDINT; second : BOOL; END_VAR
IF pSrcString1 = 0 OR pSrcString2 = 0 OR pDstString = 0 OR nDstSize = 0 THEN RETURN; END_IF
source := pSrcString1; target := pDstString;
IF source = target THEN
    WHILE target^ <> 0 AND n < nDstSize - 1 DO target := target + 1; n := n + 1; END_WHILE
    source := pSrcString2; second := TRUE;
END_IF
WHILE n < nDstSize - 1 DO
    IF source^ <> 0 THEN
        target^ := source^; target := target + 1; source := source + 1; n := n + 1;
    ELSIF second THEN
        EXIT;
    ELSE
        source := pSrcString2; second := TRUE;
    END_IF
END_WHILE
IF NOT second AND source^ = 0 THEN source := pSrcString2; END_IF
CONCAT2 := source^ = 0;
target^ := 0;
END_FUNCTION
"""


def _table() -> dict[str, str]:
    found = {
        "F_LTRIM": _TRIM,
        "F_RTRIM": _TRIM_RIGHT,
        "F_TOLCASE": _cased("F_ToLCase", 65, "+"),
        "F_TOUCASE": _cased("F_ToUCase", 97, "-"),
        "CONCAT2": _CONCAT2,
    }
    for kind in ("BYTE", "WORD", "DWORD", "LWORD"):
        for word, bits in (("HEX", 4), ("OCT", 3), ("BIN", 1)):
            name = f"{kind}_TO_{word}STR"
            found[name] = _digits(name, kind, bits)
        found[f"{kind}_TO_DECSTR"] = _decimal(f"{kind}_TO_DECSTR", kind)
    return found


TEXT_FUNCTIONS: dict[str, str] = _table()
