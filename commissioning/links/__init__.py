"""Connections to controllers and partners over a protocol: open, exchange, close, status."""
