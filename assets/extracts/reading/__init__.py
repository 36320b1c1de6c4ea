"""Reading files as text: delimited text, workbooks, Parquet and JSON, one module each."""
