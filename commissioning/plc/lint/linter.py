"""The linter: rules of the PLCopen Coding Guidelines over Structured Text, what is allowed by comment or by
configuration, and the order in which it is told.

A comment allows violations of the rules it names, best with a reason behind a colon:

    counter := counter + 1;    // lint: allow L12: the last one is skipped on purpose
    // lint: allow CP8, CP28
    IF level = setpoint THEN ...                (of the next line)
    (* lint: allow L17 *)
    PROGRAM MAIN                                (of all of this POU)
    // lint: allow-file N6                      (of this text)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from commissioning.model.problem import Place, Problem, Problems
from commissioning.plc.lint.comments import comments_of
from commissioning.plc.lint.flow import check_flow
from commissioning.plc.lint.names import check_names
from commissioning.plc.lint.rules import RULES, SEVERITIES, Rule, Severity
from commissioning.plc.lint.statements import check_tree
from commissioning.plc.lint.text import check_text
from commissioning.plc.lint.uses import check_uses
from commissioning.plc.lint.variables import check_variables
from commissioning.plc.lint.walk import Found, Given
from commissioning.plc.pieces import TRANSLATED, SourcePiece, compile_project
from commissioning.plc.program import Program, TaskSpec
from commissioning.plc.syntax import units
from commissioning.plc.syntax.parser import parse_source

__all__ = ["Finding", "LintResult", "Settings", "lint"]

# how something is written, which a drawn body says nothing of; and what variables of a translation are called
_FORM = frozenset({"C4", "CP19", "L1", "L4", "L10", "L11", "L14", "L15", "L16", "L17"})
_HIDDEN = frozenset({"CP21", "N2", "N3", "N4", "N6", "N8"})
_ALLOW = re.compile(r"lint:\s*allow(-file)?\s+([A-Za-z0-9 ,]+?)\s*(?::|$|--)", re.IGNORECASE)
_CHECKS: tuple[Callable[[Given], None], ...] = (
    check_names, check_text, check_tree, check_flow, check_variables, check_uses,
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One violation. `where` is in the file that the text was taken from."""

    rule: Rule
    severity: Severity
    what: str
    where: Place
    cure: str = ""


@dataclass(frozen=True)
class Settings:
    """Which rules are looked at, how much each weighs, and their options."""

    severities: Mapping[str, Severity]
    options: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(
        cls, told: Mapping[str, Any] | None = None, place: Callable[[str], Place] = lambda _: Place()
    ) -> Settings:
        """From `{"L17": "off", "N6": {"min": 3}, "C2": "on", "CP9": "error"}`: what is not named stays as the
        table of rules has it; options turn their rule on. `place(rule)`: where a rule is named. Raises
        Problems for a rule or an option that is none."""
        severities = {number: rule.severity for number, rule in RULES.items() if rule.on}
        options = {number: dict(rule.options) for number, rule in RULES.items()}
        found: list[Problem] = []
        for key, value in (told or {}).items():
            rule = RULES.get(str(key).upper())
            if rule is None:
                cure = "Known are " + ", ".join(RULES)
                found.append(Problem(f"there is no rule {key}", place(str(key)), cure))
                continue
            number = rule.number
            wrong = ""
            if value is False or value == "off":
                severities.pop(number, None)
            elif value is True or value == "on":
                severities[number] = rule.severity
            elif value in SEVERITIES:
                severities[number] = value
            elif isinstance(value, Mapping):
                severities.setdefault(number, rule.severity)
                wrong = _take(options[number], rule, value, severities)
            else:
                wrong = f"{value!r} is no setting of a rule"
            if wrong:
                cure = "Write on, off, error, warning, note, or a mapping of its options: " + (
                    ", ".join(rule.options) or "none"
                )
                found.append(Problem(f"{number}: {wrong}", place(str(key)), cure))
        if found:
            raise Problems(found)
        return cls(
            MappingProxyType(severities),
            MappingProxyType({number: options[number] for number in severities}),
        )


def _take(
    options: dict[str, Any], rule: Rule, told: Mapping[str, Any], severities: dict[str, Severity]
) -> str:
    """Enter the options of one rule; what is wrong with them."""
    for name, value in told.items():
        if name == "severity" and value in SEVERITIES:
            severities[rule.number] = value
        elif name not in rule.options:
            return f"it has no option {name}"
        elif not isinstance(value, type(rule.options[name])) or isinstance(value, bool):
            return f"{name} is to be {_WORDS.get(type(rule.options[name]), 'something else')}"
        elif isinstance(value, int) and value < 0:
            return f"{name} is not negative"
        else:
            options[name] = value
    return ""


_WORDS = {int: "a whole number", str: "a text", dict: "a mapping"}


@dataclass(frozen=True)
class LintResult:
    """`findings` in order of place. `problems`: why the program does not compile; rules that need types were
    not decided then (`undecided`). `allowed`: how many findings comments have allowed."""

    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...] = ()
    undecided: tuple[str, ...] = ()
    allowed: int = 0
    files: tuple[str, ...] = field(default=())

    @property
    def broken(self) -> tuple[Problem, ...]:
        """Why the program does not compile, without what is only worth a look."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


def lint(
    sources: Mapping[str, str | SourcePiece],
    settings: Settings | None = None,
    dialect: str = "iec",
    tasks: tuple[TaskSpec, ...] = (),
    wired: Iterable[str] = (),
) -> LintResult:
    """Look at a program. `wired`: paths of variables that the field, a link or a test reads or writes.

    What cannot be read is left out, and told in `problems`.
    """
    settings = settings or Settings.of()
    texts = {name: one.text if isinstance(one, SourcePiece) else one for name, one in sources.items()}
    program: Program | None = None
    problems: tuple[Problem, ...] = ()
    try:
        program = compile_project(sources, dialect, tasks, with_tests=True)
    except Problems as found:
        problems = found.problems
    parsed: list[units.Source] = [
        parse_source(text, name, texts.values(), [])[0] for name, text in texts.items()
    ]
    given = Given(texts, parsed, program, _all_options(settings), frozenset(path.upper() for path in wired))
    for check in _CHECKS:
        check(given)
    wanted = [
        one for one in dict.fromkeys(given.found)
        if one.rule in settings.severities and not _is_translation(one, sources.get(one.source))
    ]  # fmt: skip
    allowances = {name: _Allowances(name, text, parsed) for name, text in texts.items()}
    kept = [one for one in wanted if not allowances[one.source].allow(one)]
    findings = [_finding(one, settings, sources) for one in kept]
    for one in allowances.values():
        problems += one.problems(sources)
    undecided = tuple(n for n in settings.severities if program is None and RULES[n].needs_types)
    ordered = sorted(findings, key=lambda f: (f.where.file, f.where.line, f.where.column, f.rule.number))
    return LintResult(tuple(ordered), problems, undecided, len(wanted) - len(kept), tuple(texts))


def _all_options(settings: Settings) -> Mapping[str, Mapping[str, Any]]:
    """Those of the rules that are on, and the defaults of those that are looked at all the same."""
    always = ("N2", "N3", "N4", "N6", "N10", "CP9", "CP23")
    return {number: RULES[number].options for number in always} | dict(settings.options)


def _finding(found: Found, settings: Settings, sources: Mapping[str, str | SourcePiece]) -> Finding:
    where = _place(sources, found.source, found.at.line, found.at.column)
    return Finding(RULES[found.rule], settings.severities[found.rule], found.what, where, found.cure)


def _is_translation(found: Found, source: str | SourcePiece | None) -> bool:
    """Whether a rule of form meets what was translated from a drawing: nobody can write it otherwise."""
    if not isinstance(source, SourcePiece) or source.is_verbatim(found.at.line, found.at.column):
        return False
    if found.rule in _HIDDEN:
        lines = source.text.splitlines()[: found.at.line]
        head = next((line for line in reversed(lines) if line.lstrip().upper().startswith("VAR")), "")
        return TRANSLATED in head
    return found.rule in _FORM


def _place(sources: Mapping[str, str | SourcePiece], name: str, line: int, column: int) -> Place:
    source = sources.get(name)
    if isinstance(source, SourcePiece):
        return source.place(line, column)
    return Place(name, line, column)


class _Allowances:
    """What the comments of one text allow."""

    def __init__(self, name: str, text: str, parsed: list[units.Source]) -> None:
        self.name = name
        self.file: set[str] = set()
        self.lines: dict[int, set[str]] = {}
        self.unknown: list[tuple[str, int, int]] = []
        spans = _spans(name, parsed, text.count("\n") + 1)
        rows = text.splitlines()
        for comment in comments_of(text) if "lint:" in text.lower() else ():
            match = _ALLOW.match(comment.text)
            if match is None:
                continue
            rules = {word.upper() for word in re.split(r"[\s,]+", match.group(2)) if word}
            self.unknown += [(word, comment.line, comment.column) for word in sorted(rules - set(RULES))]
            if match.group(1):
                self.file |= rules
                continue
            before = rows[comment.line - 1][: comment.column - 1] if comment.line <= len(rows) else ""
            first = comment.line if before.strip() else comment.end_line + 1
            for line in range(first, spans.get(first, first) + 1):
                self.lines.setdefault(line, set()).update(rules)

    def allow(self, found: Found) -> bool:
        return found.rule in self.file or found.rule in self.lines.get(found.at.line, ())

    def problems(self, sources: Mapping[str, str | SourcePiece]) -> tuple[Problem, ...]:
        return tuple(
            Problem(
                f"there is no rule {word} to allow",
                _place(sources, self.name, line, column),
                severity="warning",
            )
            for word, line, column in self.unknown
        )


def _spans(name: str, parsed: list[units.Source], last: int) -> dict[int, int]:
    """First line of each POU -> its last line, as far as the next unit begins."""
    source = next(one for one in parsed if one.file == name)
    flat = sorted(units.flattened(source.units), key=lambda unit: unit.at)
    starts = [unit.at.line for unit in flat]
    ends = [*(start - 1 for start in starts[1:]), last][: len(flat)]
    return {unit.at.line: end for unit, end in zip(flat, ends, strict=True) if isinstance(unit, units.Pou)}
