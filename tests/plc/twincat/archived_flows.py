"""Continuous function charts of TwinCAT for tests: what is drawn, and the archive that is kept of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from xml.sax.saxutils import escape


@dataclass(frozen=True)
class In:
    """An input: where its value comes from (element by its number in the list, and which output of it), or
    None; `via` is the name of a connection mark on the way, "!" in front of it negates there."""

    source: tuple[int, int] | None
    name: str = ""
    negated: bool = False
    via: str = ""
    inout: bool = False


@dataclass(frozen=True)
class Out:
    name: str = ""
    negated: bool = False


@dataclass(frozen=True)
class Part:
    """`kind`: input (a variable that is read), output (one that is written, `mark` None, Set, Reset), box."""

    kind: str
    text: str
    inputs: tuple[In, ...] = ()
    outs: tuple[Out, ...] = ()
    call: str = "Operator"
    instance: str = ""
    enabled: bool = False
    mark: str = "None"


def read(text: str) -> Part:
    return Part("input", text, (), (Out(),))


def write(text: str, source: tuple[int, int] | None, negated: bool = False, mark: str = "None") -> Part:
    return Part("output", text, (In(source, "", negated),), mark=mark)


def box(text: str, *sources: tuple[int, int]) -> Part:
    return Part("box", text, tuple(In(source) for source in sources), (Out(),))


def _pin(kind: str, number: int, negated: bool, mark: str = "None", name: str = "") -> str:
    head = f' n="{name}" t="{kind}"' if name else f' t="{kind}"'
    return (
        f'<o{head}><v n="Bounds">"0, 0, 0, 0"</v><n n="ElementGroupId" />'
        f'<v n="Negated">{str(negated).lower()}</v>'
        f'<v n="SetReset" t="SetReset">{mark}</v><v n="SetResetRef" t="SetResetRef">None</v>'
        f'<v n="PretendsToBeConnected">false</v><v n="Id">{number}L</v></o>'
    )


def _text(text: str, name: str = "") -> str:
    head = f' n="{name}" t="CFCText"' if name else ""
    return f'<o{head}><v n="Text">"{escape(text)}"</v><v n="Modifiable">true</v><v n="Id">0L</v></o>'


def _list(name: str, inner: str, cet: str = "") -> str:
    told = f' cet="{cet}"' if cet else ""
    return f'<o n="{name}" t="CFCItemList"><l2 n="InnerList"{told}>{inner}</l2></o>'


def _tail(number: int) -> str:
    bounds = '<v n="Bounds">"1, 2, 0, 0"</v><n n="ElementGroupId" /><v n="OwningPageId">-1L</v>'
    return f'{bounds}<v n="Id">{number}L</v>'


def flow(*parts: Part | str, settings: str = "") -> str:
    """The body, its elements in this order; a text is put in as it is."""
    numbers = count(1)
    outs = {
        (place, number): next(numbers)
        for place, part in enumerate(parts) if isinstance(part, Part) for number in range(len(part.outs))
    }  # fmt: skip
    connections, marks, elements = [], {}, []

    def connect(source: int, target: int) -> None:
        connections.append(
            '<o t="CFCConnection"><v n="Bounds">"0, 0, 0, 0"</v><n n="ElementGroupId" />'
            f'<v n="SourcePinId">{source}L</v><v n="DestPinId">{target}L</v>'
            f'<v n="Id">{next(numbers)}L</v></o>\n'
        )

    for place, part in enumerate(parts):
        if isinstance(part, str):
            elements.append(part)
            continue
        pins = []
        for one in part.inputs:
            number = next(numbers)
            kind = "CFCInputPinWithSetReset" if part.kind == "output" else "CFCInputPin"
            name = "Input" if part.kind == "output" else ""
            pins.append(_pin("CFCInOutPin" if one.inout else kind, number, one.negated, part.mark, name))
            if one.source is not None and one.via:
                label = one.via.removeprefix("!")
                if label not in marks:
                    marks[label] = next(numbers)
                    connect(outs[one.source], marks[label])
                sink = next(numbers)
                output = _pin("CFCOutputPin", sink, one.via != label, name="Output")
                elements.append(
                    f'<o t="CFCSinkConnectionMark">{output}{_text(label, "Text")}{_tail(next(numbers))}</o>\n'
                )
                connect(sink, number)
            elif one.source is not None:
                connect(outs[one.source], number)
        name = "Output" if part.kind == "input" else ""
        back = [
            _pin("CFCOutputPin", outs[place, number], one.negated, name=name)
            for number, one in enumerate(part.outs)
        ]
        if part.kind != "box":
            kind = "CFCInputElement" if part.kind == "input" else "CFCOutputElement"
            elements.append(
                f'<o t="{kind}">{"".join(pins + back)}{_text(part.text, "Text")}{_tail(next(numbers))}</o>\n'
            )
            continue
        names = [
            *(one.name for one in part.inputs),
            *(one.name for one in part.outs),
            part.text,
            part.instance,
        ]
        elements.append(
            f'<o t="CFCBoxElement">{_list("Inputs", "".join(pins))}{_list("Outputs", "".join(back))}'
            f"{_list('Texts', ''.join(map(_text, names)), 'CFCText')}{_list('Parameters', '')}"
            f'<n n="PreparedParameters" /><v n="EnEno">{str(part.enabled).lower()}</v>'
            f'<v n="KindOfCall" t="KindOfCall">{part.call}</v>{_tail(next(numbers))}</o>\n'
        )
    for label, number in marks.items():
        elements.append(
            f'<o t="CFCSourceConnectionMark">{_pin("CFCInputPin", number, False, name="Input")}'
            f"{_text(label, 'Text')}{_tail(next(numbers))}</o>\n"
        )
    inner = "".join([*connections, *elements])
    return (
        '<CFC><XmlArchive><Data>\n<o xml:space="preserve" t="CFCImplementationObject">'
        f'<o n="Items" t="CFCItemList"><l2 n="InnerList">\n{inner}</l2></o>'
        f'<v n="AutoSizeCanvas">true</v><v n="CanvasWidth">64</v>{settings}</o>\n</Data></XmlArchive></CFC>'
    )


def block(name: str, instance: str, inputs: Sequence[In], *outs: str, enabled: bool = False) -> Part:
    """A box that calls an instance."""
    return Part(
        "box", name, tuple(inputs), tuple(Out(out) for out in outs), "FunctionBlock", instance, enabled
    )
