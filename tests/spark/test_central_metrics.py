"""The Central Metrics Library tables fit NHS England's own schemas, for pandas and for Spark."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

UNIT = Path(__file__).resolve().parents[1] / "unit"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of a complete candidate."""
    sys.path.insert(0, str(UNIT))
    from small_release import VERSIONS, small_build, write_whole_candidate

    from assets.release.shelf.publication import Releases

    releases = Releases(tmp_path_factory.mktemp("library") / "releases")
    with small_build() as connection:
        write_whole_candidate(connection, releases, VERSIONS[0])
    return releases.staging(VERSIONS[0]) / "cml"


def schemas_of(module: Any) -> dict[str, Any]:
    from assets.release.formats.central_metrics.tables import DIMENSIONS

    return {
        "metric": module.get_metric_schema("float"),
        "dimensions": module.create_dimensions_schema(list(DIMENSIONS)),
        "metadata": module.METADATA_SCHEMA,
        "source": module.SOURCE_SCHEMA,
        "relationships": module.RELATIONSHIPS_SCHEMA,
    }


def test_the_files_fit_the_schemas_for_pandas_as_they_are(library: Path) -> None:
    pytest.importorskip("pyspark", reason="the package of the schemas needs pyspark")
    from cml_schemas import pandas_schemas

    for table, schema in schemas_of(pandas_schemas).items():
        frame = pd.read_parquet(library / f"{table}.parquet")
        assert len(frame) > 0
        pandas_schemas.validate_schema(frame, schema)
        assert list(frame.columns) == [field.name for field in schema.fields], table

    # The check itself finds what does not fit.
    frame = pd.read_parquet(library / "metric_without_value.parquet")
    with pytest.raises(TypeError, match="metric_value"):
        pandas_schemas.validate_schema(frame, schemas_of(pandas_schemas)["metric"])


def test_the_files_fit_the_schemas_for_spark_once_numbers_are_narrowed(
    library: Path, spark: Any
) -> None:
    """For pandas the package wants 64 bits where it wants 32 for Spark; all else is the same."""
    from cml_schemas import spark_schemas

    narrow = {"metric_value", "dimension_count", "version_release"}
    for table, schema in schemas_of(spark_schemas).items():
        frame = spark.read.parquet(str(library / f"{table}.parquet"))
        for field in schema.fields:
            if field.name in narrow:
                frame = frame.withColumn(field.name, frame[field.name].cast(field.dataType))
        spark_schemas.validate_schema(frame, schema)
        assert frame.columns == [field.name for field in schema.fields], table
        with pytest.raises(TypeError, match="column is missing"):
            spark_schemas.validate_schema(frame.drop(schema.fields[0].name), schema)
