# ruff: noqa: E501  scene text
"""Random open lines as scene text, for hypothesis: sources, belts, rollers, buffers, stations with failures, merges,
diverters, transfers, pop-ups, pushers, stoppers, sinks; their commands as a scenario of random steps.

Devices of the main way carry poses, so that side tracks can be led to their middle.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from math import cos, radians, sin

from hypothesis import strategies as st
from random_stages import FURTHER, further

__all__ = ["SECONDS", "lines"]

SECONDS = 90
TIMES = ("1 s", "2.5 s", "{exponential: 2 s}", "{uniform: [0.5 s, 3 s]}", "{normal: {mean: 2 s, sd: 0.5 s}}")
STAGES = (
    "belt", "belt", "slow belt", "rigid belt", "stopped belt", "turning belt", "rollers", "slug rollers", "buffer", "station",
    "failing station", "batch", "transfer", "diverter", "popup", "pusher", "stopper", "merge", *FURTHER,
)  # fmt: skip


@dataclass
class Text:
    """Scene text that grows from the source on. `x`, `y`, `turn`: where the main way stands."""

    rng: random.Random
    rows: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0
    z: float = 0.8
    turn: int = 0
    devices: int = 0
    sinks: int = 0
    track: str = ""  # the last device of the main way, if parts travel on it
    last: str = "src"  # the last device of the main way
    needs: str = ""  # what leads to the next device of the main way: the row that waits for its name

    def name(self, kind: str) -> str:
        self.devices += 1
        return f"{kind}{self.devices}"

    def add(
        self,
        name: str,
        kind: str,
        params: str = "",
        length: float = 0.0,
        posed: bool = True,
        way: str = "NEXT",
    ) -> None:
        """A device of the main way; the one before leads to it. `way`: its `to`, NEXT for what follows."""
        if self.needs:
            self.rows.append(self.needs.replace("NEXT", name))
        pose = self.pose() if posed else ""
        size = f", length: {length!r} m" if length else ""
        self.needs = f"{name}: {{type: {kind}{pose}{size}{params}, to: {way}}}"
        self.last = name
        self.x += length * cos(radians(self.turn))
        self.y += length * sin(radians(self.turn))
        self.track = name if kind in ("belt", "curve", "roller_conveyor", "chain_conveyor") else ""

    def pose(self) -> str:
        return f", pose: {{xyz: [{self.x:.9f} m, {self.y:.9f} m, {self.z} m], rpy: [0 deg, 0 deg, {self.turn} deg]}}"

    def sink(self) -> str:
        self.sinks += 1
        self.rows.append(f"sink{self.sinks}: {{type: sink}}")
        return f"sink{self.sinks}"

    def command(self, port: str) -> str:
        tag = f"Q_{len(self.commands)}"
        self.commands.append(tag)
        return f", tags: {{{port}: {tag}}}"

    def speed(self) -> str:
        return f", speed: {self.rng.choice([0.3, 0.4, 0.55, 0.7])} m/s"

    def belt(self, more: str = "", length: float = 0.0) -> str:
        name = self.name("belt")
        self.add(name, "belt", self.speed() + more, length or round(self.rng.uniform(0.7, 2.5), 3))
        return name

    def stage(self, kind: str) -> None:
        """One device more, and what stands beside it."""
        rng = self.rng
        if kind in FURTHER:
            further(self, kind)
        elif kind == "belt":
            name = self.belt(f", gap: {rng.choice([0, 0.05])} m")
            if rng.random() < 0.5:
                self.rows.append(f"{self.name('eye')}: {{type: photo_eye, along: {name}, at: 0.4 m}}")
        elif kind == "slow belt":
            self.belt(f", acceleration: {rng.choice([0.4, 1.5])} m/s2")
        elif kind == "rigid belt":
            self.belt(", accumulating: false")
        elif kind == "stopped belt":
            self.belt(f", accumulating: {rng.choice(['true', 'false'])}" + self.command("run"))
        elif kind == "turning belt":
            slips, ramp = (
                rng.choice(["true", "false"]),
                rng.choice(["", ", acceleration: 0.8 m/s2", ", acceleration: 1 m/s2, jerk: 3 m/s3"]),
            )
            name = self.belt(f", accumulating: {slips}, reversible: true{ramp}" + self.command("reverse"))
            if rng.random() < 0.5:
                self.rows.append(f"{self.name('eye')}: {{type: photo_eye, along: {name}, at: 0.4 m}}")
        elif kind in ("rollers", "slug rollers"):
            zones, mode = rng.randint(1, 4), "slug" if kind == "slug rollers" else "singulation"
            more = f"{self.speed()}, zones: {zones}, mode: {mode}"
            more += self.command("release") if rng.random() < 0.5 else ""
            self.add(self.name("roll"), rng.choice(["roller_conveyor", "chain_conveyor"]), more, 0.6 * zones)
        elif kind == "buffer":
            self.add(self.name("wait"), "buffer", f", capacity: {rng.randint(1, 4)}", 0.6)
        elif kind == "station":
            more = rng.choice(["", f", parallel: {rng.randint(2, 3)}"])
            self.add(self.name("work"), "station", f", cycle: {rng.choice(TIMES)}{more}", 0.6)
        elif kind == "failing station":
            counts = rng.choice(["operating", "calendar"])
            more = (
                f", failures: {{every: {{exponential: 9 s}}, repair: {rng.choice(TIMES)}, counts: {counts}}}"
            )
            self.add(self.name("work"), "station", f", cycle: {rng.choice(TIMES)}{more}", 0.6)
        elif kind == "batch":
            self.add(
                self.name("oven"), "station", f", cycle: {rng.choice(TIMES)}, batch: {rng.randint(2, 3)}", 0.6
            )
        elif kind == "transfer":
            self.belt(length=1.0)
            self.add(self.name("turn"), "transfer", f", time: {rng.choice([0.2, 0.5])} s", posed=False)
            self.turn = (self.turn + 90) % 360
            self.belt(length=1.5)
        elif kind == "diverter":
            self.belt(length=1.0)
            name, side = self.name("gate"), self.name("side")
            self.add(
                name, "diverter", f", time: {rng.choice([0, 0.3])} s" + self.command("left"), posed=False
            )
            self.needs = self.needs.replace("to: NEXT", f"to: {{straight: NEXT, left: {side}}}")
            self.rows.append(f"{side}: {{type: belt, length: 0.8 m{self.speed()}, to: {self.sink()}}}")
        elif kind in ("popup", "pusher"):
            name = self.belt(length=2.0)
            side = self.name("side")
            port = "raise" if kind == "popup" else "extend"
            size = ", stroke: 0.5 m" if kind == "pusher" else f", time: {rng.choice([0, 0.2])} s"
            self.rows.append(
                f"{self.name('off')}: {{type: {kind}, along: {name}, at: 1.2 m{size}, to: {side}{self.command(port)}}}"
            )
            self.rows.append(f"{side}: {{type: belt, length: 0.8 m{self.speed()}, to: {self.sink()}}}")
        elif kind == "stopper":
            name = self.belt(f", accumulating: {rng.choice(['true', 'false'])}", 1.6)
            self.rows.append(
                f"{self.name('stop')}: {{type: stopper, along: {name}, at: {rng.choice([0.5, 1.4])} m{self.command('raise')}}}"
            )
        elif kind == "merge":
            x, y, turn = self.x, self.y, self.turn
            name = self.belt(length=2.4)
            cx, cy = x + 1.4 * cos(radians(turn)), y + 1.4 * sin(radians(turn))
            side, back = self.name("side"), (turn + 90) % 360
            sx, sy = cx - 1.1 * cos(radians(back)), cy - 1.1 * sin(radians(back))
            pose = f"pose: {{xyz: [{sx:.9f} m, {sy:.9f} m, {self.z} m], rpy: [0 deg, 0 deg, {back} deg]}}"
            self.rows.append(
                f"{self.name('src')}: {{type: source, product: tray, every: {rng.choice(TIMES)}, to: {side}}}"
            )
            self.rows.append(
                f"{side}: {{type: belt, {pose}, length: 1.1 m{self.speed()}, to: {{device: {name}, at: 1.4 m}}}}"
            )
            rule = rng.choice(["main", "side", "alternate", "first_come"])
            self.rows.append(
                f"{self.name('m')}: {{type: merge, along: {name}, at: 1.4 m, rule: {rule}, gap: {rng.choice([0, 0.05])} m}}"
            )

    def whole(self) -> str:
        self.rows.append(self.needs.replace("NEXT", self.sink()))
        steps = [
            f"{{at: 0 s, set: {{{tag}: {str(self.rng.random() < 0.5).lower()}}}}}" for tag in self.commands
        ]
        for _ in range(4 * len(self.commands)):
            at = round(self.rng.uniform(0.5, SECONDS), 3)
            steps.append(
                f"{{at: {at} s, set: {{{self.rng.choice(self.commands)}: {str(self.rng.random() < 0.6).lower()}}}}}"
            )
        steps.sort(key=lambda step: float(step.split()[1]))
        rows = "\n".join("  " + row for row in self.rows)
        listed = ", ".join(steps)
        return (
            "format: commissioning-scene/1\nproducts: {box: {size: [0.3 m, 0.2 m, 0.2 m]}, tray: {size: [0.2 m, 0.3 m, 0.1 m]}, pallet: {size: [0.3 m, 0.3 m, 0.1 m]}, lid: {size: [0.2 m, 0.2 m, 0.05 m]}}\n"
            f"run: {{length: {SECONDS} s, scenario: hands}}\nscenarios: {{hands: {{steps: [{listed}]}}}}\ndevices:\n{rows}\n"
        )


@st.composite
def lines(draw: st.DrawFn) -> str:
    """The text of an open line of one to seven stages."""
    stages = draw(st.lists(st.sampled_from(STAGES), min_size=1, max_size=7))
    rng = random.Random(draw(st.integers(0, 10**6)))
    text = Text(rng)
    takes_time = set(stages) - {"buffer", "rack"}  # a source that always has a part needs something that does
    every = rng.choice([*TIMES, "always"] if takes_time else TIMES)
    text.needs = f"src: {{type: source, mix: {{box: 1, tray: 1}}, every: {every}, to: NEXT}}"
    for kind in stages:
        text.stage(kind)
    return text.whole()
