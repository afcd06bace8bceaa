"""JMP, loops, RETURN and exceptions in each other: random programs against an interpreter of their tree."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.plc import compile_st

MOST = 40  # steps that the random choices of a program last; then every condition is FALSE
DIVIDE, INDEX = 0x102, 0x101


@dataclass
class Node:
    """`word`: trace, if, for, while, repeat, exit, continue, return, jmp, label, try, divide, index."""

    word: str
    number: int = 0
    bodies: list[list[Node]] = field(default_factory=list)


@dataclass
class Signal(Exception):
    """What leaves statements; `value`: a label, or the code of an exception."""

    word: str
    value: int = 0


class Writer:
    """Draws a program. Every statement in it has a number of its own."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw, self.count = draw, 0

    def next(self) -> int:
        self.count += 1
        return self.count

    def body(self, depth: int, loops: int, labels: tuple[int, ...]) -> list[Node]:
        own = [self.next() for _ in range(self.draw(st.integers(0, 2)) if depth < 3 else 0)]
        known = (*labels, *own)
        found = [self.node(depth, loops, known) for _ in range(self.draw(st.integers(1, 4)))]
        for label in own:
            found.insert(self.draw(st.integers(0, len(found))), Node("label", label))
        return found

    def node(self, depth: int, loops: int, labels: tuple[int, ...]) -> Node:
        leaves = ["trace", "trace", "divide", "index", "return"]
        leaves += ["exit", "continue"] if loops else []
        leaves += ["jmp", "jmp"] if labels else []
        nested = ["if", "if", "for", "while", "repeat", "try", "try", "final", "final"] if depth < 3 else []
        word = self.draw(st.sampled_from(leaves + nested))
        if word in ("if", "for", "while", "repeat", "try", "final"):
            inside = loops + (word in ("for", "while", "repeat"))
            count = {"try": 2, "final": 3}.get(word, 1)
            bodies = [self.body(depth + 1, inside, labels) for _ in range(count)]
            return Node(word, self.next(), bodies)
        if word == "jmp":
            return Node("jmp", self.draw(st.sampled_from(labels)))
        return Node(word, self.next())


@st.composite
def programs(draw: st.DrawFn) -> list[Node]:
    return Writer(draw).body(0, 0, ())


def text(body: list[Node], depth: int) -> str:
    """As Structured Text. What may happen often happens only while `asked` says so."""
    found = []
    for node in body:
        inner = [text(one, depth + 1) for one in node.bodies]
        n = node.number
        if node.word == "trace":
            found.append(f"sum := sum * 31 + {n};")
        elif node.word == "label":
            found.append(f"l{n}: sum := sum * 31 + {n};")
        elif node.word == "if":
            found.append(f"IF asked() THEN {inner[0]} END_IF")
        elif node.word == "for":
            found.append(f"FOR i{depth} := 1 TO 3 DO sum := sum * 31 + i{depth}; {inner[0]} END_FOR")
        elif node.word == "while":
            found.append(f"WHILE asked() DO {inner[0]} END_WHILE")
        elif node.word == "repeat":
            found.append(f"REPEAT {inner[0]} UNTIL NOT asked() END_REPEAT")
        elif node.word in ("try", "final"):
            final = f"__FINALLY sum := sum * 31 + {n + 1}; {inner[2]}" if node.word == "final" else ""
            caught = f"__CATCH(e) sum := sum * 31 + UDINT_TO_ULINT(e); {inner[1]}"
            found.append(f"__TRY {inner[0]} {caught} {final} __ENDTRY")
        elif node.word == "jmp":
            found.append(f"IF asked() THEN JMP l{n}; END_IF")
        elif node.word == "divide":
            found.append("IF asked() THEN zero := 1 / zero; END_IF")
        elif node.word == "index":
            found.append("IF asked() THEN few[9 + zero] := 1; END_IF")
        else:
            found.append(f"IF asked() THEN {node.word.upper()}; END_IF")
    return "\n".join(found)


class Interpreter:
    """Executes the tree as the languages of CODESYS say it."""

    def __init__(self) -> None:
        self.sum = self.steps = 0

    def asked(self) -> bool:
        self.steps += 1
        return self.steps < MOST and self.steps * 7 % 11 < 6

    def trace(self, number: int) -> None:
        self.sum = (self.sum * 31 + number) % (1 << 64)

    def body(self, nodes: list[Node]) -> None:
        at = 0
        while at < len(nodes):
            try:
                self.node(nodes[at])
                at += 1
            except Signal as signal:
                places = [
                    place for place, node in enumerate(nodes)
                    if signal.word == "jmp" and node.word == "label" and node.number == signal.value
                ]  # fmt: skip
                if not places:
                    raise
                at = places[0]

    def round(self, nodes: list[Node]) -> bool:
        """One round of a loop; whether it goes on."""
        try:
            self.body(nodes)
        except Signal as signal:
            if signal.word == "exit":
                return False
            if signal.word != "continue":
                raise
        return True

    def node(self, node: Node) -> None:
        if node.word in ("trace", "label"):
            self.trace(node.number)
        elif node.word == "if":
            if self.asked():
                self.body(node.bodies[0])
        elif node.word == "for":
            for i in (1, 2, 3):
                self.trace(i)
                if not self.round(node.bodies[0]):
                    break
        elif node.word == "while":
            while self.asked():
                if not self.round(node.bodies[0]):
                    break
        elif node.word == "repeat":
            while self.round(node.bodies[0]) and self.asked():
                pass
        elif node.word == "try":
            self.catch(node)
        elif node.word == "final":
            self.final(node)
        elif self.asked():
            code = {"divide": DIVIDE, "index": INDEX}.get(node.word, 0)
            raise Signal("raise" if code else node.word, code or node.number)

    def catch(self, node: Node) -> None:
        try:
            self.body(node.bodies[0])
        except Signal as signal:
            if signal.word != "raise":
                raise
            self.trace(signal.value)
            self.body(node.bodies[1])

    def final(self, node: Node) -> None:
        left: Signal | None = None
        try:
            self.catch(node)
        except Signal as signal:
            left = signal
        self.trace(node.number + 1)
        self.body(node.bodies[2])
        if left is not None:
            raise left

    def run(self, nodes: list[Node]) -> int:
        """The exception that nobody caught, 0 for none."""
        try:
            self.body(nodes)
        except Signal as signal:
            return signal.value if signal.word == "raise" else 0
        return 0


ASKED = f"""
FUNCTION_BLOCK Asking VAR steps : UDINT; END_VAR
METHOD ask : BOOL steps := steps + 1; ask := steps < {MOST} AND steps * 7 MOD 11 < 6; END_METHOD
END_FUNCTION_BLOCK
VAR_GLOBAL teller : Asking; END_VAR
FUNCTION asked : BOOL asked := teller.ask(); END_FUNCTION
"""
LOCALS = (
    f"VAR {' '.join(f'i{depth} : INT;' for depth in range(6))} zero : INT; few : ARRAY[1..2] OF INT;"
    " e : __SYSTEM.ExceptionCode; END_VAR"
)


def compiled(nodes: list[Node], function: bool) -> str:
    body = text(nodes, 0)
    if function:  # the sum is its result, which __FINALLY may change behind RETURN
        return f"""{ASKED} FUNCTION tried : ULINT {LOCALS.replace("END_VAR", "sum : ULINT; END_VAR")}
        {body.replace("sum := ", "tried := sum := ")} END_FUNCTION
        PROGRAM P VAR code : __SYSTEM.ExceptionCode; sum : ULINT; END_VAR
        __TRY sum := tried(); __CATCH(code) ; __ENDTRY END_PROGRAM"""
    return f"""{ASKED} FUNCTION_BLOCK B VAR_IN_OUT sum : ULINT; END_VAR {LOCALS} {body} END_FUNCTION_BLOCK
        PROGRAM P VAR code : __SYSTEM.ExceptionCode; sum : ULINT; b : B; END_VAR
        __TRY b(sum := sum); __CATCH(code) ; __ENDTRY END_PROGRAM"""


@settings(max_examples=100, deadline=None)
@given(programs(), st.booleans(), st.booleans())
def test_that_random_jumps_and_exceptions_go_where_the_language_says(
    nodes: list[Node], function: bool, covered: bool
) -> None:
    reference = Interpreter()
    code = reference.run(nodes)
    plc = compile_st(compiled(nodes, function), "codesys").start()
    if covered:  # the code with probes goes the same way
        plc.coverage()
    plc.run(scans=1)
    assert (plc["P.code"], plc["teller.steps"]) == (code, reference.steps)
    if not (function and code):  # a function that an exception leaves gives nothing
        assert plc["P.sum"] == reference.sum
