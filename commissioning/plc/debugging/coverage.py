"""Which statements and branches of a program have been executed.

A statement is one of the program, however many lines it has. A branch is one way on from a statement: each
THEN, ELSIF, ELSE and option of a CASE, the ELSE that is not written, and that a loop runs and comes to its
end (of REPEAT: that it goes round again). Instances of a function block count together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from commissioning.plc.generation.debug_build import Spotted
from commissioning.plc.program import Program

Mark = Literal["", "hit", "part", "missed"]
_SIGNS = {"": "  ", "hit": "+ ", "part": "~ ", "missed": "! "}


@dataclass(frozen=True, slots=True)
class PouCoverage:
    """Figures of one POU; `missed` are the statements and branches that never came about, in order."""

    name: str
    source: str
    statements: int
    statements_hit: int
    branches: int
    branches_hit: int
    missed: tuple[Spotted, ...]


@dataclass(frozen=True, slots=True)
class LineMark:
    """What became of the statements that begin in a line; `missed`: their branches that were not taken."""

    mark: Mark
    missed: tuple[str, ...] = ()


class Coverage:
    """What a run or a test has executed of `program`. `hit` may go on counting."""

    def __init__(self, program: Program, places: Sequence[Spotted], hit: list[int]) -> None:
        self.program = program
        pous = program.checked.project.pous.values()
        tests = {(pou.file, pou.name) for pou in pous if pou.kind == "TEST"}
        self._places = [place for place in places if (place.source, place.pou) not in tests]
        self._hit = hit

    @property
    def pous(self) -> tuple[PouCoverage, ...]:
        """Every POU that has statements, in order of declaration."""
        grouped: dict[tuple[str, str], list[Spotted]] = {}
        for place in self._places:
            grouped.setdefault((place.source, place.pou), []).append(place)
        return tuple(self._of(name, source, found) for (source, name), found in grouped.items())

    def __getitem__(self, pou: str) -> PouCoverage:
        """The figures of one POU by name; raises KeyError."""
        for found in self.pous:
            if found.name.upper() == pou.upper():
                return found
        raise KeyError(f"there is no POU {pou} with statements")

    def _of(self, name: str, source: str, places: Sequence[Spotted]) -> PouCoverage:
        statements = [p for p in places if p.kind == "statement"]
        branches = [p for p in places if p.kind == "branch"]
        hit = self._hit
        return PouCoverage(
            name, source, len(statements), sum(hit[p.number] for p in statements), len(branches),
            sum(hit[p.number] for p in branches), tuple(p for p in places if not hit[p.number]),
        )  # fmt: skip

    def total(self) -> int:
        """How many statements and branches have come about; grows as long as something new is executed."""
        return sum(self._hit)

    @property
    def statements(self) -> tuple[int, int]:
        """(executed, all)."""
        return self._count("statement")

    @property
    def branches(self) -> tuple[int, int]:
        """(taken, all)."""
        return self._count("branch")

    def _count(self, kind: str) -> tuple[int, int]:
        found = [self._hit[place.number] for place in self._places if place.kind == kind]
        return sum(found), len(found)

    def branch(self, source: str, line: int) -> dict[str, bool]:
        """Label -> taken, of the branches of the statement that begins in that line of a text."""
        owners = {p.number for p in self._places if (p.source, p.line, p.kind) == (source, line, "statement")}
        return {p.label: bool(self._hit[p.number]) for p in self._places if p.owner in owners}

    def copy(self) -> Coverage:
        """The figures as they are now."""
        return Coverage(self.program, self._places, list(self._hit))

    def __or__(self, other: Coverage) -> Coverage:
        """What either of two runs of the same program has executed. Raises ValueError for two programs."""
        if other.program.hash != self.program.hash:
            raise ValueError("these are coverages of two different programs")
        return Coverage(
            self.program, self._places, [a | b for a, b in zip(self._hit, other._hit, strict=True)]
        )

    def taken_over(self, program: Program) -> Coverage:
        """The figures of what another program has in common with this one: that without its tests."""
        from commissioning.plc.generation.debug_build import debug_code

        places = debug_code(program, coverage=True, stops=False).places
        known = {_identity(place): self._hit[place.number] for place in self._places}
        return Coverage(program, places, [known.get(_identity(place), 0) for place in places])

    def reset(self) -> None:
        """Begin again with nothing executed."""
        self._hit[:] = [0] * len(self._hit)

    def to_plain(self) -> dict[str, Any]:
        """As JSON data, for a report or another process; see `from_plain`."""
        return {"program": self.program.hash, "hit": bytes(self._hit).hex()}

    @classmethod
    def from_plain(cls, program: Program, data: Mapping[str, Any]) -> Coverage:
        """What `to_plain` gave. Raises ValueError where it is of another program."""
        from commissioning.plc.generation.debug_build import debug_code

        places = debug_code(program, coverage=True, stops=False).places
        hit = list(bytes.fromhex(str(data.get("hit", ""))))
        if data.get("program") != program.hash or len(hit) != len(places) or set(hit) - {0, 1}:
            raise ValueError("this is no coverage of this program")
        return cls(program, places, hit)

    def lines(self, source: str) -> dict[int, LineMark]:
        """Line of a text -> what became of the statements that begin there; other lines are left out."""
        found: dict[int, list[Spotted]] = {}
        for place in self._places:
            if place.source == source:
                found.setdefault(place.line, []).append(place)
        owners = {place.number: place.line for place in self._places if place.kind == "statement"}
        missed: dict[int, list[str]] = {}
        for place in self._places:
            if place.source == source and place.kind == "branch" and not self._hit[place.number]:
                shown = (
                    f"{place.label} never" if place.label.startswith("without") else f"never {place.label}"
                )
                missed.setdefault(owners[place.owner], []).append(
                    shown if place.line == owners[place.owner] else f"{shown} (line {place.line})"
                )
        marks = {}
        for line, places in found.items():
            statements = [self._hit[p.number] for p in places if p.kind == "statement"]
            if not statements:
                continue
            branches = tuple(missed.get(line, ()))
            if not any(statements):
                marks[line] = LineMark("missed")
            else:
                marks[line] = LineMark("part" if branches or not all(statements) else "hit", branches)
        return dict(sorted(marks.items()))

    def text(self, *, listing: bool = True) -> str:
        """A table of the POUs, and the texts with a mark before each line: + executed, ! never, ~ in part."""
        rows = [("POU", "statements", "branches")]
        rows += [
            (pou.name, _share(pou.statements_hit, pou.statements), _share(pou.branches_hit, pou.branches))
            for pou in self.pous
        ]
        rows.append(("all", _share(*self.statements), _share(*self.branches)))
        widths = [max(len(row[k]) for row in rows) for k in range(3)]
        table = [
            f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}".rstrip() for row in rows
        ]
        if not listing:
            return "\n".join(table) + "\n"
        for source, text in self._sources():
            marks = self.lines(source)
            table += ["", source or "program"]
            for number, line in enumerate(text.splitlines(), 1):
                mark = marks.get(number, LineMark(""))
                why = f"   <- {', '.join(mark.missed)}" if mark.missed else ""
                table.append(f"{number:5} {_SIGNS[mark.mark]}{line}{why}".rstrip())
        return "\n".join(table) + "\n"

    def html(self) -> str:
        """The same as an HTML fragment: a table, and a listing per text. Classes: hit, part, missed."""
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{a}</td><td>{b}</td></tr>"
            for name, a, b in (
                *((p.name, _share(p.statements_hit, p.statements), _share(p.branches_hit, p.branches))
                  for p in self.pous),
                ("all", _share(*self.statements), _share(*self.branches)),
            )
        )  # fmt: skip
        head = "<tr><th>POU</th><th>statements</th><th>branches</th></tr>"
        parts = [f"<table class='coverage'><thead>{head}</thead><tbody>{rows}</tbody></table>"]
        for source, text in self._sources():
            marks = self.lines(source)
            lines = []
            for number, line in enumerate(text.splitlines(), 1):
                mark = marks.get(number, LineMark(""))
                why = f"<em>   &lt;- {escape(', '.join(mark.missed))}</em>" if mark.missed else ""
                lines.append(
                    f"<span class='{mark.mark or 'none'}'><b>{number:5} {_SIGNS[mark.mark]}</b>"
                    f"{escape(line)}{why}</span>"
                )
            parts.append(
                f"<details class='coverage'><summary>{escape(source or 'program')}</summary>"
                f"<pre>{''.join(lines)}</pre></details>"
            )
        return "\n".join(parts)

    def _sources(self) -> list[tuple[str, str]]:
        wanted = dict.fromkeys(place.source for place in self._places)
        return [(name, self.program.checked.sources[name]) for name in wanted]


def _identity(place: Spotted) -> tuple[str, str, int, int, str, str]:
    """What a place is called in every program that has it."""
    return place.source, place.pou, place.line, place.column, place.kind, place.label


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} {100 * part // whole} %" if whole else "-"
