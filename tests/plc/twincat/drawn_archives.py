"""Drawn bodies of TwinCAT for tests: a tree of what is drawn, and the archive that TwinCAT keeps of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from commissioning.files.xml_reader import read_xml
from commissioning.model.problem import Problem
from commissioning.plc import Plc, SourcePiece, TaskSpec, compile_project
from commissioning.plc.twincat import read_twincat

NEGATED, SET, RESET, JUMP, RETURN, RISING, FALLING = 1, 2, 3, 4, 8, 16, 32


@dataclass(frozen=True)
class Leaf:
    """A contact, or whatever else is written at an input; "" is an open end."""

    text: str
    flags: int = 0
    type: str = "BOOL"


@dataclass(frozen=True)
class Rail:
    """Where power comes from: the left rail, or the beginning of a parallel branch."""


@dataclass(frozen=True)
class Wire:
    """A line that branches: with a source where it begins, without where another line leaves it."""

    number: int
    source: Node | None = None


@dataclass(frozen=True)
class Parallel:
    source: Node | None
    branches: tuple[Node, ...]
    mode: str = "BoxShortCircuit"


@dataclass(frozen=True)
class Out:
    """An output slot: name, type, what is assigned to it (None: what stands behind the box reads it)."""

    name: str
    type: str
    target: str | None = ""
    flags: int = 0


@dataclass(frozen=True)
class Box:
    name: str
    inputs: tuple[tuple[str, Node], ...]
    outs: tuple[Out, ...] = (Out("", "", None),)
    instance: str = ""
    enable: Node | None = None
    call: str = ""
    flags: int = 0
    pin_flags: tuple[int, ...] = ()
    code: str = ""


@dataclass(frozen=True)
class Assign:
    """Coils: names with their marks; `flags` stand at the whole."""

    source: Node
    targets: tuple[tuple[str, int], ...]
    flags: int = 0
    type: str = "BOOL"


Node = Leaf | Rail | Wire | Parallel | Box | Assign


def logic(name: str, *inputs: Node) -> Box:
    """AND, OR, GT and the like: pins without names, one output without a name."""
    kind = "BOOL" if name in ("GT", "GE", "EQ", "LT", "LE", "NE") else ""
    return Box(name, tuple(("", i) for i in inputs), (Out("", kind, None),), call=name.capitalize())


def _flags(bits: int) -> str:
    fixed = '<v n="Fixed">false</v><v n="Extensible">false</v>'
    return f'<o n="Flags" t="Flags"><v n="Flags">{bits}</v>{fixed}</o>'


def _operand(text: str | None, kind: str, flags: int, tag: str) -> str:
    written = '<n n="Operand" />' if text is None else f'<v n="Operand">"{escape(text)}"</v>'
    return (
        f'<o{tag}>{written}<v n="Type">"{kind}"</v><v n="Comment">""</v>{_flags(flags)}<v n="Id">1L</v></o>'
    )


def _parameters(name: str, names: Sequence[str], types: Sequence[str]) -> str:
    rows = [
        f'<l2 n="{what}" cet="String">{"".join(f"<v>{text}</v>" for text in texts)}</l2>'
        if texts else f'<l2 n="{what}" />'
        for what, texts in (("Names", names), ("Types", types))
    ]  # fmt: skip
    return f'<o n="{name}" t="ParamList">{"".join(rows)}</o>'


def xml(node: Node, name: str = "") -> str:
    """The object of a tree, as a member of that name or as an item of a list."""
    member = f' n="{name}"' if name else ""
    if isinstance(node, Leaf):
        inner = _operand(node.text, node.type, node.flags, ' n="Operand" t="Operand"')
        return f'<o{member} t="BoxTreeOperand">{inner}<v n="Id">2L</v></o>\n'
    if isinstance(node, Rail):
        return f'<o{member} t="BoxTreeTerminator"><n n="Input" />{_flags(0)}</o>\n'
    if isinstance(node, Wire):
        source = xml(node.source, "Input") if node.source is not None else '<n n="Input" />'
        return f'<o{member} t="BoxTreeDemux"><v n="VarId">{node.number}</v>{source}</o>\n'
    if isinstance(node, Parallel):
        source = xml(node.source, "Input") if node.source is not None else '<n n="Input" />'
        trees = "".join(map(xml, node.branches))
        mode = f'<v n="Mode" t="OperationMode">{node.mode}</v>'
        return f'<o{member} t="BoxTreeParallel">{source}<l2 n="Trees">{trees}</l2>{mode}</o>\n'
    if isinstance(node, Assign):
        targets = "".join(_operand(text, node.type, bits, "") for text, bits in node.targets)
        outs = f'<o n="OutputItems" t="OutputItemList"><l2 n="OutputItems" cet="Operand">{targets}</l2></o>'
        return f'<o{member} t="BoxTreeAssign">{outs}{_flags(node.flags)}{xml(node.source, "RValue")}</o>\n'
    return _box(node, member)


def _box(box: Box, member: str) -> str:
    slots = "".join(
        "<n />" if o.target is None else _operand(o.target, o.type, o.flags, "") for o in box.outs
    )
    inputs = [("EN", box.enable)] if box.enable is not None else []
    inputs += box.inputs
    named = [name for name, _ in inputs] if any(name for name, _ in inputs) else []
    marks = "".join(f'<o t="Flags"><v n="Flags">{bits}</v></o>' for bits in box.pin_flags)
    types = ["BOOL" if name == "EN" else "" for name in named]
    lines = "".join(f'<o><v n="Text">"{escape(line)}"</v></o>' for line in box.code.splitlines())
    document = f'<o n="TextDocument" t="TextDocument"><l2 n="Lines" cet="TextLine">{lines}</l2></o>'
    code = f'<o n="STSnippet" t="STSnippet"><o n="I" t="STImplementationObject">{document}</o></o>'
    return (
        f'<o{member} t="BoxTreeBox"><v n="BoxType">"{box.name}"</v>'
        + _operand(box.instance or None, "", 0, ' n="Instance" t="Operand"')
        + f'<o n="OutputItems" t="OutputItemList"><l2 n="OutputItems" cet="Operand">{slots}</l2></o>'
        + _flags(box.flags)
        + (f'<l2 n="InputFlags">{marks}</l2>' if marks else '<n n="InputFlags" />')
        + f'<l2 n="InputItems">{"".join(xml(node) for _, node in inputs)}</l2>'
        + _parameters("InputParam", named, types)
        + _parameters("OutputParam", [o.name for o in box.outs], [o.type for o in box.outs])
        + f'<v n="CallType" t="Operator">{box.call or ("FunctionBlock" if box.instance else "Function")}</v>'
        + (code if box.code else '<n n="STSnippet" />')
        + f'<v n="ProvidesSTSnippet">{str(bool(box.code)).lower()}</v></o>\n'
    )


def network(*items: Node, label: str = "", title: str = "", out: bool = False) -> str:
    return (
        f'<o><v n="ILActive">false</v><v n="Comment">""</v><v n="Title">"{escape(title)}"</v>'
        f'<v n="Label">"{label}"</v><v n="OutCommented">{str(out).lower()}</v>'
        f'<l2 n="NetworkItems">\n{"".join(map(xml, items))}</l2></o>\n'
    )


def body(*networks: str, view: str = "Ld") -> str:
    return (
        '<NWL><XmlArchive><Data>\n<o xml:space="preserve" t="NWLImplementationObject">'
        f'<v n="DefaultViewMode">"{view}"</v>'
        f'<l2 n="NetworkList" cet="Network">\n{"".join(networks)}</l2></o>\n'
        "</Data></XmlArchive></NWL>"
    )


def pou(declaration: str, drawing: str, members: str = "", name: str = "MAIN") -> str:
    """A file of one POU whose body is drawn."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<TcPlcObject Version="1.1.0.1">\n<POU Name="{name}">'
        f"<Declaration><![CDATA[{declaration}]]></Declaration>\n<Implementation>{drawing}</Implementation>\n"
        f"{members}</POU></TcPlcObject>"
    )


def declared(**types: str) -> str:
    return "PROGRAM MAIN\nVAR\n" + "".join(f"{name} : {kind};\n" for name, kind in types.items()) + "END_VAR"


def read(text: str, file: str = "MAIN.TcPOU") -> tuple[list[SourcePiece], list[Problem]]:
    pieces, _, problems = read_twincat(read_xml(text.encode(), file), file)
    return pieces, problems


def started(text: str, *more: str) -> Plc:
    """The PLC of one drawn file and further texts, all at 10 ms."""
    pieces, problems = read(text)
    assert problems == []
    sources: dict[str, str | SourcePiece] = {piece.name: piece for piece in pieces}
    sources |= {f"more{number}.st": more_text for number, more_text in enumerate(more)}
    tasks = [TaskSpec("main", "MAIN", 10_000_000)]
    return compile_project(sources, "twincat", tasks).start()
