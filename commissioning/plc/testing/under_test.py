"""A PLC program under test from Python, in virtual time: what the pytest fixture `plc` gives.

    z = plc.fb("FB_Zone")                     # a fresh instance of any function block
    z(enable=True)                            # sets inputs, calls it once
    plc.run(scans=3)                          # 3 cycles on: calls it again each time, with the inputs it has
    plc.run_until(lambda: z.alarm, timeout="T#4s")
    assert plc.call_function("F_Scale", raw=27648) == 100.0

What runs is what the test asked for: the instances made with `fb` and `program`, in the order in which they
were made, and nothing else; in a test that makes none, the tasks of the project as they are configured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from commissioning.plc.checking.scope import Pou, suggestion
from commissioning.plc.compiler import compile_st
from commissioning.plc.debugging.coverage import Coverage
from commissioning.plc.program import Program
from commissioning.plc.running.value_text import duration_ns, given_value
from commissioning.plc.standard.blocks import STANDARD_BLOCKS
from commissioning.plc.testing.changes import Changes
from commissioning.plc.testing.instance import Instance
from commissioning.plc.testing.python_mocks import Answer, PythonMock
from commissioning.plc.testing.stand import Stand
from commissioning.plc.values.iec_types import Value

__all__ = ["Block", "ConditionTimeout", "Function", "Part", "PlcUnderTest"]


class ConditionTimeout(AssertionError, TimeoutError):
    """A condition did not come true in time; the text says what changed meanwhile."""


class Part:
    """Something with variables in it: a nested block, a structure (`.member`) or an array (`[i]`)."""

    def __init__(self, instance: Instance, path: str) -> None:
        object.__setattr__(self, "_instance", instance)
        object.__setattr__(self, "_path", path)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _read(self._instance, f"{self._path}.{name}")

    def __setattr__(self, name: str, value: object) -> None:
        _write(self._instance, f"{self._path}.{name}", value)

    def __getitem__(self, index: int | tuple[int, ...]) -> Any:
        return _read(self._instance, self._path + _shown(index))

    def __setitem__(self, index: int | tuple[int, ...], value: object) -> None:
        _write(self._instance, self._path + _shown(index), value)

    def __iter__(self) -> Iterator[Any]:
        raise TypeError(f"{self._instance.name}.{self._path}: read the elements one by one, they have bounds")

    def __repr__(self) -> str:
        return f"<{self._instance.name}.{self._path}>"


class Block:
    """An instance of a function block or program. Variables are attributes, paths are items: `z["t.Q"]`.

    Calling it sets inputs by keyword and runs it once at the present time. Methods are called by name, and
    properties read and written as variables are.
    """

    def __init__(self, bed: PlcUnderTest, instance: Instance) -> None:
        object.__setattr__(self, "_bed", bed)
        object.__setattr__(self, "_instance", instance)

    def __call__(self, **inputs: object) -> Block:
        self._bed._give(self._instance, inputs)
        self._bed._call(self._instance)
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        instance = self._instance
        if not (instance.is_value(name) or instance.is_part(name)):
            method = instance.member(name)
            if method is not None:
                return Function(self._bed, method)
            getter = instance.member(f"{name}.GET")
            if getter is not None:
                return Function(self._bed, getter)()
        return _read(instance, name)

    def __setattr__(self, name: str, value: object) -> None:
        instance = self._instance
        setter = None if instance.is_value(name) else instance.member(f"{name}.SET")
        if setter is None:
            _write(instance, name, value)
        else:
            Function(self._bed, setter)(**{setter.parameters[0]: value})

    def __getitem__(self, path: str) -> Any:
        return _read(self._instance, path)

    def __setitem__(self, path: str, value: object) -> None:
        _write(self._instance, path, value)

    def __repr__(self) -> str:
        return f"<{self._instance.name}: an instance of {self._instance.pou.name}>"


class Function(Block):
    """A FUNCTION or method: calling it gives its result; outputs and what it took by reference are
    attributes."""

    def __call__(self, **inputs: object) -> Any:
        self._bed._give(self._instance, inputs)
        self._instance.call()
        return self._instance.result


class PlcUnderTest:
    """A started program on a clock of its own; a fresh one for each test.

    `prepare` is called with the PLC before anything runs: the seam for coverage.
    """

    def __init__(self, program: Program, prepare: Callable[[Stand], object] | None = None) -> None:
        self.plc = Stand(program)
        if prepare is not None:
            prepare(self.plc)
        self._instances: list[Instance] = []
        self._busy = False  # something ran at the present time
        self._calls = 0
        self._mocks: list[tuple[str, PythonMock]] = []

    @property
    def now_ns(self) -> int:
        """The time of the last scan (ns)."""
        return self.plc.now_ns

    @property
    def now_s(self) -> float:
        """The time of the last scan (s)."""
        return self.plc.now_ns / 1e9

    def coverage(self) -> Coverage:
        """Which statements and branches have been executed since this was first called."""
        return self.plc.coverage()

    # ---- what is tested ------------------------------------------------------------------------------

    def fb(self, name: str, **inputs: object) -> Block:
        """A fresh instance of a function block, of the project or a standard one; `inputs` are its first.

        Raises KeyError that names the nearest one.
        """
        key = name.upper()
        pou = self.plc.program.checked.project.pous.get(key)
        if pou is None and key in STANDARD_BLOCKS:
            stand = Stand(_wrapped(key))
            return self._instance_of(stand, stand.program.checked.project.pous[f"{key}_"], name, inputs)
        return self._instance_of(self.plc, self._pou(name, "FUNCTION_BLOCK"), name, inputs)

    def program(self, name: str) -> Block:
        """A fresh instance of a PROGRAM: only what was asked for runs. Globals are those of the project."""
        return self._instance_of(self.plc, self._pou(name, "PROGRAM"), name, {})

    def function(self, name: str) -> Function:
        """A FUNCTION to call; its outputs are attributes after the call."""
        return Function(self, Instance(self.plc, self._pou(name, "FUNCTION"), name))

    def call_function(self, name: str, **inputs: object) -> Any:
        """The result of a FUNCTION of the project."""
        return self.function(name)(**inputs)

    def _pou(self, name: str, kind: str) -> Pou:
        pous = self.plc.program.checked.project.pous
        pou = pous.get(name.upper())
        if pou is None or pou.kind != kind:
            word = kind.lower().replace("_", " ")
            hint = suggestion(name, [p.name for p in pous.values() if p.kind == kind])
            raise KeyError(f"the project has no {word} {name}{'. ' + hint if hint else ''}")
        return pou

    def _instance_of(self, stand: Stand, pou: Pou, name: str, inputs: Mapping[str, object]) -> Block:
        taken = sum(instance.pou.name == pou.name for instance in self._instances)
        instance = Instance(stand, pou, f"{name}{f'_{taken + 1}' if taken else ''}")
        self._give(instance, inputs)
        self._instances.append(instance)
        return Block(self, instance)

    def _give(self, instance: Instance, inputs: Mapping[str, object]) -> None:
        known = {name.upper() for name in instance.parameters}
        for name, value in inputs.items():
            if name.upper() not in known:
                hint = suggestion(name, list(instance.parameters))
                raise TypeError(f"{instance.pou.name} has no input {name}{'. ' + hint if hint else ''}")
            instance.set(name, value._instance if isinstance(value, Block) else value)

    def _call(self, instance: Instance) -> None:
        self._busy = True
        self._calls += 1
        instance.stand.now_ns = self.plc.now_ns  # a standard block has a stand of its own
        instance.call()

    # ---- stand-ins -----------------------------------------------------------------------------------

    def mock(self, name: str, answer: Answer = None) -> PythonMock:
        """In this test `answer` stands in for a function block, a function or a method ("FB_Drive.Reset"):
        a mapping of its outputs, what a function gives, or a function that is called instead; without it
        nothing happens. See `commissioning.plc.testing.python_mocks`.

        Raises KeyError that names the nearest one, TypeError or ValueError for an answer that does not fit
        the interface. A stand-in that is never called is told when the test has ended.
        """
        made = PythonMock(self._mockable(name), answer)
        self.plc.mocks.add(made)
        self._mocks.append((name, made))
        return made

    def unused_mocks(self) -> tuple[str, ...]:
        """The names of stand-ins that nobody has called."""
        return tuple(name for name, made in self._mocks if not made.count)

    def _mockable(self, name: str) -> Pou:
        pous = self.plc.program.checked.project.pous
        pou = pous.get(name.upper())
        if pou is not None and pou.kind in ("FUNCTION_BLOCK", "FUNCTION", "METHOD", "GET", "SET", "ACTION"):
            return pou
        if pou is not None:
            raise KeyError(
                f"{name} is a {pou.kind}: only function blocks, functions and methods have stand-ins"
            )
        if name.upper() in STANDARD_BLOCKS:
            raise KeyError(f"{name} is a standard block: mock the block that uses it")
        hint = suggestion(name, [_full(p) for p in pous.values() if p.kind not in ("PROGRAM", "TEST")])
        raise KeyError(
            f"the project has no function block, function or method {name}{'. ' + hint if hint else ''}"
        )

    # ---- variables of the project --------------------------------------------------------------------

    def __getitem__(self, path: str) -> Value:
        return self.plc[path]

    def __setitem__(self, path: str, value: object) -> None:
        self.plc[path] = given_value(self.plc.program.location(path).type, value)

    # ---- time ----------------------------------------------------------------------------------------

    def run(self, scans: int = 1) -> None:
        """That many scans, a cycle after each other; the first one at 0 if nothing ran yet."""
        for _ in range(scans):
            self._scan()

    def run_for(self, duration: str | int | float) -> None:
        """All scans of the next "T#2s", "2 s" or number of seconds, that instant included."""
        self.run_to(self.now_ns + duration_ns(duration))

    def run_to(self, t_ns: int) -> None:
        """All scans until `t_ns`, that instant included."""
        if not self._instances:
            self._busy = True
            self.plc.advance_to(t_ns)
        while self._instances and self.next_scan_ns <= t_ns:
            self._scan()

    def run_until(self, condition: Callable[[], object], timeout: str | int | float = "T#10s") -> None:
        """Scans until `condition()` holds; not once if it does already.

        Raises ConditionTimeout, with an excerpt of what changed, when it does not within `timeout`.
        """
        if condition():
            return
        started = self.now_ns
        end = started + duration_ns(timeout)
        changes = Changes(self.plc, self._instances, not self._instances)
        while self.next_scan_ns <= end:
            self._scan()
            changes.look()
            if condition():
                return
        raise ConditionTimeout(
            f"the condition did not come true within {timeout} (from {started / 1e9:g} s to "
            f"{self.now_s:g} s); {changes.excerpt()}"
        )

    @property
    def next_scan_ns(self) -> int:
        """When the next scan is due (ns); far away if nothing will start one."""
        if not self._instances:
            due = self.plc.next_scan_ns
            return 1 << 200 if due is None else due
        return self.now_ns + self.plc.cycle_ns if self._busy else self.now_ns

    @property
    def scan_count(self) -> int:
        """Scans of tasks, and calls of instances made here."""
        return self.plc.scan_count + self._calls

    def _scan(self) -> None:
        if not self._instances:
            self._busy = True
            self.plc.run(1)
            return
        if self._busy:
            self.plc.now_ns += self.plc.cycle_ns
        for instance in self._instances:
            self._call(instance)


def _full(pou: Pou) -> str:
    return pou.name if pou.owner is None else f"{pou.owner.name}.{pou.name}"


@lru_cache(maxsize=64)
def _wrapped(key: str) -> Program:
    """A program with a function block that does what the standard block does, with variables of its own."""
    block = STANDARD_BLOCKS[key]
    inputs = "".join(f"{cell.name} : {cell.type}; " for cell in block.cells if cell.role == "input")
    outputs = "".join(f"{cell.name} : {cell.type}; " for cell in block.cells if cell.role == "output")
    given = [
        f"{c.name} {':=' if c.role == 'input' else '=>'} {c.name}" for c in block.cells if c.role != "hidden"
    ]
    return compile_st(
        f"FUNCTION_BLOCK {key}_ VAR_INPUT {inputs}END_VAR VAR_OUTPUT {outputs}END_VAR "
        f"VAR inner_block : {key}; END_VAR inner_block({', '.join(given)}); END_FUNCTION_BLOCK",
        with_tests=True,
    )


def _shown(index: int | tuple[int, ...]) -> str:
    return f"[{','.join(str(number) for number in (index if isinstance(index, tuple) else (index,)))}]"


def _read(instance: Instance, path: str) -> Any:
    if instance.is_value(path):
        return instance.get(path)
    if instance.is_part(path):
        return Part(instance, path)
    try:
        return instance.get(path)
    except KeyError as error:
        raise AttributeError(error.args[0]) from None


def _write(instance: Instance, path: str, value: object) -> None:
    try:
        instance.set(path, value)
    except KeyError as error:
        raise AttributeError(error.args[0]) from None
