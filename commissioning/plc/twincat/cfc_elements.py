"""TwinCAT: elements and connections of a continuous function chart (CFC), as its archive has them.

Boxes and outputs stand in the list in the order in which they are executed; nothing else in the archive says
it. A connection goes from a pin to a pin, by their numbers. The texts of a box are the names of its inputs,
those of its outputs, what it is, and its instance.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from commissioning.plc.plcopen.interface import Unreadable
from commissioning.plc.twincat.archive import Item
from commissioning.plc.twincat.boxes import bare_operand

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.^]*\Z")
_KINDS = {
    "CFCInputElement": "input", "CFCOutputElement": "output", "CFCBoxElement": "box",
    "CFCSourceConnectionMark": "mark", "CFCSinkConnectionMark": "sink",
}  # fmt: skip
_CALLS = ("Operator", "FunctionBlock", "Function", "LocalAction", "Base")
_SETTINGS = frozenset(
    {"AutoSizeCanvas", "CanvasWidth", "CanvasHeight"}
)  # of the drawing, not of what it does


@dataclass(frozen=True, slots=True)
class Pin:
    """`number` is its own in the chart; `set_reset`: Set or Reset, of an output element only."""

    number: int
    name: str
    negated: bool
    is_input: bool
    is_inout: bool
    set_reset: str


@dataclass(eq=False, slots=True)
class Part:
    """An element. `kind`: input, output, box, mark (a connection ends in it), sink (it goes on from there).

    `text`: what is written in it, the name of a connection, or what a box is; `call`: how a box is called.
    """

    kind: str
    item: Item
    text: str
    inputs: tuple[Pin, ...] = ()
    outputs: tuple[Pin, ...] = ()
    call: str = ""
    instance: str = ""
    enabled: bool = False


@dataclass(slots=True)
class Flow:
    """`order`: boxes and outputs as they are executed; `from_pin`: what an input is connected to."""

    order: list[Part] = field(default_factory=list)
    owners: dict[int, tuple[Part, Pin]] = field(default_factory=dict)
    from_pin: dict[int, int] = field(default_factory=dict)
    marks: dict[str, Part] = field(default_factory=dict)


def flow_of(root: Item) -> Flow:
    """Raises Unreadable for what no public file shows."""
    for value in root.element.all("v"):
        if value.get("n") not in _SETTINGS:
            what = f"this chart has the setting {value.get('n')}, which is not known here"
            raise Unreadable(f"{what}: it may change the order of execution", value)
    holder = root.member("Items")
    flow = Flow()
    for item in holder.items("InnerList") if holder is not None else []:
        if item is None or (item.kind.startswith("CFC") and "Comment" in item.kind):
            continue
        if item.kind == "CFCConnection":
            source, target = item.number("SourcePinId"), item.number("DestPinId")
            if flow.from_pin.setdefault(target, source) != source:
                raise Unreadable("two connections lead to one input", item.element)
            continue
        if item.kind not in _KINDS:
            what = f"a {item.kind or 'nameless object'} is not known here"
            raise Unreadable(f"{what}; draw it with inputs, outputs, boxes and marks", item.element)
        _add(flow, _part(item))
    return flow


def _add(flow: Flow, part: Part) -> None:
    for pin in (*part.inputs, *part.outputs):
        if pin.number in flow.owners:
            raise Unreadable(f"two pins have the number {pin.number}", part.item.element)
        flow.owners[pin.number] = part, pin
    if part.kind in ("output", "box"):
        flow.order.append(part)
    elif part.kind == "mark":
        if part.text.upper() in flow.marks:
            raise Unreadable(f"two connections have the name {part.text}", part.item.element)
        flow.marks[part.text.upper()] = part


def _part(item: Item) -> Part:
    kind = _KINDS[item.kind]
    if kind == "box":
        return _box(item)
    holder = item.member("Text")
    text = bare_operand(holder.text("Text") if holder is not None else "", item)
    if not text:
        raise Unreadable(f"nothing is written in this {item.kind}", item.element)
    found = [(item.member(name, pin_kind), name == "Input") for name, pin_kind in
             (("Input", "CFCInputPin"), ("Output", "CFCOutputPin"))]  # fmt: skip
    pins = [_pin(pin, "", is_input) for pin, is_input in found if pin is not None]
    if len(pins) != 1 or pins[0].is_input != (kind in ("output", "mark")):
        raise Unreadable(f"this {item.kind} has other pins than one", item.element)
    if pins[0].set_reset and kind != "output":
        raise Unreadable(f"this {item.kind} is marked {pins[0].set_reset}", item.element)
    inputs = tuple(pins) if pins[0].is_input else ()
    return Part(kind, item, text, inputs, () if inputs else tuple(pins))


def _box(item: Item) -> Part:
    call = item.text("KindOfCall").strip()
    if call not in _CALLS:
        what = f"a box that is called as {call or 'nothing'} is not known here"
        raise Unreadable(f"{what}; write the call in an action, and call that", item.element)
    for name in ("Parameters", "PreparedParameters"):
        holder = item.member(name)
        if holder is not None and any(entry is not None for entry in holder.items("InnerList")):
            raise Unreadable("a box with parameters of its own is not supported", item.element)
    given, back, texts = _inner(item, "Inputs"), _inner(item, "Outputs"), _inner(item, "Texts")
    names = [" ".join(text.text("Text").split()) for text in texts]
    pins = len(given) + len(back)
    if len(names) not in (pins + 1, pins + 2):
        raise Unreadable(f"{len(names)} texts at a box with {pins} pins: which is which?", item.element)
    inputs = [_pin(pin, names[number], True) for number, pin in enumerate(given)]
    outputs = [_pin(pin, names[len(given) + number], False) for number, pin in enumerate(back)]
    if any(pin.set_reset for pin in (*inputs, *outputs)):
        raise Unreadable("a pin of this box sets or resets, which is not supported", item.element)
    what, instance = names[pins], names[pins + 1] if len(names) > pins + 1 else ""
    if not _NAME.match(what) or bool(instance) != (call == "FunctionBlock"):
        raise Unreadable(f"{what!r} is no name of a box", item.element)
    instance = bare_operand(instance, item)
    enabled = item.flag("EnEno")
    if enabled and not (inputs and inputs[0].name.upper() == "EN"):
        raise Unreadable(f"{what} has EN and ENO, and its first input is none of them", item.element)
    return Part("box", item, what, tuple(inputs), tuple(outputs), call, instance, enabled)


def _inner(item: Item, name: str) -> list[Item]:
    holder = item.member(name)
    return [found for found in holder.items("InnerList") if found is not None] if holder is not None else []


def _pin(item: Item, name: str, is_input: bool) -> Pin:
    if item.text("SetResetRef").strip() not in ("", "None"):
        what = f"a pin is marked {item.text('SetResetRef').strip()}, which is not known here"
        raise Unreadable(f"{what}; assign the reference in text", item.element)
    mark = item.text("SetReset").strip()
    if mark not in ("", "None", "Set", "Reset"):
        raise Unreadable(f"a pin is marked {mark}, which is not known here", item.element)
    return Pin(
        item.number("Id"), name, item.flag("Negated"), is_input, item.kind == "CFCInOutPin",
        "" if mark == "None" else mark,
    )  # fmt: skip
