"""What is different between two recordings or two scenes. Begin at `diff`."""
