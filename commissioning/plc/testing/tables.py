"""Test tables: CSV files (RFC 4180) with times, inputs and expected outputs.

    name,a jam is an alarm after 3 s
    block,FB_Zone
    time,enable,sOut,alarm,level +-0.5
    0 s,TRUE,TRUE,FALSE,
    2.99 s,,,FALSE,12
    3 s,,,TRUE,-

Rows in front of the header say what is tested: `block`, `program` or `function` with a name; without them
the tasks of the project run. `mock,FB_Drive,FB_Broken` lets the second one stand in for the first. A
column is an input that is set or an output that is compared: as declared, or as `set:NAME` and `expect:NAME`
say. An empty cell, `-` or `*` means: leave it, do not look. A tolerance stands in the head of a column or in
a cell. A row that begins with # is a remark. At the time of a row its inputs are set, then what is due then
scans, then the outputs are compared. Without a column `time` each row is one scan, or one call.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from commissioning.model.problem import Place, Problem, Problems
from commissioning.plc.running.value_text import duration_ns

__all__ = ["Column", "Row", "Table", "read_table"]

MOST_CHARACTERS = 16 << 20
MOST_ROWS, MOST_COLUMNS, MOST_PROBLEMS = 200_000, 1000, 50
_SUBJECTS = ("block", "program", "function")
_SETTINGS = (*_SUBJECTS, "name", "requirement")
_DONT_CARE = ("", "-", "*")
_TOLERANCE = re.compile(r"\s*(?:\+-|\+/-|\u00b1)\s*")


@dataclass(frozen=True, slots=True)
class Column:
    """`role`: set, expect, or "" where the declaration decides; `tolerance` as written, "" without."""

    path: str
    role: str
    tolerance: str
    number: int


@dataclass(frozen=True, slots=True)
class Row:
    """`t_ns`: None without a column `time`; `cells`: (index of the column, value, tolerance) as written."""

    line: int
    t_ns: int | None
    cells: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """`kind`: block, program, function, or "" for the tasks of the project; `subject`: its name."""

    file: str
    name: str
    kind: str
    subject: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    line: int
    requirements: tuple[str, ...]
    decimal_comma: bool = False
    mocks: tuple[tuple[str, str, int], ...] = ()  # what stands in for what, and the line that says so


@dataclass(slots=True)
class _Reading:
    file: str
    problems: list[Problem] = field(default_factory=list)

    def problem(self, what: str, line: int, cure: str = "") -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(what, Place(self.file, line), cure))


def read_table(text: str, file: str, name: str) -> Table:
    """The table in `text`; `name` is its name unless it has one. Raises Problems with file and line."""
    reading = _Reading(file)
    if len(text) > MOST_CHARACTERS:
        raise Problems([Problem(f"the table is longer than {MOST_CHARACTERS} characters", Place(file))])
    delimiter = _delimiter(text)
    settings: dict[str, tuple[str, int]] = {}
    requirements: list[str] = []
    mocks: list[tuple[str, str, int]] = []
    columns: tuple[Column, ...] | None = None
    timed = False
    head_line = 0
    rows: list[Row] = []
    for line, cells in _records(text, delimiter, reading):
        if columns is None:
            key = cells[0].lower()
            given = [cell for cell in cells if cell]
            if key == "mock" and len(given) in (2, 3):
                if len(given) == 2:
                    reading.problem("mock has two names", line, "Write mock,FB_Drive,FB_Broken")
                mocks.append((given[1], given[-1], line))
                continue
            if key in _SETTINGS and len([cell for cell in cells if cell]) == 2:
                if key == "requirement":
                    requirements.append(cells[1])
                elif key in settings:
                    reading.problem(f"{key} is said twice", line)
                settings[key] = (cells[1], line)
                continue
            timed, columns, head_line = key == "time", _columns(cells, line, reading), line
            continue
        if len(rows) >= MOST_ROWS:
            reading.problem(f"the table has more than {MOST_ROWS} rows", line, "Split it")
            break
        rows.append(_row(line, cells, columns, timed, rows[-1] if rows else None, delimiter, reading))
    if columns is None:
        reading.problem("the table has no header", 1, "Write for example time,I_Start,Q_Motor")
    elif not rows:
        reading.problem("the table has no rows behind its header", head_line)
    chosen = [key for key in _SUBJECTS if key in settings]
    if len(chosen) > 1:
        reading.problem(f"a table tests one thing, here are {' and '.join(chosen)}", settings[chosen[1]][1])
    if timed and chosen == ["function"]:
        reading.problem("a function has no time", head_line, "Remove the column time: each row is a call")
    if reading.problems:
        raise Problems(reading.problems)
    kind = chosen[0] if chosen else ""
    return Table(
        file, settings.get("name", (name, 0))[0], kind, settings[kind][0] if kind else "", columns or (),
        tuple(rows), head_line, tuple(requirements), delimiter == ";", tuple(mocks),
    )  # fmt: skip


def _delimiter(text: str) -> str:
    """A comma, or what a spreadsheet of another country writes in its place."""
    for line in text.splitlines():
        if line.strip():
            bare = re.sub(r'"[^"]*"', "", line)
            return next((mark for mark in ("\t", ";") if mark in bare.strip()), ",")
    return ","


def _records(text: str, delimiter: str, reading: _Reading) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of every record that is not empty and no remark; cells without blanks at their ends."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            reading.problem(f"this is no CSV: {error}", line, 'A quote inside a quoted cell is written ""')
            return
        if cells is None:
            return
        if len(cells) > MOST_COLUMNS:
            reading.problem(f"a row has more than {MOST_COLUMNS} cells", line)
            return
        cells = [cell.strip() for cell in cells]
        if any(cells) and not cells[0].startswith("#"):
            yield line, cells
        line = reader.line_num + 1


def _columns(cells: list[str], line: int, reading: _Reading) -> tuple[Column, ...]:
    found: list[Column] = []
    seen: dict[tuple[str, str], int] = {}
    for number, cell in enumerate(cells):
        if (number == 0 and cell.lower() == "time") or not cell:
            continue
        role, colon, rest = cell.partition(":")
        role = role.strip().lower() if colon else ""
        if colon and role not in ("set", "expect"):
            reading.problem(
                f"'{_short(cell)}' is no head of a column", line, "Write NAME, set:NAME or expect:NAME"
            )
            continue
        words = _TOLERANCE.split((rest if colon else cell).strip(), maxsplit=1)
        path, tolerance = words[0].strip(), words[1].strip() if len(words) > 1 else ""
        if not path:
            reading.problem(f"column {number + 1} has no name", line)
        elif (path.upper(), role) in seen:
            reading.problem(f"{path} stands in two columns", line)
        seen[path.upper(), role] = number
        found.append(Column(path, role, tolerance, number))
    if not found:
        reading.problem("the header names no variable", line, "Write for example time,I_Start,Q_Motor")
    return tuple(found)


def _row(
    line: int, cells: list[str], columns: tuple[Column, ...], timed: bool, before: Row | None,
    delimiter: str, reading: _Reading,
) -> Row:  # fmt: skip
    t_ns: int | None = None
    if timed:
        t_ns = _time(cells[0], before, line, delimiter, reading)
    known = {column.number for column in columns} | ({0} if timed else set())
    extra = [number for number, cell in enumerate(cells) if cell and number not in known]
    if extra:
        reading.problem(
            f"the cell '{_short(cells[extra[0]])}' stands under no head",
            line,
            "Quote a cell with a comma in it",
        )
    found = []
    for index, column in enumerate(columns):
        cell = cells[column.number] if column.number < len(cells) else ""
        if cell in _DONT_CARE:
            continue
        words = [cell] if cell[0] in "'\"" else _TOLERANCE.split(cell, maxsplit=1)
        found.append((index, words[0].strip(), words[1].strip() if len(words) > 1 else ""))
    return Row(line, t_ns, tuple(found))


def _time(cell: str, before: Row | None, line: int, delimiter: str, reading: _Reading) -> int:
    """The time of a row; `+10 ms` counts from the row before."""
    last = before.t_ns if before is not None and before.t_ns is not None else 0
    word = cell.replace(",", ".") if delimiter == ";" else cell
    relative = word.startswith("+")
    try:
        t_ns = duration_ns(word.removeprefix("+").strip()) + (last if relative else 0)
    except ValueError as error:
        reading.problem(
            f"'{_short(cell)}' is no time: {error}", line, "Write for example 0 s, 20 ms or T#1s500ms"
        )
        return last
    if t_ns < last:
        reading.problem(f"the time {_short(cell)} lies before that of the row above", line, "Sort the rows")
        return last
    return t_ns


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
