"""Synthetic extracts in the official layouts, for one made-up integrated care board."""
