"""What analysts ask of a release, each in a process that has not read it before."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

QUERIES: Mapping[str, str] = {
    "one indicator at every practice over time": (
        "select area_code, period_end, value, lower_95, upper_95, value_state "
        "from indicator_values where indicator_id = 'PC-SDM-01' and area_type = 'practice'"
    ),
    "the profile of one practice": "select * from practice_profile where practice_code = 'A99007'",
    "every indicator of one practice": (
        "select * from indicator_values where area_type = 'practice' and area_code = 'A99007'"
    ),
    "England over time": (
        "select * from indicator_values where indicator_id = 'PC-SP-06' "
        "and area_type = 'england' order by period_end"
    ),
    "all areas of a board": (
        "select v.* from latest_values as v inner join area_relationships as r "
        "on v.area_code = r.child_code and v.area_type = r.child_type "
        "where r.parent_type = 'icb' and v.indicator_id = 'PC-SDM-01' "
        "and r.parent_code = "
        "(select min(parent_code) from area_relationships where child_type = 'practice' "
        "and parent_type = 'icb')"
    ),
}
_ASK = """
import sys, time, duckdb, polars, pyarrow
began = time.perf_counter()
connection = duckdb.connect(sys.argv[1], read_only=True)
rows = connection.sql(sys.argv[2]).pl()
print((time.perf_counter() - began) * 1000, rows.height)
"""
_TIMES = 5


def milliseconds(release: Path) -> dict[str, float]:
    """Median milliseconds of each query: open the file, ask, have every row in a data frame.

    Raises:
        RuntimeError: when a query finds nothing, and so shows nothing.
    """
    return {name: _median(release, sql) for name, sql in QUERIES.items()}


def _median(release: Path, sql: str) -> float:
    times = []
    for _ in range(_TIMES):
        said = subprocess.run(  # noqa: S603  (our own arguments)
            [sys.executable, "-c", _ASK, str(release), sql],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
        if said[1] == "0":
            raise RuntimeError(f"no row answers {sql}")
        times.append(float(said[0]))
    return statistics.median(times)
