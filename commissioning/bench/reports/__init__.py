"""Reports: HTML pages that need nothing else, and the charts they are made of. Begin at `report`."""
