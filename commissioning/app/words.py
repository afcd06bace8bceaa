"""How times, values and records read on screen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import isinf
from typing import Any

from commissioning.model.quantity import format_quantity
from commissioning.model.record import CUBIC, CarrierKind, Kind, State
from commissioning.model.tags import DataType, Quality, Reason
from commissioning.sim.values import value_of

TYPE_WORDS = {
    "photo_eye": "photo-eye",
    "estop_button": "e-stop",
    "push_button": "push button",
    "stack_light": "stack light",
    "height_eye": "height eye",
    "opcua_server": "OPC UA server",
    "opcua_client": "OPC UA client",
    "emulated": "emulated PLC",
}
STATE_WORDS = {State.SETUP: "set-up"}
UNITS = {"length": "m", "speed": "m/s", "acceleration": "m/s²", "jerk": "m/s³", "mass": "kg", "duration": "s"}
VERDICTS = ("PASS", "FAIL", "INCONCLUSIVE", "NOT RUN")
LINK_WORDS = ("closed", "connecting", "up", "lost", "refused")


def clock(t_ns: int) -> str:
    """h:mm:ss.mmm; cut, not rounded, so that an event never shows a time it has not reached."""
    ms, sign = abs(int(t_ns)) // 1_000_000, "-" if t_ns < 0 else ""
    return f"{sign}{ms // 3_600_000}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def exact(t_ns: int) -> str:
    """In ns, for hovering."""
    return f"{int(t_ns):,} ns".replace(",", " ")


def age(span_ns: int) -> str:
    """How long ago, in s with three to four significant figures."""
    seconds = max(span_ns, 0) / 1e9
    if seconds < 10:
        return f"{seconds:.3f} s"
    if seconds < 1000:
        return f"{seconds:.1f} s"
    return f"{seconds:,.0f} s".replace(",", " ")


def speed_text(speed: float) -> str:
    return "max" if isinf(speed) else f"{speed:g}×"


def type_word(name: str) -> str:
    return TYPE_WORDS.get(name, name.replace("_", " "))


def state_word(state: int) -> str:
    if state < 0 or state >= len(State):
        return ""
    return STATE_WORDS.get(State(state), State(state).name.lower())


def value_text(datatype: str, value: Any) -> str:
    """A tag value as a PLC programmer reads it."""
    if value is None:
        return ""
    if datatype == "BOOL":
        return "TRUE" if value else "FALSE"
    if datatype == "TIME":
        return f"{value / 1e9:.3f} s"
    if datatype in ("BYTE", "WORD", "DWORD", "LWORD"):
        return f"16#{int(value):X}"
    if datatype in ("REAL", "LREAL"):
        return f"{value:.6g}"
    return str(value)


def decoded(datatype: str, a: float, b: float, texts: Sequence[str]) -> Any:
    return value_of(DataType[datatype], a, b, texts)


def parsed(datatype: str, text: str) -> Any:
    """What somebody typed, as a value of the type. Raises ValueError with a cure."""
    kind, words = DataType[datatype], text.strip()
    if kind is DataType.BOOL:
        if words.upper() in ("TRUE", "1", "ON"):
            return True
        if words.upper() in ("FALSE", "0", "OFF"):
            return False
        raise ValueError(f"{text!r} is no BOOL: write TRUE or FALSE")
    if kind is DataType.STRING:
        return text
    try:
        value: Any = float(words) if kind in (DataType.REAL, DataType.LREAL) else int(words, 0)
    except ValueError:
        raise ValueError(f"{text!r} is no {datatype}: write a number") from None
    if not kind.accepts(value):
        raise ValueError(f"{text} is outside the range of {datatype}")
    return value


def param_text(value: Any, kind: str) -> str:
    """A parameter with its unit; `kind` is the dimension its declaration names."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        if kind in UNITS:
            return f"{_decimals(float(value))} {UNITS[kind]}"
        try:
            return format_quantity(float(value), "duration" if kind == "distribution" else kind)
        except (ValueError, KeyError):
            return f"{value:g}"
    words = readable(str(value))
    if kind == "distribution" and words[-1:].isdigit():
        return f"{words} s"
    return words.replace("_", " ") if kind == "choice" else words


def readable(text: str) -> str:
    """A parameter that is a small record: `Exponential(mean=4.0)`, `{'carton': '92 %'}` in plain words."""
    record = re.fullmatch(r"(\w+)\((.*)\)", text)
    if record and record[1] == "Constant":
        return re.sub(r"(?<=[0-9])[.]0$", "", record[2].partition("=")[2])
    if record:
        facts = ", ".join(part.replace("=", " ") for part in record[2].split(", "))
        return f"{record[1].lower()}, {re.sub(r'(?<=[0-9])[.]0(?![0-9])', '', facts)}"
    if text.startswith(("{", "[", "mappingproxy(")):
        return re.sub(r"mappingproxy\(|[{}\[\]()']", "", text).replace(": ", " ").replace(" %", "\u00a0%")
    return text


def _decimals(value: float) -> str:
    """Two decimals, or as many as the value needs: a column of figures stays aligned."""
    return next((text for text in (f"{value:.2f}", f"{value:.3f}") if float(text) == value), f"{value:g}")


def quality_text(aux: int) -> str:
    quality, reason = Quality(aux & 3), (aux >> 8) & 0xFF
    word = quality.name.lower()
    if quality is Quality.GOOD or not reason:
        return word
    return f"{word} ({Reason(reason).name.lower().replace('_', ' ')})"


class RecordWords:
    """What a journal record says, by the header that gives its indices a meaning."""

    def __init__(self, header: Mapping[str, Any], texts: Sequence[str]):
        core = header["core"]
        self.signals = core["signals"]
        self.objects = [entry["id"] for entry in core["objects"]]
        self.drives, self.products = core["drives"], [entry["id"] for entry in core["products"]]
        self.lanes = [entry["id"] for entry in core["lanes"]]
        self.slots = [entry["id"] for entry in core["slots"]]
        self.attributes = core["attributes"]
        self.texts = texts

    def kind(self, record: Any) -> str:
        kind = int(record["kind"])
        return Kind(kind).name.lower().replace("_", " ") if kind in list(Kind) else f"kind {kind}"

    def about(self, record: Any) -> str:
        """Id of what it is about."""
        kind, obj = int(record["kind"]), int(record["obj"])
        if kind in (Kind.VALUE, Kind.SOURCE, Kind.OVERRIDE, Kind.READING):
            return str(self.signals[obj]["name"])
        if kind == Kind.DRIVE:
            return _at(self.drives, obj)
        if kind in (Kind.PART_MADE, Kind.PART_GONE, Kind.PART_MOVE, Kind.PART_ATTRIBUTE):
            return f"part {obj}"
        if kind == Kind.TRAIN:
            return _at(self.lanes, obj)
        if kind == Kind.INPUT:
            return _at(self.objects, obj) if int(record["aux"]) & 0xFF == 3 else self.signals[obj]["name"]
        return _at(self.objects, obj)

    def says(self, record: Any) -> str:
        kind, aux = int(record["kind"]), int(record["aux"])
        a, b, c, d = (float(record[name]) for name in "abcd")
        if kind in (Kind.VALUE, Kind.SOURCE):
            more = " forced" if aux & 4 else " fault" if aux & 8 else ""
            quality = "" if aux & 3 == 0 else f", {quality_text(aux)}"
            return f"→ {self._value(record)}{more}{quality}"
        if kind == Kind.OVERRIDE:
            what = {1: "forced to", 2: "force released,", 3: "fault:", 4: "fault cleared,"}.get(aux, "")
            return f"{what} {self._value(record)}"
        if kind == Kind.READING:
            hidden = ", under an override" if aux & 16 else ""
            unit = "m/s" if aux & 32 else "m"
            return f"runs with {_at(self.drives, int(a))}: {b:g} {c:+g} × {unit}{hidden}"
        if kind == Kind.DRIVE:
            ramp = f", {c:g} m/s² to {d:g} m/s" if c else ""
            if aux == CUBIC:
                ramp = f", {c:g} m/s², jerk {d:g} m/s³"
            return f"at {a:.3f} m, {b:g} m/s{ramp}"
        if kind == Kind.PART_MADE:
            return f"{_at(self.products, aux)} {a:g} × {b:g} × {c:g} m made by {_at(self.objects, int(d))}"
        if kind == Kind.PART_GONE:
            return f"{_at(['done', 'lost', 'removed', 'used up'], aux)} at {_at(self.objects, int(a))}"
        if kind == Kind.PART_MOVE:
            names = self.lanes if aux == CarrierKind.LANE else self.slots if aux == CarrierKind.SLOT else []
            return f"on {_at(names, int(a))} at {b:.3f} m" if aux else "on nothing"
        if kind == Kind.TRAIN:
            how = "held" if aux == 65535 else f"moves with {_at(self.drives, aux)}"
            return f"parts {int(b)} to {int(c)} {how}"
        if kind == Kind.PART_ATTRIBUTE:
            return f"{_at(self.attributes, aux)} = {a:g}"
        if kind == Kind.STATE:
            return f"{state_word(aux)}, {int(a)} parts"
        if kind == Kind.INPUT:
            return self._input(record)
        if kind == Kind.VERDICT:
            return f"{_at(list(VERDICTS), aux)}: {self._text(a)}"
        if kind == Kind.PROBLEM:
            return self._text(a)
        if kind == Kind.LINK_STATUS:
            return f"{_at(list(LINK_WORDS), aux)} {self._text(a)}".rstrip()
        return ""

    def _value(self, record: Any) -> str:
        datatype = self.signals[int(record["obj"])]["type"]
        value = decoded(datatype, float(record["a"]), float(record["b"]), self.texts)
        return value_text(datatype, value)

    def _input(self, record: Any) -> str:
        what = {1: "force", 2: "release", 4: "from a link", 5: "fault", 6: "clear", 7: "set"}
        aux = int(record["aux"]) & 0xFF
        if aux & 0xFF == 8:
            return f"fork, seed {int(record['a']) << 32 | int(record['b'])}"
        if aux == 3:
            return f"operator: {self._text(float(record['b']))}"
        quality = int(record["d"]) | (int(record["aux"]) & 0xFF00)
        why = f", {quality_text(quality)}" if aux == 4 and quality & 3 else ""
        return f"{what.get(aux, 'input')} {self._value(record) if aux not in (2, 6) else ''}{why}".rstrip()

    def _text(self, number: float) -> str:
        return self.texts[int(number)] if 0 <= int(number) < len(self.texts) else ""


def _at(names: Sequence[str], index: int) -> str:
    return names[index] if 0 <= index < len(names) else f"#{index}"
