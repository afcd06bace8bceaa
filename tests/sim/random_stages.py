# ruff: noqa: E501  scene text
"""Further stages of random lines (`random_lines`): curves, S-curves, separators, merges into gaps, what carries parts
to places, workplaces with people, rework and loops of pallets."""

from __future__ import annotations

from math import cos, radians, sin
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random_lines import Text

__all__ = ["FURTHER", "further"]

TIMES = ("1 s", "2 s", "{exponential: 2 s}", "{uniform: [0.5 s, 3 s]}")


def ahead(text: Text, along: float, left: float = 0.0) -> None:
    """Where the main way stands goes on by so much, seen along it."""
    turn = radians(text.turn)
    text.x += along * cos(turn) - left * sin(turn)
    text.y += along * sin(turn) + left * cos(turn)


def motion(text: Text, unit: str = "m") -> str:
    rng = text.rng
    ramp = rng.choice(["", f", acceleration: {rng.choice([0.5, 2.0])} {unit}/s2"])
    return f", speed: {rng.choice([0.6, 1.5])} {unit}/s{ramp}"


def handling(text: Text) -> str:
    return f", load: {text.rng.choice(['0 s', '0.4 s', '{exponential: 0.5 s}'])}, unload: {text.rng.choice([0, 0.3])} s"


def wants(text: Text, port: str) -> str:
    return text.command(port) if text.rng.random() < 0.4 else ""


def curve(text: Text) -> None:
    rng = text.rng
    angle, radius = rng.choice([-90, -45, 45, 90]), rng.choice([0.6, 0.9])
    ramp = rng.choice(["", ", acceleration: 0.7 m/s2", ", acceleration: 0.9 m/s2, jerk: 2 m/s3"])
    text.add(text.name("bend"), "curve", f", radius: {radius} m, angle: {angle} deg{text.speed()}{ramp}")
    side = 1.0 if angle > 0 else -1.0
    a = radians(abs(angle))
    ahead(text, radius * sin(a), side * radius * (1 - cos(a)))
    text.turn = (text.turn + angle) % 360
    text.belt(length=0.8)


def soft_belt(text: Text) -> None:
    text.belt(", acceleration: 0.8 m/s2, jerk: 1.5 m/s3" + text.command("run"))


def turning_rollers(text: Text) -> None:
    rng = text.rng
    zones, slips = rng.randint(1, 4), rng.choice(["true", "false"])
    ramp = rng.choice(["", ", acceleration: 5 m/s2", ", acceleration: 8 m/s2, jerk: 120 m/s3"])
    name, told = text.name("both"), text.command("reverse")
    if rng.random() < 0.4:
        told = told.rstrip("}") + text.command("release").replace(", tags: {", ", ")
    more = f"{text.speed()}, zones: {zones}, eye: 0.12 m, mode: {rng.choice(['singulation', 'slug'])}{ramp}"
    more += f", accumulating: {slips}, reversible: true{told}"
    text.add(name, rng.choice(["roller_conveyor", "chain_conveyor"]), more, 0.6 * zones)
    if rng.random() < 0.5:
        text.rows.append(f"{text.name('eye')}: {{type: photo_eye, along: {name}, at: 0.4 m}}")


def separator(text: Text) -> None:
    name = text.belt(length=2.4)
    gap = text.rng.choice([0.0, 0.2, 0.5])
    text.rows.append(
        f"{text.name('sep')}: {{type: separator, along: {name}, at: 1.5 m, gap: {gap} m{wants(text, 'release')}}}"
    )


def gap_merge(text: Text) -> None:
    text.stage("merge")
    rule = text.rows[-1]
    for old in ("main", "side", "alternate", "first_come"):
        rule = rule.replace(f"rule: {old}", "rule: gap")
    text.rows[-1] = rule


def lift(text: Text) -> None:
    name, before = text.name("lift"), text.last
    more = (
        f", takes: {{{before}: 0 m}}, gives: {{on: 1 m}}{motion(text)}{handling(text)}{wants(text, 'give')}"
    )
    text.add(name, "lift", more, posed=False, way="{on: NEXT}")
    ahead(text, 0.8)
    text.z += 1.0
    text.belt(length=1.0)


def turntable(text: Text) -> None:
    angle = text.rng.choice([-90, 90, 45])
    name, before = text.name("turn"), text.last
    more = f", takes: {{{before}: 0 deg}}, gives: {{on: {angle} deg}}{motion(text, 'rad')}{handling(text)}{wants(text, 'give')}"
    text.add(name, "turntable", more, posed=False, way="{on: NEXT}")
    ahead(text, 0.4)
    text.turn = (text.turn + angle) % 360
    ahead(text, 0.4)
    text.belt(length=1.0)


def shuttle(text: Text) -> None:
    """Rails across the way; it comes back to the right."""
    name, before = text.name("car"), text.last
    ahead(text, 0.3)
    text.turn -= 90
    pose = text.pose()
    text.turn += 90
    more = f"{pose}, takes: {{{before}: 0 m}}, gives: {{on: 2 m}}{motion(text)}{handling(text)}{wants(text, 'take')}"
    text.add(name, "shuttle", more, posed=False, way="{on: NEXT}")
    ahead(text, 0.3, -2.0)
    text.belt(length=1.0)


def crane(text: Text) -> None:
    rng = text.rng
    slots = rng.choice(["", ", bays: 2, levels: 2", ", capacity: 3"])
    more = (
        f", length: 3 m, height: 2 m{slots}{motion(text)}, lift_speed: 0.7 m/s, pick: 0.3 s, deposit: 0.2 s"
    )
    more += f", cycle: {rng.choice(['single', 'dual'])}{wants(text, 'retrieve')}"
    text.add(text.name("crane"), "crane", more)
    ahead(text, 0.0, -0.8)
    text.belt(length=1.0)


def rack(text: Text) -> None:
    more = f", bays: 2, levels: 2, handling: 0.3 s, retrieves: {text.rng.choice(['fifo', 'lifo', 'nearest'])}"
    text.add(text.name("rack"), "rack", more)
    ahead(text, 0.0, -0.6)
    text.belt(length=1.0)


def agv(text: Text) -> None:
    name, before = text.name("agv"), text.last
    fleet = text.rng.choice(["{v1: t}", "{v1: h1, v2: h2}"])
    more = (
        ", nodes: {t: [0, 0], x: [2, 0], y: [4, 0], g: [6, 0], h1: [2, 2], h2: [4, 2]}, "
        f"paths: [t-x, x-y, y-g, x-h1, y-h2], vehicles: {fleet}, takes: {{{before}: t}}, gives: {{on: g}}{motion(text)}{handling(text)}"
    )
    text.add(name, "agvs", more, way="{on: NEXT}")
    ahead(text, 7.0)
    text.belt(length=1.0)


def inspection(text: Text) -> None:
    name, again = text.name("test"), text.name("again")
    shares = text.rng.choice(
        ["good: 70 %, rework: 20 %, scrap: 10 %", "good: 40 %, rework: 60 %, scrap: 0 %"]
    )
    more = f", results: {{{shares}}}, max_passes: {text.rng.choice([1, 3])}, cycle: {text.rng.choice(TIMES)}"
    text.add(name, "inspection", more, 0.6, way=f"{{good: NEXT, rework: {again}, scrap: {text.sink()}}}")
    text.rows.append(f"{again}: {{type: buffer, to: {name}}}")


def people(text: Text) -> None:
    team, rng = text.name("team"), text.rng
    shifts = rng.choice(
        [
            "",
            ", shifts: [{from: 0 s, to: 20 s, breaks: [{from: 6 s, to: 9 s}]}], repeat: 25 s, at_shift_end: interrupt",
        ]
    )
    text.rows.append(f"{team}: {{type: operators, count: {rng.randint(1, 2)}{shifts}}}")
    fails = rng.choice(["", f", failures: {{every: {{exponential: 9 s}}, repair: 2 s}}, repair_by: {team}"])
    text.add(
        text.name("hand"), "manual_station", f", operators: {team}, cycle: {rng.choice(TIMES)}{fails}", 0.6
    )


def apart(text: Text) -> None:
    """What goes on is the part itself; another one comes out of it."""
    more = f", gives: {{inner: {{product: tray}}}}, cycle: {text.rng.choice(TIMES)}"
    text.add(text.name("open"), "disassembly", more, 0.6, way=f"{{inner: {text.sink()}, rest: NEXT}}")


def join(text: Text) -> None:
    """Two of a kind from the side are used up for each part that goes on."""
    name = text.name("join")
    text.rows.append(
        f"{text.name('src')}: {{type: source, product: lid, every: {text.rng.choice(TIMES)}, to: {name}}}"
    )
    text.rows.append(
        f"{text.name('src')}: {{type: source, product: pallet, every: {text.rng.choice(TIMES)}, to: {name}}}"
    )
    text.rows.append(
        f"{name}: {{type: assembly, takes: {{pallet: 1, lid: 2}}, cycle: 1 s, pose: {{xyz: [0 m, -9 m, 1 m]}}, to: {text.sink()}}}"
    )
    text.belt()


def route(text: Text) -> None:
    hub, work = text.name("hub"), text.name("work")
    text.belt(length=0.8)
    text.rows.append(text.needs.replace("NEXT", hub))
    text.rows.append(
        f"{work}: {{type: station, cycle: {text.rng.choice(TIMES)}, pose: {{xyz: [0 m, -6 m, 1 m]}}, to: {hub}}}"
    )
    text.needs = f"{hub}: {{type: router, routes: {{box: [{work}, NEXT], tray: [NEXT]}}{text.pose()}}}"
    text.last, text.track = hub, ""
    text.belt()


def pallets(text: Text) -> None:
    """A loop beside the line: loaded, carried on a belt, unloaded, back."""
    wait, load, way, unload = (text.name(kind) for kind in ("wait", "load", "way", "unload"))
    count = text.rng.randint(1, 4)
    text.rows += [
        f"{wait}: {{type: buffer, pallets: {count}, product: pallet, pose: {{xyz: [0 m, -12 m, 1 m]}}, to: {load}}}",
        f"{text.name('src')}: {{type: source, product: lid, every: {text.rng.choice(TIMES)}, to: {load}}}",
        f"{load}: {{type: assembly, takes: {{pallet: 1, lid: 2}}, loads: true, cycle: 0.5 s, pose: {{xyz: [2 m, -12 m, 1 m]}}, to: {way}}}",
        f"{way}: {{type: belt, length: 1.4 m{text.speed()}, to: {unload}}}",
        f"{unload}: {{type: disassembly, gives: {{lids: {{product: lid, count: {text.rng.randint(1, 2)}}}}}, unloads: true, cycle: 1 s, to: {{lids: {text.sink()}, rest: {wait}}}}}",
    ]
    text.belt()


FURTHER = {
    "curve": curve, "soft belt": soft_belt, "separator": separator, "turning rollers": turning_rollers, "gap merge": gap_merge, "lift": lift,
    "turntable": turntable, "shuttle": shuttle, "crane": crane, "rack": rack, "agv": agv, "inspection": inspection,
    "people": people, "apart": apart, "join": join, "route": route, "pallets": pallets,
}  # fmt: skip
NEEDS_A_TRACK = {"lift", "turntable", "shuttle", "agv", "crane", "rack"}


def further(text: Text, kind: str) -> None:
    if kind in NEEDS_A_TRACK and not text.track:
        text.belt(length=1.0)
    FURTHER[kind](text)
