"""What decides: the emulated PLC, a real one behind a link, or nobody."""
