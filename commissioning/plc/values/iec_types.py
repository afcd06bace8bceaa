"""The types of IEC 61131-3 that cells can have, and which value goes where without a conversion function.

Rule for implicit conversion (decision 0005): an integer or bit-string type converts to every other one whose
range includes its own, and to REAL and LREAL; REAL converts to LREAL. Everything else is written out, X_TO_Y.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

Value = bool | int | float | str
ADDRESSES = ("pointer", "reference", "interface")
_WHOLE = frozenset(("int", "bits", "time", "enum", "date", "tod", "dt", *ADDRESSES))
LAST_ADDRESS = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Component:
    """A member of a structure: `offset` is its first cell behind that of the structure."""

    name: str
    type: IecType
    offset: int


@dataclass(frozen=True, slots=True)
class IecType:
    """`kind`: bool, int, bits, real, time, date, tod, dt, string, enum, array, struct, block, none, pointer,
    reference or interface. The last three keep an address; `target`: upper-case name of what lies there.

    `low`..`high` is the range of integers and TIME (ns); `length` the capacity of a STRING in characters;
    `limits` what a subrange may keep; `size` the cells of a variable. `bounds` and `element` belong to an
    array (`element` of an enumeration: its base type), `members` to a structure, `values` to an
    enumeration. `overlays` to a UNION, which is a structure of bytes. Structures and enumerations are equal
    by name. `blocks`: a block lies somewhere in it. `dimensions`: of ARRAY[*], which has no bounds of its
    own. `grain`: values are multiples of it, as a TIME of makers counts whole ms. `shown`: its name in
    messages where that is another one. `named`: TO_STRING gives the names of an enumeration; `qualified`:
    its members are known with its name only; `strict`: it takes nothing but these, `open`: any value of
    its base. `pack`: members of a
    structure lie at multiples of so many bytes at most. `bit_names`: of a byte that BITs share.
    `free`: a subrange keeps what lies outside too.
    """

    name: str
    kind: str
    low: int = 0
    high: int = 0
    length: int = 0
    limits: tuple[int, int] | None = None
    bounds: tuple[tuple[int, int], ...] = ()
    element: IecType | None = None
    size: int = 1
    dimensions: int = 0
    target: str = ""
    members: tuple[Component, ...] = field(default=(), compare=False, repr=False)
    overlays: tuple[Component, ...] = field(default=(), compare=False, repr=False)
    values: tuple[tuple[str, int], ...] = field(default=(), compare=False, repr=False)
    blocks: bool = field(default=False, compare=False)
    grain: int = 1
    shown: str = field(default="", compare=False)
    named: bool = field(default=False, compare=False)
    qualified: bool = field(default=False, compare=False)
    strict: bool = field(default=False, compare=False)
    open: bool = field(default=False, compare=False)
    pack: int = field(default=8, compare=False)
    bit_names: tuple[str, ...] = field(default=(), compare=False, repr=False)
    free: bool = field(default=False, compare=False)

    @property
    def whole(self) -> bool:
        """Whether values are stored as wrapped Python integers: numbers, times, dates, enumerations."""
        return self.kind in _WHOLE

    @property
    def aggregate(self) -> bool:
        """Whether it is made of other values: an array or a structure."""
        return self.kind in ("array", "struct")

    @property
    def plain(self) -> IecType:
        """The type in which values of a subrange are computed."""
        return self if self.limits is None else replace(self, limits=None)

    def member(self, name: str) -> Component | None:
        """The member of a structure, without regard to case."""
        wanted = name.upper()
        return next((member for member in self.members if member.name.upper() == wanted), None)

    def bit_member(self, name: str) -> tuple[Component, int] | None:
        """The byte of a structure, and the bit in it, that a member of type BIT is; None for other names."""
        wanted = name.upper()
        for member in self.members:
            for number, bit in enumerate(member.type.bit_names):
                if bit.upper() == wanted:
                    return member, number
        return None

    def overlay(self, name: str) -> Component | None:
        """The member of a UNION, without regard to case."""
        wanted = name.upper()
        return next((member for member in self.overlays if member.name.upper() == wanted), None)

    @property
    def numeric(self) -> bool:
        return self.kind in ("int", "bits", "real")

    @property
    def bits(self) -> int:
        return ((self.high - self.low) // self.grain).bit_length()

    @property
    def default(self) -> Value:
        defaults: dict[str, Value] = {"bool": False, "real": 0.0, "string": ""}
        return defaults.get(self.kind, 0)

    def __str__(self) -> str:
        if self.limits is not None:
            return f"{self.name} ({self.limits[0]}..{self.limits[1]})"
        if self.kind == "string" and self.length != 80:
            return f"{self.name}[{self.length}]"
        return self.shown or self.name


def _integers() -> dict[str, IecType]:
    types = {}
    for name, bits in (("SINT", 8), ("INT", 16), ("DINT", 32), ("LINT", 64)):
        types[name] = IecType(name, "int", -(1 << (bits - 1)), (1 << (bits - 1)) - 1)
        types["U" + name] = IecType("U" + name, "int", 0, (1 << bits) - 1)
    for name, bits in (("BYTE", 8), ("WORD", 16), ("DWORD", 32), ("LWORD", 64)):
        types[name] = IecType(name, "bits", 0, (1 << bits) - 1)
    return types


BOOL = IecType("BOOL", "bool")
REAL = IecType("REAL", "real")
LREAL = IecType("LREAL", "real")
TIME = IecType("TIME", "time", -(1 << 63), (1 << 63) - 1)
# of makers: 32 bits that count ms from 0; beside it their LTIME, which is a TIME of the standard here
MS_NS = 1_000_000
MS_TIME = IecType("TIME", "time", 0, ((1 << 32) - 1) * MS_NS, grain=MS_NS)
LTIME = replace(TIME, low=0, high=(1 << 64) - 1, shown="LTIME")
STRING = IecType("STRING", "string", length=80)
WSTRING = IecType("WSTRING", "string", length=80)
CHAR = IecType("CHAR", "string", length=1)
WCHAR = IecType("WCHAR", "string", length=1)
_TEXTS = {CHAR.name: STRING.name, WCHAR.name: WSTRING.name}
DAY_NS = 86_400_000_000_000
# nanoseconds since 1970-01-01; of the day
DATE = IecType("DATE", "date", TIME.low, TIME.high)
DT = IecType("DT", "dt", TIME.low, TIME.high)
TOD = IecType("TOD", "tod", 0, DAY_NS - 1)
NONE = IecType("nothing", "none")
ELEMENTARY: dict[str, IecType] = {
    "BOOL": BOOL, **_integers(), "REAL": REAL, "LREAL": LREAL, "TIME": TIME, "LTIME": TIME, "STRING": STRING,
    "WSTRING": WSTRING, "DATE": DATE, "LDATE": DATE, "TOD": TOD, "TIME_OF_DAY": TOD, "LTOD": TOD, "DT": DT,
    "DATE_AND_TIME": DT, "LDT": DT, "CHAR": CHAR, "WCHAR": WCHAR,
}  # fmt: skip
INT, DINT, LINT = ELEMENTARY["INT"], ELEMENTARY["DINT"], ELEMENTARY["LINT"]
UDINT, ULINT = ELEMENTARY["UDINT"], ELEMENTARY["ULINT"]
# what an untyped literal is until its surroundings give it a type
ANY_INT = IecType("integer literal", "int", -(1 << 63), (1 << 64) - 1)
ANY_REAL = IecType("REAL literal", "real")
_ORDER = ("SINT", "USINT", "INT", "UINT", "DINT", "UDINT", "LINT", "ULINT")
MAX_STRING = 65_535


def converts(source: IecType, target: IecType) -> bool:
    """Whether a value of `source` (not a literal) may stand where `target` is asked for."""
    if source == target or (source.kind == target.kind == "string" and source.name == target.name):
        return True
    if source.kind == target.kind == "string":
        return _TEXTS.get(source.name) == target.name
    if source.kind in ADDRESSES or target.kind in ADDRESSES:
        return _address_converts(source, target)
    if source.kind == "enum":
        return target.kind != "enum" and source.element is not None and converts(source.element, target)
    if target.open and target.element is not None and source.kind in ("int", "bits"):
        return converts(source, target.element)
    if target.kind == "real":
        return (
            source.kind in ("int", "bits")
            or source.name in ("REAL", ANY_REAL.name)
            or target.name == source.name
        )
    if target.kind in ("int", "bits") and source.kind in ("int", "bits"):
        return target.low <= source.low and source.high <= target.high
    return source.kind == target.kind == "time" and target.low <= source.low and source.high <= target.high


def _address_converts(source: IecType, target: IecType) -> bool:
    """Pointers convert to each other, and from and to numbers that are wide enough, as in CODESYS."""
    if target.kind == "pointer":
        return source.kind in ("pointer", "int", "bits")
    return source.kind == "pointer" and target.kind in ("int", "bits") and target.high >= LAST_ADDRESS


def common(left: IecType, right: IecType) -> IecType | None:
    """The type in which two operands meet, None where there is none (LINT with ULINT, BOOL with INT ...)."""
    if left == right:
        return left
    if left.kind in ADDRESSES or right.kind in ADDRESSES:
        other = right if left.kind in ADDRESSES else left
        if other.kind in ADDRESSES:
            return left
        return LINT if other.kind in ("int", "bits") else None
    if "enum" in (left.kind, right.kind):
        if left.kind == right.kind:
            return None
        left, right = (t.element if t.kind == "enum" and t.element is not None else t for t in (left, right))
        return common(left, right)
    if left.kind == right.kind == "string":
        if left.name != right.name:
            return next((one for one, other in ((left, right), (right, left)) if converts(other, one)), None)
        return left if left.length >= right.length else right
    for literal, other in ((left, right), (right, left)):
        if literal is ANY_INT and other.kind in ("int", "bits", "real"):
            return other
        if literal is ANY_REAL and other.kind in ("int", "bits"):
            return REAL
        if literal is ANY_REAL and other.kind == "real":
            return other
    if "real" in (left.kind, right.kind):
        if not (left.numeric and right.numeric):
            return None
        return LREAL if "LREAL" in (left.name, right.name) else REAL
    if converts(left, right):
        return right
    if converts(right, left):
        return left
    if left.kind == right.kind == "time":  # what a timer counts, and an LTIME without a sign
        return LTIME
    if left.kind in ("int", "bits") and right.kind in ("int", "bits"):
        for name in _ORDER:
            candidate = ELEMENTARY[name]
            if converts(left, candidate) and converts(right, candidate):
                return candidate
    return None


def working(type_: IecType) -> IecType:
    """The type in which whole numbers are computed: at least 32 bits wide, as in C, CODESYS and TwinCAT."""
    if type_.kind not in ("int", "bits"):
        return type_
    if type_ is ANY_INT:
        return LINT
    if type_.bits < 32:
        return DINT
    return type_


def innermost(type_: IecType) -> IecType:
    """The type of the elements of an array of arrays; what is no array is itself."""
    while type_.kind == "array" and type_.element is not None:
        type_ = type_.element
    return type_
