"""What is written in Structured Text itself: functions with several results, the codes of exceptions.

Source: IEC 61131-3 edition 3, tables 36 (dates), 38 (validation); exception_codes.py; of the BCD numbers the
library Util of CODESYS, where BCD_TO_INT gives -1 and INT_TO_BCD 255 for what is none. A program that uses
one and has none of its own by that name gets its text compiled with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from commissioning.plc.values.exception_codes import declaration

LIBRARY_FILE = "standard library"

_DAY = """
{function} {name} : BOOL
VAR_INPUT IN : {type}; END_VAR
VAR_OUTPUT YEAR : {year} (0..32767); MONTH, DAY{clock} : USINT (0..99);{rest} END_VAR
VAR d, z, era, doe, yoe, doy, mp, rest : LINT;{ns} END_VAR
// days since 0000-03-01 by the Gregorian calendar: eras of 400 years have 146097 days
d := ({type}_TO_LINT(IN) + 86400 * 719468) / 86400;
era := d / 146097; doe := d - era * 146097;
yoe := (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
doy := doe - (365 * yoe + yoe / 4 - yoe / 100);
mp := (5 * doy + 2) / 153;
DAY := LINT_TO_USINT(doy - (153 * mp + 2) / 5 + 1);
MONTH := LINT_TO_USINT(SEL(mp < 10, mp - 9, mp + 3));
YEAR := LINT_TO_{year}(yoe + era * 400 + SEL(MONTH <= 2, LINT#0, LINT#1));
{tail}
{name} := TRUE;
END_FUNCTION
"""
_CLOCK = """rest := TIME_TO_LINT({clock} - TOD#00:00:00);
HOUR := LINT_TO_USINT(rest / 3600000); MINUTE := LINT_TO_USINT(rest / 60000 MOD 60);
SECOND := LINT_TO_USINT(rest / 1000 MOD 60); MILLISECOND := LINT_TO_UINT(rest MOD 1000);
"""
_FINE = """ns := TIME_TO_LINT((({clock} - TOD#00:00:00) - T#1ms * rest) * 1000000);
MICROSECOND := LINT_TO_UINT(ns / 1000); NANOSECOND := LINT_TO_UINT(ns MOD 1000);
"""


def _split(name: str, kind: str, year: str, fine: bool) -> str:
    clock = "" if kind.endswith("DATE") else ", HOUR, MINUTE, SECOND"
    more = ", MICROSECOND, NANOSECOND" if fine else ""
    rest = f" MILLISECOND{more} : UINT (0..999);" if clock else ""
    time = "DT_TO_TOD(IN)"
    tail = (_CLOCK + (_FINE if fine else "")).format(clock=time) if clock else ""
    return _DAY.format(
        function="FUNCTION", name=name, type=kind, year=year, clock=clock, rest=rest, tail=tail,
        ns=" ns : LINT;" if fine else "",
    )  # fmt: skip


def _split_clock(name: str, kind: str, fine: bool) -> str:
    more = ", MICROSECOND, NANOSECOND" if fine else ""
    return f"""
FUNCTION {name} : BOOL
VAR_INPUT IN : {kind}; END_VAR
VAR_OUTPUT HOUR, MINUTE, SECOND : USINT (0..99); MILLISECOND{more} : UINT (0..999); END_VAR
VAR rest{", ns" if fine else ""} : LINT; END_VAR
{(_CLOCK + (_FINE if fine else "")).format(clock="IN")}
{name} := TRUE;
END_FUNCTION
"""


def _joined(name: str, kind: str, fine: bool) -> str:
    more = "; MICROSECOND, NANOSECOND : LINT" if fine else ""
    add = " + T#1us * MICROSECOND + T#1ns * NANOSECOND" if fine else ""
    clock = "CONCAT_TOD(HOUR, MINUTE, SECOND, MILLISECOND)"
    if kind == "LTOD":
        head, body = "HOUR, MINUTE, SECOND, MILLISECOND : LINT", clock
    else:
        head = "YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, MILLISECOND : LINT"
        body = f"CONCAT_DATE_TOD(CONCAT_DATE(YEAR, MONTH, DAY), {clock})"
    return f"""
FUNCTION {name} : {kind}
VAR_INPUT {head}{more}; END_VAR
{name} := {body}{add};
END_FUNCTION
"""


def _valid_bcd() -> str:
    return """
FUNCTION IS_VALID_BCD : BOOL
VAR_INPUT IN : LWORD; END_VAR
VAR rest : LWORD; END_VAR
rest := IN;
WHILE rest > 0 DO
    IF (rest AND 16#F) > 9 THEN RETURN; END_IF
    rest := SHR(rest, 4);
END_WHILE
IS_VALID_BCD := TRUE;
END_FUNCTION
"""


def _texts() -> dict[str, str]:
    texts = {
        "SPLIT_DATE": _split("SPLIT_DATE", "DATE", "UINT", False),
        "SPLIT_LDATE": _split("SPLIT_LDATE", "LDATE", "UINT", False),
        "SPLIT_DT": _split("SPLIT_DT", "DT", "UINT", False),
        "SPLIT_LDT": _split("SPLIT_LDT", "LDT", "UINT", True),
        "SPLIT_TOD": _split_clock("SPLIT_TOD", "TOD", False),
        "SPLIT_LTOD": _split_clock("SPLIT_LTOD", "LTOD", True),
        "CONCAT_DT": _joined("CONCAT_DT", "DT", False),
        "CONCAT_LDT": _joined("CONCAT_LDT", "LDT", True),
        "CONCAT_LTOD": _joined("CONCAT_LTOD", "LTOD", True),
        "IS_VALID_BCD": _valid_bcd(),
    }
    for old, new in (("CONCAT_DATE_TOD", "CONCAT_DATE_LTOD"), ("CONCAT_DATE", "CONCAT_LDATE")):
        inputs = "IN1 : DATE; IN2 : TOD" if old == "CONCAT_DATE_TOD" else "YEAR, MONTH, DAY : LINT"
        given = "IN1, IN2" if old == "CONCAT_DATE_TOD" else "YEAR, MONTH, DAY"
        result = "DT" if old == "CONCAT_DATE_TOD" else "DATE"
        texts[new] = f"""
FUNCTION {new} : {result}
VAR_INPUT {inputs}; END_VAR
{new} := {old}({given});
END_FUNCTION
"""
    return texts


LIBRARY: dict[str, str] = _texts()
# operators of CODESYS and TwinCAT that no task interrupts, as here none does
MAKERS_LIBRARY: dict[str, str] = {
    "TEST_AND_SET": """
FUNCTION TEST_AND_SET : DWORD
VAR_IN_OUT flag : DWORD; END_VAR
TEST_AND_SET := flag; flag := 1;
END_FUNCTION
""",
    "__XADD": """
FUNCTION __XADD : DINT
VAR_INPUT place : POINTER TO DINT; summand : DINT; END_VAR
__XADD := place^; place^ := place^ + summand;
END_FUNCTION
""",
    "__COMPARE_AND_SWAP": """
FUNCTION __COMPARE_AND_SWAP : BOOL
VAR_INPUT place : POINTER TO LWORD; old, new : LWORD; END_VAR
__COMPARE_AND_SWAP := place^ = old;
IF place^ = old THEN place^ := new; END_IF
END_FUNCTION
""",
}


def _of_bcd(kind: str, name: str) -> str:
    """Util: what is no BCD number gives all bits."""
    return f"""
FUNCTION BCD_TO_{kind} : {kind}
VAR_INPUT {name} : {kind}; END_VAR
VAR rest : {kind} := {name}; factor : ULINT := 1; sum : ULINT; END_VAR
WHILE rest <> 0 DO
    IF (rest AND 16#F) > 9 THEN BCD_TO_{kind} := NOT {kind}#0; RETURN; END_IF
    sum := sum + TO_ULINT(rest AND 16#F) * factor; factor := factor * 10; rest := SHR(rest, 4);
END_WHILE
BCD_TO_{kind} := ULINT_TO_{kind}(sum);
END_FUNCTION
"""


def _to_bcd(kind: str, name: str, digits: int) -> str:
    """Util: what has too many digits gives all bits."""
    return f"""
FUNCTION {kind}_TO_BCD : {kind}
VAR_INPUT {name} : {kind}; END_VAR
VAR rest : ULINT := TO_ULINT({name}); place : INT; sum : LWORD; END_VAR
IF rest >= {10**digits} THEN {kind}_TO_BCD := NOT {kind}#0; RETURN; END_IF
WHILE rest <> 0 DO
    sum := sum OR SHL(ULINT_TO_LWORD(rest MOD 10), place); place := place + 4; rest := rest / 10;
END_WHILE
{kind}_TO_BCD := LWORD_TO_{kind}(sum);
END_FUNCTION
"""


for _kind, _name, _digits in (("BYTE", "B", 2), ("WORD", "W", 4), ("DWORD", "X", 8)):
    MAKERS_LIBRARY[f"BCD_TO_{_kind}"] = _of_bcd(_kind, _name)
    MAKERS_LIBRARY[f"{_kind}_TO_BCD"] = _to_bcd(_kind, _name, _digits)
MAKERS_LIBRARY["BCD_TO_INT"] = """
FUNCTION BCD_TO_INT : INT
VAR_INPUT B : BYTE; END_VAR
IF (B AND 16#F) > 9 OR B > 16#99 THEN BCD_TO_INT := -1; RETURN; END_IF
BCD_TO_INT := BYTE_TO_INT(SHR(B, 4)) * 10 + BYTE_TO_INT(B AND 16#F);
END_FUNCTION
"""
MAKERS_LIBRARY["INT_TO_BCD"] = """
FUNCTION INT_TO_BCD : BYTE
VAR_INPUT I : INT; END_VAR
IF I < 0 OR I > 99 THEN INT_TO_BCD := 255; RETURN; END_IF
INT_TO_BCD := INT_TO_BYTE(I / 10 * 16 + I MOD 10);
END_FUNCTION
"""
_TYPES: dict[str, str] = {
    "EXCEPTIONCODE": declaration(),
    "IQUERYINTERFACE": "INTERFACE IQueryInterface\nEND_INTERFACE\n",
    "VAR_INFO": """
TYPE VAR_INFO : STRUCT
    ByteAddress : DWORD; ByteOffset, Area : DINT; BitNr : INT; BitSize, BitAddress : UDINT;
    TypeClass : __SYSTEM.TYPE_CLASS; TypeName : STRING(79); NumElements : UDINT;
    BaseTypeClass : __SYSTEM.TYPE_CLASS; ElemBitSize : UDINT; MemoryArea : __SYSTEM.MEMORY_AREA;
    Symbol : STRING(39); Comment : STRING(79);
END_STRUCT END_TYPE
""",
    "MEMORY_AREA": """
TYPE MEMORY_AREA : (MEM_UNKNOWN := -1, MEM_MEMORY := 0, MEM_INPUT := 1, MEM_OUTPUT := 2, MEM_RETAIN := 3,
    MEM_GLOBAL := 4, MEM_LOCAL := 5); END_TYPE
""",
}
_WITH = {"VAR_INFO": "MEMORY_AREA"}  # types that name others
_TYPE = re.compile(rf"\b__SYSTEM\s*\.\s*({'|'.join(_TYPES)})\b", re.IGNORECASE)
_CALLED = sorted([*LIBRARY, *MAKERS_LIBRARY], key=len, reverse=True)
_CALL = re.compile(rf"\b({'|'.join(_CALLED)})\s*\(", re.IGNORECASE)


def library_text(texts: Iterable[str], declared: Iterable[str], makers: bool) -> str:
    """The library functions and types that some text uses and nobody declares, "" where none is. `makers`:
    those of CODESYS and TwinCAT too."""
    texts, own = list(texts), set(declared)
    types = {match.group(1).upper() for text in texts for match in _TYPE.finditer(text)} - own
    if any("__VARINFO" in text.upper() for text in texts):
        types |= {"VAR_INFO"} - own
    types |= {_WITH[name] for name in types if name in _WITH} - own
    wanted = {match.group(1).upper() for text in texts for match in _CALL.finditer(text)} - own
    used = [text for name, text in _TYPES.items() if name in types]
    library = LIBRARY | MAKERS_LIBRARY if makers else LIBRARY
    return "".join([*used, *(text for name, text in library.items() if name in wanted)])
