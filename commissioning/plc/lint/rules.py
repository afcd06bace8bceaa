"""The rules of the linter: those of the PLCopen Coding Guidelines V1.0 (2016-04-20) that a tree can decide.

Titles are in our words. Numbers and titles were compared with two public lists: the coverage table and the
detector reference of iec-checker (github.com/jubnzv/iec-checker), which name all 64 rules, and the pages of
CODESYS and TwinCAT Static Analysis, which name some ("PLCopen rule: CP25"). `sources` says where each number
was seen: G the guideline's own table of contents, I iec-checker, C CODESYS or TwinCAT. The text of the rules
was not at hand: what exactly is looked for is told by `decides`, and is ours.

A rule that says no more than that a project shall define something (name lengths, prefixes) is off until the
project does. One number differs between the lists: L12 here (loop variables are not modified) is L12 at
CODESYS and on the guideline's page of the rule, and L22 in its table of contents, as iec-checker tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Rule:
    """`on`: without configuration. `options` with their defaults. `decides`: what exactly is looked for.
    `needs_types`: only of a program that compiles."""

    number: str
    title: str
    severity: Severity
    decides: str
    sources: str = "I"
    on: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    needs_types: bool = False


_CASES = "UpperCamelCase, lowerCamelCase, UPPER_SNAKE_CASE, lower_snake_case"
_RULES = (
    Rule("N1", "no physical addresses in code", "warning", "an address such as %IX0.0 in a body", "I C"),
    Rule(
        "N2",
        "type prefixes of variables",
        "warning",
        "a variable without the prefix of its type",
        on=False,
        options={"prefixes": {}},
    ),
    Rule(
        "N3",
        "names to avoid",
        "note",
        "names of standard types, functions and blocks, and names that say nothing",
        options={"names": "info data temp tmp str buf var"},
    ),
    Rule(
        "N4",
        "use of capitals",
        "note",
        f"a name not in its style ({_CASES})",
        on=False,
        options={"variable": "", "constant": "UPPER_SNAKE_CASE", "pou": "", "type": ""},
    ),
    Rule(
        "N5",
        "local names do not hide global ones",
        "warning",
        "a variable of a POU that has the name of a global one",
    ),
    Rule(
        "N6",
        "length of names",
        "note",
        "a name shorter or longer than defined",
        on=False,
        options={"min": 8, "min_local": 3, "max": 25},
    ),
    Rule("N8", "characters of names", "note", "two underscores in a row, or one at the end"),
    Rule(
        "N9",
        "elements of different kinds have different names",
        "warning",
        "one name for two of program, block, function, type, global variable and task",
    ),
    Rule(
        "N10",
        "prefixes of types and POUs",
        "warning",
        "a type or POU without the prefix of its kind",
        on=False,
        options={"prefixes": {}},
    ),
    Rule(
        "C2",
        "all elements are commented",
        "note",
        "a POU, type or variable without a comment above, beside or at its beginning",
        "I C",
        on=False,
    ),
    Rule("C3", "no nested comments", "warning", "a comment that begins inside of another", "I C"),
    Rule(
        "C4",
        "comments hold no code",
        "note",
        "a comment with an assignment or a call that ends in a semicolon",
    ),
    Rule("C5", "comments of single lines", "note", "a (* *) or /* */ that goes over several lines", on=False),
    Rule("CP1", "members by name", "warning", "an address in a body for which a variable is declared"),
    Rule(
        "CP2",
        "all code is used",
        "warning",
        "statements behind RETURN, EXIT, CONTINUE or JMP, conditions that are "
        "always the same, POUs that nobody calls",
        "I C",
    ),
    Rule(
        "CP3",
        "variables are initialized before they are used",
        "note",
        "a local variable without initial value that is read in a cycle before it was written (it is 0 then)",
        on=False,
    ),
    Rule(
        "CP4",
        "addresses do not overlap",
        "error",
        "two variables that share bits of an address",
        needs_types=True,
    ),
    Rule(
        "CP6",
        "no external variables in functions and blocks",
        "note",
        "a function, block or method that reads or writes a global variable",
        needs_types=True,
    ),
    Rule(
        "CP7",
        "errors are tested",
        "warning",
        "an instance whose output Error, ErrorID or the like is never read",
    ),
    Rule(
        "CP8",
        "REAL is not compared for equality",
        "warning",
        "= or <> of REAL or LREAL, but with 0.0",
        needs_types=True,
    ),
    Rule(
        "CP9",
        "complexity of a POU",
        "warning",
        "McCabe's number (decisions + 1) above the limit, or too many statements",
        options={"complexity": 25, "statements": 0},
    ),
    Rule(
        "CP10",
        "one task writes a variable",
        "error",
        "a global variable that POUs of several tasks write",
        "I",
        needs_types=True,
    ),
    Rule(
        "CP12",
        "an output is written once per cycle",
        "warning",
        "a %Q variable written more than once on one way through a POU, or by several",
        "G I",
        needs_types=True,
    ),
    Rule("CP13", "no recursion", "error", "a function or method that calls itself, directly or not", "G I"),
    Rule("CP14", "one exit of a POU", "note", "RETURN that is not the last statement"),
    Rule(
        "CP15",
        "what another task writes is read once per cycle",
        "note",
        "a global variable that another task writes, read more than once on one way through a POU",
        needs_types=True,
    ),
    Rule(
        "CP16",
        "tasks call programs only",
        "error",
        "a program instance of a configuration that is no PROGRAM",
    ),
    Rule(
        "CP17",
        "parameters are used as declared",
        "warning",
        "an input that is written inside, an input or in-out "
        "that is not used, an output that is never written",
        needs_types=True,
    ),
    Rule(
        "CP18",
        "few global variables",
        "note",
        "a POU that uses more global variables than the limit",
        on=False,
        options={"max": 10},
        needs_types=True,
    ),
    Rule("CP19", "no jumps", "note", "RETURN (there is no JMP in Structured Text)", on=False),
    Rule(
        "CP20",
        "an instance is called once",
        "warning",
        "a block instance that is called more than once on one way "
        "through a POU, or in a loop; counters may be",
    ),
    Rule(
        "CP21", "VAR_TEMP for what is temporary", "note", "a VAR that every cycle writes before it reads it"
    ),
    Rule(
        "CP23",
        "number of parameters",
        "note",
        "more inputs, outputs or in-outs than the limit",
        on=False,
        options={"max": 12},
    ),
    Rule(
        "CP24", "no unused variables", "warning", "a variable without an address that nobody reads or writes"
    ),
    Rule(
        "CP25",
        "conversions are written out",
        "note",
        "an implicit conversion that may lose digits (DINT to REAL, LINT to LREAL)",
        "I C",
        needs_types=True,
    ),
    Rule(
        "CP26",
        "one program writes a global variable",
        "warning",
        "a global variable that several PROGRAMs write, also through what they call",
        needs_types=True,
    ),
    Rule(
        "CP27",
        "no deprecated features",
        "note",
        "octal literals and addresses in bodies, which edition 3 deprecates",
    ),
    Rule(
        "CP28",
        "times are not compared for equality",
        "warning",
        "= or <> of TIME or LTIME, but with T#0s",
        needs_types=True,
    ),
    Rule(
        "L1",
        "indentation",
        "note",
        "a line that does not begin with a multiple of the width",
        on=False,
        options={"width": 4},
    ),
    Rule("L4", "format", "note", "several statements in one line", on=False),
    Rule("L10", "no EXIT and CONTINUE", "note", "EXIT or CONTINUE"),
    Rule("L11", "length of lines", "note", "a line longer than the limit", on=False, options={"max": 120}),
    Rule(
        "L12",
        "loop variables are not modified",
        "error",
        "a write to the variable of a FOR inside its loop",
        "I C",
    ),
    Rule(
        "L13",
        "loop variables are not used behind the loop",
        "warning",
        "a read of the variable of a FOR behind its loop, before it is written",
    ),
    Rule(
        "L14",
        "parameters are clear",
        "note",
        "a call of a user's function or block with two or more parameters without their names",
        on=False,
    ),
    Rule("L15", "parentheses tell what comes first", "note", "AND, OR and XOR mixed without parentheses"),
    Rule("L16", "use of tabs", "note", "a tab", on=False),
    Rule("L17", "every IF has an ELSE", "note", "an IF without ELSE"),
    Rule("E1", "no memory allocated while running", "error", "__NEW and __DELETE"),
    Rule("E2", "no arithmetic with pointers", "error", "+ or - with a POINTER, a REF_TO or ADR()"),
    Rule("E3", "pointers are not ordered", "error", "<, >, <= or >= with a POINTER, a REF_TO or ADR()"),
)
RULES: Mapping[str, Rule] = MappingProxyType({rule.number: rule for rule in _RULES})

UNDECIDED: Mapping[str, str] = MappingProxyType(
    {
        "N7": "how namespaces are named is the project's to define, and no option says it yet",
        "C1": "what a comment intends no program can tell",
        "C6": "the language of comments is not told by the tree",
        "CP5": "whether an application is well designed no program can tell",
        "CP11": "how tasks are synchronized is a matter of the run",
        "CP22": "whether a type is appropriate depends on what the values mean",
        "L2": "about FBD: networks are translated to text here",
        "L3": "about FBD: networks are translated to text here",
        "L5": "about LD: rungs are translated to text here",
        "L6": "about LD: rungs are translated to text here",
        "L7": "about drawn SFC; that paths close is checked when a chart is compiled",
        "L8": "about drawn SFC",
        "L9": "about drawn SFC",
    }
)
"""Rules of the guideline that are not decided, and why."""
