"""The flow of parts between devices as a Sankey diagram: from top to bottom, as wide as it is strong.

Loops go back up along the right side. In a long line, belts and then buffers through which everything just
passes are left out until it fits a page. What is lost, removed or rejected ends in a box of its own colour
with its number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from commissioning.bench.reports.timing import open_chart, text
from commissioning.sim.analysis.routes import LOST, REMOVED

__all__ = ["Flow", "sankey"]

_WIDTH, _BAR = 1000, 15
_TALL, _LOW, _HIGH = 640, 32, 58  # px of the whole, least and most of a row
_MOST = 26  # nodes, before those that parts just pass are left out
_SIDE = 60  # px at the right, where loops go back

Link = tuple[int, int]


@dataclass(frozen=True)
class Flow:
    """`links`: parts by (from, to); `rejects`: of these the rejected ones. `names` and `passes` by node:
    `passes` holds those that may be left out where parts just pass, the least important first."""

    links: Mapping[Link, int]
    rejects: Mapping[Link, int]
    names: Mapping[int, str]
    passes: Sequence[int] = field(default=())


def sankey(flow: Flow, title: str) -> str:
    """The diagram, "" where nothing flows."""
    links, left_out = _shortened(dict(flow.links), flow.passes)
    links = {link: n for link, n in links.items() if n > 0 and link[0] != link[1]}
    if not links:
        return ""
    back = _back_links(links)
    layers = _layers([link for link in links if link not in back], {node for link in links for node in link})
    rows = _ordered(layers, links)
    inward, outward = _sums(links)
    weight = {node: max(inward[node], outward[node]) for node in layers}
    scale = _scale(rows, weight)
    x = _places(rows, weight, scale)
    row = max(_LOW, min(_HIGH, _TALL // len(rows)))
    height = 10 + row * (len(rows) - 1) + _BAR + 26
    parts = [open_chart(_WIDTH, height, title)]
    parts += _links(links, flow.rejects, back, x, layers, scale, row)
    for node, layer in layers.items():
        parts.append(_node(node, flow, x[node], 10 + row * layer, weight[node]))
    parts.append("</svg>")
    if left_out:
        names = ", ".join(flow.names[node] for node in left_out)
        parts.append(f'<p class="muted">Left out, because parts just pass: {text(names)}.</p>')
    return "".join(parts)


def _shortened(links: dict[Link, int], passes: Sequence[int]) -> tuple[dict[Link, int], list[int]]:
    """Without nodes that have one way in and one way out, until few enough are left."""
    left_out = []
    for node in passes:
        if len({one for link in links for one in link}) <= _MOST:
            break
        into = [link for link in links if link[1] == node]
        out = [link for link in links if link[0] == node]
        if len(into) == 1 and len(out) == 1 and into[0][0] != out[0][1]:
            joined = (into[0][0], out[0][1])
            count = max(links.pop(into[0]), links.pop(out[0]))
            links[joined] = links.get(joined, 0) + count
            left_out.append(node)
    return links, left_out


def _back_links(links: Mapping[Link, int]) -> set[Link]:
    """Links that close loops: met on the way down of a search from where the flow begins."""
    after: dict[int, list[int]] = defaultdict(list)
    for (a, b), _ in sorted(links.items(), key=lambda one: -one[1]):
        after[a].append(b)
    inward, outward = _sums(links)
    nodes = list(dict.fromkeys(node for link in links for node in link))
    roots = sorted(nodes, key=lambda node: (inward[node] > 0, inward[node] - outward[node]))
    found, done = set(), set()
    for root in roots:
        if root in done:
            continue
        path, on_path = [(root, iter(after[root]))], {root}
        while path:
            node, rest = path[-1]
            for other in rest:
                if other in on_path:
                    found.add((node, other))
                elif other not in done:
                    path.append((other, iter(after[other])))
                    on_path.add(other)
                    break
            else:
                path.pop()
                on_path.discard(node)
                done.add(node)
    return found


def _layers(links: Sequence[Link], nodes: set[int]) -> dict[int, int]:
    """Row of each node: behind everything that it gets parts from."""
    before: dict[int, list[int]] = defaultdict(list)
    for a, b in links:
        before[b].append(a)
    layers: dict[int, int] = {}
    for node in sorted(nodes):
        stack = [node]
        while stack:
            waiting = [one for one in before[stack[-1]] if one not in layers]
            if waiting:
                stack += waiting
            else:
                one = stack.pop()
                layers[one] = max((layers[a] + 1 for a in before[one]), default=0)
    return layers


def _ordered(layers: Mapping[int, int], links: Mapping[Link, int]) -> list[list[int]]:
    """Nodes by row, each near what it gets its parts from."""
    rows: list[list[int]] = [[] for _ in range(max(layers.values()) + 1)]
    for node, layer in layers.items():
        rows[layer].append(node)
    place: dict[int, float] = {}
    for row in rows:
        centre = {}
        for node in row:
            into = [(a, n) for (a, b), n in links.items() if b == node and a in place]
            total = sum(n for _, n in into)
            centre[node] = sum(place[a] * n for a, n in into) / total if total else 0.5
        lossy = {node: node in (LOST, REMOVED) for node in row}
        row.sort(key=lambda node: (lossy[node], centre[node], node))
        for k, node in enumerate(row):
            place[node] = (k + 0.5) / len(row)
    return rows


def _sums(links: Mapping[Link, int]) -> tuple[dict[int, int], dict[int, int]]:
    inward: dict[int, int] = defaultdict(int)
    outward: dict[int, int] = defaultdict(int)
    for (a, b), n in links.items():
        outward[a] += n
        inward[b] += n
    return inward, outward


def _scale(rows: Sequence[Sequence[int]], weight: Mapping[int, int]) -> float:
    """px per part: the fullest row with a label beside each node fits."""
    room = [
        (_WIDTH - _SIDE - _label_room(len(row)) * len(row)) / max(sum(weight[node] for node in row), 1)
        for row in rows
    ]
    heaviest = max(weight.values())
    return min([*room, 260.0 / heaviest])


def _label_room(nodes: int) -> float:
    return 170.0 if nodes <= 4 else max((_WIDTH - _SIDE) * 0.75 / nodes, 20.0)


def _places(
    rows: Sequence[Sequence[int]], weight: Mapping[int, int], scale: float
) -> dict[int, tuple[float, float]]:
    """(left, width) of each node; a row stands in the middle."""
    found = {}
    for row in rows:
        label = _label_room(len(row))
        total = sum(weight[node] * scale + label for node in row) - label
        at = max((_WIDTH - _SIDE - total) / 2 - (label / 2 if len(row) > 1 else 0.0), 4.0)
        for node in row:
            wide = max(weight[node] * scale, 2.0)
            found[node] = (at, wide)
            at += wide + label
    return found


def _links(
    links: Mapping[Link, int], rejects: Mapping[Link, int], back: set[Link],
    x: Mapping[int, tuple[float, float]], layers: Mapping[int, int], scale: float, row: int,
) -> list[str]:  # fmt: skip
    """Bands; at either end they stand side by side in the order of where they lead."""
    leaves: dict[Link, float] = {}
    enters: dict[Link, float] = {}
    for node in x:
        at = x[node][0]
        for link in sorted((k for k in links if k[0] == node), key=lambda k: (k in back, x[k[1]][0], k)):
            leaves[link] = at
            at += links[link] * scale
        at = x[node][0]
        for link in sorted((k for k in links if k[1] == node), key=lambda k: (k in back, x[k[0]][0], k)):
            enters[link] = at
            at += links[link] * scale
    found = []
    lane = _WIDTH - 8.0
    for link, n in sorted(links.items(), key=lambda one: -one[1]):
        wide = max(n * scale, 1.0)
        y0, y1 = 10 + row * layers[link[0]] + _BAR, 10 + row * layers[link[1]]
        if link in back:
            thin = min(wide, 10.0)
            found.append(_back(leaves[link] + wide / 2, y0, enters[link] + wide / 2, y1, lane, thin, n))
            lane = max(lane - thin - 3.0, _WIDTH - _SIDE + 6.0)
            continue
        lost = link[1] in (LOST, REMOVED) or rejects.get(link, 0) * 2 > n
        a, b, middle = leaves[link], enters[link], (y0 + y1) / 2
        path = (
            f"M{a:.1f} {y0}C{a:.1f} {middle} {b:.1f} {middle} {b:.1f} {y1}H{b + wide:.1f}"
            f"C{b + wide:.1f} {middle} {a + wide:.1f} {middle} {a + wide:.1f} {y0}Z"
        )
        kind = "loss" if lost else "flow"
        found.append(f'<path class="band-{kind}" d="{path}"><title>{n}</title></path>')
    return found


def _back(x0: float, y0: int, x1: float, y1: int, lane: float, thin: float, n: int) -> str:
    """Down out of its node, up along the right side, and into the other from above."""
    path = f"M{x0:.1f} {y0}C{x0:.1f} {y0 + 30} {lane:.1f} {y0 + 30} {lane:.1f} {y0 - 6}"
    path += f"V{y1 + 6}C{lane:.1f} {y1 - 26} {x1:.1f} {y1 - 26} {x1:.1f} {y1}"
    return f'<path class="band-back" d="{path}" stroke-width="{thin:.1f}"><title>{n}</title></path>'


def _node(node: int, flow: Flow, place: tuple[float, float], y: float, weight: int) -> str:
    left, wide = place
    name = flow.names[node]
    shown = name if len(name) <= 16 else name[:15] + "…"
    bad = sum(n for link, n in flow.rejects.items() if link[1] == node)
    words = f"{weight}" + (f", {bad} rejected" if bad else "")
    kind = "node-loss" if node in (LOST, REMOVED) or bad * 2 > weight else "node"
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{y}" width="{wide:.1f}" height="{_BAR}"/>'
        f'<text x="{left + wide + 6:.1f}" y="{y + 12}">{text(shown)} '
        f'<tspan class="label-muted">{words}</tspan><title>{text(name)}</title></text>'
    )
