"""PLCopen XML of sequential function charts for tests, after the TC6 v2.01 schema and its example 9.4."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from sfc_reference import Chart, Transition

XHTML = "http://www.w3.org/1999/xhtml"


def wired(*sources: int) -> str:
    return "".join(f'<connection refLocalId="{number}"/>' for number in sources)


def point(*sources: int) -> str:
    return f"<connectionPointIn>{wired(*sources)}</connectionPointIn>" if sources else ""


def at(x: float, y: float = 0) -> str:
    return f'<position x="{x}" y="{y}"/>'


def step(number: int, name: str, *sources: int, initial: bool = False) -> str:
    told = ' initialStep="true"' if initial else ""
    outs = '<connectionPointOut formalParameter="sfc"/><connectionPointOutAction formalParameter="x"/>'
    return f'<step localId="{number}" name="{name}"{told}>{at(0)}{point(*sources)}{outs}</step>\n'


def jump(number: int, target: str, *sources: int) -> str:
    return f'<jumpStep localId="{number}" targetName="{target}">{at(0)}{point(*sources)}</jumpStep>\n'


def inline(text: str) -> str:
    return f'<inline name=""><ST><p xmlns="{XHTML}">{escape(text)}</p></ST></inline>'


def transition(
    number: int, inside: str, *sources: int, x: float = 0, told: str = "", negated: bool = False
) -> str:
    """`inside`: what its condition consists of; `told`: further attributes."""
    attribute = ' negated="true"' if negated else ""
    return (
        f'<transition localId="{number}"{told}>{at(x)}{point(*sources)}<connectionPointOut/>'
        f"<condition{attribute}>{inside}</condition></transition>\n"
    )


def passing(tag: str, number: int, *sources: int) -> str:
    """A divergence, or a convergence with one point for each line."""
    points = "".join(point(source) for source in sources)
    return f'<{tag} localId="{number}">{at(0)}{points}<connectionPointOut formalParameter="0"/></{tag}>\n'


def block(number: int, source: int, *entries: str) -> str:
    return f'<actionBlock localId="{number}">{at(0)}{point(source)}{"".join(entries)}</actionBlock>\n'


def entry(number: int, qualifier: str, name: str = "", duration: str = "", body: str = "") -> str:
    """An action by `name`, or the text of one."""
    told = f' duration="{duration}"' if duration else ""
    inner = inline(body) if body else f'<reference name="{name}"/>'
    return f'<action localId="{number}" qualifier="{qualifier}"{told}>{at(0)}{inner}</action>'


def drawn(chart: Chart) -> str:
    """The body of a chart, with divergences and convergences where the lines meet."""
    numbers = {name: position for position, name in enumerate(chart.steps, 1)}
    free = iter(range(1000, 100_000))
    texts: list[str] = []
    leading: dict[str, list[int]] = {name: [] for name in chart.steps}
    fans = {name: _fan(texts, free, numbers[name], chart, name) for name in chart.steps}
    for position, found in enumerate(chart.transitions):
        number = next(free)
        texts.append(_transition(texts, free, number, found, position, fans))
        below = number
        if len(found.targets) > 1:
            below = next(free)
            texts.append(passing("simultaneousDivergence", below, number))
        for target in found.targets:
            leading[target].append(below)
    for name in chart.steps:
        sources: Sequence[int] = leading[name]
        if len(sources) > 1:
            texts.append(passing("selectionConvergence", meeting := next(free), *sources))
            sources = (meeting,)
        texts.append(step(numbers[name], name, *sources, initial=name in chart.initial))
        entries = [
            entry(next(free), qualifier, action, f"T#{time}ms" if time is not None else "")
            for owner, action, qualifier, time in chart.uses
            if owner == name
        ]
        if entries:
            texts.append(block(next(free), numbers[name], *entries))
    return "".join(texts)


def _fan(texts: list[str], free: object, number: int, chart: Chart, name: str) -> int:
    """Where the lines below a step begin: at a divergence where there are several."""
    below = [t for t in chart.transitions if name in t.sources]
    if len(below) < 2:
        return number
    fan = next(free)  # type: ignore[call-overload]
    texts.append(passing("selectionDivergence", fan, number))
    return int(fan)


def _transition(
    texts: list[str], free: object, number: int, found: Transition, position: int, fans: dict[str, int]
) -> str:
    sources = [fans[name] for name in found.sources]
    if len(sources) > 1:
        meeting = next(free)  # type: ignore[call-overload]
        texts.append(passing("simultaneousConvergence", meeting, *sources))
        sources = [meeting]
    told = "" if found.priority is None else f' priority="{found.priority}"'
    return transition(number, inline(found.text), *sources, x=10 * position, told=told)
