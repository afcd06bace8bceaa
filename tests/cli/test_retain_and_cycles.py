"""`--retain`: values outlast a run; `serve` and paced runs tell how punctual scans were."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commissioning.bench.serve import serve

Line = Any  # see conftest.py
Command = Callable[..., Any]


@pytest.fixture
def counting(small: Line) -> Line:
    """Its program counts how often the button was pressed, in a RETAIN variable."""
    small.edit("PROGRAM MAIN\n", "VAR_GLOBAL RETAIN ever : INT; END_VAR\nPROGRAM MAIN\n", "main.st")
    small.edit("    Seen : INT;\n", "    Seen : INT; rise : R_TRIG;\n", "main.st")
    count = "    rise(CLK := I_Go); IF rise.Q THEN ever := ever + 1; END_IF\n"
    return small.edit("    IF I_Go THEN\n", f"{count}    IF I_Go THEN\n", "main.st")


def test_that_retained_values_go_from_run_to_run(counting: Line, command: Command, tmp_path: Path) -> None:
    file = tmp_path / "kept" / "plc.txt"
    for times in (1, 2, 3):
        said = command("run", counting, "--for", "5 s", "--retain", file)
        assert said.code == 0, said.err
        assert file.read_text() == f"# controller plc\ncommissioning-retained/1\never : INT = {times}\n"
    assert "plc: 1 retained values" in said.out


def test_that_a_scene_that_retains_nothing_runs_again(small: Line, command: Command, tmp_path: Path) -> None:
    file = tmp_path / "plc.txt"
    for _ in range(2):
        said = command("run", small, "--for", "1 s", "--retain", file)
        assert said.code == 0, said.err
        assert file.read_text() == "# nothing is retained in this scene\n"


def test_that_values_that_cannot_be_written_leave_those_that_are_there(
    counting: Line, command: Command, tmp_path: Path
) -> None:
    file = tmp_path / "plc.txt"
    assert command("run", counting, "--for", "1 s", "--retain", file).code == 0
    before = file.read_bytes()
    (tmp_path / "plc.txt.new").mkdir()  # where they are written first
    said = command("run", counting, "--for", "1 s", "--retain", file)
    assert said.code == 2 and "nothing can be written here" in said.err
    assert file.read_bytes() == before


def test_that_a_run_with_other_retained_values_is_another_run(
    counting: Line, command: Command, tmp_path: Path
) -> None:
    file = tmp_path / "plc.txt"

    def digest(*options: object) -> str:
        said = command("run", counting, "--for", "2 s", "--json", *options)
        return str(json.loads(said.out)["digest"])

    plain = digest()
    assert digest("--retain", file) == plain  # there was no file yet
    assert digest("--retain", file) != plain


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"\xff\xfe", 0, "not UTF-8"),
        (b"", 1, "this holds no line # controller NAME"),
        (b"# controller other\ncommissioning-retained/1\n", 1, "there is no controller other"),
        (b"# controller plc\nnonsense\n", 2, "these are no retained values"),
        (b"# controller plc\ncommissioning-retained/1\never = 3\n", 3, "'ever = 3' is no retained value"),
        (
            b"# controller plc\ncommissioning-retained/1\n# controller plc\ncommissioning-retained/1\n",
            3,
            "plc is there twice",
        ),
    ],
)
@pytest.mark.parametrize("name", ["run", "serve"])
def test_that_a_hostile_file_is_a_problem_with_its_line(
    name: str, content: bytes, line: int, words: str, counting: Line, command: Command, tmp_path: Path
) -> None:
    counting.edit(
        "scenarios:\n", 'links:\n  a: {type: opcua_server, endpoint: "opc.tcp://127.0.0.1:0"}\nscenarios:\n'
    )
    file = tmp_path / "plc.txt"
    file.write_bytes(content)
    said = command(name, counting, "--for", "1 s", "--retain", file)
    assert (said.code, said.out, len(said.problems)) == (2, "", 1)
    assert words in said.err
    assert said.err.startswith(f"{file}:{line}" if line else str(file))
    assert file.read_bytes() == content


def test_that_serve_tells_how_punctual_scans_were(counting: Line, command: Command, tmp_path: Path) -> None:
    counting.edit(
        "scenarios:\n", 'links:\n  a: {type: opcua_server, endpoint: "opc.tcp://127.0.0.1:0"}\nscenarios:\n'
    )
    said = command(
        "serve", counting, "--for", "300 ms", "--every-scan", "--overrun", "skip", "--retain", tmp_path / "f"
    )
    assert said.code == 0, said.err
    time = r"[\d.e+]+ (us|ms|s)"
    spread = rf"{time}/{time}/{time}/{time} \(min/mean/p99/max\)"
    told = rf"execution {spread}; delay {spread}; jitter {spread}; \d+ overruns"
    assert re.search(rf"plc\.main: cycle 10 ms, 30 scans, {told}", said.out)
    assert (tmp_path / "f").exists()


def test_that_a_paced_run_tells_it_too(counting: Line, command: Command) -> None:
    said = command("run", counting, "--for", "1 s", "--speed", "10x", "--every-scan", "--json")
    (task,) = json.loads(said.out)["cycles"]
    assert (task["controller"], task["task"], task["cycle_s"], task["scans"]) == ("plc", "main", 0.01, 100)
    assert set(task["execution"]) == {"least", "mean", "p99", "most"}
    said = command("run", counting, "--for", "1 s", "--json")
    assert json.loads(said.out)["cycles"] == []


def test_that_serve_follows_edits_of_the_program(counting: Line) -> None:
    counting.edit(
        "scenarios:\n", 'links:\n  a: {type: opcua_server, endpoint: "opc.tcp://127.0.0.1:0"}\nscenarios:\n'
    )
    file = counting.folder / "main.st"
    good = file.read_text().replace("Seen : INT;", "Seen, more : INT;")

    heard: list[str] = []

    def say(text: str) -> None:
        """An editor who answers what `serve` tells."""
        heard.append(text)
        if text.startswith("running"):
            file.write_text("PROGRAM MAIN nonsense")
        elif "main.st:1:" in text:  # what is wrong; the old program goes on
            file.write_text(good)
        elif "online change" in text:
            raise KeyboardInterrupt

    code = serve(counting.folder, None, "", 1.0, 60_000_000_000, None, (), say, online_change=True)
    assert code == 0
    assert "plc: online change: 6 kept, 1 new (MAIN.more)" in heard
