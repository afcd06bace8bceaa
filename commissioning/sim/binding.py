"""Bindings that convert: invert, one bit of a word, scale, delay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from commissioning.model.scene import Binding
from commissioning.model.tags import DataType, Quality, Reason
from commissioning.sim.kernel import EDGE
from commissioning.sim.stateful import Stateful
from commissioning.sim.tags import Signal

if TYPE_CHECKING:
    from commissioning.sim.line import Line

__all__ = ["Converter", "join"]


class Converter(Stateful):
    """Carries changes from one entry to the other, converted, `delay_ns` later (a transport delay).

    The tag's value is the port's value times `scale`; a port that reads gets the tag's value divided by
    it. Integers are rounded half to even and held within the range of their type; what is no number leaves
    them as they were, BAD. Quality goes along.
    """

    constant: ClassVar[tuple[str, ...]] = ("line", "source", "target", "binding", "to_tag")
    continuations: ClassVar[tuple[str, ...]] = ("deliver",)

    def __init__(self, line: Line, source: Signal, target: Signal, binding: Binding, to_tag: bool) -> None:
        self.id = f"binding:{source.name}>{target.name}"
        self.line, self.source, self.target, self.binding, self.to_tag = line, source, target, binding, to_tag
        source.subscribe(self.changed)

    def changed(self, _: None) -> None:
        """The source entry changed."""
        message = [self.source.value, self.source.quality, self.source.reason]
        if self.binding.delay_ns:
            kernel = self.line.kernel
            kernel.call_at(kernel._now + self.binding.delay_ns, self.deliver, message, EDGE)
        else:
            self.deliver(message)

    def deliver(self, message: list[Any]) -> None:
        """Continuation: the converted value arrives."""
        value, quality, reason = message
        if value != value and not self.target.type.is_real:  # NaN: there is no such integer
            self.target.mark(Quality.BAD, Reason.FAULT)
            return
        self.target.put(self._convert(value), quality, reason)

    def initial(self) -> Any:
        """The target's value for the source's value as it is, written or not."""
        return self._convert(self.source.value)

    def _convert(self, value: Any) -> Any:
        binding, target = self.binding, self.target
        if binding.bit is not None:
            if self.to_tag:
                mask, word = 1 << binding.bit, int(target.source)
                return _wrapped(word | mask if bool(value) != binding.invert else word & ~mask, target.type)
            return bool(value >> binding.bit & 1) != binding.invert
        if binding.invert:
            return not value
        if binding.scale is not None:
            value = value * binding.scale if self.to_tag else value / binding.scale
        return _as_type(value, target.type)


def join(line: Line, port: Signal, tag: Signal, binding: Binding, to_tag: bool) -> Converter:
    """Join a port's entry and a tag; `to_tag`: the port is written by its device."""
    converter = Converter(line, port if to_tag else tag, tag if to_tag else port, binding, to_tag)
    if not to_tag:  # what the port reads before anybody has written the tag
        port.value = port.source = converter.initial()
    line.register(converter)
    return converter


def _as_type(value: Any, datatype: DataType) -> Any:
    if datatype is DataType.BOOL:
        return bool(value)
    if datatype.is_real:
        return float(value)
    limits = datatype.range
    if limits is None:
        return str(value)
    low, high = limits
    return int(low if value <= low else high if value >= high else round(value))


def _wrapped(value: int, datatype: DataType) -> int:
    """Two's complement of the type's width, for bit 15 of an INT."""
    width = datatype.bits
    value &= (1 << width) - 1
    limits = datatype.range
    if limits is not None and value > limits[1]:
        value -= 1 << width
    return value
