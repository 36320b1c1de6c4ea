"""``python -m benchmarks.national.run_bare SCRIPT DATABASE [MEMORY]``: run a script in DuckDB."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb


def main() -> None:
    """Run every statement of the script in a new database."""
    script, database, memory = sys.argv[1:4]
    connection = duckdb.connect(database)
    connection.execute(f"set memory_limit = '{memory}'")
    connection.execute("set preserve_insertion_order = false")
    connection.execute(Path(script).read_text(encoding="utf-8"))
    connection.close()


if __name__ == "__main__":
    main()
