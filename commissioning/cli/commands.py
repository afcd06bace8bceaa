"""The commands: each takes its options and returns the exit code. What it needs is imported when it runs."""

from __future__ import annotations

import argparse
import json
import os
import sys
from functools import partial

from commissioning.cli.answers import progress, report_problems, say, version
from commissioning.cli.values import all_of, duration_of, numbers, seed_of, workers_of
from commissioning.model.problem import Problem, Problems


def demo(options: argparse.Namespace) -> int:
    from commissioning.files.packaged import packaged

    scene = packaged("scenes/carton_line")
    if options.screenshot is None and not has_display():
        print("There is no display; running the demo line and its checks instead.", file=sys.stderr)
        from commissioning.cli import main

        return main(["check", str(scene)])
    options.source, options.arm, options.allow_code = scene, [], []
    options.at = "60s" if options.screenshot else None
    return open_(options)


def has_display() -> bool:
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_(options: argparse.Namespace) -> int:
    from commissioning.bench.output_file import require_writable

    at = options.at
    at_ns, _ = all_of(
        lambda: None if at is None else duration_of("--at", at), partial(require_writable, options.screenshot)
    )
    if options.screenshot is not None and not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    if not has_display():
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


def validate(options: argparse.Namespace) -> int:
    from commissioning.bench.load import load
    from commissioning.bench.loose_programs import scene_among
    from commissioning.bench.program_warnings import program_warnings

    given = scene_among(options.paths)
    if given is None:
        return _validate_programs(options)
    loaded = load(given)
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


def _validate_programs(options: argparse.Namespace) -> int:
    from commissioning.bench.loose_programs import look_at
    from commissioning.bench.output_file import require_writable, write

    require_writable(options.stubs)
    try:
        looked = look_at(options.paths, options.dialect, stubs=options.stubs is not None)
        if looked.stubs:
            looked.require_apart(options.stubs)
    except Problems as found:
        code = report_problems(found.problems)
        if options.stubs is None and any("there is no " in problem.what for problem in found.problems):
            print("If a library brings what is missing: --stubs FILE.st declares it.", file=sys.stderr)
        return code
    print(f"{options.paths[0]}: no problems. {looked.summary()}")
    if looked.libraries:
        print(f"Libraries that it refers to: {', '.join(looked.libraries)}.")
    if looked.translated:
        print(f"Drawn, and run as the text that it was translated to: {', '.join(looked.translated)}.")
    for notice in looked.program.notices:
        print(f"{'Notice' if notice.severity == 'notice' else 'Warning'}: {notice}")
    if looked.stubs:
        write(options.stubs, looked.stubs)
        print(f"Stubs of what is declared nowhere: {options.stubs}. Complete them, add them to it.")
    return 0


def lint(options: argparse.Namespace) -> int:
    from commissioning.bench.lint import exit_code, lint_paths
    from commissioning.bench.output_file import require_writable, write
    from commissioning.plc.lint.output import as_json, as_sarif, as_text, rules_text

    if options.rules:
        print(rules_text())
        return 0
    if not options.paths:
        raise Problems(Problem("lint needs a scene or a program", cure="Name one, or write --rules"))
    require_writable(options.sarif)
    told = dict.fromkeys(options.on, "on") | dict.fromkeys(options.off, "off")
    result = lint_paths(options.paths, options.config, told, options.dialect)
    say(as_json(result), as_text(result), options.json)
    if options.sarif is not None:
        write(options.sarif, json.dumps(as_sarif(result, version()), indent=1) + "\n")
    if result.problems:
        report_problems(result.problems)
    return exit_code(result, options.fail_on)


def run(options: argparse.Namespace) -> int:
    from commissioning.bench.single import run_once

    span, seed, speed = numbers(options)
    result = run_once(
        options.scene,
        span_ns=span,
        seed=seed,
        scenario=options.scenario,
        speed=speed,
        record=options.record,
        every_scan=options.every_scan,
        arm=tuple(options.arm),
        progress=None if options.json else progress(),
        allow_code=options.allow_code,
        retain=options.retain,
    )
    say(result.as_json(), result.as_text(), options.json)
    if result.problem is not None:
        return report_problems([result.problem])
    if result.interrupted:
        print(result.notices[-1], file=sys.stderr)
        return 3
    return 0


def check(options: argparse.Namespace) -> int:
    from commissioning.bench.check import check
    from commissioning.bench.output_file import require_writable, write

    if options.evidence is not None:
        raise Problems(
            Problem("evidence packs (--evidence) are not built yet", cure="Use --report and --junit")
        )
    seed, workers, _, _ = all_of(
        lambda: seed_of(options.seed),
        lambda: workers_of(options.workers),
        partial(require_writable, options.junit),
        partial(require_writable, options.report),
    )
    report = check(
        options.scene,
        seed=seed,
        only=tuple(options.only),
        progress=None if options.json else progress(),
        workers=workers,
        allow_code=options.allow_code,
        coverage=options.report is not None or options.coverage,
    )
    told = [found.text(listing=False) for found in report.coverage.values()] if options.coverage else []
    say(report.as_json(), "\n\n".join([report.as_text(), *told]).rstrip(), options.json)
    if options.junit is not None:
        write(options.junit, report.as_junit())
    if options.report is not None:
        write(options.report, report.as_html())
    if report.problems:
        report_problems(report.problems)
    return report.exit_code


def test(options: argparse.Namespace) -> int:
    from commissioning.bench.output_file import require_writable, write
    from commissioning.bench.scene_tests import list_tests, run_tests

    all_of(partial(require_writable, options.junit), partial(require_writable, options.report))
    if options.list:
        listed = list_tests(options.scene, tuple(options.only), options.allow_code)
        say(listed.as_json(), listed.as_text(), options.json)
        return report_problems(listed.problems) if listed.problems else 0
    report = run_tests(
        options.scene,
        only=tuple(options.only),
        allow_code=options.allow_code,
        coverage=options.report is not None or options.coverage,
        progress=None if options.json else progress(),
    )
    covered = [found.text(listing=False) for found in report.coverage.values()] if options.coverage else []
    say(report.as_json(), "\n\n".join([report.as_text(), *covered]).rstrip(), options.json)
    if options.junit is not None:
        write(options.junit, report.as_junit())
    if options.report is not None:
        write(options.report, report.as_html())
    if report.problems:
        report_problems(report.problems)
    return report.exit_code


def experiment(options: argparse.Namespace) -> int:
    from commissioning.bench.experiments.experiment import experiment
    from commissioning.bench.output_file import require_writable, write
    from commissioning.model.cache_folder import cache_folder

    seed, workers, _ = all_of(
        lambda: seed_of(options.seed),
        lambda: workers_of(options.workers),
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
        progress=None if options.json else progress(),
        allow_code=options.allow_code,
    )
    say(report.as_json(), report.as_text(), options.json)
    if options.report is not None:
        write(options.report, report.as_html())
    if report.problems:
        report_problems(report.problems)
    return report.exit_code


def replay(options: argparse.Namespace) -> int:
    from commissioning.bench.replay import describe, verify

    if options.waveforms is not None:
        from commissioning.bench.waveforms import write_waveforms

        left_out = write_waveforms(options.recording, options.waveforms, options.signals).left_out
        if left_out:
            print(f"not in {options.waveforms}: {', '.join(left_out)}", file=sys.stderr)
    if not options.verify:
        found = describe(options.recording)
        say(found.as_json(), found.as_text(), options.json)
        return 0
    result = verify(options.recording, None if options.json else progress(), options.allow_code)
    say(result.as_json(), result.as_text(), options.json)
    return 0 if result.same else 1


def diff(options: argparse.Namespace) -> int:
    from commissioning.bench.diffs.diff import diff

    difference = diff(options.a, options.b)
    say(difference.as_json(), difference.as_text(), options.json)
    return difference.exit_code


def serve(options: argparse.Namespace) -> int:
    from commissioning.bench.serve import serve

    span, seed, speed = numbers(options)
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
