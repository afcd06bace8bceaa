"""Programs that were compiled before and are read again."""

from __future__ import annotations

import os
import random
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from commissioning.controllers import compile_cache
from commissioning.controllers.compile_cache import compiled
from commissioning.model.problem import Problems
from commissioning.plc import TaskSpec, compile_st
from commissioning.plc.program import Program

SOURCES = {
    "types.st": "TYPE Mode : (idle, busy := 5); Pair : STRUCT a : INT := 3; t : TON; END_STRUCT END_TYPE",
    "main.st": """
    VAR_GLOBAL RETAIN go AT %IX0.0 : BOOL; seen : ARRAY[0..3] OF INT; END_VAR
    FUNCTION_BLOCK Count VAR_INPUT up : BOOL; END_VAR VAR_OUTPUT n : INT; END_VAR
    VAR edge : R_TRIG; END_VAR
    METHOD Twice : INT Twice := 2 * n; END_METHOD
    edge(CLK := up); IF edge.Q THEN n := n + 1; END_IF
    END_FUNCTION_BLOCK
    PROGRAM MAIN VAR c : Count; p : Pair; m : Mode; x : INT; r : REFERENCE TO INT REF= x;
     text : STRING := 'a'; END_VAR
    c(up := go); p.t(IN := go, PT := T#30ms); IF p.t.Q THEN m := busy; r := c.Twice(); END_IF
    seen[c.n MOD 4] := x + p.a; text := CONCAT(LEFT(text, 5), INT_TO_STRING(x));
    END_PROGRAM
    """,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def never(*_arguments: object, **_named: object) -> Program:
    raise AssertionError("compiled again")


def test_that_a_program_from_the_cache_runs_as_the_one_that_was_compiled(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = compiled(folder, SOURCES)
    with monkeypatch.context() as patched:
        patched.setattr(compile_cache, "compile_project", never)
        second = compiled(folder, SOURCES)
    assert second is not first
    assert (second.hash, second.source, list(second.variables)) == (
        first.hash,
        first.source,
        list(first.variables),
    )
    assert list(second.members) == list(first.members)
    chance = random.Random(7)
    plcs = [program.start() for program in (compile_st(SOURCES), first, second)]
    for _ in range(200):
        value = chance.random() < 0.5
        for plc in plcs:
            plc["go"] = value
            plc.run()
    assert plcs[0].snapshot() == plcs[1].snapshot() == plcs[2].snapshot()


def test_that_what_needs_the_typed_tree_compiles_it_when_asked(folder: Path) -> None:
    compiled(folder, SOURCES)
    plc = compiled(folder, SOURCES).start()
    coverage = plc.coverage()
    plc.run(3)
    assert coverage.statements[0] > 0


@pytest.mark.parametrize(
    "change",
    [
        {"sources": SOURCES | {"main.st": SOURCES["main.st"] + " "}},
        {"dialect": "codesys"},
        {"tasks": [TaskSpec("t", "MAIN", 20_000_000)]},
        {"sources": {"other.st": SOURCES["types.st"], "main.st": SOURCES["main.st"]}},
    ],
)
def test_that_another_program_is_compiled(
    folder: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    compiled(folder, SOURCES)
    monkeypatch.setattr(compile_cache, "compile_project", never)
    with pytest.raises(AssertionError, match="compiled again"):
        compiled(folder, **({"sources": SOURCES} | change))  # type: ignore[arg-type]


def test_that_another_compiler_compiles_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled(folder, SOURCES)
    monkeypatch.setattr(compile_cache, "compiler_hash", lambda: b"another")
    monkeypatch.setattr(compile_cache, "compile_project", never)
    with pytest.raises(AssertionError, match="compiled again"):
        compiled(folder, SOURCES)


@pytest.mark.parametrize(
    "harm", [lambda d: d[:100], lambda d: d[:-1] + b"x", lambda d: b"", lambda d: d[:60] + b"!" + d[61:]]
)
def test_that_a_harmed_file_is_not_used(folder: Path, harm: object) -> None:
    compiled(folder, SOURCES)
    (file,) = (folder / "programs").glob("*.plc")
    file.write_bytes(harm(file.read_bytes()))  # type: ignore[operator]
    assert compiled(folder, SOURCES).hash == compile_st(SOURCES).hash


@pytest.mark.skipif(os.name == "nt", reason="rights of POSIX")
def test_that_a_folder_which_others_can_write_is_not_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled(folder, SOURCES)
    programs = folder / "programs"
    assert stat.S_IMODE(programs.stat().st_mode) == 0o700
    programs.chmod(0o777)
    monkeypatch.setattr(compile_cache, "compile_project", never)
    with pytest.raises(AssertionError, match="compiled again"):
        compiled(folder, SOURCES)


def test_that_what_is_wrong_is_told_each_time_and_nothing_is_kept(folder: Path) -> None:
    for _ in range(2):
        with pytest.raises(Problems, match="nothing is not declared"):
            compiled(folder, {"main.st": "PROGRAM P nothing := 1; END_PROGRAM"})
    assert not list(folder.rglob("*.plc"))


def test_that_no_folder_and_a_file_in_its_place_do_no_harm(tmp_path: Path) -> None:
    assert compiled(None, SOURCES).hash == compile_st(SOURCES).hash
    (tmp_path / "file").write_text("")
    assert compiled(tmp_path / "file", SOURCES).hash == compile_st(SOURCES).hash


def test_that_old_programs_make_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compile_cache, "_MOST_FILES", 3)
    for number in range(5):
        compiled(folder, {"main.st": f"PROGRAM P VAR x : INT; END_VAR x := {number}; END_PROGRAM"})
    assert len(list((folder / "programs").glob("*.plc"))) == 3


def test_that_the_tables_of_the_parser_are_kept_and_made_again_when_harmed(folder: Path) -> None:
    code = (
        "import sys, time\n"
        "from commissioning.controllers.compile_cache import keep_parser\n"
        "from commissioning.model.cache_folder import cache_folder\n"
        "from commissioning.plc import compile_st\n"
        "keep_parser(cache_folder())\n"
        "print(compile_st('PROGRAM P VAR x : INT; END_VAR x := 1; END_PROGRAM').hash)"
    )
    environment = {**os.environ, "COMMISSIONING_CACHE": str(folder)}
    kept = folder / "programs" / "parser.lark"
    seen = []
    for data in (None, None, b"harmed", b""):
        if data is not None:
            kept.write_bytes(data)
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        seen.append(done.stdout)
        assert kept.stat().st_size > 100_000
    assert len(set(seen)) == 1


def test_that_every_file_of_the_compiler_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = tmp_path / "plc"
    (room / "lint").mkdir(parents=True)
    for name in ("program.py", "grammar.lark", "lint/rules.py"):
        (room / name).write_text("one")
    monkeypatch.setattr(compile_cache.program_module, "__file__", str(room / "program.py"))
    compile_cache.compiler_hash.cache_clear()
    seen = {compile_cache.compiler_hash()}
    for name in ("program.py", "grammar.lark", "lint/rules.py"):
        (room / name).write_text("another")
        compile_cache.compiler_hash.cache_clear()
        seen.add(compile_cache.compiler_hash())
    compile_cache.compiler_hash.cache_clear()
    assert len(seen) == 4
