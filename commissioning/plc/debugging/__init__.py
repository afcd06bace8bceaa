"""What looks at a PLC: breakpoints, steps, force, trace, coverage, cross reference. Begin at `debuggable`."""
