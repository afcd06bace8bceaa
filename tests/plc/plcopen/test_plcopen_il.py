"""Instruction lists (IL) in PLCopen XML: every operator, and random lists against a machine of the test."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from commissioning.model.problem import Problem, Problems
from commissioning.plc import Plc, TaskSpec, compile_project

sys.path.insert(0, str(Path(__file__).parent))

from drawn_networks import pieces_of, pou, program, project, started, text_of

BOOLS = dict.fromkeys(("a", "b", "c", "q", "r"), "BOOL")


def listed(text: str, **variables: str) -> bytes:
    """A PROGRAM MAIN with this list as its body."""
    return project(program(f"<xhtml:p><![CDATA[{text}]]></xhtml:p>", "IL", **variables))


def after(text: str, scans: int = 1, **variables: str) -> Plc:
    plc = started(listed(text, **variables))
    plc.run(scans=scans)
    return plc


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LD 1\nADD 2\nMUL 3\nST n", 9),
        ("LD 10\nSUB 4\nDIV 2\nST n", 3),
        ("LD 17\nMOD 5\nST n", 2),
        ("LD 5\nADD(\nLD 2\nMUL 3\n)\nST n", 11),
        ("LD 5\nADD( 2\nMUL( 3\nADD 1\n)\n)\nSUB 1\nST n", 12),
        ("LD k\nADD 1\nST k\nST n", 8),
        ("LD k\nST n\nADD 1\nST k\nADD n\nST n", 15),
        ("LD k\nADD k\nST k\nSUB 4\nST n", 10),
        ("LD 3\nMAX k\nST n", 7),
        ("LD 1\nLIMIT 99, 5\nST n", 5),
        ("LIMIT(MN := 1,\n  IN := k,\n  MX := 5\n)\nST n", 5),
        ("LD 2.6\nREAL_TO_INT\nST n", 3),
        ("LD TRUE\nSEL 1, 2\nST n", 2),
        ("LD 'abc' (* a ) in a comment *)\nLEN // and another (\nST n", 3),
        ("ld k\nst n", 7),
        ("LD k;\nADD -2;\nST n;", 5),
        ("LD row[2]\nST n", 22),
        ("LD 1\nADD 2, 3\nST n", 6),
        ("LD k\nMUL (n)\nST n", 0),
    ],
)
def test_that_numbers_go_through_the_accumulator(text: str, expected: int) -> None:
    row = '<array><dimension lower="1" upper="2"/><baseType><INT/></baseType></array></type><initialValue>'
    row += '<arrayValue><value><simpleValue value="11"/></value><value><simpleValue value="22"/></value>'
    content = listed(text, n="INT", k="INT=7", row="ROW").decode()
    content = content.replace("<ROW/></type>", f"{row}</arrayValue></initialValue>")
    plc = started(content.encode())
    plc.run(scans=1)
    assert plc["MAIN.n"] == expected


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("LD a\nAND b\nST q", lambda a, b, c: a and b),
        ("LD a\n& b\nST q", lambda a, b, c: a and b),
        ("LD a\n&N b\nST q", lambda a, b, c: a and not b),
        ("LDN a\nANDN b\nST q", lambda a, b, c: not a and not b),
        ("LD a\nOR b\nXOR c\nST q", lambda a, b, c: (a or b) != c),
        ("LD a\nORN b\nXORN c\nST q", lambda a, b, c: (a or not b) != (not c)),
        ("LD a\nAND b\nOR c\nSTN q", lambda a, b, c: not ((a and b) or c)),
        ("LD a\nNOT\nST q", lambda a, b, c: not a),
        ("LD a\nAND( b\nOR c\n)\nST q", lambda a, b, c: a and (b or c)),
        ("LD a\nANDN(\nLD b\nOR c\n)\nST q", lambda a, b, c: a and not (b or c)),
        ("LD a\nANDN( b\nAND c\n)\nST q", lambda a, b, c: a and not (b and c)),
        ("LD a\nOR( b\nAND( c\nXOR a\n)\n)\nST q", lambda a, b, c: a or (b and c != a)),
        ("LD a\nGT b\nST q", lambda a, b, c: a > b),
        ("LD a\nEQ b\nNE c\nST q", lambda a, b, c: (a == b) != c),
        ("LD a\nGE b\nST r\nLD a\nLE b\nAND r\nST q", lambda a, b, c: a == b),
        ("LD a\nLT( b\nAND c\n)\nST q", lambda a, b, c: a < (b and c)),
    ],
)
def test_that_logic_goes_through_the_accumulator(text: str, formula: Any) -> None:
    plc = started(listed(text, **BOOLS))
    for bits in range(8):
        a, b, c = (bool(bits >> k & 1) for k in range(3))
        plc["MAIN.a"], plc["MAIN.b"], plc["MAIN.c"] = a, b, c
        plc.run(scans=1)
        assert plc["MAIN.q"] == bool(formula(a, b, c))


@pytest.mark.parametrize("count", [40, 700])
def test_that_long_lists_are_no_deep_expressions(count: int) -> None:
    lines = ["LD n"] + ["ADD 3", "SUB 1", "MUL 1", "ADD( 1\nMUL 2\n)"] * count + ["ST n", "GT 0"]
    lines += ["AND b", "ORN c", "XOR q"] * count + ["ST q"]
    plc = after("\n".join(lines), n="INT", **BOOLS | {"b": "BOOL=1", "c": "BOOL=1"})
    assert plc["MAIN.n"] == 4 * count
    assert plc["MAIN.q"]


def test_that_set_and_reset_act_while_it_is_true_and_leave_it_as_it_was() -> None:
    plc = started(listed("LD a\nS a\nS q\nR r\nST c", **BOOLS | {"r": "BOOL=1"}))
    plc.run(scans=1)
    assert [plc[f"MAIN.{name}"] for name in "qrc"] == [False, True, False]
    plc["MAIN.a"] = True
    plc.run(scans=1)
    assert [plc[f"MAIN.{name}"] for name in "qrc"] == [True, False, True]


def test_that_what_is_loaded_stays_what_it_was_while_its_source_is_written() -> None:
    plc = after("LD a\nR a\nS q\nLD a\nST r", a="BOOL=1", q="BOOL", r="BOOL=1")
    assert [plc[f"MAIN.{name}"] for name in "aqr"] == [False, True, False]


COUNTER = """LD reset
JMPC ResetCnt

(* increment counter *)
LD n
ADD 1
JMP QuitFb

ResetCnt:
(* reset counter *)
LD 17

QuitFb:
ST n
ST m"""


def test_that_jumps_carry_what_is_loaded_to_their_label() -> None:
    plc = started(listed(COUNTER, reset="BOOL", n="INT", m="INT"))
    seen = []
    for reset in (False, False, True, False):
        plc["MAIN.reset"] = reset
        plc.run(scans=1)
        seen.append((plc["MAIN.n"], plc["MAIN.m"]))
    assert seen == [(1, 1), (2, 2), (17, 17), (18, 18)]


@pytest.mark.parametrize("dialect", ["iec", "codesys", "twincat"])
def test_that_a_jump_back_is_a_loop_in_every_dialect(dialect: str) -> None:
    text = "LD 0\nST sum\nagain: LD sum\nADD n\nST sum\nLD n\nSUB 1\nST n\nGT 0\nJMPC again"
    pieces, problems = pieces_of(listed(text, n="INT=10", sum="INT"))
    assert problems == []
    tasks = [TaskSpec("main", "MAIN", 10_000_000)]
    plc = compile_project({piece.name: piece for piece in pieces}, dialect, tasks).start()
    plc.run(scans=1)
    assert plc["MAIN.sum"] == 55


def test_that_a_loop_may_carry_its_value_in_the_accumulator() -> None:
    plc = after(
        "LD 1\nagain: MUL 2\nST n\nLT 100\nJMPCN done\nLD n\nJMP again\ndone: LD n\nST m", n="INT", m="INT"
    )
    assert plc["MAIN.m"] == 128


@pytest.mark.parametrize(("condition", "expected"), [("RETC", 0), ("RETCN", 1), ("RET", 0)])
def test_that_returns_leave_the_list(condition: str, expected: int) -> None:
    assert after(f"LD TRUE\n{condition}\nLD 1\nST n", n="INT")["MAIN.n"] == expected


def test_that_blocks_are_called_and_their_outputs_loaded() -> None:
    text = "CAL t(\n  IN := a,\n  PT := T#20ms,\n  Q => q\n)\nLD t.Q\nST r\n"
    text += "LD a\nCALCN count(CU := TRUE)\nLD b\nCALC count"
    plc = started(listed(text, **BOOLS, t="TON", count="CTU"))
    plc["MAIN.a"] = True
    plc.run(scans=3)
    assert (plc["MAIN.q"], plc["MAIN.r"], plc["MAIN.count.CV"]) == (True, True, 0)
    plc["MAIN.a"] = False
    plc.run(scans=1)
    assert (plc["MAIN.q"], plc["MAIN.count.CV"]) == (False, 1)


def test_that_operators_named_after_inputs_give_them_and_call_the_block() -> None:
    text = (
        "LD 2\nPV count\nLD a\nCU count\nLD count.Q\nST q\nLD b\nR count\nLD a\nS1 latch\nLD latch.Q1\nST r"
    )
    plc = started(listed(text, **BOOLS, count="CTU", latch="SR"))
    for bit in "1010":
        plc["MAIN.a"] = bit == "1"
        plc.run(scans=1)
    assert (plc["MAIN.count.CV"], plc["MAIN.q"], plc["MAIN.r"]) == (2, True, True)
    plc["MAIN.b"] = True
    plc.run(scans=1)
    assert plc["MAIN.count.CV"] == 0


def test_that_a_function_of_the_project_is_called_once() -> None:
    own = pou(
        "Next", "function", "<p>count := count + 1; Next := base + count;</p>", "ST", "INT",
        inputVars={"base": "INT"}, externalVars={"count": "INT"},
    )  # fmt: skip
    body = "LD 10\nNext\nST n\nST m\nLD 0\nNext\nLD 5\nST k"
    main = program(f"<p>{body}</p>", "IL", n="INT", m="INT", k="INT")
    rest = '<instances><configurations><configuration name="c"><resource name="r"/><globalVars>'
    rest += '<variable name="count"><type><INT/></type></variable></globalVars>'
    rest += "</configuration></configurations></instances>"
    pieces, problems = pieces_of(project(main, own, rest=rest))
    assert problems == []
    tasks = [TaskSpec("main", "MAIN", 10_000_000)]
    plc = compile_project({piece.name: piece for piece in pieces}, tasks=tasks).start()
    plc.run(scans=1)
    assert (plc["MAIN.n"], plc["MAIN.m"], plc["MAIN.k"]) == (11, 11, 5)
    assert next(plc[path] for path in ("count", "GVL.count", "globals.count") if path in plc) == 2


def test_that_a_function_may_be_a_list() -> None:
    body = "LD x\nGE 0\nJMPC fine\nLD 0\nSUB x\nST Size\nRET\nfine:\nLD x\nST Size"
    own = pou("Size", "function", f"<p>{body}</p>", "IL", "INT", inputVars={"x": "INT"})
    main = program("<p>LD -4\nSize\nST n\nLD 6\nSize\nADD n\nST n</p>", "IL", n="INT")
    plc = started(project(main, own))
    plc.run(scans=1)
    assert plc["MAIN.n"] == 10


def test_that_a_list_says_so_and_problems_stand_in_its_lines() -> None:
    content = listed("LD a\n\nADD n\nST n", a="BOOL", n="INT")
    assert "translated from IL" in text_of(content)
    first = content.decode().split("LD a")[0].count("\n") + 1
    with pytest.raises(Problems) as found:
        started(content)
    assert {problem.where.line for problem in found.value.problems} == {first + 2}


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("ST n", "nothing is loaded here", 1),
        ("LD n\nJMP there", "no label there to jump to", 2),
        ("x: LD n\nx: ST n", "second label x", 2),
        ("LD n\nADD(\nLD n\nST n", "a ST cannot stand in parentheses", 4),
        ("LD n\nADD(\nLD n", "never closed", 2),
        ("LD n\n)\nST n", "closes nothing", 2),
        ("LD n\nADD\nST n", "ADD needs an operand", 2),
        ("LD n ST n", "a line of its own", 1),
        ("LD n\nNOT n", "NOT takes no operand", 2),
        ("CAL t(IN := TRUE\nLD n", "never closed", 1),
        ("LD n\nST 5", "ST writes a variable, 5 is a value", 2),
        ("LD a\nS TRUE", "S writes a variable, TRUE is a value", 2),
        ("LD a, n\nST n", "LD takes one operand, here are 2", 1),
        ("LD n\n+ 1", "begins no instruction", 2),
        ("LD n\nADD 1,\nST n", "an operand is missing", 2),
        ("LD foo.bar\nJMP x\nx: ADD foo.bar\nST foo.x", "is not known here", 3),
    ],
)
def test_that_mistakes_are_told_with_their_line(text: str, words: str, line: int) -> None:
    content = listed(text, n="INT", a="BOOL", t="TON")
    first = content.decode().split("<![CDATA[")[0].count("\n") + 1
    pieces, problems = pieces_of(content)
    found: tuple[Problem, ...] = tuple(problems)
    if not found:
        with pytest.raises(Problems) as raised:
            compile_project({piece.name: piece for piece in pieces})
        found = raised.value.problems
    assert words in found[0].what
    assert found[0].where.line == first + line - 1


def test_that_jumps_in_structured_text_beside_a_list_stay_refused() -> None:
    other = pou("Other", "functionBlock", "<p>JMP x; x: ;</p>", "ST")
    with pytest.raises(Problems, match="JMP belongs to no Structured Text of the dialect iec"):
        started(project(program(f"<p>{COUNTER}</p>", "IL", reset="BOOL", n="INT", m="INT"), other))


# ---- random lists against a machine that works one instruction after the other -------------------------


def _machine(lines: list[str], memory: dict[str, int]) -> None:
    """Executes a list as IEC 61131-3 tells it: INT variables n0.., BOOL variables b0.., one accumulator."""
    labels = {line[:-1]: k for k, line in enumerate(lines) if line.endswith(":")}

    def fits(x: int) -> int:
        assume(-32768 <= x <= 32767)  # beyond that, as in an expression of Structured Text
        return x

    made = {
        "ADD": lambda x, y: fits(x + y), "SUB": lambda x, y: fits(x - y), "MUL": lambda x, y: fits(x * y),
        "AND": lambda x, y: x & y, "OR": lambda x, y: x | y, "XOR": lambda x, y: x ^ y,
        "GT": lambda x, y: int(x > y), "LE": lambda x, y: int(x <= y), "EQ": lambda x, y: int(x == y),
    }  # fmt: skip
    now, stack, at, steps = 0, [], 0, 0
    value = lambda text: memory[text] if text in memory else int(text.removeprefix("INT#"))  # noqa: E731
    while at < len(lines) and steps < 2000:
        steps += 1
        operator, _, rest = lines[at].partition(" ")
        at += 1
        if operator.endswith(":"):
            continue
        if operator == ")":
            left, name, negated = stack.pop()
            now = made[name](left, 1 - now if negated else now)
        elif rest.startswith("("):
            negated = operator.endswith("N")
            stack.append((now, operator.removesuffix("N") if negated else operator, negated))
            now = value(rest[2:])
        elif operator in ("LD", "LDN"):
            now = value(rest) if operator == "LD" else 1 - value(rest)
        elif operator == "ST":
            memory[rest] = now
        elif operator == "STN":
            memory[rest] = 1 - now
        elif operator in ("S", "R"):
            memory[rest] = int(operator == "S") if now else memory[rest]
        elif operator == "NOT":
            now = 1 - now
        elif operator.startswith("JMP"):
            if operator == "JMP" or (operator == "JMPC") == bool(now):
                at = labels[rest]
        elif operator in ("ANDN", "ORN", "XORN"):
            now = made[operator[:-1]](now, 1 - value(rest))
        else:
            now = made[operator](now, value(rest))


@st.composite
def _lists(draw: st.DrawFn) -> list[str]:
    """Lists of well-typed instructions; jumps lead forward, to labels where the accumulator has one type."""
    lines: list[str] = []
    wanted: list[tuple[str, str]] = []  # labels that are still to come, and the type that they carry
    numbers, flags = (
        st.sampled_from(["n0", "n1", "n2", "INT#3", "INT#-7", "INT#300"]),
        st.sampled_from(["b0", "b1", "b2"]),
    )
    kind = ""
    for k in range(draw(st.integers(3, 30))):
        label = next(
            (name for name, carried in wanted if carried in ("", kind) and draw(st.booleans())), None
        )
        if label is not None:
            carried = dict(wanted)[label]
            wanted = [(name, one) for name, one in wanted if name != label]
            lines.append(f"{label}:")
            kind = kind if carried else ""
        if not kind or draw(st.integers(0, 5)) == 0:
            kind = draw(st.sampled_from(["n", "b"]))
            lines.append(f"LD {draw(numbers if kind == 'n' else flags)}")
            continue
        if kind == "n":
            choice = draw(st.sampled_from(["ADD", "SUB", "MUL", "ST", "GT", "LE", "EQ", "("]))
            if choice == "ST":
                lines.append(f"ST {draw(st.sampled_from(['n0', 'n1', 'n2']))}")
            elif choice == "(":
                opened = draw(st.sampled_from(["ADD", "SUB", "MUL", "GT"]))
                lines.append(f"{opened} ( {draw(numbers)}")
                lines += [f"{draw(st.sampled_from(['ADD', 'SUB', 'MUL']))} {draw(numbers)}", ")"]
                kind = "b" if opened == "GT" else "n"
            else:
                lines.append(f"{choice} {draw(numbers)}".replace("INT#", draw(st.sampled_from(["INT#", ""]))))
                kind = "n" if choice in ("ADD", "SUB", "MUL") else "b"
        else:
            words = ["AND", "ORN", "XOR", "ANDN", "NOT", "ST", "STN", "S", "R", "JMPC", "JMPCN", "("]
            choice = draw(st.sampled_from(words))
            if choice == "NOT":
                lines.append("NOT")
            elif choice == "(":
                lines.append(f"{draw(st.sampled_from(['AND', 'OR', 'XOR', 'ANDN']))} ( {draw(flags)}")
                lines += [f"{draw(st.sampled_from(['AND', 'OR']))} {draw(flags)}", ")"]
            elif choice.startswith("JMP"):
                name = f"l{k}"
                wanted.append((name, draw(st.sampled_from(["", "b"]))))
                lines.append(f"{choice} {name}")
            else:
                lines.append(f"{choice} {draw(flags)}")
        if draw(st.integers(0, 12)) == 0:
            name = f"l{k}"
            if all(name != other for other, _ in wanted):
                wanted.append((name, kind))
                lines.append(f"JMP {name}")
    for name, carried in wanted:
        if carried not in ("", kind):
            lines.append("LD n0" if carried == "n" else "LD b0")
            kind = carried
        lines.append(f"{name}:")
        kind = carried
    return lines


@settings(max_examples=120, deadline=None)
@given(lines=_lists(), data=st.data())
def test_that_random_lists_do_what_a_machine_does(lines: list[str], data: st.DataObject) -> None:
    names = {f"n{k}": "INT" for k in range(3)} | {f"b{k}": "BOOL" for k in range(3)}
    plc = started(listed("\n".join(lines), **names))
    for _ in range(3):
        memory = {
            name: data.draw(st.integers(-40, 40) if kind == "INT" else st.integers(0, 1))
            for name, kind in names.items()
        }
        for name, value in memory.items():
            plc[f"MAIN.{name}"] = value if name[0] == "n" else bool(value)
        _machine(lines, memory)
        plc.run(scans=1)
        assert {name: int(plc[f"MAIN.{name}"]) for name in names} == memory, re.sub(
            "\n", "; ", "\n".join(lines)
        )
