"""What the integration tests share: a landing zone, contracts, a desk, and whole nights."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from desk import HELD_FILES, Desk
from filelock import FileLock
from night import ROOT, Night, copy_home, left_out_of_nights, make_writable

from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.contract_files import load_contracts
from assets.home import Home
from assets.samples.landing import write_landing

# Files with whole nights, the longest first; the second and third mostly wait for schedules and
# servers, one of the next makes the night that the others start from while another makes one of its
# own.
_LONG_FILES = (
    "test_soak.py", "test_one_at_a_time.py", "test_postgres_storage.py",
    "test_project_on_spark.py", "test_end_to_end.py", "test_gate.py", "test_bad_disks.py",
    "test_real_extracts.py", "test_restricted.py", "test_round_trip.py",
    "test_new_extract.py", "test_pulling_offline.py", "test_hand_computed_rows.py",
    "test_killing.py", "test_forgetting.py", "test_jobs_apart.py", "test_figures.py",
    "test_new_indicator.py", "test_gate_faults.py", "test_killed_anywhere.py",
    "test_release_shelf.py", "test_release_readers.py", "test_definitions.py",
    "test_ncdes_models.py", "test_published_contracts.py", "test_derived_models.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, all else as it stands: two cores are then busy to the end."""
    place = {name: number for number, name in enumerate(_LONG_FILES)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


REAL_EXTRACTS = ROOT.parent / "shared" / "extracts"


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


@pytest.fixture(scope="session")
def dbt_project(parsed_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the dbt project, so that tests share no target folder with the checkout."""
    return Path(shutil.copytree(parsed_project, tmp_path_factory.mktemp("dbt") / "dbt_project"))


@pytest.fixture(scope="session")
def _night_before(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    sample_landing: Path,
    parsed_project: Path,
) -> Night:
    """One full night on most of the sample, made once for all processes of the suite.

    It makes the internal release too when that is going to be looked at.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    place, is_made = folder / "baseline", folder / "baseline" / "made"
    wanted = any(item.path.name == "test_internal_release.py" for item in request.session.items)
    made = Night(
        place / "landing", place / "home", place / "dbt_project", makes_internal_release=wanted
    )
    with FileLock(folder / "baseline.lock"):
        if not is_made.exists():
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(sample_landing, made.landing, ignore=left_out_of_nights)
            shutil.copytree(parsed_project, made.dbt_project)
            code, said = made.run(place / "output.txt")
            assert code == 0, said[-3000:]
            is_made.touch()
    return made


@pytest.fixture(scope="session")
def baseline(_night_before: Night, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """A finished night, with a dbt project of this process. Never change it: take a ``night``."""
    # Parsed already, and nobody else's: dbt writes into it whenever a night runs.
    project = tmp_path_factory.mktemp("baseline_dbt") / "dbt_project"
    return replace(
        _night_before,
        dbt_project=Path(shutil.copytree(_night_before.dbt_project, project)),
        makes_internal_release=False,
    )


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
