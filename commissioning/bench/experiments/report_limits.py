"""What limited each variant of an experiment, and what would raise its first measure, for its report."""

from __future__ import annotations

import re

from commissioning.bench.experiments.results import ExperimentReport
from commissioning.bench.experiments.variants import value_text
from commissioning.bench.reports.timing import text

__all__ = ["gains_section", "limits_section"]

_LONG = re.compile(r"\d+\.\d{3,}")


def gains_section(report: ExperimentReport) -> str:
    """Which device being quicker would raise the first measure."""
    gains = report.gains
    if not gains:
        return ""
    rows = "".join(
        f"<tr><td class='id'>{text(gain.variant)}</td><td>{_changed(report, gain.variant)}</td>"
        f"<td class='n'>{gain.change:+.2%}</td><td class='n'>"
        f"{'' if gain.low is None else f'{gain.low:+.2%} to {gain.high:+.2%}'}</td>"
        f"<td>{'<b>significant</b>' if gain.significant else 'not significant'}</td></tr>"
        for gain in gains
    )
    first = text(report.plan.measures[0].id)
    return (
        f"<section><h2>What would raise {first}</h2><p class='muted'>Each device by itself that much "
        "quicker: cycles and times between parts shorter, speeds higher. Paired differences to the baseline, "
        'as a share of its mean.</p><div class="scroll"><table class="narrow"><thead><tr>'
        '<th scope="col">Quicker</th><th scope="col">With</th><th scope="col" class="n">Change</th>'
        '<th scope="col" class="n">Interval</th><th scope="col"></th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></section>"
    )


def _changed(report: ExperimentReport, variant: str) -> str:
    """What the variant changes, its numbers to four places."""
    given = report.variant(variant).variant.as_json()
    said = (f"{address.partition('.')[2]}: {value_text(value)}" for address, value in given.items())
    return text(_LONG.sub(lambda found: f"{float(found[0]):.4g}", ", ".join(said)))


def limits_section(report: ExperimentReport) -> str:
    """What limited each variant."""
    rows = []
    order = list(dict.fromkeys(device for result in report.asked for device in result.limits))
    for result in report.asked:
        if not result.limits:
            continue
        pieces, at = [], 0.0
        for device, (momentary, sole) in result.limits.items():
            words = f"{text(device)} {momentary:.1%}, alone {sole:.1%}"
            for share, opacity in ((sole, "1"), (momentary - sole, "0.5")):
                place = f'x="{at * 1000:.1f}" y="0" width="{share * 1000:.1f}" height="14"'
                pieces.append(
                    f'<rect class="cause-{order.index(device) % 4}" {place} fill-opacity="{opacity}">'
                    f"<title>{words}</title></rect>"
                )
                at += share
        longest = [(device, m) for device, (m, _) in result.limits.items() if m >= 0.005][:3]
        said = ", ".join(f"{text(device)} {m:.1%}" for device, m in longest)
        frame = 'class="bar" viewBox="0 0 1000 14" preserveAspectRatio="none" role="img"'
        rows.append(
            f"<tr><td class='id'>{text(result.variant.named)}</td><td class='causes-bar'><svg {frame} "
            f'aria-label="{said}">{"".join(pieces)}</svg></td><td>{said}</td></tr>'
        )
    if not rows:
        return ""
    return (
        '<section><h2>Bottleneck</h2><div class="scroll"><table><thead><tr><th scope="col">Variant</th>'
        '<th scope="col" class="causes-bar">Share of time</th><th scope="col">Longest</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div><p class='muted'>By Roser's active-period method: the "
        "machine, conveyor or source with the longest uninterrupted time of work, repair or set-up, means "
        "over the runs; paler where the bottleneck shifted from one to the next.</p></section>"
    )
