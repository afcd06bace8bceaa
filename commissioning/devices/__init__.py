"""Placed things with behaviour, one file per type."""
