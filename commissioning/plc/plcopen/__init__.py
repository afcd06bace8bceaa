"""PLCopen XML (TC6): drawn and written programs -> pieces of Structured Text. Begin at `project`."""
