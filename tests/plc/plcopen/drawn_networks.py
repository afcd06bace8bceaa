"""PLCopen XML of drawn networks for tests, after the TC6 v2.01 schema."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from commissioning.files.xml_reader import read_xml
from commissioning.model.problem import Problem
from commissioning.plc import Plc, SourcePiece, TaskSpec, compile_project
from commissioning.plc.plcopen.project import read_plcopen

Wire = int | tuple[int, str]


def project(*pous: str, rest: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<project xmlns="http://www.plcopen.org/xml/tc6_0201" '
        f'xmlns:xhtml="http://www.w3.org/1999/xhtml">\n<types><dataTypes/><pous>\n{"".join(pous)}'
        f"</pous></types>\n{rest}</project>\n"
    ).encode()


def program(body: str, kind: str = "FBD", name: str = "MAIN", **variables: str) -> str:
    """A PROGRAM with local variables (name=type) and a body of that kind."""
    return pou(name, "program", body, kind, localVars=variables)


def pou(name: str, pou_type: str, body: str, kind: str, result: str = "", **sections: dict[str, str]) -> str:
    """A POU; each section a mapping of names to types, initial values behind a "="."""
    declared = "".join(
        f"<{tag}>{''.join(_variable(*item) for item in variables.items())}</{tag}>\n"
        for tag, variables in sections.items()
    )
    back = f"<returnType><{result}/></returnType>" if result else ""
    return (
        f'<pou name="{name}" pouType="{pou_type}">\n<interface>{back}\n{declared}</interface>\n'
        f"<body>\n<{kind}>{body}</{kind}>\n</body>\n</pou>\n"
    )


def _variable(name: str, kind: str) -> str:
    kind, _, initial = kind.partition("=")
    type_ = f"<{kind}/>" if kind.isupper() and "_" not in kind and kind not in _BLOCKS else (
        f'<derived name="{kind}"/>'
    )  # fmt: skip
    value = f'<initialValue><simpleValue value="{initial}"/></initialValue>' if initial else ""
    return f'<variable name="{name}"><type>{type_}</type>{value}</variable>'


_BLOCKS = ("TON", "TOF", "CTU", "SR")


def _in(wires: Sequence[Wire]) -> str:
    found = ""
    for wire in wires:
        number, formal = wire if isinstance(wire, tuple) else (wire, "")
        to = f' formalParameter="{formal}"' if formal else ""
        found += f'<connection refLocalId="{number}"{to}/>'
    return f"<connectionPointIn>{found}</connectionPointIn>"


def element(tag: str, number: int, inner: str, x: float, y: float, **attributes: str) -> str:
    told = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f'<{tag} localId="{number}"{told}><position x="{x}" y="{y}"/>{inner}</{tag}>\n'


def rail(number: int = 0) -> str:
    return element("leftPowerRail", number, '<connectionPointOut formalParameter=""/>', 0, 0)


def contact(number: int, name: str, *wires: Wire, x: float = 0, y: float = 0, **attributes: str) -> str:
    return element("contact", number, f"{_in(wires)}<variable>{name}</variable>", x, y, **attributes)


def coil(number: int, name: str, *wires: Wire, x: float = 0, y: float = 0, **attributes: str) -> str:
    return element("coil", number, f"{_in(wires)}<variable>{name}</variable>", x, y, **attributes)


def value(number: int, text: str, x: float = 0, y: float = 0, **attributes: str) -> str:
    inner = f"<connectionPointOut/><expression>{escape(text)}</expression>"
    return element("inVariable", number, inner, x, y, **attributes)


def target(number: int, text: str, *wires: Wire, x: float = 0, y: float = 0, **attributes: str) -> str:
    inner = f"{_in(wires)}<expression>{escape(text)}</expression>"
    return element("outVariable", number, inner, x, y, **attributes)


def box(
    number: int, kind: str, inputs: dict[str, Wire], outputs: str = "OUT", instance: str = "",
    x: float = 0, y: float = 0, pins: dict[str, str] | None = None, **attributes: str,
) -> str:  # fmt: skip
    """A block; `pins` are attributes of its inputs, like {"CU": 'edge="rising"'}."""
    given = "".join(
        f'<variable formalParameter="{name}" {(pins or {}).get(name, "")}>{_in([wire])}</variable>'
        for name, wire in inputs.items()
    )
    out = "".join(
        f'<variable formalParameter="{name}"><connectionPointOut/></variable>' for name in outputs.split()
    )
    told = attributes | ({"instanceName": instance} if instance else {})
    inner = (
        f"<inputVariables>{given}</inputVariables><inOutVariables/><outputVariables>{out}</outputVariables>"
    )
    return element("block", number, inner, x, y, typeName=kind, **told)


def pieces_of(content: bytes) -> tuple[list[SourcePiece], list[Problem]]:
    return read_plcopen(read_xml(content, "p.xml"), "p.xml")


def text_of(content: bytes) -> str:
    """The text of the first object; there must be no problem."""
    pieces, problems = pieces_of(content)
    assert problems == []
    return pieces[0].text


def started(content: bytes) -> Plc:
    pieces, problems = pieces_of(content)
    assert problems == []
    tasks = [TaskSpec("main", "MAIN", 10_000_000)]
    return compile_project({piece.name: piece for piece in pieces}, tasks=tasks).start()
