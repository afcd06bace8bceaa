"""`commissioning replay --waveforms`: the tags of a recording as a file for GTKWave or a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from commissioning.bench.output_file import require_writable, write
from commissioning.bench.recorded_view import from_its_beginning
from commissioning.files.recording import Recording, read_recording
from commissioning.model.problem import Place, Problem, Problems
from commissioning.model.waveforms import Waveforms
from commissioning.sim.analysis.tag_waveforms import tag_waveforms
from commissioning.sim.check import RecordsView
from commissioning.sim.run import Run

__all__ = ["write_waveforms"]

_KINDS = (".vcd", ".csv")


def write_waveforms(
    source: Run | Recording | Path | str, file: Path | str, names: Sequence[str] = ()
) -> Waveforms:
    """Write the tags of a run or a recording into `file`: .vcd (IEEE 1364, for GTKWave) or .csv.

    `names`: which tags and ports ("I_*"); the tags of controllers unless given. Returns what was written; its
    `left_out` tells what a file of values cannot hold. Raises Problems for a file that cannot be written or
    read, another ending, or a name that fits nothing.
    """
    path = Path(file)
    if path.suffix.lower() not in _KINDS:
        what = f"waveforms are written as {' or '.join(_KINDS)}, not {path.suffix or path.name}"
        raise Problems(Problem(what, Place(file=str(path)), "Choose another ending"))
    require_writable(path)
    try:
        if isinstance(source, Run):
            found = tag_waveforms(source.view(), names, offset_ns=source.counts_from_ns)
        else:
            recording = source if isinstance(source, Recording) else read_recording(Path(source))
            shown, start_ns, _ = from_its_beginning(recording)
            found = tag_waveforms(
                RecordsView(shown.header, shown.texts, shown.records, shown.end_ns), names, start_ns
            )
    except KeyError as error:
        cure = "Name tags or ports of the line; * stands for anything"
        raise Problems(Problem(str(error.args[0]), cure=cure)) from error
    write(path, found.vcd() if path.suffix.lower() == ".vcd" else found.csv())
    return found
