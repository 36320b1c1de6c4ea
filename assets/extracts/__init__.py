"""From a landing zone to accepted editions: arrive, scan, archive, read, accept or refuse."""
