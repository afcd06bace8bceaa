"""Rules about statements, decided on the syntax tree alone: CP2, CP9, CP13, CP14, CP16, CP19, CP20, L10, L12,
L14, L15, L17."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from commissioning.plc.lint.walk import (
    Event,
    Given,
    PouAt,
    expressions,
    operand,
    own_expressions,
    repeated,
    root,
    spelled,
    statements,
)
from commissioning.plc.standard.blocks import STANDARD_BLOCKS
from commissioning.plc.syntax import tree, units
from commissioning.plc.syntax.tree import At, bodies

__all__ = ["block_type", "check_tree"]

_COUNTERS = frozenset(name for name in STANDARD_BLOCKS if name.startswith(("CTU", "CTD")))
_LOGIC = ("AND", "OR", "XOR", "AND_THEN", "OR_ELSE")


def check_tree(given: Given) -> None:
    """Look at every POU."""
    kinds = {pou.pou.name.upper(): pou.pou.kind for pou in given.pous if pou.owner is None}
    for pou in given.pous:
        _jumps(given, pou)
        _dead(given, pou.source, pou.pou.body)
        _complexity(given, pou)
        _branches(given, pou)
        _loops(given, pou)
        _precedence(given, pou)
        _arguments(given, pou, kinds)
        _instances(given, pou, kinds)
    _unused_pous(given)
    _recursion(given, kinds)
    for configuration, source in given.configurations:
        for instance in configuration.instances:
            kind = kinds.get(instance.program.upper(), "PROGRAM")
            if kind != "PROGRAM" or instance.program.upper() in STANDARD_BLOCKS:
                what = f"{instance.program} is no PROGRAM, so no task can call it"
                given.tell("CP16", what, source, instance.at, "Call it in a PROGRAM")


# ---- jumps and dead code --------------------------------------------------------------------------------


def _jumps(given: Given, pou: PouAt) -> None:
    last = pou.pou.body[-1] if pou.pou.body else None
    for statement in statements(pou.pou.body):
        if not isinstance(statement, tree.Jump):
            continue
        if statement.word in ("EXIT", "CONTINUE"):
            given.tell("L10", f"{statement.word} leaves the loop at a second place", pou.source, statement.at)
        elif statement.word == "RETURN":
            given.tell("CP19", "RETURN jumps to the end", pou.source, statement.at)
            if statement is not last:
                what = f"{pou.name} is left at more than one place"
                given.tell("CP14", what, pou.source, statement.at, "Put the rest into an IF")


def _ends(statement: tree.Statement) -> bool:
    """Whether nothing behind it is reached."""
    if isinstance(statement, tree.Jump):
        return True
    if isinstance(statement, tree.If | tree.Case):
        return all(inner and _ends(inner[-1]) for inner in bodies(statement))
    return False


def _dead(given: Given, source: str, body: Sequence[tree.Statement]) -> None:
    for number, statement in enumerate(body):
        if number and _ends(body[number - 1]) and not isinstance(statement, tree.Mark):
            given.tell("CP2", "this is never reached", source, statement.at, "Delete it")
            break
        for condition in _conditions(statement):
            always = _constant(condition)
            if always is not None:
                what = f"this condition is always {'TRUE' if always else 'FALSE'}"
                given.tell("CP2", what, source, condition.at)
        for inner in bodies(statement):
            _dead(given, source, inner)


def _conditions(statement: tree.Statement) -> list[tree.Expression]:
    if isinstance(statement, tree.If | tree.While | tree.Repeat):
        return own_expressions(statement)
    return []


def _constant(expression: tree.Expression) -> bool | None:
    expression = operand(expression)
    if isinstance(expression, tree.Literal) and expression.kind == "boolean":
        return expression.text.upper() == "TRUE"
    if isinstance(expression, tree.Unary) and expression.operator == "NOT":
        inner = _constant(expression.operand)
        return None if inner is None else not inner
    if isinstance(expression, tree.Chain) and len(expression.steps) == 1:
        left, right = operand(expression.first), operand(expression.steps[0].operand)
        if isinstance(left, tree.Literal) and isinstance(right, tree.Literal):
            return _compared(left, expression.steps[0].operator, right)
    return None


def _compared(left: tree.Literal, operator: str, right: tree.Literal) -> bool | None:
    if {left.kind, right.kind} != {"integer"}:
        return None
    a, b = (int(one.text.replace("_", "")) for one in (left, right))
    answers = {"=": a == b, "<>": a != b, "<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}
    return answers.get(operator)


# ---- shape ----------------------------------------------------------------------------------------------


def _complexity(given: Given, pou: PouAt) -> None:
    decisions = count = 0
    for statement in statements(pou.pou.body):
        count += 1
        if isinstance(statement, tree.If):
            decisions += len(statement.branches)
        elif isinstance(statement, tree.Case):
            decisions += len(statement.options)
        elif isinstance(statement, tree.For | tree.While | tree.Repeat):
            decisions += 1
    most, longest = given.option("CP9", "complexity"), given.option("CP9", "statements")
    if most and decisions + 1 > most:
        what = f"{pou.name} has a complexity of {decisions + 1}, more than {most}"
        given.tell("CP9", what, pou.source, pou.pou.at, "Split it")
    if longest and count > longest:
        what = f"{pou.name} has {count} statements, more than {longest}"
        given.tell("CP9", what, pou.source, pou.pou.at, "Split it")


def _branches(given: Given, pou: PouAt) -> None:
    for statement in statements(pou.pou.body):
        if not isinstance(statement, tree.If) or statement.otherwise:
            continue
        if statement.at not in given.empty_else(pou.source):  # ELSE; which the tree does not keep
            given.tell("L17", "this IF has no ELSE", pou.source, statement.at)


def _loops(given: Given, pou: PouAt) -> None:
    for loop in statements(pou.pou.body):
        name = root(loop.variable) if isinstance(loop, tree.For) else None
        if not isinstance(loop, tree.For) or name is None:
            continue
        for statement in statements(loop.body):
            for target in _written(statement):
                if target.name.upper() == name.name.upper():
                    what = f"{name.name} counts the loop of line {loop.at.line} and is written in it"
                    given.tell("L12", what, pou.source, target.at)


def _written(statement: tree.Statement) -> Iterator[tree.Name]:
    """The variables that a statement itself writes, as far as the text tells."""
    targets: list[tree.Expression] = []
    if isinstance(statement, tree.Assign):
        targets.append(statement.target)
    elif isinstance(statement, tree.For):
        targets.append(statement.variable)
    for expression in own_expressions(statement):
        if isinstance(expression, tree.Call):
            targets += [argument.value for argument in expression.arguments if argument.out]
    for target in targets:
        name = root(target)
        if name is not None:
            yield name


def _precedence(given: Given, pou: PouAt) -> None:
    for node in expressions(pou):
        if not isinstance(node, tree.Chain) or not node.steps or node.steps[0].operator not in _LOGIC:
            continue
        own = {step.operator for step in node.steps}
        for inner in (node.first, *(step.operand for step in node.steps)):
            if isinstance(inner, tree.Chain) and inner.steps and inner.steps[0].operator in _LOGIC:
                other = inner.steps[0].operator
                if other not in own:
                    what = f"{other} goes before {node.steps[0].operator} here"
                    given.tell("L15", what, pou.source, inner.steps[0].at, "Put parentheses around it")


# ---- calls ----------------------------------------------------------------------------------------------


def block_type(given: Given, pou: PouAt, name: str) -> str:
    """The name of the plain type of a variable that a POU sees, both in upper case; "" for any other."""
    return given.local_types(pou).get(name) or given.global_types.get(name, "")


def _arguments(given: Given, pou: PouAt, kinds: dict[str, str]) -> None:
    if "L14" not in given.options:
        return
    for node in expressions(pou):
        if not isinstance(node, tree.Call) or not isinstance(node.target, tree.Name):
            continue
        callee = block_type(given, pou, node.target.name.upper()) or node.target.name.upper()
        bare = sum(not argument.name for argument in node.arguments)
        if callee in kinds and bare > 1:
            what = f"{bare} parameters of {node.target.name} stand without their names"
            given.tell("L14", what, pou.source, node.at, "Write name := value")


def _instances(given: Given, pou: PouAt, kinds: dict[str, str]) -> None:
    shown: dict[str, str] = {}

    def calls(statement: tree.Statement) -> list[Event]:
        call = statement.call if isinstance(statement, tree.Invoke) else None
        if not isinstance(call, tree.Call) or not isinstance(call.target, tree.Name | tree.Indexed):
            return []
        name = root(call.target)
        type_ = block_type(given, pou, name.name.upper()) if name is not None else ""
        known = kinds.get(type_) == "FUNCTION_BLOCK" or type_ in STANDARD_BLOCKS
        what = spelled(call.target)
        if name is not None:
            shown[what] = name.name + what[len(name.name) :]
        return [(what, call.at)] if known and type_ not in _COUNTERS and "?" not in what else []

    for what, (at, why) in repeated(pou.pou.body, calls).items():
        given.tell("CP20", f"{shown[what]} is called more than once in a cycle, {why}", pou.source, at)


def _called(given: Given, pou: PouAt) -> Iterator[tuple[str, At]]:
    """Names of functions, block types and methods that a POU calls, in upper case."""
    owner = pou.owner.name.upper() if pou.owner is not None else ""
    for node in expressions(pou):
        if not isinstance(node, tree.Call):
            continue
        target = node.target
        if isinstance(target, tree.Name):
            name = target.name.upper()
            yield block_type(given, pou, name) or name, node.at
            if owner:
                yield f"{owner}.{name}", node.at
        elif isinstance(target, tree.Member):
            whose = root(target.owner)
            block = owner if whose is None or whose.name.upper() in ("THIS", "SUPER") else ""
            block = block or block_type(given, pou, whose.name.upper() if whose is not None else "")
            if block:
                yield f"{block}.{target.name.upper()}", node.at


def _recursion(given: Given, kinds: dict[str, str]) -> None:
    calls: dict[str, list[tuple[str, At]]] = {}
    where: dict[str, PouAt] = {}
    for pou in given.pous:
        key = pou.name.upper()
        where[key] = pou
        calls[key] = list(_called(given, pou))
    for key in _leading_back({key: [name for name, _ in found] for key, found in calls.items()}):
        pou = where[key]
        way = _way_back(key, calls)
        if way is not None:
            at, names = way
            shown = " calls ".join([where[name].name for name in (key, *names)])
            given.tell("CP13", f"{shown}: a recursion", pou.source, at, "Use a loop")


def _leading_back(calls: dict[str, list[str]]) -> list[str]:
    """Those that may call themselves, in order: what is left when all are taken away that call nobody left,
    and then all that nobody left calls."""
    left = {key: {name for name in names if name in calls} for key, names in calls.items()}
    for _ in range(2):
        callers: dict[str, list[str]] = {}
        for key, names in left.items():
            for name in names:
                callers.setdefault(name, []).append(key)
        waiting = [key for key, names in left.items() if not names]
        while waiting:
            key = waiting.pop()
            del left[key]
            for caller in callers.get(key, ()):
                left[caller].discard(key)
                if not left[caller] and caller != key:
                    waiting.append(caller)
        turned: dict[str, set[str]] = {key: set() for key in left}
        for key, names in left.items():
            for name in names:
                turned[name].add(key)
        left = turned
    return [key for key in calls if key in left]


def _way_back(start: str, calls: dict[str, list[tuple[str, At]]]) -> tuple[At, list[str]] | None:
    """Where `start` begins to call itself, and through what; the shortest way."""
    seen: set[str] = set()
    waiting: list[tuple[str, At, list[str]]] = [(name, at, [name]) for name, at in calls[start]]
    while waiting:
        name, at, names = waiting.pop(0)
        if name == start:
            return at, names
        if name in seen or name not in calls:
            continue
        seen.add(name)
        waiting += [(other, at, [*names, other]) for other, _ in calls[name]]
    return None


def _unused_pous(given: Given) -> None:
    """Functions and blocks that nothing names. Without any PROGRAM it is a library, where that is usual."""
    if all(pou.pou.kind != "PROGRAM" for pou in given.pous):
        return
    named: dict[str, set[str]] = {}  # name -> who names it
    for pou in given.pous:
        own = pou.pou.name.upper() if pou.owner is None else pou.owner.name.upper()
        for name in _names_in(pou):
            named.setdefault(name, set()).add(own)
    for node, _, _ in given.globals:
        for name in _type_names(node.type):
            named.setdefault(name, set()).add("")
    for declared, _ in given.types:
        for name in _type_names(declared.type):
            named.setdefault(name, set()).add("")
    for pou in given.pous:
        if pou.owner is not None or pou.pou.kind not in ("FUNCTION", "FUNCTION_BLOCK"):
            continue
        if not named.get(pou.pou.name.upper(), set()) - {pou.pou.name.upper()}:
            what = f"{pou.pou.name} is used by nobody"
            given.tell("CP2", what, pou.source, pou.pou.at, "Delete it, or keep it in a library")


def _names_in(pou: PouAt) -> Iterator[str]:
    for section in pou.pou.sections:
        for node in section.declarations:
            yield from _type_names(node.type)
    for base in (*pou.pou.extends, *pou.pou.implements):
        yield base.name.upper()
    if pou.pou.result is not None:
        yield from _type_names(pou.pou.result)
    for expression in expressions(pou):
        if isinstance(expression, tree.Name):
            yield expression.name.upper()


def _type_names(node: units.TypeNode) -> Iterator[str]:
    match node:
        case units.TypeName():
            yield node.name.upper()
        case units.ArrayType():
            yield from _type_names(node.element)
        case units.AddressType():
            yield from _type_names(node.target)
        case units.StructType():
            for declared in node.declarations:
                yield from _type_names(declared.type)
        case units.EnumType():
            yield node.base.upper()
