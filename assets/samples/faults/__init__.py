"""Planting faults into sound files, to see whether the platform catches them."""
