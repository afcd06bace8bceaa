"""The linter as a whole: settings, what comments allow, programs that do not compile, output."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from commissioning.model.problem import Problems
from commissioning.plc.lint.linter import LintResult, Settings, lint
from commissioning.plc.lint.output import as_json, as_sarif, as_text, rules_text
from commissioning.plc.lint.rules import RULES, UNDECIDED
from commissioning.plc.pieces import Mark, SourcePiece

SCENES = Path(__file__).parents[3] / "scenes"
PROGRAM = """PROGRAM MAIN
VAR
    i : INT;
    n : INT;
END_VAR
FOR i := 0 TO 3 DO
    i := i + 1;{}
    n := n + 1;
END_FOR;
END_PROGRAM
"""


def numbers(result: LintResult) -> list[str]:
    return [finding.rule.number for finding in result.findings]


# ---- settings -------------------------------------------------------------------------------------------


def test_that_rules_which_only_ask_for_a_definition_are_off_until_there_is_one() -> None:
    off = {number for number, rule in RULES.items() if not rule.on}
    assert {"N2", "N4", "N6", "N10", "CP23", "L1", "L11", "L16"} <= off
    assert set(Settings.of().severities) == set(RULES) - off
    settings = Settings.of({"n6": {"min": 3}, "L17": "off", "C2": True, "CP9": "error"})
    assert settings.options["N6"] == {"min": 3, "min_local": 3, "max": 25}
    assert "L17" not in settings.severities and settings.severities["CP9"] == "error"
    assert settings.severities["C2"] == "note"
    assert Settings.of({"CP9": {"severity": "note", "complexity": 9}}).severities["CP9"] == "note"


@pytest.mark.parametrize(
    ("told", "what"),
    [
        ({"X1": "on"}, "there is no rule X1"),
        ({"N6": "perhaps"}, "'perhaps' is no setting of a rule"),
        ({"N6": {"mininum": 3}}, "N6: it has no option mininum"),
        ({"N6": {"min": "3"}}, "N6: min is to be a whole number"),
        ({"N6": {"min": True}}, "N6: min is to be a whole number"),
        ({"N6": {"min": -1}}, "N6: min is not negative"),
        ({"N2": {"prefixes": "x"}}, "N2: prefixes is to be a mapping"),
    ],
)
def test_that_a_setting_that_is_none_is_a_problem(told: dict[str, Any], what: str) -> None:
    with pytest.raises(Problems, match=what):
        Settings.of(told)


# ---- comments that allow --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "comment",
    [
        " // lint: allow L12",
        " (* LINT: allow L17, l12: the last one is skipped on purpose *)",
        "\n    // nothing\n",
        " // lint: allow L13",
    ],
)
def test_that_a_comment_allows_what_it_names_in_its_line(comment: str) -> None:
    result = lint({"a.st": PROGRAM.format(comment)})
    allowed = "L12" in comment.upper()
    assert ("L12" not in numbers(result)) is allowed
    assert result.allowed == int(allowed)


def test_that_a_comment_on_a_line_of_its_own_is_for_the_next_one() -> None:
    text = PROGRAM.format("").replace("    i := i + 1", "    // lint: allow L12\n    i := i + 1")
    assert "L12" not in numbers(lint({"a.st": text}))
    text = PROGRAM.format("").replace("    i := i + 1", "    // lint: allow L12\n\n    i := i + 1")
    assert "L12" in numbers(lint({"a.st": text}))


def test_that_a_comment_above_a_pou_is_for_all_of_it_and_one_for_the_file_for_all() -> None:
    other = PROGRAM.format("").replace("MAIN", "OTHER")
    text = f"(* lint: allow L12 *)\n{PROGRAM.format('')}{other}"
    lines = [f.where.line for f in lint({"a.st": text}).findings if f.rule.number == "L12"]
    assert lines == [8 + 10]
    assert "L12" not in numbers(lint({"a.st": text + "// lint: allow-file L12\n"}))
    assert "L12" in numbers(lint({"a.st": text, "b.st": "// lint: allow-file L12\n"}))


def test_that_a_rule_that_is_none_cannot_be_allowed() -> None:
    result = lint({"a.st": PROGRAM.format(" // lint: allow L99")})
    (problem,) = result.problems
    assert (problem.what, problem.where.line, problem.severity) == (
        "there is no rule L99 to allow",
        7,
        "warning",
    )


# ---- what it is given -----------------------------------------------------------------------------------


def test_that_a_program_that_does_not_compile_is_looked_at_as_far_as_it_goes() -> None:
    result = lint({"a.st": PROGRAM.format("\n    n := unknown;")})
    assert "L12" in numbers(result)
    assert [problem.what for problem in result.problems] == ["unknown is not declared"]
    assert set(result.undecided) == {n for n, rule in RULES.items() if rule.needs_types and rule.on}


def test_that_a_unit_that_cannot_be_read_hides_no_other() -> None:
    broken = PROGRAM.format("").replace("MAIN", "BROKEN").replace("END_FOR;", "")
    result = lint({"a.st": broken + PROGRAM.format("")})
    assert "L12" in numbers(result) and result.problems


def test_that_places_are_those_of_the_file_that_a_text_was_taken_from() -> None:
    piece = SourcePiece(
        "MAIN",
        PROGRAM.format(""),
        "MAIN.TcPOU",
        (Mark(1, 1, 11, 1, True, "MAIN"), Mark(7, 1, 117, 3, True, "MAIN")),
    )
    found = next(f for f in lint({"MAIN": piece}).findings if f.rule.number == "L12")
    assert (found.where.file, found.where.line, found.where.column) == ("MAIN.TcPOU", 117, 7)


def test_that_a_variable_that_the_field_uses_is_not_called_unused() -> None:
    text = "VAR_GLOBAL Ready : BOOL; END_VAR\n" + PROGRAM.format("")
    assert "CP24" in numbers(lint({"a.st": text}))
    assert "CP24" not in numbers(lint({"a.st": text}, wired=["Ready"]))


HOSTILE = {
    "nothing": "",
    "open comment": "(* " * 5000,
    "nested": "(*" * 3000 + "*)" * 3000,
    "uneven": "PROGRAM A END_PROGRAM (* (* *)" * 500,
    "quotes": "'" * 10_001,
    "slashes": "/" * 20_000,
    "marks": "(* lint: allow " + "L12," * 20_000 + " *)",
    "deep": "PROGRAM A\nVAR n : INT; END_VAR\nn := " + "(" * 500 + "1" + ")" * 500 + ";\nEND_PROGRAM",
    "deep ifs": "PROGRAM A\nVAR n : INT; END_VAR\n"
    + "IF n = 1 THEN " * 300
    + "END_IF;" * 300
    + "\nEND_PROGRAM",
    "many": "PROGRAM A\nVAR n : INT; END_VAR\n" + "IF n = 1 THEN RETURN; END_IF;\n" * 2000 + "END_PROGRAM",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_that_a_hostile_text_is_answered_soon(case: str) -> None:
    settings = Settings.of(dict.fromkeys(RULES, "on"))
    began = time.process_time()
    assert isinstance(lint({"a.st": HOSTILE[case]}, settings), LintResult)
    assert time.process_time() - began < 5.0


def test_that_ten_thousand_lines_take_a_few_seconds() -> None:
    """All rules on; copies of the carton line's program."""
    base = (SCENES / "carton_line" / "plc" / "main.st").read_text()
    head, body = base[: (cut := base.index("FUNCTION_BLOCK FB_Track"))], base[cut:]
    copies = [body.replace("FB_Track", f"FB_Track{k}").replace(" MAIN", f" MAIN{k}") for k in range(78)]
    text = "\n".join([head, *copies])
    assert text.count("\n") > 10_000
    lint({"a.st": base})  # the grammar is read once per process
    began = time.process_time()
    result = lint({"a.st": text}, Settings.of(dict.fromkeys(RULES, "on")))
    assert time.process_time() - began < 8.0
    assert not [problem for problem in result.problems if problem.severity == "error"]


# ---- what it tells --------------------------------------------------------------------------------------


def test_that_findings_are_told_for_people_and_for_programs() -> None:
    result = lint({"plc\\a.st": PROGRAM.format("")})
    text = as_text(result)
    assert "plc\\a.st:7:5: error L12: i counts the loop of line 6 and is written in it." in text
    assert text.splitlines()[-2].startswith("1 text: 1 error,")
    data = as_json(result)
    first = next(one for one in data["findings"] if one["rule"] == "L12")
    assert (first["file"], first["line"], first["column"], first["severity"]) == ("plc\\a.st", 7, 5, "error")
    log = as_sarif(result, "commissioning 0.1.0")
    run = log["runs"][0]
    assert log["version"] == "2.1.0" and len(run["results"]) == len(result.findings)
    for one in run["results"]:
        assert run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"]
        assert one["level"] in ("error", "warning", "note")
        place = one["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "plc/a.st" and place["region"]["startLine"] >= 1


def test_that_the_table_names_every_rule_of_the_guideline_decided_or_not() -> None:
    """64 rules (iec-checker's list): N1-N10, C1-C6, CP1-CP28, L1-L17 with one counted L22 there, E1-E3."""
    text = rules_text()
    known = (
        {f"N{k}" for k in range(1, 11)} | {f"C{k}" for k in range(1, 7)} | {f"CP{k}" for k in range(1, 29)}
    )
    known |= {f"L{k}" for k in range(1, 18)} | {"E1", "E2", "E3"}
    assert known == set(RULES) | set(UNDECIDED) and len(known) == 64
    assert all(f"\n{number} " in f"\n{text}" for number in known)
    assert all(rule.sources and rule.decides for rule in RULES.values())


def test_that_an_else_with_nothing_in_it_is_one() -> None:
    """Comments and strings hold no words; an ELSE belongs to the CASE or IF that is open."""
    body = """
IF n = 1 THEN n := 2; ELSE ; END_IF;
IF n = 2 THEN (* ELSE *) n := 3; // ELSE
END_IF;
IF n = 3 THEN
    CASE n OF 1: n := 2; ELSE n := 3; END_CASE;
    s := 'ELSE';
ELSIF n = 4 THEN
    IF n = 5 THEN n := 6; ELSE END_IF;
END_IF;
"""
    text = f"PROGRAM MAIN\nVAR n : INT; s : STRING; END_VAR\n{body}\nEND_PROGRAM\n"
    result = lint({"a.st": text}, Settings.of(dict.fromkeys(RULES, "off") | {"L17": "on"}))
    assert not result.problems
    assert [text.splitlines()[f.where.line - 1] for f in result.findings] == [
        "IF n = 2 THEN (* ELSE *) n := 3; // ELSE", "IF n = 3 THEN",
    ]  # fmt: skip
