"""Values of RETAIN and PERSISTENT variables in a file, from one run of a scene to the next.

The file is read before the run and written after it: a power cycle of every PLC of the line. What it holds is
text, one part per controller, each behind a line `# controller plc`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from commissioning.bench.output_file import write
from commissioning.model.problem import Place, Problem, Problems
from commissioning.plc.running.retained import MOST_CHARACTERS, RetainReport, read_retained
from commissioning.sim.run import Run

__all__ = ["read_retained_file", "retain_notices", "write_retained_file"]

_HEAD = "# controller "
_NOTHING = "# nothing is retained in this scene"


def read_retained_file(path: Path | None, controllers: Mapping[str, object]) -> dict[str, str]:
    """The values by controller, as `Run` takes them; nothing where there is no file yet.

    Raises Problems, with file and line, for a file that holds anything else.
    """
    if path is None or not path.exists():
        return {}
    try:
        if path.stat().st_size > 4 * MOST_CHARACTERS:
            raise Problems(Problem("this is too large for retained values", Place(file=str(path))))
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise Problems(Problem("these retained values are not UTF-8", Place(file=str(path)))) from error
    except OSError as error:
        raise Problems(Problem(f"it cannot be read: {error.strerror}", Place(file=str(path)))) from error
    heads = [n for n, line in enumerate(lines) if line.startswith(_HEAD)]
    if not heads and lines[0].startswith(_NOTHING):
        return {}
    if not heads:
        raise Problems(
            Problem(f"this holds no line {_HEAD}NAME", Place(str(path), 1), "Let a run write the file")
        )
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for head, end in zip(heads, (*heads[1:], len(lines)), strict=True):
        name, text = lines[head].removeprefix(_HEAD).strip(), "\n".join(lines[head + 1 : end])
        if name not in controllers or name in found:
            what = f"there is no controller {name:.40}" if name not in found else f"{name} is there twice"
            problems.append(Problem(what, Place(str(path), head + 1)))
            continue
        found[name] = text
        try:
            read_retained(text, str(path))
        except Problems as wrong:
            problems += [
                replace(one, where=replace(one.where, line=one.where.line + head + 1))
                for one in wrong.problems
            ]
    if problems:
        raise Problems(problems)
    return found


def write_retained_file(path: Path | None, run: Run) -> None:
    """The values at the end of a run. Raises Problems if they cannot be written; the file stays as it was."""
    if path is not None:
        parts = [f"{_HEAD}{name}\n{text}" for name, text in run.retained().items()]
        path = path.resolve()
        new = path.with_name(f"{path.name}.new")
        write(new, "".join(parts) or f"{_NOTHING}\n")
        try:
            new.replace(path)
        except OSError as error:
            new.unlink(missing_ok=True)
            what = f"nothing can be written here: {error.strerror}"
            raise Problems(Problem(what, Place(file=str(path)), "Choose another place")) from error


def retain_notices(run: Run, retained: Mapping[str, str]) -> list[str]:
    """What became of the values that a run has begun with, in words."""
    told = []
    for name in retained:
        report = run.line.hosts[name].controller.told
        if isinstance(report, RetainReport):
            words = [f"{name}: {len(report.taken)} retained values"]
            for paths, what in (
                (report.changed, "do not fit their variables"),
                (report.unknown, "belong to no retained variable"),
                (report.missing, "were not in the file"),
            ):
                if paths:
                    words.append(f"{len(paths)} {what} ({', '.join(paths[:3])}{', ...' * (len(paths) > 3)})")
            told.append("; ".join(words))
    return told
