"""The options of every command."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from commissioning.cli import commands as do
from commissioning.cli.answers import version

LATER = {
    "import": "meshes, robots, tag lists and PLC programs into a scene",
    "io-check": "a point by point loop check",
    "search": "a search for a scenario that violates a check",
    "evidence": "evidence packs",
}
RETAIN = "values of RETAIN variables: read before the run if the file is there, written after it"


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="commissioning",
        description="Dry-run a production line before it is built.",
        epilog="Later: " + ", ".join(LATER) + ".",
    )
    parser.add_argument("--version", action="version", version=version())
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def runs_code(sub: argparse.ArgumentParser) -> None:
        sub.add_argument("--allow-code", metavar="HASH", action="append", default=[],
                         help="allow Python with that hash, which comes with the scene, to run")  # fmt: skip

    def command(name: str, fn: Any, help_text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_text, description=help_text)
        sub.set_defaults(run=fn)
        return sub

    demo = command(
        "demo", do.demo, "open the packaged line (without a display: run it and print its verdicts)"
    )
    demo.add_argument("--screenshot", metavar="FILE.png", type=Path)
    demo.add_argument("--theme", choices=("light", "dark"), help="without it as it was left")

    opened = command("open", do.open_, "open a scene or a recording in a window")
    runs_code(opened)
    opened.add_argument("source", metavar="SCENE or RECORDING", type=Path, nargs="?")
    opened.add_argument("--at", metavar="TIME", help="run to that time, e.g. 30s")
    opened.add_argument(
        "--screenshot", metavar="FILE.png", type=Path, help="write the window as a picture, end"
    )
    opened.add_argument("--theme", choices=("light", "dark"), help="without it as it was left")
    opened.add_argument("--arm", metavar="LINK", action="append", default=[])

    validate = command(
        "validate", do.validate, "list all problems of a scene or PLC program with file, line, cause and cure"
    )
    validate.add_argument("paths", metavar="SCENE or FILE", type=Path, nargs="+")
    validate.add_argument("--dialect", default="", help="of programs that are in no scene")
    validate.add_argument("--stubs", metavar="FILE.st", type=Path,
                          help="of programs in no scene: where to write what libraries bring")  # fmt: skip

    lint = command("lint", do.lint, "PLC programs by the rules of the PLCopen coding guidelines")
    lint.add_argument("paths", metavar="SCENE or FILE", type=Path, nargs="*")
    lint.add_argument("--config", metavar="FILE.yaml", type=Path, help="rules (default: lint.yaml beside it)")
    lint.add_argument("--on", metavar="RULE", action="append", default=[], help="look at that rule too")
    lint.add_argument("--off", metavar="RULE", action="append", default=[], help="do not look at that rule")
    lint.add_argument("--fail-on", choices=("error", "warning", "note", "never"), default="warning")
    lint.add_argument("--dialect", default="", help="of programs that are in no scene")
    lint.add_argument("--rules", action="store_true", help="list the rules")
    lint.add_argument("--sarif", metavar="FILE", type=Path)
    lint.add_argument("--json", action="store_true")

    run = command("run", do.run, "one run: key figures and journal digest")
    runs_code(run)
    run.add_argument("scene", metavar="SCENE", type=Path)
    run.add_argument(
        "--for", dest="span", metavar="TIME", help="virtual time, e.g. 8h (default: the scene's)"
    )
    run.add_argument("--seed", metavar="N")
    run.add_argument("--scenario", metavar="NAME", help="stimulus (default: the scene's)")
    run.add_argument("--speed", default="max", metavar="max|1x|10x")
    run.add_argument("--record", metavar="FILE", type=Path)
    run.add_argument("--every-scan", action="store_true", help="execute every PLC scan (reference mode)")
    run.add_argument("--retain", metavar="FILE", type=Path, help=RETAIN)
    run.add_argument("--arm", metavar="LINK", action="append", default=[],
                     help="allow writing to that link's controller, for this run")  # fmt: skip
    run.add_argument("--json", action="store_true")

    check = command("check", do.check, "run all checks of a scene: verdicts")
    runs_code(check)
    check.add_argument("scene", metavar="SCENE", type=Path)
    check.add_argument("--only", metavar="ID", action="append", default=[], help="only this check")
    check.add_argument("--junit", metavar="FILE", type=Path)
    check.add_argument("--report", metavar="FILE.html", type=Path)
    check.add_argument("--coverage", action="store_true",
                       help="what is executed of the PLC's programs (always in a report)")  # fmt: skip
    check.add_argument("--evidence", metavar="FILE.zip", type=Path)
    check.add_argument("--seed", metavar="N")
    check.add_argument("--workers", metavar="N",
                       help="processes for replications (default: as many as pay)")  # fmt: skip
    check.add_argument("--json", action="store_true")

    test = command("test", do.test, "the scene's own tests: of its PLC program and of the line")
    runs_code(test)
    test.add_argument("scene", metavar="SCENE", type=Path)
    test.add_argument("--only", metavar="PATTERN", action="append", default=[],
                      help="tests whose id has this in it, or fits it with * and ?")  # fmt: skip
    test.add_argument("--list", action="store_true", help="say which tests there are, run none")
    test.add_argument("--junit", metavar="FILE", type=Path)
    test.add_argument("--report", metavar="FILE.html", type=Path)
    test.add_argument("--coverage", action="store_true", help="say what was executed of the PLC programs")
    test.add_argument("--json", action="store_true")

    experiment = command("experiment", do.experiment, "replications and what-if sweeps, compared")
    runs_code(experiment)
    experiment.add_argument("scene", metavar="SCENE", type=Path)
    experiment.add_argument("name", metavar="NAME", help="an experiment of the scene")
    where = experiment.add_mutually_exclusive_group()
    where.add_argument("--workers", metavar="N", help="processes (default: one per processor)")
    where.add_argument(
        "--cluster", metavar="ADDRESS", help="scheduler of a Dask cluster, e.g. tcp://host:8786"
    )
    experiment.add_argument("--seed", metavar="N")
    experiment.add_argument("--report", metavar="FILE.html", type=Path)
    experiment.add_argument("--cache", metavar="DIR", type=Path, help="where results are kept")
    experiment.add_argument("--no-cache", action="store_true", help="compute everything, keep nothing")
    experiment.add_argument("--json", action="store_true")

    replay = command("replay", do.replay, "read a recording; --verify re-runs it and compares digests")
    runs_code(replay)
    replay.add_argument("recording", metavar="RECORDING", type=Path)
    replay.add_argument("--verify", action="store_true")
    replay.add_argument("--waveforms", metavar="FILE", type=Path,
                        help="write its tags as .vcd (for GTKWave) or .csv")  # fmt: skip
    replay.add_argument("--signals", metavar="NAME", action="append", default=[],
                        help="a tag or port, as I_* (default: tags of controllers)")  # fmt: skip
    replay.add_argument("--json", action="store_true")

    diff = command("diff", do.diff, "compare two recordings, or two scenes, in the words of the line")
    diff.add_argument("a", metavar="A", type=Path)
    diff.add_argument("b", metavar="B", type=Path)
    diff.add_argument("--json", action="store_true")

    serve = command("serve", do.serve, "the emulated line behind its OPC UA server, no window")
    runs_code(serve)
    serve.add_argument("scene", metavar="SCENE", type=Path)
    serve.add_argument("--for", dest="span", metavar="TIME", help="end after this virtual time")
    serve.add_argument("--seed", metavar="N")
    serve.add_argument("--scenario", metavar="NAME", default="", help="stimulus (default: none)")
    serve.add_argument("--speed", default="1x", metavar="max|1x|10x")
    serve.add_argument("--record", metavar="FILE", type=Path)
    serve.add_argument("--arm", metavar="LINK", action="append", default=[])
    serve.add_argument("--every-scan", action="store_true", help="execute every PLC scan, as a PLC does")
    serve.add_argument("--overrun", choices=("catch-up", "skip"), default="catch-up",
                       help="when late: hurry, or leave whole cycles of wall time out")  # fmt: skip
    serve.add_argument("--retain", metavar="FILE", type=Path, help=RETAIN)
    serve.add_argument("--online-change", action="store_true",
                       help="an edit of a program file changes the program that runs")  # fmt: skip
    return parser
