"""A suite of larger programs that check themselves: conformance/judged/*.st, by area.

A program begins behind a line `//# name; key=value; ...`; `//@ file` begins a further file of it. Keys:
`dialect` (iec), `scans` (1), `error=LINE` (the program is refused, with a Problem in that line), `stop=LINE`
(it stops the PLC there; without a number, anywhere). `Chk(number, condition)` notes a check. They were
written from the standard and the makers' manuals by somebody who had not read the compiler, and run once
before anything was mended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import PlcError, compile_st

CHECK = """VAR_GLOBAL failed : ARRAY[0..31] OF DINT; failures, checks : DINT; END_VAR
FUNCTION Chk : BOOL
VAR_INPUT no : DINT; ok : BOOL; END_VAR
VAR_EXTERNAL failed : ARRAY[0..31] OF DINT; failures, checks : DINT; END_VAR
    checks := checks + 1;
    IF NOT ok THEN
        IF failures <= 31 THEN failed[failures] := no; END_IF;
        failures := failures + 1;
    END_IF;
    Chk := ok;
END_FUNCTION
"""


@dataclass(frozen=True)
class Judged:
    """`files`: its texts by name. `error` and `stop`: the line, 0 for any, None where it has none."""

    name: str
    files: dict[str, str]
    dialect: str
    scans: int
    error: int | None
    stop: int | None


def programs() -> Iterator[Judged]:
    for path in sorted((Path(__file__).parent / "conformance" / "judged").glob("*.st")):
        for part in path.read_text(encoding="utf-8").split("//# ")[1:]:
            head, _, text = part.partition("\n")
            name, *words = (word.strip() for word in head.split(";"))
            keys = dict(word.split("=") for word in words if word)
            first, *others = re.split(r"(?m)^//@ *(\S+) *\n", text)
            files = {f"{name}.st": first} if first.strip() else {}
            files |= dict(zip(others[::2], others[1::2], strict=True))
            error, stop = (int(keys[key] or 0) if key in keys else None for key in ("error", "stop"))
            yield Judged(name, files, keys.get("dialect", "iec"), int(keys.get("scans", 1)), error, stop)


PROGRAMS = list(programs())
SOUND = [one for one in PROGRAMS if one.error is None]
WRONG = [one for one in PROGRAMS if one.error is not None]


@pytest.mark.parametrize("judged", SOUND, ids=[one.name for one in SOUND])
def test_that_a_program_finds_itself_right(judged: Judged) -> None:
    plc = compile_st({"check.st": CHECK, **judged.files}, judged.dialect).start()
    if judged.stop is None:
        plc.run(judged.scans)
        assert plc["checks"] != 0
    else:
        with pytest.raises(PlcError) as caught:
            plc.run(judged.scans)
        assert judged.stop in (0, caught.value.line)
        assert caught.value.column > 0
    assert [plc[f"failed[{number}]"] for number in range(min(32, int(plc["failures"])))] == []


@pytest.mark.parametrize("judged", WRONG, ids=[one.name for one in WRONG])
def test_that_a_wrong_program_is_refused_with_its_line(judged: Judged) -> None:
    with pytest.raises(Problems) as caught:
        compile_st({"check.st": CHECK, **judged.files}, judged.dialect)
    found = [problem.where for problem in caught.value.problems if problem.where.file in judged.files]
    assert found
    assert all(place.line > 0 and place.column > 0 for place in found)
    assert judged.error == 0 or judged.error in [place.line for place in found]
