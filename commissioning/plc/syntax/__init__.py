"""Text -> syntax tree: the grammar, what its rules build, and the tree. Begin at `parser` and `tree`."""
