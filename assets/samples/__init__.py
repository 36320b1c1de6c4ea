"""Synthetic extracts in the official layouts, for a made-up country of any size."""
