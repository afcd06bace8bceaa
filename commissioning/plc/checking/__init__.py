"""Syntax tree -> typed tree: names, types, calls, and every problem a program has before it runs.

Begin at `scope` (what a program declares), `declare`, `expressions` and `statements`; `typed` and
`commands` are what comes out.
"""
