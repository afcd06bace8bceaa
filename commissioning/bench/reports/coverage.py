"""What was executed of the programs of a line, for a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commissioning.bench.reports.timing import text
from commissioning.plc.debugging.coverage import Coverage

__all__ = ["coverage_json", "coverage_sections"]

_HOW = (
    "A branch is one way on from a statement, also the ELSE that is not written. Marks: + executed, ! never, "
    "~ executed, but not every branch. Instances of a function block count together."
)


def coverage_sections(found: Mapping[str, Coverage]) -> str:
    """One section per controller, as HTML."""
    parts = []
    for name, coverage in found.items():
        head = f"<h2>Executed by {text(name)}</h2><p>{_words(coverage)} {_HOW}</p>"
        parts.append(f'<section class="covered">{head}{coverage.html()}</section>')
    return "".join(parts)


def _words(coverage: Coverage) -> str:
    statements, branches = coverage.statements, coverage.branches
    return f"{statements[0]} of {statements[1]} statements and {branches[0]} of {branches[1]} branches."


def coverage_json(found: Mapping[str, Coverage]) -> dict[str, Any]:
    """[hit, all] of statements and branches by controller and POU, and what was missed as (line, label)."""
    return {
        name: {
            "statements": list(coverage.statements),
            "branches": list(coverage.branches),
            "pous": {
                pou.name: {
                    "file": pou.source,
                    "statements": [pou.statements_hit, pou.statements],
                    "branches": [pou.branches_hit, pou.branches],
                    "missed": [[place.line, place.label or "statement"] for place in pou.missed],
                }
                for pou in coverage.pous
            },
        }
        for name, coverage in found.items()
    }
