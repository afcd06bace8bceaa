"""What other public projects for IEC 61131-3 state in their own tests, as data in words of our own.

peers/*.txt hold expressions. A table begins with `== project: where | dialects | declarations`; each line
behind it is a condition that holds, statements that set `ok`, `stops: statements` that stop the PLC or
`refused: statements` that do not compile. Behind ` -- ` stands a remark. Where the other project says
something else, the case is in peers/differences.txt, with what it says and why we do not.

peers/*.seq hold standard function blocks, call by call at times in ms: `TON: 0 IN:=1 > Q=0 / 5 > Q=1`.

peers/*.st hold programs in the form of test_conformance_programs.py: `//// name | dialects | scans | values`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from commissioning.model.problem import Problems
from commissioning.plc import PlcError, compile_st
from commissioning.plc.values.iec_types import Value

FOLDER = Path(__file__).parent / "peers"


@dataclass(frozen=True)
class Case:
    """One line of a table in one dialect."""

    source: str
    text: str
    declarations: str
    dialect: str

    def program(self, body: str) -> str:
        return f"PROGRAM MAIN\nVAR ok : BOOL; {self.declarations} END_VAR\n{body}\nEND_PROGRAM"


def cases() -> Iterator[Case]:
    for path in sorted(FOLDER.glob("*.txt")):
        source = dialects = declarations = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("== "):
                source, dialects, declarations = (word.strip() for word in line[3:].split("|"))
            elif line.strip() and not line.startswith("#"):
                text = line.partition(" -- ")[0].strip()
                for dialect in dialects.split():
                    yield Case(source, text, declarations, dialect)


CASES = list(cases())


@pytest.mark.parametrize("case", CASES, ids=[f"{case.dialect}: {case.text}" for case in CASES])
def test_that_an_expression_comes_to_what_a_peer_says(case: Case) -> None:
    kind, colon, rest = case.text.partition(": ")
    if colon and kind == "refused":
        with pytest.raises(Problems):
            compile_st(case.program(rest), case.dialect)
    elif colon and kind == "stops":
        plc = compile_st(case.program(rest), case.dialect).start()
        with pytest.raises(PlcError):
            plc.run(1)
    else:
        body = case.text if case.text.endswith(";") else f"ok := {case.text};"
        plc = compile_st(case.program(body), case.dialect).start()
        plc.run(1)
        assert plc["MAIN.ok"] is True, f"{case.source}: {case.text}"


@dataclass(frozen=True)
class Checked:
    """A program, and the values of variables of MAIN after so many scans, 10 ms apart."""

    name: str
    text: str
    dialect: str
    scans: int
    wanted: dict[str, Value]


def programs() -> Iterator[Checked]:
    for path in sorted(FOLDER.glob("*.st")):
        for part in path.read_text(encoding="utf-8").split("//// ")[1:]:
            head, _, text = part.partition("\n")
            name, dialects, scans, values = (word.strip() for word in head.split("|"))
            wanted: dict[str, Value] = {}
            for one in values.split("; "):
                variable, _, value = one.partition(" = ")
                wanted[variable] = value == "TRUE" if value in ("TRUE", "FALSE") else ast.literal_eval(value)
            for dialect in dialects.split():
                yield Checked(name, text, dialect, int(scans), wanted)


PROGRAMS = list(programs())


@pytest.mark.parametrize(
    "checked", PROGRAMS, ids=[f"{checked.dialect}: {checked.name}" for checked in PROGRAMS]
)
def test_that_a_program_comes_to_what_a_peer_says(checked: Checked) -> None:
    plc = compile_st(checked.text, checked.dialect).start()
    plc.run(checked.scans)
    assert {name: plc[f"MAIN.{name}"] for name in checked.wanted} == checked.wanted


@dataclass(frozen=True)
class Sequence:
    """A standard function block, the times at which it is called, and with what and to what, in ms."""

    source: str
    text: str
    dialect: str

    def times(self) -> list[int]:
        return [int(call.split()[0]) for call in self.calls()]

    def calls(self) -> list[str]:
        return self.text.partition(": ")[2].split(" / ")

    def program(self) -> str:
        """Each call in a branch of its own; `wrong` is the first that came to something else."""
        branches = []
        for number, call in enumerate(self.calls()):
            inputs, _, outputs = call.partition(" > ")
            wanted = " AND ".join(
                f"(block.{name} = {f'BOOL#{value}' if name.startswith('Q') else value})"
                for name, _, value in (one.partition("=") for one in outputs.split(", "))
            )
            branches.append(
                f"{number}: block({inputs.strip().partition(' ')[2]}); "
                f"IF NOT ({wanted}) AND wrong < 0 THEN wrong := {number}; END_IF"
            )
        return (
            f"PROGRAM MAIN VAR block : {self.text.partition(': ')[0]}; call, wrong : INT := -1; END_VAR\n"
            "call := call + 1;\nCASE call OF\n" + "\n".join(branches) + "\nEND_CASE\nEND_PROGRAM"
        )


def sequences() -> Iterator[Sequence]:
    for path in sorted(FOLDER.glob("*.seq")):
        source = dialects = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("== "):
                source, dialects = (word.strip() for word in line[3:].split("|"))
            elif line.strip() and not line.startswith("#"):
                for dialect in dialects.split():
                    text = line
                    if dialect == "iec":  # the short names of the standard, the long ones of the makers
                        for maker, short in IEC_NAMES:
                            text = text.replace(f"{maker}:=", f"{short}:=")
                    yield Sequence(source, text, dialect)


IEC_NAMES = (("RESET1", "R1"), ("RESET", "R"), ("SET", "S"), ("LOAD", "LD"))
SEQUENCES = list(sequences())


@pytest.mark.parametrize("sequence", SEQUENCES, ids=[f"{one.dialect}: {one.text}" for one in SEQUENCES])
def test_that_a_block_comes_to_what_a_peer_says(sequence: Sequence) -> None:
    plc = compile_st(sequence.program(), sequence.dialect).start()
    for at in sequence.times():
        plc.scan(at * 1_000_000)
    assert plc["MAIN.call"] == len(sequence.times()) - 1
    assert plc["MAIN.wrong"] == -1, f"{sequence.source}: {sequence.text}"
