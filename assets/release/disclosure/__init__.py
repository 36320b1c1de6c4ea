"""Disclosure control of counts of people, and the proof of it (DOMAIN 7.3, ruling 2 of 0.2).

Pure: polars frames in and out. ``control`` hides and rounds, ``proof`` shows from what a reader
sees that no hidden count can be worked out; neither knows where the counts come from.
"""
