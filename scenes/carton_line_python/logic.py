"""Carton line: height check with reject, singulation in front of the packing station.

The same logic as carton_line/plc/main.st, as processes. `line["I_PE1"]` reads a tag, `line["Q_Push"] = True`
commands one; `yield` waits: for an edge (`line.rises`, `line.falls`, `line.edge`), for a condition
(`line.when`, with `lasting` for one that must hold for a while, as a TON), for a time (`line.timeout`).
Logic takes time and chance from the line only (`line.now`, `line.random`, `line.draw`), so that every run
repeats.
"""

from __future__ import annotations

from tracking import Track


def logic(line):
    station = Station(line)
    station.show()
    for work in (
        station.switched_on,
        station.switched_off,
        station.room_on_belt2,
        station.height_check,
        station.at_pusher,
        station.singulation,
        station.waiting_for_packing,
    ):
        line.process(work())


class Station:
    def __init__(self, line):
        self.line = line
        self.running = False  # the line is on
        self.jam = False  # latched until the next start
        self.hold = False  # belt 1 waits for room on belt 2
        self.blocked = False  # packing keeps a carton waiting
        self.holding = True  # the stopper holds the next carton, nothing is on its way
        self.track = Track()

    def show(self):
        """The outputs that follow from what is known."""
        line = self.line
        line["Q_Belt2_Run"] = self.running and not self.jam
        line["Q_Belt1_Run"] = line["Q_Belt2_Run"] and not self.hold
        line["Q_Green"] = line["Q_Belt2_Run"]
        line["Q_Yellow"] = self.blocked or self.hold
        line["Q_Red"] = not line["I_EStop"] or self.jam

    def stopped(self):
        return not self.line["I_EStop"] or self.line["I_Stop"]

    # --- on and off: emergency stop and stop button win over start ---

    def switched_on(self):
        while True:
            yield self.line.rises("I_Start")
            if not self.stopped():
                self.running, self.jam = True, False
                self.show()

    def switched_off(self):
        while True:
            yield self.line.when(self.stopped)
            self.running = False
            self.show()
            yield self.line.when(lambda: not self.stopped())
            self.show()

    # --- belt 1 feeds belt 2 as long as there is room ---

    def room_on_belt2(self):
        line = self.line
        while True:
            yield line.when(lambda: self.running and line["I_PE3"], lasting="600 ms")
            self.hold = True
            self.show()
            free = line.when(lambda: not line["I_PE3"], lasting="300 ms")
            yield free | line.when(lambda: not self.running)
            self.hold = False
            self.show()

    # --- tall cartons: marked at the height check, pushed off at the pusher ---

    def height_check(self):
        while True:
            yield self.line.rises("I_PE1")
            self.track.enter(self.line["I_Tall"])

    def at_pusher(self):
        while True:
            yield self.line.rises("I_PE2")
            if self.track.leave() and self.running:
                self.line.process(self.push())

    def push(self):
        self.line["Q_Push"] = True
        out = self.line.when("I_Push_Out")
        yield out | self.line.timeout("2 s")
        self.line["Q_Push"] = False
        if not out.triggered:
            self.fault()

    def fault(self):
        self.jam = True
        self.show()

    # --- singulation: one carton at a time into the packing station ---

    def singulation(self):
        line = self.line
        line["Q_Stop1"] = True
        while True:
            yield line.when(self.may_release)
            self.holding = False
            line["Q_Stop1"] = False
            passed = line.when("I_PE5")
            yield passed | line.when(lambda: self.running, lasting="5 s")
            line["Q_Stop1"] = True
            if passed.triggered:
                arrived = line.when("I_Pack_Occupied")
                yield arrived | line.when(lambda: self.running, lasting="5 s")
            if not (passed.triggered and arrived.triggered):
                self.fault()
            self.holding = True

    def may_release(self):
        line = self.line
        there = line["I_PE4"] and line["I_Stop1_Up"]
        return self.running and there and not line["I_Pack_Occupied"] and not line["I_PE5"]

    def waiting_for_packing(self):
        line = self.line

        def waits():
            return self.running and line["I_PE4"] and self.holding

        while True:
            yield line.when(waits, lasting="3 s")
            self.blocked = True
            self.show()
            yield line.when(lambda: not waits())
            self.blocked = False
            self.show()
