"""Identifiers of persons: what they look like, finding them, taking them out."""
