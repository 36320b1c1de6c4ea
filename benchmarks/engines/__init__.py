"""The same models on DuckDB and on Spark, at growing sizes."""
