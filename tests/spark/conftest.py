"""One Spark for all tests here: it takes seconds to start.

Needs pyspark and Java 17, which make test-spark installs or asks for: skipped without pyspark.
"""

from collections.abc import Iterator
from typing import Any

import pytest

# A few hundred rows: compiling code for speed takes longer than it saves. What is compiled of the
# whole project does not fit into the 48 MB there are then, and all that comes after is interpreted.
_JAVA = ("-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=256m", "-XX:+UseParallelGC")


@pytest.fixture(scope="session")
def _session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    pyspark = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    session = (
        pyspark.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.memory", "2g")
        .config("spark.driver.extraJavaOptions", " ".join(_JAVA))
        # Two parts, so that nothing may hang on rows being together; adapting to what a stage made
        # would put them into one again, and plan anew for it.
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.adaptive.enabled", "false")
        # Every sort and sum takes a page, however few its rows are: tens of megabytes otherwise.
        .config("spark.buffer.pageSize", "1m")
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
