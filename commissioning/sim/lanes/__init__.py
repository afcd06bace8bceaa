"""Lanes: parts in order along chains of tracks, in trains that move as one, solved from event to event.

`lane` is the whole; its base classes stand one on another: `trains` (what moves how), `contacts` (why),
`holds`, `leaving`, `handover`. `watch`, `eye` and `entry` wait along a lane; `records` reads it back.
"""
