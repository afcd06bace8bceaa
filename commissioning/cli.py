"""The command line: `commissioning COMMAND ...`, see `commissioning --help`.

Exit codes: 0 all pass, 1 a check failed, 2 could not run (problems on stderr), 3 none failed and some are
INCONCLUSIVE or NOT RUN, or the user stopped it with Ctrl-C before its end.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from commissioning.model.problem import Problem, Problems

__all__ = ["main"]

_LATER = {
    "import": "meshes, robots, tag lists and PLC programs into a scene",
    "io-check": "a point by point loop check",
    "search": "a search for a scenario that violates a check",
    "evidence": "evidence packs",
}
_RETAIN = "values of RETAIN variables: read before the run if the file is there, written after it"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in _LATER:
        return _report([Problem(f"`{arguments[0]}` ({_LATER[arguments[0]]}) is not built yet")])
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except Problems as problems:
        return _report(problems.problems)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  whoever read us has gone
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="commissioning",
        description="Dry-run a production line before it is built.",
        epilog="Later: " + ", ".join(_LATER) + ".",
    )
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def runs_code(sub: argparse.ArgumentParser) -> None:
        sub.add_argument("--allow-code", metavar="HASH", action="append", default=[],
                         help="allow Python with that hash, which comes with the scene, to run")  # fmt: skip

    def command(name: str, fn: Any, help_text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_text, description=help_text)
        sub.set_defaults(run=fn)
        return sub

    demo = command("demo", _demo, "open the packaged line (without a display: run it and print its verdicts)")
    demo.add_argument("--screenshot", metavar="FILE.png", type=Path)
    demo.add_argument("--theme", choices=("light", "dark"), help="without it as it was left")

    opened = command("open", _open, "open a scene or a recording in a window")
    runs_code(opened)
    opened.add_argument("source", metavar="SCENE or RECORDING", type=Path, nargs="?")
    opened.add_argument("--at", metavar="TIME", help="run to that time, e.g. 30s")
    opened.add_argument(
        "--screenshot", metavar="FILE.png", type=Path, help="write the window as a picture, end"
    )
    opened.add_argument("--theme", choices=("light", "dark"), help="without it as it was left")
    opened.add_argument("--arm", metavar="LINK", action="append", default=[])

    validate = command("validate", _validate, "list all problems of a scene with file, line, cause and cure")
    validate.add_argument("scene", metavar="SCENE", type=Path)

    lint = command("lint", _lint, "PLC programs by the rules of the PLCopen coding guidelines")
    lint.add_argument("paths", metavar="SCENE or FILE", type=Path, nargs="*")
    lint.add_argument("--config", metavar="FILE.yaml", type=Path, help="rules (default: lint.yaml beside it)")
    lint.add_argument("--on", metavar="RULE", action="append", default=[], help="look at that rule too")
    lint.add_argument("--off", metavar="RULE", action="append", default=[], help="do not look at that rule")
    lint.add_argument("--fail-on", choices=("error", "warning", "note", "never"), default="warning")
    lint.add_argument("--dialect", default="iec", help="of programs that are in no scene")
    lint.add_argument("--rules", action="store_true", help="list the rules")
    lint.add_argument("--sarif", metavar="FILE", type=Path)
    lint.add_argument("--json", action="store_true")

    run = command("run", _run, "one run: key figures and journal digest")
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
    run.add_argument("--retain", metavar="FILE", type=Path, help=_RETAIN)
    run.add_argument("--arm", metavar="LINK", action="append", default=[],
                     help="allow writing to that link's controller, for this run")  # fmt: skip
    run.add_argument("--json", action="store_true")

    check = command("check", _check, "run all checks of a scene: verdicts")
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

    test = command("test", _test, "the scene's own tests: of its PLC program and of the line")
    runs_code(test)
    test.add_argument("scene", metavar="SCENE", type=Path)
    test.add_argument("--only", metavar="PATTERN", action="append", default=[],
                      help="tests whose id has this in it, or fits it with * and ?")  # fmt: skip
    test.add_argument("--list", action="store_true", help="say which tests there are, run none")
    test.add_argument("--junit", metavar="FILE", type=Path)
    test.add_argument("--report", metavar="FILE.html", type=Path)
    test.add_argument("--coverage", action="store_true", help="say what was executed of the PLC programs")
    test.add_argument("--json", action="store_true")

    experiment = command("experiment", _experiment, "replications and what-if sweeps, compared")
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

    replay = command("replay", _replay, "read a recording; --verify re-runs it and compares digests")
    runs_code(replay)
    replay.add_argument("recording", metavar="RECORDING", type=Path)
    replay.add_argument("--verify", action="store_true")
    replay.add_argument("--json", action="store_true")

    diff = command("diff", _diff, "compare two recordings, or two scenes, in the words of the line")
    diff.add_argument("a", metavar="A", type=Path)
    diff.add_argument("b", metavar="B", type=Path)
    diff.add_argument("--json", action="store_true")

    serve = command("serve", _serve, "the emulated line behind its OPC UA server, no window")
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
    serve.add_argument("--retain", metavar="FILE", type=Path, help=_RETAIN)
    serve.add_argument("--online-change", action="store_true",
                       help="an edit of a program file changes the program that runs")  # fmt: skip
    return parser


def _demo(options: argparse.Namespace) -> int:
    from commissioning.files.packaged import packaged

    scene = packaged("scenes/carton_line")
    if options.screenshot is None and not _has_display():
        print("There is no display; running the demo line and its checks instead.", file=sys.stderr)
        return main(["check", str(scene)])
    options.source, options.arm, options.allow_code = scene, [], []
    options.at = "60s" if options.screenshot else None
    return _open(options)


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open(options: argparse.Namespace) -> int:
    from commissioning.bench.output_file import require_writable

    at = options.at
    at_ns, _ = _all(
        lambda: None if at is None else _duration("--at", at), partial(require_writable, options.screenshot)
    )
    if options.screenshot is not None and not _has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    if not _has_display():
        raise Problems(
            Problem("there is no display to open a window on", cure="Use `check` or `run`, or set DISPLAY")
        )
    from commissioning.app.system_libraries import missing_libraries, needs_xcb

    missing = missing_libraries(needs_xcb())
    if missing is not None:
        raise Problems(missing)
    from commissioning.app.main import open_window

    allowed = options.allow_code
    return open_window(options.source, at_ns, options.screenshot, options.theme, tuple(options.arm), allowed)


def _validate(options: argparse.Namespace) -> int:
    from commissioning.bench.load import load
    from commissioning.bench.program_warnings import program_warnings

    loaded = load(options.scene)
    scene = loaded.scene
    print(
        f"{loaded.name}: no problems. {len(scene.devices)} devices, {len(scene.tags)} tags, "
        f"{len(scene.checks)} checks. Scene hash {scene.hash[:16]}."
    )
    if loaded.translated:
        print(f"Drawn, and run as the text that it was translated to: {', '.join(loaded.translated)}.")
    for warning in program_warnings(loaded):
        print(f"{'Notice' if warning.severity == 'notice' else 'Warning'}: {warning}")
    for code in loaded.code:
        installed = f", with {', '.join(code.installed)} of this computer" if code.installed else ""
        print(f"Brings Python of its own: {', '.join(code.names)}{installed}. --allow-code {code.hash}")
    return 0


def _lint(options: argparse.Namespace) -> int:
    from commissioning.bench.lint import exit_code, lint_paths
    from commissioning.bench.output_file import require_writable, write
    from commissioning.plc.lint_output import as_json, as_sarif, as_text, rules_text

    if options.rules:
        print(rules_text())
        return 0
    if not options.paths:
        raise Problems(Problem("lint needs a scene or a program", cure="Name one, or write --rules"))
    require_writable(options.sarif)
    told = dict.fromkeys(options.on, "on") | dict.fromkeys(options.off, "off")
    result = lint_paths(options.paths, options.config, told, options.dialect)
    _say(as_json(result), as_text(result), options.json)
    if options.sarif is not None:
        write(options.sarif, json.dumps(as_sarif(result, _version()), indent=1) + "\n")
    if result.problems:
        _report(result.problems)
    return exit_code(result, options.fail_on)


def _run(options: argparse.Namespace) -> int:
    from commissioning.bench.single import run_once

    span, seed, speed = _numbers(options)
    result = run_once(
        options.scene,
        span_ns=span,
        seed=seed,
        scenario=options.scenario,
        speed=speed,
        record=options.record,
        every_scan=options.every_scan,
        arm=tuple(options.arm),
        progress=None if options.json else _progress(),
        allow_code=options.allow_code,
        retain=options.retain,
    )
    _say(result.as_json(), result.as_text(), options.json)
    if result.problem is not None:
        return _report([result.problem])
    if result.interrupted:
        print(result.notices[-1], file=sys.stderr)
        return 3
    return 0


def _check(options: argparse.Namespace) -> int:
    from commissioning.bench.check import check
    from commissioning.bench.output_file import require_writable, write

    if options.evidence is not None:
        raise Problems(
            Problem("evidence packs (--evidence) are not built yet", cure="Use --report and --junit")
        )
    seed, workers, _, _ = _all(
        lambda: _seed(options.seed),
        lambda: _workers(options.workers),
        partial(require_writable, options.junit),
        partial(require_writable, options.report),
    )
    report = check(
        options.scene,
        seed=seed,
        only=tuple(options.only),
        progress=None if options.json else _progress(),
        workers=workers,
        allow_code=options.allow_code,
        coverage=options.report is not None or options.coverage,
    )
    told = [found.text(listing=False) for found in report.coverage.values()] if options.coverage else []
    _say(report.as_json(), "\n\n".join([report.as_text(), *told]).rstrip(), options.json)
    if options.junit is not None:
        write(options.junit, report.as_junit())
    if options.report is not None:
        write(options.report, report.as_html())
    if report.problems:
        _report(report.problems)
    return report.exit_code


def _test(options: argparse.Namespace) -> int:
    from commissioning.bench.output_file import require_writable, write
    from commissioning.bench.scene_tests import list_tests, run_tests

    _all(partial(require_writable, options.junit), partial(require_writable, options.report))
    if options.list:
        listed = list_tests(options.scene, tuple(options.only), options.allow_code)
        _say(listed.as_json(), listed.as_text(), options.json)
        return _report(listed.problems) if listed.problems else 0
    report = run_tests(
        options.scene,
        only=tuple(options.only),
        allow_code=options.allow_code,
        coverage=options.report is not None or options.coverage,
        progress=None if options.json else _progress(),
    )
    covered = [found.text(listing=False) for found in report.coverage.values()] if options.coverage else []
    _say(report.as_json(), "\n\n".join([report.as_text(), *covered]).rstrip(), options.json)
    if options.junit is not None:
        write(options.junit, report.as_junit())
    if options.report is not None:
        write(options.report, report.as_html())
    if report.problems:
        _report(report.problems)
    return report.exit_code


def _experiment(options: argparse.Namespace) -> int:
    from commissioning.bench.experiment import experiment
    from commissioning.bench.output_file import require_writable, write
    from commissioning.model.cache_folder import cache_folder

    seed, workers, _ = _all(
        lambda: _seed(options.seed),
        lambda: _workers(options.workers),
        partial(require_writable, options.report),
    )
    cache = None if options.no_cache else options.cache or cache_folder()
    report = experiment(
        options.scene,
        options.name,
        workers=workers,
        cluster=options.cluster,
        seed=seed,
        cache=cache,
        progress=None if options.json else _progress(),
        allow_code=options.allow_code,
    )
    _say(report.as_json(), report.as_text(), options.json)
    if options.report is not None:
        write(options.report, report.as_html())
    if report.problems:
        _report(report.problems)
    return report.exit_code


def _replay(options: argparse.Namespace) -> int:
    from commissioning.bench.replay import describe, verify

    if not options.verify:
        found = describe(options.recording)
        _say(found.as_json(), found.as_text(), options.json)
        return 0
    result = verify(options.recording, None if options.json else _progress(), options.allow_code)
    _say(result.as_json(), result.as_text(), options.json)
    return 0 if result.same else 1


def _diff(options: argparse.Namespace) -> int:
    from commissioning.bench.diff import diff

    difference = diff(options.a, options.b)
    _say(difference.as_json(), difference.as_text(), options.json)
    return difference.exit_code


def _serve(options: argparse.Namespace) -> int:
    from commissioning.bench.serve import serve

    span, seed, speed = _numbers(options)
    return serve(
        options.scene,
        seed=seed,
        scenario=options.scenario,
        speed=speed,
        span_ns=span,
        record=options.record,
        arm=tuple(options.arm),
        say=lambda text: print(text, flush=True),
        allow_code=options.allow_code,
        every_scan=options.every_scan,
        catch_up=options.overrun == "catch-up",
        retain=options.retain,
        online_change=options.online_change,
    )


def _all(*reads: Callable[[], Any]) -> list[Any]:
    """What all of them return. Raises the problems of all of them at once."""
    found: list[Problem] = []
    values = []
    for read in reads:
        try:
            values.append(read())
        except Problems as problems:
            found += problems.problems
    if found:
        raise Problems(found)
    return values


def _numbers(options: argparse.Namespace) -> list[Any]:
    """--for in ns (None: not given), --seed (None: not given), --speed."""
    span = options.span
    return _all(
        lambda: None if span is None else _duration("--for", span),
        lambda: _seed(options.seed),
        lambda: _speed(options.speed),
    )


def _seed(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        seed = int(text)
    except ValueError:
        seed = -1
    if not 0 <= seed < 2**63:
        raise Problems(Problem(f"--seed {text} is no seed", cure="Write a whole number from 0 to 2^63 - 1"))
    return seed


def _workers(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise Problems(Problem(f"--workers {text} is no number of processes", cure="Write 1 to 1024"))
    return int(text)


def _duration(option: str, text: str) -> int:
    from commissioning.model.quantity import QuantityError, parse_duration_ns

    try:
        span = parse_duration_ns(text)
    except QuantityError as error:
        raise Problems(Problem(f"{option}: {error}", cure="Write for example 30s, 10 min or 8h")) from error
    if span < 0:
        raise Problems(
            Problem(f"{option}: a time is not negative", cure="Write for example 30s, 10 min or 8h")
        )
    return span


def _speed(text: str) -> float:
    if text.strip().lower() == "max":
        return math.inf
    try:
        speed = float(text.strip().lower().removesuffix("x"))
    except ValueError:
        speed = 0.0
    if not 0.0 < speed < math.inf:
        raise Problems(Problem(f"--speed {text} is no speed", cure="Write for example max, 1x, 10x or 0.1x"))
    return speed


def _progress() -> Any:
    """A line on stderr that says how far it is, where somebody can see it."""
    if not sys.stderr.isatty():
        return None

    def show(done: float, what: str) -> None:
        end = "\n" if done >= 1.0 else ""
        print(f"\r{what} {done:4.0%} ", end=end, file=sys.stderr, flush=True)

    return show


def _say(as_json: dict[str, Any], as_text: str, wants_json: bool) -> None:
    print(json.dumps(as_json, indent=None) if wants_json else as_text)


def _report(problems: Sequence[Problem]) -> int:
    for problem in problems:
        print(problem, file=sys.stderr)
    return 2


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"commissioning {version('commissioning')}"
    except PackageNotFoundError:
        return "commissioning (not installed)"
