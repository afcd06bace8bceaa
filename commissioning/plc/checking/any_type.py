"""Parameters of type ANY in CODESYS and TwinCAT: what kind of variable was given, where it lies, its bytes.

Inside, an ANY is a structure `(TypeClass, pValue, diSize)`. The numbers of the classes are those of CODESYS
(0 to 21 as in its documentation of type information; from 22 on in the order of its enumeration).
"""

from __future__ import annotations

from commissioning.plc.values.iec_types import DINT, INT, LAST_ADDRESS, Component, IecType

_CLASSES = (
    "BOOL", "BIT", "BYTE", "WORD", "DWORD", "LWORD", "SINT", "INT", "DINT", "LINT", "USINT", "UINT", "UDINT",
    "ULINT", "REAL", "LREAL", "STRING", "WSTRING", "TIME", "DATE", "DATEANDTIME", "TIMEOFDAY", "POINTER",
    "REFERENCE", "SUBRANGE", "ENUM", "ARRAY", "PARAMS", "USERDEF", "NONE", "ANY",
    "ANYBIT", "ANYDATE", "ANYINT", "ANYNUM", "ANYREAL", "LAZY", "LTIME", "BITCONST", "INTERFACE",
)  # fmt: skip
TYPE_CLASS = IecType(
    "__SYSTEM.TYPE_CLASS", "enum", INT.low, INT.high, element=INT,
    values=tuple((f"TYPE_{name}", number) for number, name in enumerate(_CLASSES)),
)  # fmt: skip
BYTES = IecType("POINTER TO BYTE", "pointer", 0, LAST_ADDRESS, target="BYTE")
ANY = IecType(
    "__SYSTEM.AnyType", "struct", size=3,
    members=(
        Component("TypeClass", TYPE_CLASS, 0), Component("pValue", BYTES, 1), Component("diSize", DINT, 2),
    ),
)  # fmt: skip
NAMES = (
    "ANY", "ANY_NUM", "ANY_INT", "ANY_REAL", "ANY_BIT", "ANY_STRING", "ANY_DATE", "ANYTYPE",
    "__SYSTEM.ANYTYPE",
)  # fmt: skip
# what the library Base Interfaces and, without its namespace, __SYSTEM call the enumeration of classes
CLASS_NAMES = ("TYPECLASS", "TYPE_CLASS")
_BY_KIND = {
    "tod": "TIMEOFDAY", "dt": "DATEANDTIME", "pointer": "POINTER", "reference": "REFERENCE", "enum": "ENUM",
    "array": "ARRAY", "interface": "POINTER",
}  # fmt: skip


def class_of(type_: IecType) -> int:
    """The number of the class of a type."""
    name = _BY_KIND.get(type_.kind, type_.plain.name)
    if type_.kind == "time" and type_.grain == 1:
        name = "LTIME"
    return _CLASSES.index(name) if name in _CLASSES else _CLASSES.index("USERDEF")
