"""What a national night costs, beside a bare DuckDB script and the way with pandas."""
