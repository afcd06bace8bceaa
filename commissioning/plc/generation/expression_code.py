"""Typed expressions, and the cells in them, -> Python text."""

from __future__ import annotations

from commissioning.plc.checking import typed
from commissioning.plc.checking.typed import Cell, Typed
from commissioning.plc.generation.emission import (
    AND,
    AND_BITS,
    ATOM,
    COMPARISON,
    NOT,
    OR,
    OR_BITS,
    PRODUCT,
    SUM,
    UNARY,
    XOR_BITS,
    Code,
    call,
    constant,
    floored,
    listed,
    storable,
    wrapped,
)  # fmt: skip
from commissioning.plc.generation.view_code import seen
from commissioning.plc.standard.conversions import REAL_DIGITS, convert
from commissioning.plc.standard.functions import FUNCTIONS
from commissioning.plc.values.iec_types import LINT, LREAL, REAL, IecType, working

_COMPARE = {"=": "==", "<>": "!="}
_WIDE = 1 << 200  # a chain of + - * is wrapped on the way before its numbers grow beyond this
_SCALED = 1 << 1100


def emit(node: Typed) -> Code:
    """The text of `node`, with the range of its value."""
    match node:
        case typed.Const():
            return constant(node.value)
        case typed.Load():
            if node.type.aggregate:
                return Code(piece(node.cell, node.type.size))
            if node.cell.view is not None:
                return seen(cell_text(node.cell), node.cell.view, node.type)
            return Code(cell_text(node.cell), ATOM, node.type.low, node.type.high)
        case typed.Defaults():
            return Code(f"[{listed([constant(value).text for value in node.values])}]")
        case typed.Convert():
            return _widening(node)
        case typed.Minus():
            return _minus(node)
        case typed.Not():
            return _not(node)
        case typed.Arithmetic():
            return _arithmetic(node)
        case typed.Scaled():
            return _scaled(node)
        case typed.Compare():
            left, right = _single(node.left), _single(node.right)
            operator = _COMPARE.get(node.operator, node.operator)
            text = f"{left.within(OR_BITS)} {operator} {right.within(OR_BITS)}"
            return Code(text, COMPARISON, calls=left.calls or right.calls)
        case typed.Logic():
            return _logic(node)
        case typed.Standard():
            return _standard(node)
        case typed.UserCall():
            return user_call(node)
        case typed.AddressOf():
            return address_of(node)
        case typed.Made():
            return Code(f"[{', '.join(exact(value).text for value in node.values)}]", calls=True)
        case typed.Cloned():
            if node.home:
                return Code(f"cloned({cell_text(node.cell)}, 0, -1)", calls=True)
            memory, index = place(node.cell)
            return Code(f"cloned({memory}, {index}, {node.type.size})", calls=True)
        case typed.Named():
            code = exact(node.operand)
            return Code(f"name({code.text}, names{node.number})", ATOM, calls=code.calls)
        case typed.Assigned():
            return _assigned(node)
        case typed.Given():
            return Code(f"{node.cell.memory}[{node.cell.index}] is not none", COMPARISON)
        case typed.Graft():
            if node.home:
                return Code(
                    f"graft({cell_text(node.target)}, 0, {cell_text(node.source)}, 0, -1)", calls=True
                )
            words = ", ".join((*place(node.target), *place(node.source)))
            return Code(f"graft({words}, {node.type.size})", calls=True)
        case typed.OfMemory():
            words = ", ".join(exact(argument).text for argument in node.arguments)
            words += ", g" if node.name in _OF_BYTES else ""  # they pay for what they move
            return Code(f"{node.name}({words})", ATOM, node.type.low, node.type.high, True)
        case typed.Query():
            memory, index = place(node.cell)
            text = f"grants(w{node.window}, {exact(node.address).text}, {memory}, {index})"
            return Code(text, ATOM, calls=True)


_OF_BYTES = ("copied", "filled", "compared")


def exact(node: Typed) -> Code:
    """`emit`, and whole numbers brought into the type that they are computed in (at least 32 bits)."""
    code = emit(node)
    return wrapped(code, working(node.type)) if node.type.whole else code


def stored(node: Typed, type_: IecType) -> Code:
    """What a cell of `type_` gets; REAL as a call of `rounded` (a statement can do it cheaper)."""
    code = storable(emit(node), type_)
    if needs_rounding(node, type_):
        return call("rounded", code)
    if type_ is LREAL and not isinstance(node, typed.Const | typed.Load):
        return Code(f"{code.within(SUM)} + 0.0", SUM, calls=code.calls)  # no cell ever holds -0.0
    return code


def needs_rounding(node: Typed, type_: IecType) -> bool:
    """Whether a value may not be a REAL yet, though it is to be stored as one."""
    if type_ is not REAL or isinstance(node, typed.Const):
        return False
    return not (isinstance(node, typed.Load) and node.type is REAL)


def _widening(node: typed.Convert) -> Code:
    code = exact(node.operand)
    if node.type.kind == "real" and node.operand.type.kind != "real":
        return Code(f"{code.within(PRODUCT)} * 1.0", PRODUCT, calls=code.calls)
    return _single(node.operand) if node.type is LREAL else code


def _single(node: Typed) -> Code:
    """`exact`, and a REAL with the digits that a REAL has: where it is compared or becomes something else."""
    code = exact(node)
    return call("rounded", code) if node.type is REAL and _more_than_single(node) else code


def _more_than_single(node: Typed) -> bool:
    """Whether a REAL was worked out with more digits than it has; functions of whole numbers keep them."""
    if isinstance(node, typed.Standard):
        return all(argument.type is REAL for argument in node.arguments)
    if isinstance(node, typed.Convert):
        return node.operand.type.whole and node.operand.type.bits > REAL_DIGITS
    return isinstance(node, typed.Arithmetic)


def _minus(node: typed.Minus) -> Code:
    code = emit(node.operand)
    if node.type.kind == "real":
        return Code(f"-{code.within(ATOM)}", UNARY, calls=code.calls)
    return Code(f"-{code.within(ATOM)}", UNARY, -code.high, -code.low, code.calls)


def _not(node: typed.Not) -> Code:
    code = exact(node.operand)
    if node.type.kind == "bool":
        return Code(f"not {code.within(NOT)}", NOT, calls=code.calls)
    mask = node.type.high
    inside = wrapped(code, node.type)
    if node.type.low < 0:  # of makers: all bits of a number in two's complement
        return Code(f"{inside.within(AND_BITS)} ^ -1", XOR_BITS, node.type.low, mask, code.calls)
    return Code(f"{inside.within(AND_BITS)} ^ {mask}", XOR_BITS, 0, mask, code.calls)


def _arithmetic(node: typed.Arithmetic) -> Code:
    result = emit(node.first)
    for operator, operand in node.steps:
        result = _step(operator, result, operand, node.type)
    return result


def _step(operator: str, left: Code, operand: Typed, type_: IecType) -> Code:
    if type_.kind == "real":
        right = emit(operand)
        calls = left.calls or right.calls
        if operator in "+-":
            return Code(f"{left.within(SUM)} {operator} {right.within(PRODUCT)}", SUM, calls=calls)
        return Code(f"{left.within(PRODUCT)} {operator} {right.within(UNARY)}", PRODUCT, calls=calls)
    if operator in ("/", "MOD"):
        return _division(operator, wrapped(left, working(type_)), exact(operand))
    right = emit(operand)
    if max(abs(left.low), abs(left.high), abs(right.low), abs(right.high)) > _WIDE:
        left, right = wrapped(left, working(type_)), wrapped(right, working(type_))
    calls = left.calls or right.calls
    if operator == "+":
        low, high = left.low + right.low, left.high + right.high
        return Code(f"{left.within(SUM)} + {right.within(PRODUCT)}", SUM, low, high, calls)
    if operator == "-":
        low, high = left.low - right.high, left.high - right.low
        return Code(f"{left.within(SUM)} - {right.within(PRODUCT)}", SUM, low, high, calls)
    corners = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
    return Code(f"{left.within(PRODUCT)} * {right.within(UNARY)}", PRODUCT, min(corners), max(corners), calls)


def _division(operator: str, left: Code, right: Code) -> Code:
    calls = left.calls or right.calls
    bound = max(abs(left.low), abs(left.high))
    positive = left.low >= 0 and right.low >= 0
    if operator == "/":
        low = 0 if positive else -bound
        if positive:
            return Code(f"{left.within(PRODUCT)} // {right.within(UNARY)}", PRODUCT, low, bound, calls)
        return call("divide", left, right, low=low, high=bound)
    most = min(bound, max(abs(right.low), abs(right.high)))
    if positive:
        return Code(f"{left.within(PRODUCT)} % {right.within(UNARY)}", PRODUCT, 0, most, calls)
    return call("modulo", left, right, low=-most if left.low < 0 else 0, high=most)


def _scaled(node: typed.Scaled) -> Code:
    time, factor = exact(node.time), exact(node.factor)
    calls = time.calls or factor.calls
    if node.factor.type.kind != "real":
        if node.operator == "/":
            return floored(_division("/", time, factor), node.type)
        corners = [a * b for a in (time.low, time.high) for b in (factor.low, factor.high)]
        text = f"{time.within(PRODUCT)} * {factor.within(UNARY)}"
        return wrapped(Code(text, PRODUCT, min(corners), max(corners), calls), node.type)
    text = f"{time.within(PRODUCT)} {node.operator} {factor.within(UNARY)}"
    return wrapped(call("truncated", Code(text, PRODUCT, calls=calls), low=-_SCALED, high=_SCALED), node.type)


def _logic(node: typed.Logic) -> Code:
    codes = [wrapped(exact(o), node.type) if node.type.whole else exact(o) for o in node.operands]
    calls = any(code.calls for code in codes)
    if (
        node.type.kind == "bool"
        and node.operator != "XOR"
        and (node.lazy or not (node.both or any(c.calls for c in codes[1:])))
    ):
        word, binding = ("and", AND) if node.operator == "AND" else ("or", OR)
        return Code(f" {word} ".join(code.within(binding - 1) for code in codes), binding, calls=calls)
    sign, binding = {"AND": ("&", AND_BITS), "XOR": ("^", XOR_BITS), "OR": ("|", OR_BITS)}[node.operator]
    text = f" {sign} ".join(code.within(binding - 1) for code in codes)
    return Code(text, binding, node.type.low, node.type.high, calls)


_WHOLE_OF_REAL = {
    "CONVERT": "nearest", "CONVERT_AWAY": "nearest_away", "TRUNC_TO": "truncated",
    "TRUNC_BY_DINT": "truncated_dint",
}  # fmt: skip


def _standard(node: typed.Standard) -> Code:
    if node.name in _WHOLE_OF_REAL:
        operand = node.arguments[0]
        return convert(_single(operand), operand.type, node.type, _WHOLE_OF_REAL[node.name])
    if node.name == "SAME_BITS":
        operand = node.arguments[0]
        code, width = exact(operand), operand.type.bits or node.type.bits
        if node.type.kind == "real":
            return call("real_of_bits", wrapped(code, operand.type), Code(str(width)))
        code = call("rounded", code) if operand.type is REAL else code
        return call("bits_of_real", code, Code(str(width)), low=0, high=node.type.high)
    if node.name == typed.MODULO_OR_0:
        left, right = (exact(argument) for argument in node.arguments)
        most = max(abs(left.low), abs(left.high))
        return call("modulo_or_0", left, right, low=-most if left.low < 0 else 0, high=most)
    if node.name == typed.JUDGED:
        words = [exact(argument).text for argument in node.arguments]
        return Code(f"judge({', '.join([words[0], 'now', *words[1:]])})", ATOM, calls=True)
    function = FUNCTIONS[node.name]
    return function.emit([exact(argument) for argument in node.arguments], node.type)


def user_call(node: typed.UserCall) -> Code:
    """A call of a user's function: g, now, the inputs, then memory and index of every reference; of a method
    the memory of its block in front."""
    function, words = f"f{node.pou}", ["g", "now"]
    if node.instance is not None:
        home = cell_text(node.instance)
        if node.key:
            function = f"(h := {home})[0][{node.key}]"
            home = "h"
        words = [home, *words]
    words += [stored(value, value.type).text for value in node.inputs]
    for number, cell in enumerate(node.references):
        if cell is None:
            words += ["None", "0"]
        else:
            words += [cell_text(cell), "0"] if number in node.homes else place(cell)
            words += [exact(value).text for value in cell.bounds]
    low, high = (node.type.low, node.type.high) if node.type.whole else (LINT.low, LINT.high)
    return Code(f"{function}({', '.join(words)})", ATOM, low, high, True)


# ---- cells -------------------------------------------------------------------------------------------


def place(cell: Cell) -> tuple[str, str]:
    """(memory, index) of a cell as Python text; an index that varies is looked up in its table. To be
    evaluated in this order: the first may set what the second uses."""
    if cell.address is not None:
        behind = f"+{cell.index}" if cell.index else ""
        return f"(d := {shown_at(cell.address)})[0]", f"d[1]{behind}"
    memory = cell.memory if cell.owner is None else cell_text(cell.owner)
    if cell.value is not None:
        memory = emit(cell.value).text
    words = [str(cell.index)]
    if cell.pointer:
        memory, words = f"{memory}[{cell.index}]", [f"{memory}[{cell.index + 1}]"]
        words += [str(cell.offset)] if cell.offset else []
    elif cell.terms and cell.index == 0:
        words = []
    words += [term_text(term) for term in cell.terms]
    return memory, "+".join(words)


def term_text(term: typed.Index | typed.OpenIndex) -> str:
    """How many cells an index leads on."""
    value = exact(term.value).text
    if isinstance(term, typed.Index):
        return f"{table_name(term.low, term.high, term.stride)}[{value}]"
    inside = f"within({value}, {exact(term.low).text}, {exact(term.high).text})"
    stride = exact(term.stride)
    return inside if stride.text == "1" else f"{inside}*{stride.within(UNARY)}"


def cell_text(cell: Cell) -> str:
    if cell is typed.HERE:
        return "m"
    if cell.memory == typed.HOME and cell.value is not None:
        return emit(cell.value).text
    if cell.address is not None and cell.address.home:
        return shown_at(cell.address)
    memory, index = place(cell)
    return f"{memory}[{index}]"


def shown_at(address: typed.Address) -> str:
    """What a window shows at an address."""
    return f"w{address.window}[{distant(address)}]"


def distant(address: typed.Address) -> str:
    """The address itself as Python text."""
    words = [exact(address.base).within(SUM)]
    words += [str(address.offset)] if address.offset else []
    words += [f"{table_name(t.low, t.high, t.stride)}[{exact(t.value).text}]" for t in address.terms]
    return "+".join(words)


def address_of(node: typed.AddressOf) -> Code:
    cell, last = node.cell, node.type.high
    address = cell.address
    if address is not None and address.home == node.home:
        text = distant(address)
        binding = SUM if "+" in text else ATOM
        return Code(text if not cell.index else f"adr{place(cell)}", binding, 0, last, True)
    if node.home:
        return Code(f"adr({cell_text(cell)}, -1)", ATOM, 0, last)
    memory, index = place(cell)
    return Code(f"adr({memory}, {index})", ATOM, 0, last)


def piece(cell: Cell, size: int) -> str:
    """The cells of an array or structure, copied."""
    memory, index = place(cell)
    if cell.terms or cell.pointer or cell.address is not None:
        return f"piece({memory}, {index}, {size})"
    return f"{memory}[{index}:{cell.index + size}]"


def table_name(low: int, high: int, stride: int) -> str:
    return f"t{low}_{high}_{stride}".replace("-", "n")


def _assigned(node: typed.Assigned) -> Code:
    """The value first, then where it goes, as in a statement; each is worked out once."""
    type_, (memory, index) = node.kept, place(node.cell)
    if type_.aggregate:
        return Code(f"put_all({emit(node.value).text}, {memory}, {index})", calls=True)
    value = stored(node.value, type_)
    low, high = (type_.low, type_.high) if type_.whole else (0, 0)
    if node.cell.view is None:
        return Code(f"put({value.text}, {memory}, {index})", ATOM, low, high, True)
    return Code(put_bits(node.cell, value, type_), ATOM, low, high, True)


def put_bits(cell: Cell, value: Code, type_: IecType) -> str:
    """A call that stores a value of `type_` into the bits that a view shows, and gives the value."""
    assert cell.view is not None
    memory, index = place(cell)
    base = cell.view.base
    numbers = f"{cell.view.start}, {cell.view.width}, {base.bits if base.low < 0 else 0}, {type_.grain}"
    return f"put_bits({value.text}, {memory}, {index}, {numbers})"


def calls_functions(cell: Cell) -> bool:
    """Whether working out where a cell lies calls a function of the user: it must be done only once."""
    if cell.address is not None:
        parts = [cell.address.base, *(term.value for term in cell.address.terms)]
    else:
        parts = [term.value for term in cell.terms]
    return any(emit(part).calls for part in parts) or (cell.owner is not None and calls_functions(cell.owner))
