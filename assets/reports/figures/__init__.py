"""Pictures of the report, one module each: what it is given, its Vega-Lite drawing, its words.

``drawing`` loads the library itself: it takes 0.7 s, and whoever says the words or starts the UI
draws nothing.
"""
