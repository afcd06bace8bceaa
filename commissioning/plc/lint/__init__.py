"""The linter: rules of the PLCopen Coding Guidelines over Structured Text. Begin at `linter`."""
