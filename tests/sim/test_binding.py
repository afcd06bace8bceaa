"""Bindings that convert between a port and a tag."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from commissioning.model.scene import Binding
from commissioning.model.tags import DataType, Quality, Reason
from commissioning.sim.binding import Converter, join
from commissioning.sim.journal import Journal
from commissioning.sim.kernel import Kernel
from commissioning.sim.tags import TagTable


class Wire:
    """A port and a tag joined; `to_tag`: the port's device writes."""

    def __init__(self, port: DataType, tag: DataType, to_tag: bool, **binding: Any) -> None:
        self.kernel = Kernel()
        self.tags = TagTable(self.kernel, Journal(self.kernel, {}))
        self.port, self.tag = self.tags.add("dev.port", port), self.tags.add("Tag", tag)
        self.registered: list[Converter] = []
        self.line: Any = SimpleNamespace(kernel=self.kernel, register=self.registered.append)
        self.join(**binding, to_tag=to_tag)

    def join(self, to_tag: bool, **binding: Any) -> Converter:
        return join(self.line, self.port, self.tag, Binding("Tag", **binding), to_tag)


def test_that_an_inverted_sensor_is_true_where_nothing_is_and_the_other_way_round() -> None:
    wire = Wire(DataType.BOOL, DataType.BOOL, to_tag=True, invert=True)
    wire.port.write(False)
    assert (wire.tag.value, wire.tag.quality) == (True, Quality.GOOD)
    wire.port.write(True)
    assert wire.tag.value is False


def test_that_an_inverted_command_reaches_the_port_inverted() -> None:
    wire = Wire(DataType.BOOL, DataType.BOOL, to_tag=False, invert=True)
    for value in (True, False, True):
        wire.tag.write(value)
        assert wire.port.value is not value


INTEGERS = [t for t in DataType if t.is_integer or t.is_bits]


@given(st.sampled_from([t for t in INTEGERS if t.bits > 1]), st.data())
def test_that_bits_of_a_word_are_those_of_its_two_s_complement(kind: DataType, data: st.DataObject) -> None:
    """Against Python's own two's complement: int.to_bytes and from_bytes."""
    size = kind.bits // 8
    signed = kind.range is not None and kind.range[0] < 0
    start = int.from_bytes(data.draw(st.binary(min_size=size, max_size=size)), "little", signed=signed)
    bit = data.draw(st.integers(0, kind.bits - 1))
    value, invert = data.draw(st.booleans()), data.draw(st.booleans())
    wire = Wire(DataType.BOOL, kind, to_tag=True, bit=bit, invert=invert)
    wire.tag.write(start)
    wire.port.put(not value, 0, 0)
    wire.port.write(value)
    raw = bytearray(start.to_bytes(size, "little", signed=signed))
    raw[bit // 8] &= ~(1 << bit % 8) & 0xFF
    raw[bit // 8] |= (value != invert) << bit % 8
    assert wire.tag.value == int.from_bytes(raw, "little", signed=signed)
    assert kind.accepts(wire.tag.value)
    reader = Wire(DataType.BOOL, kind, to_tag=False, bit=bit, invert=invert)
    reader.tag.write(wire.tag.value)
    assert reader.port.value is value


def test_that_two_sensors_share_a_word() -> None:
    wire = Wire(DataType.BOOL, DataType.INT, to_tag=True, bit=15)
    other = wire.tags.add("eye.port", DataType.BOOL)
    join(wire.line, other, wire.tag, Binding("Tag", bit=0), True)
    wire.port.write(True)
    other.write(True)
    assert wire.tag.value == -32767  # 1000 0000 0000 0001
    wire.port.write(False)
    assert wire.tag.value == 1


@given(
    st.floats(-1e6, 1e6),
    st.one_of(st.floats(1e-6, 1e6), st.floats(-1e6, -1e-6)),
)
def test_that_a_scaled_value_comes_back(value: float, scale: float) -> None:
    out = Wire(DataType.LREAL, DataType.LREAL, to_tag=True, scale=scale)
    out.port.put(value, 0, 0)
    back = Wire(DataType.LREAL, DataType.LREAL, to_tag=False, scale=scale)
    back.tag.put(out.tag.value, 0, 0)
    assert back.port.value == pytest.approx(value, rel=1e-15, abs=1e-300)


@given(st.integers(-32768, 32767), st.sampled_from([1.0, 0.5, 0.001, -2.0, 1e5, 0.25]))
def test_that_a_scaled_integer_is_rounded_half_to_even_within_its_type(value: int, scale: float) -> None:
    wire = Wire(DataType.LREAL, DataType.INT, to_tag=True, scale=scale)
    wire.port.put(float(value), 0, 0)
    exact = value * scale
    low = math.floor(exact)
    rest = exact - low
    nearest = low if rest < 0.5 or (rest == 0.5 and low % 2 == 0) else low + 1
    assert wire.tag.value == min(max(nearest, -32768), 32767)
    assert type(wire.tag.value) is int


@given(st.integers(-1000, 1000), st.sampled_from([0.5, 2.0, 4.0]))
def test_that_a_millimetre_tag_commands_a_port_in_metres(value: int, scale: float) -> None:
    """The port gets the tag's value divided by the scale, exactly for powers of two."""
    assume(value != 0)
    wire = Wire(DataType.REAL, DataType.INT, to_tag=False, scale=scale)
    wire.tag.write(value)
    assert wire.port.value == value / scale


@pytest.mark.parametrize("value, held", [(math.inf, 32767), (-math.inf, -32768)])
def test_that_what_is_beyond_an_integer_is_held_at_its_end(value: float, held: int) -> None:
    wire = Wire(DataType.REAL, DataType.INT, to_tag=True, scale=2.0)
    wire.port.write(value)
    assert wire.tag.value == held


def test_that_no_number_leaves_an_integer_as_it_was_and_marks_it_bad() -> None:
    wire = Wire(DataType.REAL, DataType.INT, to_tag=True, scale=2.0)
    wire.port.write(21.0)
    wire.port.write(math.nan)
    assert (wire.tag.value, wire.tag.quality, wire.tag.reason) == (42, Quality.BAD, Reason.FAULT)
    wire.port.write(4.0)
    assert (wire.tag.value, wire.tag.quality) == (8, Quality.GOOD)


def test_that_quality_goes_along() -> None:
    for to_tag in (True, False):
        wire = Wire(DataType.BOOL, DataType.BOOL, to_tag, invert=True)
        source, target = (wire.port, wire.tag) if to_tag else (wire.tag, wire.port)
        source.write(True)
        source.mark(Quality.BAD, Reason.NO_COMMUNICATION)
        assert (target.value, target.quality, target.reason) == (False, Quality.BAD, Reason.NO_COMMUNICATION)
        source.write(True)
        assert (target.value, target.quality) == (False, Quality.GOOD)


def test_that_a_delay_moves_every_edge_by_itself() -> None:
    wire = Wire(DataType.BOOL, DataType.BOOL, to_tag=True, delay_ns=30)
    for t, value in ((10, True), (20, False), (70, True)):
        wire.kernel.call_at(t, wire.port.write, value)
    wire.kernel.advance(200)
    assert wire.tags.journal.records()["t"].tolist() == [10, 20, 40, 50, 70, 100]
    assert wire.tag.value is True and wire.tag.t == 100


def test_that_a_force_goes_through_a_binding_and_its_release_too() -> None:
    wire = Wire(DataType.BOOL, DataType.BOOL, to_tag=True, invert=True)
    wire.port.write(False)
    wire.port.force(True)
    assert wire.tag.value is False
    wire.tag.force(True)
    wire.port.release()
    assert wire.tag.value is True and wire.tag.source is True
