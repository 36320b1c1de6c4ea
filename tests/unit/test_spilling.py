"""Where the build's database puts what does not fit into memory."""

from __future__ import annotations

from pathlib import Path
from stat import S_IMODE

import duckdb
import pytest

from assets.database_memory import DatabaseMemory
from orchestration.resources import TemporaryFolderError, spill_into
from orchestration.settings import Settings


def spills(connection: duckdb.DuckDBPyConnection) -> list[Path]:
    """Files that the database has on disk, once it has more than fits into memory."""
    connection.execute("set memory_limit = '40MB'")
    connection.execute("create temp table more as select random() as number from range(20_000_000)")
    files = connection.execute("select path from duckdb_temporary_files()").fetchall()
    return [Path(path) for (path,) in files]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", temporary=tmp_path / "scratch")


def test_it_goes_where_the_settings_say_and_nobody_else_reads_it(settings: Settings) -> None:
    folder = settings.spilt
    assert folder is not None
    with duckdb.connect() as connection:
        spill_into(connection, folder)
        found = spills(connection)
        assert found
        assert {file.parent.parent for file in found} == {folder}
        with DatabaseMemory(connection, "80MB").beside() as other:
            of_other = spills(other.connection)
            assert of_other
            assert {file.parent.parent for file in of_other} == {folder}
            assert {file.parent for file in of_other} != {file.parent for file in found}
        assert S_IMODE(folder.stat().st_mode) == 0o700


def test_what_a_killed_run_left_there_goes_and_that_of_others_stays(
    settings: Settings, tmp_path: Path
) -> None:
    folder, other = settings.spilt, settings.model_copy(update={"home": tmp_path / "other"}).spilt
    assert folder is not None
    assert other is not None
    for each in (folder, other):
        each.mkdir(parents=True)
        (each / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"rows")
    with duckdb.connect() as connection:
        spill_into(connection, folder)
        assert list(folder.iterdir()) == []
    assert len(list(other.iterdir())) == 1


def test_a_folder_that_cannot_be_made_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "scratch").write_text("a file")
    folder = Settings(home=tmp_path / "home", temporary=tmp_path / "scratch").spilt
    said = rf"{folder}: Not a directory; name a folder in DOING_WITH_TEMPORARY"
    with duckdb.connect() as connection, pytest.raises(TemporaryFolderError, match=said):
        spill_into(connection, folder)


def test_without_a_folder_it_stays_beside_the_database(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        spill_into(connection, Settings(home=tmp_path).spilt)
        assert {file.parent.parent for file in spills(connection)} == {tmp_path}
