"""Journal and time to a picture, clicks to ids. Knows no device and never changes a run."""
