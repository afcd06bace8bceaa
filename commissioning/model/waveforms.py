"""Values over time as files for other tools: VCD (IEEE 1364-2005, 18.2; opens in GTKWave) and CSV.

In a VCD file time counts in ns from 0, dots in a name are scopes, and

| value | variable | given as |
|---|---|---|
| bool | wire 1 | 0, 1 |
| bits (unsigned integers, bit strings) | wire of their width | binary |
| signed (signed integers, times in ns) | integer of their width | binary, two's complement |
| real | real 64 | decimal |
| text | string (of GTKWave, not of the standard) | escapes \\xHH for what is not printable |

What is not known (BAD) is x; nan for a real, nothing for a text. Of several values in one instant the last
one is there. A file of values holds no qualities beside that, no forces, and not who wrote.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Wave", "Waveforms"]

WaveKind = Literal["bool", "bits", "signed", "real", "text"]
Sample = bool | int | float | str | None
_FIRST, _CODES = 33, 94  # printable characters, of which identifiers are made
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Wave:
    """One column. `width` in bits, of bits and signed; `note`: what a reader of the file should know."""

    name: str
    kind: WaveKind
    width: int = 1
    note: str = ""


@dataclass(frozen=True)
class Waveforms:
    """`initial`: the values at `start_ns`; `changes`: (t ns, number of the wave, value) in order of time.

    `left_out`: what could not be given, and why. `origin_ns`: time 0 of the CSV.
    """

    waves: Sequence[Wave]
    start_ns: int
    initial: Sequence[Sample]
    changes: Sequence[tuple[int, int, Sample]]
    end_ns: int
    left_out: Sequence[str] = ()
    comments: Sequence[str] = ()
    origin_ns: int = 0

    def vcd(self) -> str:
        """As a value change dump."""
        return "\n".join(self._vcd_lines()) + "\n"

    def csv(self) -> str:
        """One row per instant in which something changes: time in s, then the values; BOOL as 0 and 1,
        nothing for what is not known."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["time_s", *(wave.name for wave in self.waves)])
        now = self._first()
        writer.writerow([self.seconds(self.start_ns), *map(_cell, now)])
        for t, changed in self._instants():
            for number, value in changed:
                now[number] = value
            writer.writerow([self.seconds(t), *map(_cell, now)])
        return text.getvalue()

    def seconds(self, t_ns: int) -> str:
        """Exact, from the origin."""
        whole, rest = divmod(abs(t_ns - self.origin_ns), 10**_DIGITS)
        return f"{'-' if t_ns < self.origin_ns else ''}{whole}.{rest:0{_DIGITS}}"

    def _instants(self) -> Iterator[tuple[int, list[tuple[int, Sample]]]]:
        """(time, what has another value then) after the start."""
        now = list(self.initial)
        at, pending = self.start_ns, dict[int, Sample]()
        for t, number, value in (*self.changes, (self.end_ns + 1, -1, None)):
            if t != at:
                found = [(k, one) for k, one in pending.items() if not _same(now[k], one)]
                if found and at > self.start_ns:
                    yield at, found
                for k, one in found:
                    now[k] = one
                at, pending = t, {}
            if number >= 0:
                pending[number] = value

    def _vcd_lines(self) -> Iterator[str]:
        codes = [_code(number) for number in range(len(self.waves))]
        yield "$version commissioning $end"
        notes = [f"{wave.name}: {wave.note}" for wave in self.waves if wave.note]
        for words in (*self.comments, *notes, *(f"not in this file: {one}" for one in self.left_out)):
            yield f"$comment {words.replace('$end', '$ end')} $end"
        yield "$timescale 1 ns $end"
        yield from _scopes(self.waves, codes)
        yield "$enddefinitions $end"
        yield f"#{self.start_ns}"
        yield "$dumpvars"
        for wave, code, value in zip(self.waves, codes, self._first(), strict=True):
            yield _change(wave, code, value)
        yield "$end"
        last = self.start_ns
        for t, changed in self._instants():
            yield f"#{t}"
            last = t
            for number, value in sorted(changed):
                yield _change(self.waves[number], codes[number], value)
        if self.end_ns > last:
            yield f"#{self.end_ns}"

    def _first(self) -> list[Sample]:
        """What holds at the start, with what changes in that very instant."""
        now = list(self.initial)
        for t, number, value in self.changes:
            if t > self.start_ns:
                break
            now[number] = value
        return now


def _same(a: Sample, b: Sample) -> bool:
    return a is b or (a == b and a.__class__ is b.__class__)


def _cell(value: Sample) -> object:
    return "" if value is None else int(value) if isinstance(value, bool) else value


def _code(number: int) -> str:
    """Short identifiers: !, ", # ... then of two characters."""
    code = ""
    while True:
        number, digit = divmod(number, _CODES)
        code += chr(_FIRST + digit)
        if not number:
            return code
        number -= 1


def _change(wave: Wave, code: str, value: Sample) -> str:
    if wave.kind == "text":
        return f"s{_escaped('' if value is None else str(value))} {code}"
    if wave.kind == "real":
        return f"r{_real(value)} {code}"
    if wave.kind == "bool":
        return f"{'x' if value is None else int(bool(value))}{code}"
    if value is None or isinstance(value, str):
        return f"bx {code}"
    return f"b{int(value) & ((1 << wave.width) - 1):b} {code}"


def _real(value: Sample) -> str:
    if value is None or isinstance(value, str) or math.isnan(value):
        return "nan"
    return repr(float(value))


def _escaped(text: str) -> str:
    """As GTKWave reads it: no spaces, no backslash, only printable ASCII."""
    plain = (chr(byte) if 33 <= byte < 127 and byte != 92 else f"\\x{byte:02x}" for byte in text.encode())
    return "".join(plain)


def _scopes(waves: Sequence[Wave], codes: Sequence[str]) -> Iterator[str]:
    """The declarations, nested as their names are."""
    tree: dict[str, object] = {}
    for wave, code in zip(waves, codes, strict=True):
        *path, name = _parts(wave.name)
        node = tree
        for part in path:
            inner = node.setdefault(f"/{part}", {})
            assert isinstance(inner, dict)
            node = inner
        while name in node:  # two names that are one without what a VCD name cannot hold
            name += "_"
        node[name] = (wave, code)
    return _declared(tree)


def _declared(node: dict[str, object]) -> Iterator[str]:
    for name, inner in node.items():
        if isinstance(inner, dict):
            yield f"$scope module {name[1:]} $end"
            yield from _declared(inner)
            yield "$upscope $end"
        elif isinstance(inner, tuple):
            wave, code = inner
            kind, width = {
                "bool": ("wire", 1), "bits": ("wire", wave.width), "signed": ("integer", wave.width),
                "real": ("real", 64), "text": ("string", 1),
            }[wave.kind]  # fmt: skip
            yield f"$var {kind} {width} {code} {name} $end"


def _parts(name: str) -> list[str]:
    """A path by its dots. An index is in round brackets: square ones would be the bits of a vector."""
    plain = name.replace("[", "(").replace("]", ")")
    return [_word(part) for part in plain.split(".")]


def _word(part: str) -> str:
    """Without spaces, and nothing that reads as a keyword."""
    found = "".join(c if c.isprintable() and not c.isspace() else "_" for c in part)
    return found.replace("$", "_") or "_"
