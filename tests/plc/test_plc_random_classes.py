"""Random classes against Python's own: which method is reached through THIS, SUPER, references, interfaces.

A class is written twice from one plan, once as Structured Text and once as a Python class; both must give the
same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from commissioning.plc import compile_st

NAMES = ("Ma", "Mb", "Mc")


@dataclass(frozen=True)
class Method:
    """Returns `number` + n, plus what SUPER^ and THIS^ give (with n - 1) where that is asked for."""

    name: str
    number: int
    above: bool
    other: str


@dataclass(frozen=True)
class Class:
    base: int  # -1: none
    methods: tuple[Method, ...]


@st.composite
def plans(draw: st.DrawFn) -> list[Class]:
    found: list[Class] = []
    known: list[set[str]] = []
    for index in range(draw(st.integers(2, 6))):
        base = draw(st.integers(-1, index - 1))
        inherited = known[base] if base >= 0 else set()
        # the first of each lineage has Ma, so that there is something to call
        names = [n for n in NAMES if (n == "Ma" and base < 0) or draw(st.booleans())]
        reach = sorted(inherited | set(names))
        methods = tuple(
            Method(
                name, draw(st.integers(1, 9)), name in inherited and draw(st.booleans()),
                draw(st.sampled_from(["", *reach])),
            )
            for name in names
        )  # fmt: skip
        found.append(Class(base, methods))
        known.append(inherited | set(names))
    return found


def reached(plan: list[Class], index: int) -> set[str]:
    own = {method.name for method in plan[index].methods}
    return own | (reached(plan, plan[index].base) if plan[index].base >= 0 else set())


def structured_text(plan: list[Class]) -> str:
    parts = ["INTERFACE I\nMETHOD Ma : DINT VAR_INPUT n : DINT; END_VAR END_METHOD\nEND_INTERFACE\n"]
    for index, one in enumerate(plan):
        extends = f"EXTENDS C{one.base} " if one.base >= 0 else "IMPLEMENTS I "
        parts.append(f"FUNCTION_BLOCK C{index} {extends}\nVAR_OUTPUT calls{index} : DINT; END_VAR\n")
        for method in one.methods:
            parts.append(
                f"METHOD {method.name} : DINT\nVAR_INPUT n : DINT; END_VAR\nVAR sum : DINT; END_VAR\n"
            )
            parts.append(f"calls{index} := calls{index} + 1;\nsum := {method.number} + n;\n")
            if method.above:
                parts.append(f"sum := sum + SUPER^.{method.name}(n);\n")
            if method.other:
                parts.append(f"IF n > 0 THEN sum := sum + THIS^.{method.other}(n - 1); END_IF\n")
            parts.append(f"{method.name} := sum;\nEND_METHOD\n")
        parts.append("END_FUNCTION_BLOCK\n")
    parts.append("FUNCTION Through : DINT VAR_INPUT i : I; END_VAR Through := i.Ma(2); END_FUNCTION\n")
    declared = "".join(f" o{n} : C{n};" for n in range(len(plan)))
    results = "".join(f" {word}{n} : DINT;" for n in range(len(plan)) for word in ("x", "y", "z"))
    pointers = "".join(f" p{n} : REFERENCE TO C{max(one.base, 0)};" for n, one in enumerate(plan))
    body = ""
    for n, one in enumerate(plan):
        body += f"x{n} := o{n}.Ma(3); y{n} := Through(o{n});\n"
        if one.base >= 0:
            body += f"p{n} REF= o{n}; z{n} := p{n}.Ma(1);\n"
    return "".join((*parts, f"PROGRAM MAIN VAR{declared}{results}{pointers} END_VAR\n{body}END_PROGRAM\n"))


def python_classes(plan: list[Class]) -> list[type[Any]]:
    made: list[type[Any]] = []
    for index, one in enumerate(plan):
        space: dict[str, Any] = {}
        for method in one.methods:
            space[method.name] = written(method, index, made)
        made.append(type(f"C{index}", (made[one.base] if one.base >= 0 else object,), space))
    return made


def written(method: Method, index: int, made: list[type[Any]]) -> Any:
    def call(self: Any, n: int) -> int:
        self.calls[index] += 1
        total = method.number + n
        if method.above:
            total += getattr(super(made[index], self), method.name)(n)
        if method.other and n > 0:
            total += getattr(self, method.other)(n - 1)
        return total

    return call


@given(plans())
def test_that_every_call_reaches_the_method_that_it_reaches_in_python(plan: list[Class]) -> None:
    plc = compile_st(structured_text(plan)).start()
    plc.run()
    for index, made in enumerate(python_classes(plan)):
        instance = made()
        instance.calls = [0] * len(plan)
        assert plc[f"MAIN.x{index}"] == instance.Ma(3)
        assert plc[f"MAIN.y{index}"] == instance.Ma(2)
        if plan[index].base >= 0:
            assert plc[f"MAIN.z{index}"] == instance.Ma(1)
        for number in range(len(plan)):
            path = f"MAIN.o{index}.calls{number}"
            counted = [plc[path]] if path in plc else [0]
            assert counted == [instance.calls[number]]
