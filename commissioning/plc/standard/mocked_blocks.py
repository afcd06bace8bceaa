"""Standard blocks that a TEST gives a stand-in: blocks of the program that only call the standard one.

Standard blocks are inline code, which nothing can stand in for. Where some TEST has `MOCK TON BY My_TON;`, a
block of that name takes its place everywhere in the program under test, and calls what it was before. Its
parameters have the names of the standard, in the makers' dialects those of their libraries (RESET, SET1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from commissioning.plc.standard.blocks import STANDARD_BLOCKS, inline_name

__all__ = ["MOCKED_FILE", "mocked_text"]

MOCKED_FILE = "standard blocks with a stand-in"
_WORDS = {"input": "VAR_INPUT", "output": "VAR_OUTPUT"}


def mocked_text(
    wanted: Iterable[str], own: Iterable[str], dialect: Mapping[str, str], makers: bool
) -> str:
    """The blocks for the upper-case names of standard ones among `wanted`, without those that the program has
    itself (`own`); "" where there are none. `dialect`: which standard block a name stands for there.
    `makers`: the parameters have the names of their libraries."""
    taken = set(own)
    names = [name for name in dict.fromkeys(wanted) if name in STANDARD_BLOCKS and name not in taken]
    return "".join(_block(name, dialect.get(name, name), makers) for name in names)


def _block(name: str, kind: str, makers: bool) -> str:
    block = STANDARD_BLOCKS[kind]
    others = {there: alias for alias, there in block.aliases} if makers else {}
    cells = [replace(c, name=others.get(c.name, c.name)) for c in block.cells if c.role in _WORDS]
    declared = "".join(f"{_WORDS[cell.role]} {cell.name} : {cell.type}; END_VAR " for cell in cells)
    given = ", ".join(f"{cell.name} {':=' if cell.role == 'input' else '=>'} {cell.name}" for cell in cells)
    return f"""
FUNCTION_BLOCK {name}
{declared}VAR inline : {inline_name(kind)}; END_VAR
inline({given});
END_FUNCTION_BLOCK
"""
