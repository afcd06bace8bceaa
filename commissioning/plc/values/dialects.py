"""Where makers differ from IEC 61131-3 and from each other: one table, each difference with its source.

Decision 5 says what holds in `iec`. The others differ in:

| | iec | codesys, twincat | source |
|---|---|---|---|
| narrowing of numbers (DINT to INT, LREAL to REAL, UINT to INT) | Problem | warning | rule SA0132 |
| -1 for a type without a sign | Problem | its largest number, with a warning | TcOpen does it |
| whole numbers and TIME, DATE, TOD, DT | Problem | the number counts ms or s, with a warning | decision 33 |
| whole numbers and members of enumerations | conversion needed | mix, with a warning | pragma `strict` |
| DWORD_TO_REAL, LWORD_TO_LREAL and back | the same bits | the number | edition 3, table 24 |
| ties of X_TO_Y from REAL | to even (IEC 60559) | away from zero | decision 22 |
| line breaks in texts | Problem | characters of the text | editors of both |
| characters of a STRING | any | warning beyond Latin-1 (twincat: cp1252) | STRING constants |
| AND, OR | right operand only if needed | always both | operator AND_THEN |
| end and step of FOR | worked out once | before every round | decision 22 |
| TIME | 64 bits of ns | 32 bits of ms without a sign; LTIME 64 bits of ns | data types of both |
| BIT, XINT, UXINT, XWORD, PVOID | names like others | types | data types of CODESYS |
| MUX with K beyond its inputs | stops the PLC (an error) | the last input | operator MUX of both |
| UDINT with DINT, ULINT with LINT | LINT, none | the one with a sign, with a warning | decision 37 |
| LTIME_TO_LINT | ms | ns | decision 37 |
| TRUNC | any whole number | DINT, its least for what it does not hold | decision 37 |
| DATE + TIME | Problem | DATE | decision 37 |
| a variable of an enumeration | starts at the first member | at 0 where a member is 0 | decision 37 |
| STRING in functions of texts | as long as it is | 255 characters at most | library Standard |
| REAL_TO_STRING(3.0) | 3 | 3.0 | decision 37 |
| SHR of SINT, INT, DINT, LINT | zeros come in | the sign comes in | manuals of CODESYS 2, PLC Designer |
| AND, OR, XOR, SHL, ROL of a whole number | warning (ANY_BIT) | all its bits | bit string operators |
| BCD_TO_INT, INT_TO_BCD and their like | no function | of the library Util | manual of Util |
| what is worked out and lies outside a subrange | stops the PLC | is stored | CheckRangeSigned of both |
| LEFT(STR, SIZE), WLEN and its like | IN, L; LEN | both | libraries Standard, Standard64 |
| word.ENABLE with a CONSTANT ENABLE | no member | the bit of that number | bit access in variables |
| .name | Problem | the global, whatever hides it | global namespace operator |
| a declared EN | FALSE keeps the body from running | a variable like others | 6.6.1.6 |
| CTU, CTD, CTUD | count an INT | count a WORD | library Standard |
| F_TRIG with CLK FALSE in its first scan | fires (edition 2) | does not (edition 1) | SF_F_TRIG of CODESYS |
| `AT %I*` without VAR_CONFIG | warning | codesys: warning; twincat: linked | TwinCAT, AT declaration |
| %MD4 begins at byte | 16 | codesys: 16; twincat: 4 | Addresses, both manuals |
| AT with an address in a FUNCTION_BLOCK | Problem | one memory for all instances | AT declaration |
| a variable of another width at %IB2 or %MW4 | Problem | begins there | public TwinCAT projects do it |
| END_PROGRAM and its like missing at the end of a file | Problem | warning | their editors have none |
| REF() of a variable of another type | Problem | warning | OSCAT for RuSTy does it |
| outputs of a block stored in from outside | Problem | warning | public TwinCAT projects do it |
| a PROGRAM called by another | no | yes, its one instance | call of a program |
| VAR of a block from outside | no | can be read | suites of TcUnit do |
| functions or methods of one name, other parameters | the one that fits | Problem | Simatic AX |
| an assignment inside an expression | Problem | its value is what the variable keeps | ExST |
| JMP and labels in Structured Text | no | within one body | JMP of CODESYS |
| __TRY, __CATCH, __FINALLY | no | yes | operators of CODESYS, TwinCAT |
| __NEW, __DELETE | no | yes | operators of CODESYS, TwinCAT |
| SFCInit, SFCReset, SFCPause beside a chart | variables like others | act on the chart | SFC flags |

MOD 0 gives 0 in `iec` (the standard has it as IF IN2 = 0 THEN OUT := 0) and in `twincat` (TwinCAT 3 manual,
operator MOD); in `codesys`, where targets differ, it stops the PLC.

The same in all of them: comments nest, whole numbers are computed in at least 32 bits, STRING has 80
characters, R_TRIG with CLK TRUE fires in its first scan, and timers run in ns: only what is read of them
into a TIME is cut to ms. Dates and times of day have 64 bits of ns (the makers' have 32 bits).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from commissioning.plc.values.iec_types import (
    ANY_INT,
    ELEMENTARY,
    LINT,
    LTIME,
    MS_TIME,
    IecType,
    converts,
)  # fmt: skip

_COUNTED = MappingProxyType({"time": "ms", "tod": "ms", "date": "s", "dt": "s"})
_BLOCKS = MappingProxyType(
    {"CTU": "CTU_WORD", "CTD": "CTD_WORD", "CTUD": "CTUD_WORD", "F_TRIG": "F_TRIG (EDITION 1)"}
)
_TIMES = MappingProxyType({"TIME": MS_TIME, "LTIME": LTIME})
# of a PLC of 64 bits; a BIT that is no member of a structure takes a whole BOOL
_TYPES = MappingProxyType(
    {
        "BIT": "BOOL", "__XINT": "LINT", "__UXINT": "ULINT", "__XWORD": "LWORD", "XINT": "LINT",
        "UXINT": "ULINT", "XWORD": "LWORD", "PVOID": "ULINT",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dialect:
    """One row of the table. `blocks`, `types`: standard blocks and types that stand for others; `own_types`:
    elementary types that are others here. `charset`: the characters of a STRING, "" for all."""

    name: str
    narrows: bool = False
    ties_away: bool = False
    both_operands: bool = False
    bounds_each_round: bool = False
    programs_called: bool = False
    insides_read: bool = False
    chart_flags: bool = False
    outputs_written: bool = False
    own_widths: bool = False
    open_ends: bool = False
    refers_freely: bool = False
    bits_count: bool = False
    numbers_have_bits: bool = False
    library_names: bool = False
    signed_shift: bool = False
    mux_or_last: bool = False
    measured: bool = False
    jumps: bool = False
    assigns_inside: bool = False
    byte_addresses: bool = False
    exceptions: bool = False
    addresses_linked: bool = False
    long_texts: bool = False
    subranges_free: bool = False
    charset: str = ""
    modulo_of_zero: bool = False
    bits_named: bool = False
    dynamic: bool = False
    global_operator: bool = False
    overloads: bool = False
    types: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    own_types: Mapping[str, IecType] = field(default_factory=lambda: MappingProxyType({}))
    blocks: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def narrowing(self, source: IecType, target: IecType) -> str:
        """What is told where a value of `source` goes into `target` all the same; "" where it must not."""
        if not self.narrows:
            return ""
        numbers = ("int", "bits")
        if source.kind == "enum" and source.element is not None:
            if converts(source.element, target):  # an enumeration into another one's base comes without
                return "a member of another enumeration may have no name there"
            return self.narrowing(source.element, target)
        if target.kind == "enum" and source.kind in numbers:
            return f"not every {source} is a member of {target}"
        if source.kind in numbers and target.kind in numbers:
            if source.bits == target.bits:
                return f"the sign may change from {source} to {target}"
            return f"what does not fit is cut from {source} to {target}"
        if source.kind == target.kind == "time":
            return "what does not fit 32 bits of ms is cut from LTIME to TIME"
        if source.name == "LREAL" and target.name == "REAL":
            return "digits are lost from LREAL to REAL"
        for counted, other in ((source, target), (target, source)):
            if counted.kind in _COUNTED and other.kind in numbers and other is not ANY_INT:
                unit = "ns" if counted == LTIME else _COUNTED[counted.kind]
                return f"the number counts {unit} from {source} to {target}"
        return ""

    def elementary(self, key: str) -> IecType | None:
        """The elementary type of that upper-case name."""
        return self.own_types.get(key) or ELEMENTARY.get(key)

    def common(self, left: IecType, right: IecType) -> IecType | None:
        """The type in which two operands meet that have none in the standard."""
        if not self.narrows:
            return None
        left, right = (t.element if t.kind == "enum" and t.element is not None else t for t in (left, right))
        if left == right:
            return left
        both = {left.kind, right.kind}
        for counted, other in ((left, right), (right, left)):
            if counted.kind in _COUNTED and other.kind in ("int", "bits") and other is not ANY_INT:
                return counted
        return LINT if both <= {"int", "bits"} else None


_MAKERS = {
    "subranges_free": True,
    "narrows": True, "ties_away": True, "both_operands": True, "bounds_each_round": True,
    "programs_called": True, "insides_read": True, "chart_flags": True, "outputs_written": True,
    "own_widths": True, "open_ends": True, "refers_freely": True,
    "bits_count": True, "numbers_have_bits": True,
    "library_names": True, "signed_shift": True, "jumps": True, "exceptions": True,
    "assigns_inside": True, "dynamic": True, "bits_named": True, "global_operator": True, "long_texts": True,
    "mux_or_last": True, "measured": True,
}  # fmt: skip
DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "iec": Dialect("iec", modulo_of_zero=True, overloads=True),
        "codesys": Dialect(
            "codesys", charset="latin-1", types=_TYPES, own_types=_TIMES, blocks=_BLOCKS, **_MAKERS
        ),
        "twincat": Dialect(
            "twincat",
            charset="cp1252",
            modulo_of_zero=True,
            addresses_linked=True,
            byte_addresses=True,
            types=_TYPES,
            own_types=_TIMES,
            blocks=_BLOCKS,
            **_MAKERS,
        ),
    }
)
IEC = DIALECTS["iec"]
