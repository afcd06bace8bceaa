"""Experiments: variants, sweeps and replications over worker processes. Begin at `experiment`."""
