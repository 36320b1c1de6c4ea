"""Rows about single people stay in the restricted schema and go nowhere else."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import fastexcel
import polars as pl
import pytest
from desk import Desk, text_of_database, text_of_everything_below
from night import Night, copy_home, make_writable
from whole_sample import WholeSample, whole_sample

from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.providers.error_report import ROWS_HEADINGS, ROWS_SHEET
from assets.extracts.providers.faulty_rows import SET_ASIDE
from assets.home import Home

# Takes minutes; .ci/run passes it too.
pytestmark = pytest.mark.slow

CONTRACTS = load_contracts()
PERSON_LEVEL = [name for name, contract in CONTRACTS.items() if contract.person_level]
OTHERS = [name for name in CONTRACTS if name not in PERSON_LEVEL]

REFERRALS = "community/X-SPREF_GB-CHC-9900001_2025-08.csv"
CHAMPIONS = "community/X-CHAMP_GB-COH-99000003_2025-08.csv"
SEATS_FROM = "community/QZZ_2025-06.xlsx"
SEATS = "community/X-DSEAT_GB-CHC-9922222_2025-06.csv"


@pytest.fixture(scope="module")
def sample(sample_landing: Path, tmp_path_factory: pytest.TempPathFactory) -> WholeSample:
    """The whole sample, taken in."""
    return whole_sample(sample_landing, tmp_path_factory.getbasetemp() / "whole-sample")


# -- schemas ---------------------------------------------------------------------------------------


def tables(sample: WholeSample) -> set[str]:
    found = sample.desk.connection.execute(
        "select table_schema || '.' || table_name from information_schema.tables"
    ).fetchall()
    return {name for (name,) in found}


@pytest.mark.parametrize("extract", PERSON_LEVEL)
def test_rows_about_people_are_only_in_the_restricted_schema(
    sample: WholeSample, extract: str
) -> None:
    there = {name for name in tables(sample) if name.split(".")[1].endswith(extract)}

    assert there == {f"restricted.{extract}", f"restricted.quarantine_{extract}"}
    [(rows,)] = sample.desk.connection.execute(
        f"select count(*) from restricted.{extract}"
    ).fetchall()
    assert rows > 0


@pytest.mark.parametrize("extract", OTHERS)
def test_everything_else_is_not_in_it(sample: WholeSample, extract: str) -> None:
    there = tables(sample)

    assert {f"raw.{extract}", f"quarantine.{extract}"} <= there
    assert not {f"restricted.{extract}", f"restricted.quarantine_{extract}"} & there


# -- a night over planted values -------------------------------------------------------------------


def key_of(person: str) -> str:
    return hashlib.sha256(person.encode()).hexdigest()


# One value of each kind in a sound row, in a row that is set aside, and in a row of which a
# reference leads nowhere.
PLANTED = {
    "person_key": [key_of("sound"), key_of("set aside"), key_of("unknown practice")],
    "champion_id": ["CHPLANTEDSOUND", "CHPLANTEDASIDE", "CHPLANTEDLOST"],
    "seat_id": ["DSPLANTEDSOUND", "DSPLANTEDASIDE", "DSPLANTEDLOST"],
}


def plant(content: bytes, column: str, bad: tuple[str, str], lost: tuple[str, str]) -> bytes:
    """Write the values of a column into the first three rows, and spoil the last two of them."""
    reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    rows = list(reader)
    for row, value, (other, text) in zip(
        rows, PLANTED[column], [(column, PLANTED[column][0]), bad, lost], strict=False
    ):
        row[column] = value
        row[other] = text
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, list(reader.fieldnames or ()), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode()


def plant_everywhere(landing: Path) -> None:
    """Put the planted values into three submissions of a landing zone."""
    unknown = ("practice_code", "Z99999")
    path = landing / REFERRALS
    wrong = ("status", "no_such_code")
    path.write_bytes(plant(path.read_bytes(), "person_key", wrong, unknown))
    path = landing / CHAMPIONS
    path.write_bytes(plant(path.read_bytes(), "champion_id", wrong, unknown))
    seats = pl.read_excel(landing / SEATS_FROM, sheet_name="X-DSEAT")
    seats = seats.with_columns(submitter_org_id=pl.lit("GB-CHC-9922222"))
    wrong, unknown = ("seat_type", "throne"), ("group_id", "DG-NOWHERE")
    content = plant(seats.write_csv().encode(), "seat_id", wrong, unknown)
    (landing / SEATS).write_bytes(content)
    with (landing / "landing.yml").open("a", encoding="utf-8") as file:
        file.write(f'- match: "{SEATS}"\n  synthetic: true\n  reason: made up for a test\n')


@dataclass(frozen=True)
class NightOver:
    """A night over the planted values, where all of it lies, and everything that it said."""

    night: Night
    place: Path
    said: str


@pytest.fixture(scope="module")
def planted_night(baseline: Night, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NightOver]:
    place = tmp_path_factory.mktemp("planted")
    landing = Path(shutil.copytree(baseline.landing, place / "landing"))
    # A dbt project of its own, for what dbt leaves in it.
    project = Path(shutil.copytree(baseline.dbt_project, place / "dbt_project"))
    home = copy_home(baseline.home, place / "home")
    night = Night(landing, home, project, makes_internal_release=True)
    plant_everywhere(landing)
    before = night.current()
    code, said = night.run(place / "output.txt")
    assert code == 0, said[-3000:]
    assert night.current() != before, "nothing new was published, so nothing could leak"
    yield NightOver(night, place, said)
    make_writable(night.home)


def values() -> list[str]:
    return [value for planted in PLANTED.values() for value in planted]


def found_in(folder: Path) -> set[str]:
    return {
        value
        for _, content in text_of_everything_below(folder)
        for value in values()
        if value.encode() in content
    }


def test_the_planted_values_were_taken_in_and_set_aside(planted_night: NightOver) -> None:
    assert found_in(planted_night.night.home / "editions") == set(values())
    asked = (
        "select extract, sum(rows_quarantined)::integer from {} "
        "where is_in_use and extract in ('sp_referrals', 'champions', 'decision_seats') "
        "group by all order by all"
    )
    warehouse = Home(planted_night.night.home).warehouse
    with duckdb.connect(str(warehouse), read_only=True) as build:
        quarantined = build.execute(asked.format("ledger.editions")).fetchall()
    assert quarantined == [("champions", 1), ("decision_seats", 1), ("sp_referrals", 1)]
    # How many rows about persons there are is no matter of a release.
    published = dict(planted_night.night.query(asked.format("extract_editions")))
    assert published == {"champions": 0, "decision_seats": 0, "sp_referrals": 0}


# Where rows about persons lie: what was sent and read, and the warehouse. All else is looked at.
PRIVATE = ("archive", "arrival", "editions")
# One file at least of every kind that a night leaves, so that nothing is looked for in vain.
LEFT_BEHIND = (
    "home/releases/history.jsonl", "home/releases/current/manifest.json",
    "home/releases/current/doing_with.duckdb", "home/releases/current/quality/index.html",
    "home/releases/current/report/index.html", "home/releases/current/dictionary.md",
    "home/releases/current/changes.md", "home/releases/current/cml/metric.parquet",
    "home/releases_internal/current/doing_with.duckdb",
    "home/releases_internal/current/quality/index.html", "home/build/quality_internal/*/index.html",
    "home/dagster/history/runs.db", "home/dagster/history/runs/*.db",
    "home/dagster/storage/*/compute_logs/*.out", "home/dagster/storage/*/compute_logs/*.err",
    "home/build/quality/*/index.html", "home/build/candidate.json",
    "home/disclosure/proven_blocks.txt", "home/disclosure/shown/*.json",
    "home/disclosure/shown/records/*.parquet",
    "dbt_project/target/manifest.json",
    "dbt_project/target/run/**/*.sql", "dbt_project/target/compiled/**/*.sql",
    "dbt_project/target/logs/dbt.log", "output.txt",
)  # fmt: skip


def test_nothing_of_a_person_is_in_any_file_outside_the_private_folders(
    planted_night: NightOver,
) -> None:
    for pattern in LEFT_BEHIND:
        assert list(planted_night.place.glob(pattern)), f"a night leaves no {pattern} any more"
    home = planted_night.night.home
    left_out = {*(home / name for name in PRIVATE), planted_night.night.landing}

    found = {
        (path.relative_to(planted_night.place).as_posix(), value)
        for folder in [*planted_night.place.iterdir(), *home.iterdir()]
        if folder not in {*left_out, home, home / "build"}
        for path, content in text_of(folder)
        for value in values()
        if value.encode() in content
    }
    # The warehouse is no text: its tables are looked at below.
    found |= {
        (path.name, value)
        for path in (home / "build").rglob("*")
        if path.is_file() and path != Home(home).warehouse
        for value in values()
        if value.encode() in path.read_bytes()
    }

    assert found == set()


def text_of(path: Path) -> Iterator[tuple[Path, bytes]]:
    """A file, or all below a folder."""
    return iter([(path, path.read_bytes())]) if path.is_file() else text_of_everything_below(path)


def test_nothing_of_a_person_is_in_another_schema_of_the_warehouse(
    planted_night: NightOver,
) -> None:
    warehouse = Home(planted_night.night.home).warehouse
    everything = text_of_database(warehouse)
    # Those that were set aside are in it as well.
    assert {value for value in values() if value.encode() in everything} == set(values())

    others = text_of_database(warehouse, without="restricted")

    assert {value for value in values() if value.encode() in others} == set()


def test_the_run_says_nothing_of_a_person(planted_night: NightOver) -> None:
    assert "sp_referrals" in planted_night.said
    assert not [value for value in values() if value in planted_night.said]


def test_the_release_has_no_table_of_people(planted_night: NightOver) -> None:
    found = planted_night.night.query(
        "select table_schema, table_name from information_schema.tables"
    )
    assert not [name for schema, name in found if schema == "restricted" or name in PERSON_LEVEL]


# -- what a provider is sent back ------------------------------------------------------------------

IDENTIFIER = "a.person@example.org"


@pytest.fixture
def report(
    empty_desk: Desk, sample_landing: Path
) -> Callable[[bytes], tuple[str, list[tuple[object, ...]]]]:
    """Takes referrals in; the whole error report as text, and the lines of its rows."""

    def make(content: bytes) -> tuple[str, list[tuple[object, ...]]]:
        directory = "ods-reference/epraccur_2025-09.csv"
        empty_desk.put(directory, (sample_landing / directory).read_bytes())
        empty_desk.put(REFERRALS, content)
        [edition] = empty_desk.take_in("ods_practices", "sp_referrals")["sp_referrals"]
        assert edition.verdict == "accepted", edition.reason
        workbook = fastexcel.read_excel(empty_desk.editions.error_report_path(edition))
        sheets = {
            name: workbook.load_sheet(name, header_row=None, dtypes="string").to_polars().rows()
            for name in workbook.sheet_names
        }
        return repr(sheets), sheets[ROWS_SHEET][1:]

    return make


def test_a_report_shows_the_row_that_was_sent_by_its_number(
    report: Callable[[bytes], tuple[str, list[tuple[object, ...]]]], sample_landing: Path
) -> None:
    sent = (sample_landing / REFERRALS).read_bytes()
    content = plant(sent, "person_key", ("status", "no_such_code"), ("practice_code", "Z99999"))

    text, lines = report(content)

    [line] = [line for line in lines if line[ROWS_HEADINGS.index("What follows")] == SET_ASIDE]
    assert line[:4] == ("2", "3", "status", "Bad value")
    assert line[ROWS_HEADINGS.index("Value")] == "no_such_code"
    # Of rows that were taken in there is no more than the odd cell.
    sound, aside, lost = PLANTED["person_key"]
    assert aside in text
    assert sound not in text
    assert lost not in text


def test_a_report_shows_nothing_of_a_row_with_an_identifier(
    report: Callable[[bytes], tuple[str, list[tuple[object, ...]]]], sample_landing: Path
) -> None:
    sent = (sample_landing / REFERRALS).read_bytes()
    content = plant(sent, "person_key", ("decline_reason", IDENTIFIER), ("status", "closed"))

    text, lines = report(content)

    assert {line[0] for line in lines} == {"2"}
    assert {line[ROWS_HEADINGS.index("Value")] for line in lines} == {"not kept"}
    assert all(not any(line[len(ROWS_HEADINGS) :]) for line in lines)
    assert IDENTIFIER not in text
    assert PLANTED["person_key"][1] not in text
