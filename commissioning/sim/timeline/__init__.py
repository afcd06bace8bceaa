"""The timeline: journal records and a time in, poses and values out. Begin at `timeline`."""
