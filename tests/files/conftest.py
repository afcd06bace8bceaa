"""scene_fakes.py and json_schema.py for tests of scene files, recording_fakes.py for those of recordings."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from commissioning.model.record import CHUNK

sys.path[:0] = [str(Path(__file__).parents[1] / "model"), str(Path(__file__).parent)]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed recording of more than one chunk."""
    from recording_fakes import write

    path = tmp_path_factory.mktemp("recording") / "good.recording"
    write(path, CHUNK + 10, texts=("jam",))
    return path
