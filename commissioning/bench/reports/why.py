"""The part of a report that says why: bottleneck, waiting, what devices did, flow, stock, OEE, energy."""

from __future__ import annotations

from collections.abc import Sequence

from commissioning.bench.reports.sankey import Flow, sankey
from commissioning.bench.reports.stock import histogram, loss_bar
from commissioning.bench.reports.strips import STACK, bottleneck_strip, state_strips
from commissioning.bench.reports.timing import text
from commissioning.bench.why import Why
from commissioning.sim.analysis.cause import clock
from commissioning.sim.analysis.littles_law import Balance
from commissioning.sim.analysis.oee import LOSSES, Oee
from commissioning.sim.analysis.routes import LOST, REMOVED
from commissioning.sim.analysis.waits import Wait, words

__all__ = ["HOW", "why_sections"]

Heads = Sequence[str | tuple[str, str]]
_PLACES = 12  # of Little's law, beside those where it is broken
_LEAST = 0.005  # of the time, from which on a bottleneck has a row
_ROWS = 25  # of tables
_WORDS = {"setup": "set-up", "slow": "slower than planned", "rejected": "parts not good",
          "effective": "good parts", "off": "off", "idle": "idle"}  # fmt: skip
HOW = """
<p><b>Bottleneck</b> by Roser's active-period method (WSC 2002): at each instant the machine, conveyor or
source with the longest uninterrupted time of work, repair or set-up; a conveyor works while a part on the
move keeps the next one from coming on. It shifts where the active times of one and the next overlap.
<b>Waiting</b>: a starved device is followed back along the part that came next, a blocked one forward along
the part that had to leave first, to where time was lost; the way that a part travels in any case is no loss.
<b>Little's law</b> is tested as an identity: the area under the number of parts, from what entered and left,
against the sum of times, from where each part was; they must agree to the nanosecond, or the journal is wrong
and with it this report. L and rate times stay differ by what is inside at both ends of the time; of pallets
that go round and never leave, the rate is that of rounds and W the time of one. <b>OEE</b> after ISO 22400-2,
with what the line took (starved, blocked, idle) taken off the planned time first; the standard's own, which
counts that against the machine, stands beside it. States as in OPC 40001-1 Annex C.2: working is APT, set-up
AUST, down ADET; starved, blocked and idle are ADOT; these make up PBT, and off lies outside of it.</p>
"""


def why_sections(why: Why, about: str) -> str:
    """The sections of one run; `about` names it."""
    time = f"{clock(why.start_ns)} to {clock(why.end_ns)}"
    warm = {
        "MSER-5": "the warm-up before it, found by MSER-5, is left out" if why.start_ns else
        "by MSER-5 there is no warm-up to leave out",
        "given": "what was before is left out" if why.start_ns else "from the beginning",
        "none found": "no steady state was found, so nothing is left out",
        "too short": "too few parts to tell a warm-up, so nothing is left out",
    }[why.warm_up]  # fmt: skip
    said = "".join(f"<li>{text(line)}</li>" for line in why.summary)
    kind = "said" if why.sound else "said problem"
    return "".join(
        (
            f"<section><h2>Why: {about}</h2><p class='muted'>{time}; {warm}.</p>",
            f"<ul class='{kind}'>{said}</ul></section>",
            _bottleneck(why),
            _strips(why),
            _waits(why.waits, why.names),
            _flow(why),
            _stock(why),
            _oee(why.oee, why.names),
            _energy(why),
        )
    )


def _bottleneck(why: Why) -> str:
    found = why.bottleneck
    ranked = sorted(found.shares.items(), key=lambda one: -one[1].momentary)
    rows = "".join(
        f"<tr><td class='id'>{text(why.names[device])}</td>"
        f"{_cells(share.momentary, share.sole, share.shifting)}</tr>"
        for device, share in ranked[:_ROWS]
        if share.momentary >= _LEAST or share.shifting >= _LEAST
    )
    if not rows:
        return ""
    heads: Heads = ("Device", *_numbers("Bottleneck", "Alone", "Shifting"))
    return (
        "<section><h2>Bottleneck over time</h2>"
        '<div class="legend"><span style="--c:var(--accent)">alone</span>'
        '<span style="--c:var(--shift)">shifting from one to the next</span></div>'
        f"<figure>{bottleneck_strip(why)}</figure>"
        f"{_table(heads, rows, 'narrow')}"
        f"<p class='muted'>Without a bottleneck, because all waited: {found.none:.1%} of the time.</p>"
        "</section>"
    )


def _strips(why: Why) -> str:
    if not why.strips:
        return ""
    used = [state for state in STACK if any(state in s for p in why.strips.values() for _, _, s in p)]
    legend = "".join(f'<span style="--c:var(--{state})">{_WORDS.get(state, state)}</span>' for state in used)
    whole = state_strips(why.strips, why.start_ns, why.end_ns, "states of devices over time")
    figures = f"<figure><figcaption>All of the time</figcaption>{whole}</figure>"
    if why.zoom:
        until = max(pieces[-1][1] for pieces in why.zoom.values() if pieces)
        chart = state_strips(why.zoom, why.start_ns, until, "states of devices, first stretch, exactly")
        figures += (
            f"<figure><figcaption>Its first {clock(until - why.start_ns)}, every change as it happened"
            f"</figcaption>{chart}</figure>"
        )
    return (
        f'<section><h2>What the devices did</h2><div class="legend">{legend}</div>{figures}'
        "<p class='muted'>Working fills the row, blocked its upper half, starved its lower half; down is "
        "crossed out. Where a device changed too often to show, the shares of a step stand on one another."
        "</p></section>"
    )


def _waits(found: Sequence[Wait], names: Sequence[str]) -> str:
    rows = []
    for wait in found[:_ROWS]:
        if wait.share < 0.001:
            break
        said = words(wait, names)
        bar = _bar(_side_by_side(wait, names), said)
        rows.append(
            f"<tr><td class='id'>{text(names[wait.device])}<small>{wait.state.name.lower()}</small></td>"
            f"<td class='n'>{wait.share:.1%}</td><td class='causes-bar'>{bar}</td>"
            f"<td class='why'>{text(said.partition(': ')[2])}</td></tr>"
        )
    if not rows:
        return ""
    heads: Heads = ("Device", *_numbers("Of the time"), ("Causes", "causes-bar"), "Where it came from")
    return f"<section><h2>Who waited for whom</h2>{_table(heads, ''.join(rows))}</section>"


def _bar(pieces: str, title: str) -> str:
    frame = 'class="bar" viewBox="0 0 1000 14" preserveAspectRatio="none" role="img"'
    return f'<svg {frame} aria-label="{text(title)}">{pieces}</svg>'


def _side_by_side(wait: Wait, names: Sequence[str]) -> str:
    """The three longest causes, and the rest as one."""
    pieces, at = [], 0.0
    for k, cause in enumerate(wait.causes[:3]):
        pieces.append((k, f"{names[cause.device]} {cause.what}", cause.share / wait.share))
    rest = sum(cause.share for cause in wait.causes[3:]) / wait.share
    found = []
    for k, label, wide in [*pieces, (3, "other causes", rest)]:
        if wide > 0.0:
            found.append(
                f'<rect x="{at * 1000:.1f}" y="0" width="{wide * 1000:.1f}" height="14" class="cause-{k}">'
                f"<title>{text(label)}: {wide:.0%}</title></rect>"
            )
            at += wide
    return "".join(found)


def _flow(why: Why) -> str:
    r = why.routes
    names = dict(enumerate(why.names)) | {LOST: "lost", REMOVED: "removed"}
    chart = sankey(Flow(r.flows, r.rejects, names, why.passes), "flow of parts")
    if not chart:
        return ""
    losses = [f"{n} {word}" for n, word in ((r.lost, "lost"), (r.removed, "removed")) if n]
    losses += [f"{r.used} gone into others"] if r.used else []
    losses += [f"{r.rejected} of those done rejected"] if r.rejected else []
    balance = f"{r.inside_before} in the line before and {r.made} made: {r.done} done, "
    balance += "".join(f"{loss}, " for loss in losses) + f"{r.inside_after} in the line at the end"
    return (
        f"<section><h2>Flow of parts</h2><figure>{chart}</figure><p>{balance}.</p>{_products(why)}</section>"
    )


def _products(why: Why) -> str:
    """By product, where they mean different things."""
    if not why.products:
        return ""
    rows = []
    for one in why.products:
        kind, a, time = one.product, one.account, one.lead_time
        about = ["carries others"] if kind.carries else []
        about += [f"goes round by {why.names[kind.round_at]}"] if kind.goes_round else []
        name = text(kind.name) + "".join(
            f"<small>{text(words)}</small>" for words in [", ".join(about)] if words
        )
        numbers = (a.made, a.done, a.rejected, a.lost + a.removed, a.used, a.inside_before, a.inside_after)
        spread = (one.wip.mean, time.mean, time.median, time.p95)
        rows.append(
            f"<tr><td class='id'>{name}</td>"
            + "".join(f"<td class='n'>{number}</td>" for number in numbers)
            + "".join(f"<td class='n'>{'' if x is None else f'{x:.1f}'}</td>" for x in spread)
            + "</tr>"
        )
    heads: Heads = (
        "Product",
        *_numbers("Made", "Done", "of it rejected", "Lost", "Gone into others", "Before", "At the end"),
        *_numbers("In the line", "Lead time or round, s", "Median", "95 %"),
    )
    return _table(heads, "".join(rows))


def _stock(why: Why) -> str:
    stock = histogram(why.wip, "parts", "parts in the line, share of time")
    lead = histogram(why.lead_time, "s", "lead time, share of parts")
    wrong = [balance for balance in why.law.balances if not balance.holds]
    shown = [*wrong, *(balance for balance in why.law.balances[:_PLACES] if balance.holds)]
    rows = "".join(_balance(balance) for balance in shown)
    more = len(why.law.balances) - len(shown)
    rest = f"<p class='muted'>In {more} more places likewise.</p>" if more > 0 else ""
    holds = (
        "Little's law holds: the area under the number of parts is the sum of the times they spent, exactly."
        if why.law.holds
        else "LITTLE'S LAW DOES NOT HOLD. The journal contradicts itself, which is an error of the program."
    )
    kind = "" if why.law.holds else ' class="problem"'
    heads: Heads = ("Place", *_numbers("L, parts", "Rate, /h", "W, s", "L / (rate · W) - 1"), "Identity")
    return (
        '<section><h2>Stock and lead time</h2><div class="side even"><figure><figcaption>Parts in the line, '
        f"share of time</figcaption>{stock}</figure><figure><figcaption>From made to done, share of parts"
        f"</figcaption>{lead}</figure></div><p{kind}>{holds}</p>{_table(heads, rows, 'narrow')}{rest}"
        "</section>"
    )


def _balance(balance: Balance) -> str:
    stay = "" if balance.stay is None else f"{balance.stay:.3f}"
    name = text(balance.name)
    if balance.round_at:
        name += f"<small>goes round, by {text(balance.round_at)}</small>"
    edge = "" if balance.edge is None else f"{balance.edge + 0.0:+.3%}"
    holds = "exact" if balance.holds else f"<b>off by {(balance.area - balance.time) / 1e9:g} part-s</b>"
    return (
        f"<tr><td class='id'>{name}</td><td class='n'>{balance.mean:.3f}</td>"
        f"<td class='n'>{balance.rate * 3600:.1f}</td><td class='n'>{stay}</td><td class='n'>{edge}</td>"
        f"<td>{holds}</td></tr>"
    )


def _oee(found: Sequence[Oee], names: Sequence[str]) -> str:
    if not found:
        return ""
    used = [loss for loss in LOSSES if any(one.time[loss] > 5e-4 for one in found)]
    legend = "".join(f'<span style="--c:var(--{loss})">{_WORDS.get(loss, loss)}</span>' for loss in used)
    rows = "".join(
        f"<tr><td class='id'>{text(names[one.device])}</td><td class='n'>{one.parts}</td>"
        f"{_cells(one.availability, one.performance, one.quality, one.oee, one.line, one.iso_oee)}"
        f"<td class='states'>{loss_bar(one.time, f'{names[one.device]}: where its time went')}</td></tr>"
        for one in found[:_ROWS]
    )
    numbers = ("Parts", "Availability", "Performance", "Quality", "OEE", "Left by line", "ISO OEE")
    heads: Heads = ("Machine", *_numbers(*numbers), ("Where its time went", "states"))
    return (
        f'<section><h2>OEE and its losses</h2><div class="legend">{legend}</div>{_table(heads, rows)}'
        "<p class='muted'>OEE is the machine's own, of the time that the line left it; ISO OEE counts "
        "starved, blocked and idle against it as well.</p></section>"
    )


def _energy(why: Why) -> str:
    e = why.energy
    if e is None:
        return ""
    states = [state for state in STACK if any(state in one.by_state for one in e.devices.values())]
    rows = "".join(
        f"<tr><td class='id'>{text(name)}</td><td class='n'>{one.kwh:.3f}</td>"
        + "".join(f"<td class='n'>{one.by_state.get(state, 0.0):.3f}</td>" for state in states)
        + f"<td class='n'>{one.peak_kw:.2f}</td></tr>"
        for name, one in e.devices.items()
    )
    each = "" if e.kwh_per_part is None else f", {e.kwh_per_part * 1000:.1f} Wh a part"
    heads: Heads = ("Device", *_numbers("kWh", *(_WORDS.get(state, state) for state in states), "Peak, kW"))
    return (
        f"<section><h2>Energy</h2><p>{e.kwh:.3f} kWh{each}; peak {e.peak_kw:.2f} kW at "
        f"{clock(round(e.peak_at_s * 1e9))}, largest quarter of an hour {e.demand_kw:.2f} kW.</p>"
        f"{_table(heads, rows, 'narrow')}</section>"
    )


def _table(heads: Heads, rows: str, kind: str = "") -> str:
    """A table; a head may bring the class of its column."""
    head = "".join(
        f'<th scope="col">{text(one)}</th>' if isinstance(one, str) else
        f'<th scope="col" class="{one[1]}">{text(one[0])}</th>'
        for one in heads
    )  # fmt: skip
    return (
        f'<div class="scroll"><table class="{kind}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _numbers(*heads: str) -> list[tuple[str, str]]:
    return [(head, "n") for head in heads]


def _cells(*shares: float | None) -> str:
    return "".join(f"<td class='n'>{'' if share is None else f'{share:.1%}'}</td>" for share in shares)
