"""The command line: `commissioning COMMAND ...`, see `commissioning --help`.

Exit codes: 0 all pass, 1 a check failed, 2 could not run (problems on stderr), 3 none failed and some are
INCONCLUSIVE or NOT RUN, or the user stopped it with Ctrl-C before its end.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from commissioning.cli.answers import report_problems
from commissioning.cli.arguments import LATER, parser
from commissioning.model.problem import Problem, Problems

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in LATER:
        return report_problems([Problem(f"`{arguments[0]}` ({LATER[arguments[0]]}) is not built yet")])
    options = parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except Problems as problems:
        return report_problems(problems.problems)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  whoever read us has gone
        return 2
