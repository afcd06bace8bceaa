"""Projects as TwinCAT and PLCopen tools write them: conformance/projects/*, each with what it comes to.

`expected.txt`: a time, then `path = value` of the PLC after it; or one line `file: problem. cure` of
one that is refused. They were written by hand from files of these tools.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import commissioning as vc

PROJECTS = sorted(
    path.parent for path in (Path(__file__).parent / "conformance").glob("projects/*/expected.txt")
)


@pytest.mark.parametrize("folder", PROJECTS, ids=[folder.name for folder in PROJECTS])
def test_that_a_project_comes_to_what_is_expected(folder: Path) -> None:
    first, *values = (folder / "expected.txt").read_text(encoding="utf-8").splitlines()
    if not values:
        file, _, words = first.partition(": ")
        with pytest.raises(vc.Problems) as caught:
            vc.load(folder)
        (problem,) = caught.value.problems
        assert Path(problem.where.file) == folder / file
        written = (folder / file).read_text(encoding="utf-8").splitlines()[problem.where.line - 1]
        assert written[problem.where.column - 1 :].startswith(words.split()[0])
        assert words in f"{problem.what}. {problem.cure}"
        return
    run = vc.Run(vc.load(folder), seed=1)
    run.advance(first)
    with run.debug("plc") as debugger:
        for line in values:
            path, _, value = line.partition(" = ")
            assert (path, debugger.read(path)) == (path, ast.literal_eval(value))
