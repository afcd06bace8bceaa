"""A PLC that runs: memories, scans and when they may be skipped, tasks, starts, online change, snapshots.

Begin at `machine`.
"""
