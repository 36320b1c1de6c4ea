"""The code of the tutorials, and a small release in a folder as the tutorials find one."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import duckdb
from report_release import insert, write_release

TUTORIALS = Path(__file__).parents[2] / "docs" / "tutorials"
# Of the release before this one, of which one value is another.
BEFORE = "doing_with_before.duckdb"
_BLOCK = re.compile(r"^```(sql|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and text of every block that can be run, in the order of the page."""
    return [(found[1], found[2]) for found in _BLOCK.finditer(page.read_text(encoding="utf-8"))]


def write_folder(folder: Path) -> Path:
    """A release with its Parquet files, and the DuckDB file of an earlier one beside it."""
    database = write_release(folder / "doing_with.duckdb")
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "update indicator_values set lineage_id = 'PC-SDM-01|england' "
            "where indicator_id = 'PC-SDM-01' and area_type = 'england'"
        )
        insert(
            connection, "value_lineage", lineage_id="PC-SDM-01|england", indicator_id="PC-SDM-01",
            extract="gpps_national", file_name="national.csv", sha256="0" * 64,
        )  # fmt: skip
        (folder / "parquet").mkdir()
        for (name,) in connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'main'"
        ).fetchall():
            connection.execute(f"copy {name} to '{folder}/parquet/{name}.parquet'")
    earlier = Path(shutil.copy(database, folder / BEFORE))
    with duckdb.connect(str(earlier)) as connection:
        connection.execute(
            "update latest_values set value = value + 0.01 "
            "where indicator_id = 'PC-SDM-01' and area_type = 'england'"
        )
    return folder
