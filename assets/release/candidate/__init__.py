"""The next release before anybody reads it: how it is written, what was written, its reading."""
