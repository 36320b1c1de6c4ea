"""From a file to an accepted or refused edition."""
