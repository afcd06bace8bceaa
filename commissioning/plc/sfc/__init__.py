"""Sequential function charts: from their syntax tree to typed commands (decision 24)."""
