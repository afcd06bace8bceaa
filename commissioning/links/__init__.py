"""Connections to controllers and partners, one file per protocol and direction."""
