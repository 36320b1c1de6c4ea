"""Releases side by side: manifest, publication, the pointer, its history, how long they stay."""
