"""How time passes: kernel, motion, parts, tags, journal, random streams, snapshots, the run."""
