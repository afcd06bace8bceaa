"""What CODESYS and TwinCAT add to a step, by the numbers of their attributes (the tables of the archives)."""

from __future__ import annotations

SHORTEST = "cacf1a68-236e-47c2-b7b1-1cf9199718cb"  # how long a step is active at least
ACTIVE = "700a583f-b4d4-43e4-8c14-629c7cd3bec8"  # the step action, executed while the step is active
ENTRY = "a6b08bd8-b696-47e3-9cbf-7408b61c9ff8"
EXIT = "a2621e18-7de3-4ea6-ae6d-89e9e0b7befd"
