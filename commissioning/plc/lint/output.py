"""What the linter tells: for people, as JSON, and as SARIF 2.1.0 for code hosts and editors."""

from __future__ import annotations

from collections import Counter
from typing import Any

from commissioning.model.problem import Problem
from commissioning.plc.lint.linter import Finding, LintResult
from commissioning.plc.lint.rules import RULES, UNDECIDED, Rule

__all__ = ["as_json", "as_sarif", "as_text", "rules_text"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_text(result: LintResult) -> str:
    """One line per finding, and a count at the end."""
    lines = [_line(finding) for finding in result.findings]
    counts = Counter(finding.severity for finding in result.findings)
    told = [f"{counts[word]} {word}{'s' * (counts[word] != 1)}" for word in ("error", "warning", "note")]
    files = f"{len(result.files)} text{'s' * (len(result.files) != 1)}"
    rules = ", ".join(told) + (f"; {result.allowed} allowed" if result.allowed else "")
    if result.broken:
        broken = f"{len(result.broken)} problem{'s' * (len(result.broken) != 1)}, it does not compile"
        lines.append(f"{files}: {broken}; by the rules {rules}")
    else:
        lines.append(f"{files}: {rules}")
    by_rule = Counter(finding.rule.number for finding in result.findings)
    if by_rule:
        most = ", ".join(f"{number} {count}" for number, count in by_rule.most_common(8))
        lines.append(f"by rule: {most}")
    if result.undecided:
        lines.append(f"The program does not compile, so that was not decided: {', '.join(result.undecided)}")
    return "\n".join(lines)


def _line(finding: Finding) -> str:
    cure = f" {finding.cure}." if finding.cure else ""
    return f"{finding.where}: {finding.severity} {finding.rule.number}: {finding.what}.{cure}"


def as_json(result: LintResult) -> dict[str, Any]:
    """Plain data."""
    return {
        "findings": [
            {
                "rule": f.rule.number, "severity": f.severity, "what": f.what, "cure": f.cure,
                "file": f.where.file, "line": f.where.line, "column": f.where.column, "object": f.where.id,
            }
            for f in result.findings
        ],
        "problems": [str(problem) for problem in result.problems], "compiles": not result.broken,
        "undecided": list(result.undecided), "allowed": result.allowed, "files": list(result.files),
    }  # fmt: skip


def as_sarif(result: LintResult, version: str = "") -> dict[str, Any]:
    """A SARIF 2.1.0 log with one run; paths as they were given, with forward slashes."""
    numbers = list(dict.fromkeys(finding.rule.number for finding in result.findings))
    driver: dict[str, Any] = {"name": "commissioning lint", "rules": [_rule(RULES[n]) for n in numbers]}
    if version:
        driver["version"] = version
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "invocations": [
                    {
                        "executionSuccessful": not result.broken,
                        "toolExecutionNotifications": [_notification(one) for one in result.broken],
                    }
                ],
                "results": [_sarif(finding, numbers) for finding in result.findings],
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.number,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": f"{rule.decides}. PLCopen Coding Guidelines V1.0, rule {rule.number}."},
        "defaultConfiguration": {"level": rule.severity, "enabled": rule.on},
    }


def _sarif(finding: Finding, numbers: list[str]) -> dict[str, Any]:
    where = finding.where
    region = {"startLine": max(where.line, 1)} | ({"startColumn": where.column} if where.column else {})
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": where.file.replace("\\", "/")}, "region": region}
    }
    if where.id:
        location["logicalLocations"] = [{"fullyQualifiedName": where.id}]
    text = finding.what + (f". {finding.cure}" if finding.cure else "")
    return {
        "ruleId": finding.rule.number, "ruleIndex": numbers.index(finding.rule.number),
        "level": finding.severity, "message": {"text": f"{text}."}, "locations": [location],
    }  # fmt: skip


def _notification(problem: Problem) -> dict[str, Any]:
    """Why the program does not compile."""
    where = problem.where
    region = {"startLine": max(where.line, 1)} | ({"startColumn": where.column} if where.column else {})
    location = {"artifactLocation": {"uri": where.file.replace("\\", "/")}, "region": region}
    text = problem.what + (f". {problem.cure}" if problem.cure else "")
    return {
        "level": "error", "message": {"text": f"{text}."}, "locations": [{"physicalLocation": location}],
    }  # fmt: skip


def rules_text() -> str:
    """The table of rules, and those that are not decided with the reason."""
    lines = []
    for rule in RULES.values():
        options = "".join(f" {name}={value!r}" for name, value in rule.options.items())
        state = rule.severity if rule.on else "off"
        lines.append(f"{rule.number:5} {state:8} {rule.title}: {rule.decides}{options}")
    lines.append("")
    lines += [f"{number:5} not decided: {why}" for number, why in UNDECIDED.items()]
    return "\n".join(lines)
