"""What one does with a scene: load it, run it, check it, record it, report on it."""
