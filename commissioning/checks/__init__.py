"""Requirements on runs: `observe(run) -> measure`, `judge(measures) -> verdict`."""
