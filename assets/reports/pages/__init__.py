"""Pages of the report, one module per family: each gives its pages of a release."""
