"""Synthetic extracts in the official layouts, from one made-up network to all of England."""
