"""What the integration tests share: a made-up landing zone, a home, whole nights, and a desk.

A desk is an intake on a home of its own, without Dagster: files are put into its landing zone and
taken in within a fraction of a second. A night is the whole nightly job.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from assets.extracts.archive import Archive
from assets.extracts.arrival import Arrival, ArrivalArea
from assets.extracts.contract import Contract, load_contracts
from assets.extracts.editions import Edition, EditionStore
from assets.extracts.intake import Intake
from assets.extracts.landing import LandingZone
from assets.home import Home
from assets.samples.landing import write_landing
from expectations.validation import Validator

ROOT = Path(__file__).resolve().parents[2]
REAL_EXTRACTS = ROOT.parent / "shared" / "extracts"
AS_OF = "2025-11-01"

# What the desk holds before a test spoils something: the directory, and extracts that refer to it.
HELD = (
    "ods_practices",
    "ods_pcn_memberships",
    "ods_pcns",
    "pcnwf_staff",
    "reg_list_sizes",
    "reg_practice_map",
)
HELD_FILES = (
    "ods-reference/epraccur_2025-09.csv",
    "ods-reference/ePCN_2025-09.xlsx",
    "pcn-workforce/PCN_individual_level_2025-09.csv",
    "gp-list-size/gp-reg-pat-prac-all_2025-06.csv",
    "gp-list-size/gp-reg-pat-prac-all_2025-09.csv",
    "gp-list-size/gp-reg-pat-prac-map_2025-09.csv",
)


@dataclass
class Desk:
    """An intake on a home of its own, and the landing zone in front of it."""

    landing: Path
    home: Home
    contracts: dict[str, Contract]
    connection: duckdb.DuckDBPyConnection = field(init=False)

    def __post_init__(self) -> None:
        self.landing.mkdir(parents=True, exist_ok=True)
        self.home.build.mkdir(parents=True, exist_ok=True)
        self.connection = duckdb.connect(str(self.home.warehouse))
        self.arrivals = ArrivalArea(self.home.arrival)
        self.editions = EditionStore(self.home.editions)
        self.archive = Archive(self.home.archive)
        self.intake = Intake(
            self.connection,
            self.contracts,
            self.arrivals,
            self.archive,
            self.editions,
            Validator(self.connection),
        )

    def put(self, name: str, content: bytes) -> Path:
        """Lay a file in the landing zone, in place of one of the same name."""
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def declare(self, *entries: dict[str, Any]) -> None:
        """Say of every file that it is made up, and what else the entries say."""
        everything = {"match": "*", "synthetic": True, "reason": "made up for a test"}
        text = yaml.safe_dump({"files": [everything, *entries]}, sort_keys=False)
        (self.landing / "landing.yml").write_text(text, encoding="utf-8")

    def receive(self) -> dict[str, Arrival]:
        """Look at the landing zone; arrivals by file name."""
        found = self.arrivals.receive(LandingZone(self.landing), self.contracts)
        return {arrival.file_name: arrival for arrival in found}

    def take_in(self, *extracts: str) -> dict[str, list[Edition]]:
        """Receive, and take extracts in; what was evaluated now, by extract."""
        self.receive()
        try:
            return {extract: self.intake.take_in(extract) for extract in extracts or HELD}
        finally:
            self.arrivals.discard_copies()

    def raw(self, extract: str) -> list[tuple[Any, ...]]:
        """Everything that ``raw.<extract>`` holds, in a fixed order."""
        return self.connection.execute(f"select * from raw.{extract} order by all").fetchall()

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Content of all raw tables of the desk."""
        return {extract: self.raw(extract) for extract in HELD}

    def quarantine(self, edition: Edition) -> list[tuple[int, str, str, str | None]]:
        """Row number, code, column and text of each quarantined row."""
        return self.connection.execute(
            "select source_row_number, code, column_name, row_text from read_parquet(?) order by 1",
            [str(self.editions.quarantine_path(edition))],
        ).fetchall()

    def close(self) -> None:
        self.connection.close()


@pytest.fixture(scope="session")
def sample_landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthetic landing zone, written once; copy it before spoiling anything."""
    folder = tmp_path_factory.mktemp("sample") / "landing"
    write_landing(folder)
    return folder


@pytest.fixture(scope="session")
def contracts() -> dict[str, Contract]:
    """The contracts of the platform."""
    return load_contracts()


@pytest.fixture(scope="session")
def real_extracts() -> Path:
    """Published extracts beside the checkout; tests of them are skipped where there are none."""
    if not REAL_EXTRACTS.is_dir():
        pytest.skip("no published extracts beside the checkout")
    return REAL_EXTRACTS


@pytest.fixture(scope="session")
def _held_home(
    tmp_path_factory: pytest.TempPathFactory, sample_landing: Path, contracts: dict[str, Contract]
) -> Path:
    """A place with accepted editions of ``HELD``, made once."""
    place = tmp_path_factory.mktemp("held")
    desk = Desk(place / "landing", Home(place / "home"), contracts)
    for name in HELD_FILES:
        desk.put(name, (sample_landing / name).read_bytes())
    desk.declare()
    for editions in desk.take_in().values():
        assert [edition.verdict for edition in editions] == ["accepted"] * len(editions)
    desk.close()
    return place


@pytest.fixture
def desk(_held_home: Path, tmp_path: Path, contracts: dict[str, Contract]) -> Iterator[Desk]:
    """A desk that holds one accepted edition or more of each extract in ``HELD``."""
    shutil.copytree(_held_home, tmp_path / "place")
    # Views hold the paths of the home they were made in; taking in makes them anew.
    (tmp_path / "place" / "home" / "build" / "warehouse.duckdb").unlink()
    opened = Desk(tmp_path / "place" / "landing", Home(tmp_path / "place" / "home"), contracts)
    for extract, evaluated in opened.take_in().items():
        assert not evaluated, f"{extract} was evaluated again although nothing changed"
    yield opened
    opened.close()


@pytest.fixture
def empty_desk(tmp_path: Path, contracts: dict[str, Contract]) -> Iterator[Desk]:
    """A desk on a fresh home and an empty landing zone."""
    opened = Desk(tmp_path / "landing", Home(tmp_path / "home"), contracts)
    opened.declare()
    yield opened
    opened.close()


def text_of_everything_below(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below a folder as bytes, and every Parquet file once more as plain text.

    Parquet pages are compressed, so that a search of their bytes alone would find nothing.
    """
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        yield path, path.read_bytes()
        if path.suffix == ".parquet":
            rows = duckdb.sql(f"select * from read_parquet('{path}')").fetchall()
            yield path, repr(rows).encode()
        elif path.suffix == ".duckdb":
            yield path, _text_of_database(path)


def _text_of_database(path: Path) -> bytes:
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where not internal"
        ).fetchall()
        found = [
            connection.execute(f'select * from "{schema}"."{table}"').fetchall()
            for schema, table in tables
        ]
    return repr(found).encode()


# -- whole nights ------------------------------------------------------------------------------


@dataclass
class Night:
    """One landing zone, one home and one dbt project, for the whole nightly job."""

    landing: Path
    home: Path
    dbt_project: Path

    def start(self, output: Path) -> subprocess.Popen[bytes]:
        """Start the nightly job in a process group of its own, its output in a file."""
        environment = {
            **os.environ,
            "DOING_WITH_DBT_PROJECT": str(self.dbt_project),
            "DOING_WITH_AS_OF": AS_OF,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
        }
        command = [sys.executable, "-m", "orchestration.command_line", "run"]
        command += ["--landing", str(self.landing), "--home", str(self.home)]
        with output.open("wb") as log:
            return subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, output: Path) -> tuple[int, str]:
        """Run the nightly job to its end; exit code and everything it said."""
        process = self.start(output)
        code = process.wait(timeout=300)
        return code, output.read_text(errors="replace")

    @property
    def releases(self) -> Path:
        return self.home / "releases"

    def current(self) -> str:
        """Version of the release in force."""
        return os.readlink(self.releases / "current")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the release in force, as an analyst would."""
        database = self.releases / "current" / "doing_with.duckdb"
        with duckdb.connect(str(database), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def copy_home(source: Path, target: Path) -> Path:
    """A copy of a home, with its read-only releases and relative links as they are.

    Dagster's records name the home they were made in and the build can be made again, so neither
    is copied.
    """
    shutil.copytree(
        source, target, symlinks=True, ignore=shutil.ignore_patterns("dagster", "build")
    )
    return target


def make_writable(folder: Path) -> None:
    """Give the owner all rights below a folder, so that it can be removed or damaged."""
    for root, _, files in os.walk(folder):
        Path(root).chmod(stat.S_IRWXU)
        for name in files:
            if not Path(root, name).is_symlink():
                Path(root, name).chmod(stat.S_IRUSR | stat.S_IWUSR)


@pytest.fixture(scope="session")
def dbt_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the dbt project, so that tests share no target folder with the checkout."""
    target = tmp_path_factory.mktemp("dbt") / "dbt_project"
    shutil.copytree(ROOT / "dbt_project", target, ignore=shutil.ignore_patterns("target", "logs"))
    return target


@pytest.fixture(scope="session")
def baseline(
    tmp_path_factory: pytest.TempPathFactory, sample_landing: Path, dbt_project: Path
) -> Night:
    """One full night on the sample, made once. Never change it: take a ``night``."""
    place = tmp_path_factory.mktemp("baseline")
    made = Night(sample_landing, place / "home", dbt_project)
    code, said = made.run(place / "output.txt")
    assert code == 0, said[-3000:]
    return made


@pytest.fixture
def night(baseline: Night, tmp_path: Path) -> Iterator[Callable[[], Night]]:
    """Makes copies of the baseline: landing zone and home; the dbt project is shared."""
    made: list[Night] = []

    def make() -> Night:
        place = tmp_path / f"night-{len(made)}"
        landing = Path(shutil.copytree(baseline.landing, place / "landing"))
        copied = Night(landing, copy_home(baseline.home, place / "home"), baseline.dbt_project)
        made.append(copied)
        return copied

    yield make
    for copied in made:
        make_writable(copied.home)
