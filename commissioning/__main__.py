"""`python -m commissioning`: the same as the console script."""

from __future__ import annotations

import sys

from commissioning.cli import main

if __name__ == "__main__":
    sys.exit(main())
