"""One Spark for all tests here: it takes seconds to start.

Needs pyspark and Java 17, which make test-spark installs or asks for: skipped without pyspark.
"""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def _session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    pyspark = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    session = (
        pyspark.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        # a few hundred rows: compiling code for speed takes longer than it saves
        .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture(scope="module")
def spark(_session: Any) -> Iterator[Any]:
    """The session; what a file leaves there goes before the next, which may name tables alike."""
    yield _session
    for (name,) in _session.sql("show databases").collect():
        if name != "default":
            _session.sql(f"drop database {name} cascade")
