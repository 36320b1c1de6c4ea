"""Pictures of the report, one module each: what it is given, its Vega-Lite drawing, its words."""
