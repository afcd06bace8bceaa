"""From the rules of grammar.lark for sequential function charts to their syntax tree."""

from __future__ import annotations

from typing import Any

from lark import Token

from commissioning.plc.syntax import sfc_tree, tree
from commissioning.plc.syntax.tree import At

_MOST_DIGITS = 9


def _at(token: Token) -> At:
    return At(token.line or 0, token.column or 0)


class ChartRules:
    """The part of the builder that makes steps and transitions."""

    def chart_step(self, children: list[Any]) -> sfc_tree.ChartStep:
        word, name, *inner = children
        actions = tuple(child for child in inner if not isinstance(child, Token))
        return sfc_tree.ChartStep(str(name), word.type == "INITIAL_STEP", actions, _at(name))

    def chart_steps(self, children: list[Any]) -> tuple[tree.Name, ...]:
        return tuple(tree.Name(str(token), _at(token)) for token in children)

    def transition(self, children: list[Any]) -> sfc_tree.Transition:
        word, name, _priority, _assign, number, _from, sources, _to, targets, *rest = children
        condition = rest[1]  # behind the ":="
        # more digits than any chart needs: it comes after all others, whatever they say
        priority = None if number is None else int(str(number)[:_MOST_DIGITS].replace("_", ""))
        return sfc_tree.Transition(
            "" if name is None else str(name), priority, sources, targets, condition, _at(word)
        )
