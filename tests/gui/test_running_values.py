"""What the window shows of values that run between events: those of the time shown."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from commissioning.app.tag_values import TagValues
from commissioning.app.watch import Watch
from commissioning.bench.load import load_text
from commissioning.sim.run import Run

SCENE = """
format: commissioning-scene/1
devices:
  b: {type: belt, length: 4 m, speed: 0.5 m/s, acceleration: 0.5 m/s2, to: out, tags: {run: Q_Run}}
  out: {type: sink}
  e: {type: encoder, along: b, at: 1 m, tags: {count: I_Count}}
"""


def test_that_the_tag_table_of_the_window_shows_the_value_of_the_time_shown(tmp_path: Path) -> None:
    """0.25 t^2 m up to 1 s, then 0.5 m/s; 1,000 counts a metre; forced from 3 s on."""
    run = Run(load_text(SCENE, tmp_path / "scene.yaml"), 1)
    run.write("Q_Run", True)
    run.advance("3 s")
    run.force("I_Count", -1)
    run.advance("1 s")
    watch = Watch()
    watch._begin(run.journal.header)
    watch._take(SimpleNamespace(records=run.journal.records), run.journal.length)
    values = TagValues(watch)
    count = run.tags["I_Count"].index
    for t, shown, source in ((0.5, "62", "62"), (2, "750", "750"), (3.5, "-1", "1500")):
        watch.t_ns = round(t * 1e9)
        assert (values.text(count), values.source_text(count)) == (shown, source)
    assert values.forced(count)
