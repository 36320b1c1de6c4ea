"""The gate: bad extracts never stop a release, and a bad number never gets into one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest
from desk import text_of_everything_below
from night import AS_OF, Night, copy_home, make_writable, revise_list_sizes

from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.contract_files import load_contracts
from assets.home import Build, Home
from assets.release.auditing import audit
from assets.release.candidate.facts import DATABASE_FILE, CandidateFacts
from assets.release.publishing import verdicts, write_whole
from assets.release.shelf.publication import PublicationRefusedError, ReleaseError
from docs.generating.blocking import blocking_rules
from expectations import results
from expectations.validation import Validator

SIZES = "gp-list-size/gp-reg-pat-prac-all_2025-09.csv"
MAP = "gp-list-size/gp-reg-pat-prac-map_2025-09.csv"
SURVEY = "gpps/GPPS_2025_Practice_data_(weighted)_(csv)_PUBLIC.csv"
STAFF = "pcn-workforce/PCN_individual_level_2025-06.csv"
NUMBERS = (b"9434765919", b"4010232137", b"9990000018")


@dataclass(frozen=True)
class Outcome:
    """A night, how it ended, and the release that was in force before it."""

    night: Night
    code: int
    said: str
    before: str


@pytest.fixture(scope="module")
def bad_night(baseline: Night, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """One night on a landing zone in which four files are bad and one has a stray number."""
    place = tmp_path_factory.mktemp("bad")
    landing = Path(shutil.copytree(baseline.landing, place / "landing"))
    night = Night(landing, copy_home(baseline.home, place / "home"), baseline.dbt_project)

    def change(name: str, how: Callable[[bytes], bytes]) -> None:
        path = landing / name
        path.write_bytes(how(path.read_bytes()))

    change(SIZES, lambda content: content[:-30])
    change(SURVEY, lambda _: b"<!DOCTYPE html><html><body>Moved</body></html>")
    change(MAP, in_column(3, dict(zip((2, 5, 8), NUMBERS, strict=True))))
    change(STAFF, in_column(4, {7: NUMBERS[0]}))
    change("qof/PREVALENCE_2425.csv", lambda _: b"")
    before = night.current()
    code, said = night.run(place / "output.txt")
    yield Outcome(night, code, said, before)
    make_writable(night.home)


def test_a_night_whose_proof_fails_names_the_count_and_publishes_nothing(
    baseline: Night, tmp_path: Path
) -> None:
    night = Night(
        Path(shutil.copytree(baseline.landing, tmp_path / "landing")),
        copy_home(baseline.home, tmp_path / "home"),
        baseline.dbt_project,
    )
    revise_list_sizes(night.landing)
    before = night.current()
    # Had the release before told readers that a hidden count is about what it is, nothing that is
    # hidden today would keep it from them.
    earlier = Home(night.home).shown_before
    is_four = pl.col("is_primary") & (pl.col("people") == 4)
    given_away, record = min(
        (cell_id, one.record)
        for one in earlier.decided()
        for cell_id in earlier.records.read([one.record], None)[0].filter(is_four)["cell_id"]
    )
    shown, relations = earlier.records.read([record], None)
    told = {"released_count": 4, "lower": 3, "upper": 5, "is_hidden": False, "is_primary": False}
    shown = shown.with_columns(
        pl.when(pl.col("cell_id") == given_away)
        .then(pl.lit(value))
        .otherwise(pl.col(column))
        .cast(shown.schema[column])
        .alias(column)
        for column, value in told.items()
    )
    told_instead = earlier.records.finish(earlier.records.begin(relations), shown)
    kept = earlier.folder / f"{before}.json"
    kept.write_text(kept.read_text().replace(record, told_instead))

    code, said = night.run(tmp_path / "output.txt")

    assert code == 1
    assert f"cell {given_away} " in said, said[-3000:]
    assert night.current() == before
    assert [path.name for path in night.releases.glob("2*")] == [before]
    make_writable(night.home)


def in_column(column: int, values: dict[int, bytes]) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        lines = content.split(b"\n")
        for row, value in values.items():
            cells = lines[row].split(b",")
            cells[column] = value
            lines[row] = b",".join(cells)
        return b"\n".join(lines)

    return change


def test_bad_files_do_not_stop_the_release(bad_night: Outcome, baseline: Night) -> None:
    night = bad_night.night
    assert bad_night.code == 0, bad_night.said[-3000:]
    assert f"Published release {night.current()}." in bad_night.said
    assert night.current() != bad_night.before == baseline.current()

    in_use = (
        "select extract, edition_period, rows_loaded from extract_editions where is_in_use "
        "and not (extract = 'pcnwf_staff' and edition_period = '2025-06') order by all"
    )
    assert night.query(in_use) == baseline.query(in_use)
    [(loaded, quarantined)] = night.query(
        "select rows_loaded, rows_quarantined from extract_editions "
        "where is_in_use and extract = 'pcnwf_staff' and edition_period = '2025-06'"
    )
    assert (loaded > 0, quarantined) == (True, 1)


def test_every_critical_rule_of_a_night_has_its_entry_in_the_runbook(baseline: Night) -> None:
    warehouse = Home(baseline.home).warehouse
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        ran = connection.execute(
            f"select suite, table_name, rule from {results.RESULTS} where severity = 'critical'"
        ).fetchall()
    manifest = baseline.dbt_project / "target" / "manifest.json"
    contracts = load_contracts()
    blocking = blocking_rules(contracts, manifest)
    explained = {(rule.subject, rule.rule.name) for rule in blocking}
    # An edition is called by its extract, submitter and period.
    asked = {(table.partition(":")[0], rule) for _, table, rule in ran}
    assert {suite for suite, _, _ in ran} == {
        "edition", "raw", "disclosure", "mart", "candidate", "report",
    }  # fmt: skip
    assert asked <= explained
    # Not every rule on editions is asked every night; all others are.
    assert {(subject, rule) for subject, rule in explained if subject not in contracts} <= asked


def test_refusals_are_published_with_their_reasons(bad_night: Outcome) -> None:
    refused = {
        extract: (file_name, reason)
        for extract, file_name, reason in bad_night.night.query(
            "select extract, file_name, reason from extract_editions where verdict = 'refused'"
        )
    }
    wanted = {
        "reg_list_sizes": (SIZES, "the file is truncated"),
        "gpps_practice": (SURVEY, "the file is a web page, not a table"),
        "reg_practice_map": (MAP, "patient-identifiable data"),
        "qof_prevalence": ("qof/PREVALENCE_2425.csv", "the file is empty (0 bytes)"),
    }
    assert refused.keys() == wanted.keys()
    for extract, (name, part) in wanted.items():
        assert refused[extract][0] == name
        assert refused[extract][1].startswith(f"{name}: ")
        assert part in refused[extract][1]
        assert refused[extract][1] in bad_night.said, "the operator is told too"


def test_no_stray_number_is_anywhere_after_the_night(bad_night: Outcome) -> None:
    looked_at = 0
    for path, content in text_of_everything_below(bad_night.night.home):
        looked_at += 1
        assert not any(number in content for number in NUMBERS), path.name
    assert looked_at > 100
    assert not any(number.decode() in bad_night.said for number in NUMBERS)


# -- a bad number ----------------------------------------------------------------------------------


# -- a candidate that was damaged after it was written


@dataclass(frozen=True)
class Staged:
    """A candidate of a finished build, sound and not yet published."""

    build: Build
    version: str
    folder: Path
    facts: CandidateFacts


@pytest.fixture
def staged(bad_night: Outcome, contracts: dict[str, Contract], tmp_path: Path) -> Iterator[Staged]:
    home = Home(copy_home(bad_night.night.home, tmp_path / "home"))
    home.build.mkdir()
    shutil.copy(Home(bad_night.night.home).warehouse, home.warehouse)
    connection = duckdb.connect(str(home.warehouse))
    build = Build(
        connection=connection,
        home=home,
        landing=str(bad_night.night.landing),
        fetches=False,
        as_of=date.fromisoformat(AS_OF),
        dbt_project=bad_night.night.dbt_project,
        dbt_target=bad_night.night.dbt_project / "target",
        code="code",
        contracts=contracts,
        validator=Validator(connection),
        memory_limit="4GB",
        counts_together=500_000,
    )
    version = "2030-01-01T000000Z-0123abcd"
    folder = build.releases.staging(version)
    facts = write_whole(build, version, is_synthetic=True).facts
    sound = audit(build, folder, facts)
    assert all(outcome.passed for outcome in sound if outcome.rule.severity == "critical")
    yield Staged(build, version, folder, facts)
    connection.close()
    make_writable(home.folder)


def change_one_value(staged: Staged) -> None:
    with duckdb.connect(str(staged.folder / DATABASE_FILE)) as connection:
        connection.execute(
            "update indicator_values set value = value + 0.001 where rowid = "
            "(select min(rowid) from indicator_values where value is not null)"
        )


def cut_the_parquet_file(staged: Staged) -> None:
    path = staged.folder / "parquet" / "indicator_values.parquet"
    path.write_bytes(path.read_bytes()[:-200])


def scribble_over_the_database(staged: Staged) -> None:
    path = staged.folder / DATABASE_FILE
    content = bytearray(path.read_bytes())
    headers, block = 3 * 4096, 1 << 18
    for start in range(headers, len(content), block):
        content[start + 64 : start + 128] = b"\x5a" * 64
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    "damage", [change_one_value, cut_the_parquet_file, scribble_over_the_database]
)
def test_a_damaged_candidate_is_not_published(
    staged: Staged, damage: Callable[[Staged], None]
) -> None:
    build = staged.build
    damage(staged)

    outcomes = audit(build, staged.folder, staged.facts)
    results.record(build.connection, "a run", "candidate", outcomes)

    [written] = [outcome for outcome in outcomes if outcome.rule.name == "files_are_as_built"]
    assert not written.passed
    assert "difference(s)" in written.observed
    assert written.examples
    manifest = build.releases.current()
    assert manifest is not None
    with pytest.raises(PublicationRefusedError, match="files_are_as_built"):
        build.releases.publish(staged.version, verdicts(build), manifest)
    assert build.releases.current() == manifest
    assert staged.version not in build.releases.list()


def test_a_candidate_cut_short_after_its_audit_is_not_published(staged: Staged) -> None:
    build = staged.build
    current = build.releases.current()
    assert current is not None
    cut_the_parquet_file(staged)
    manifest = current.model_copy(
        update={
            "version": staged.version,
            "database_bytes": staged.facts.database_bytes,
            "tables": staged.facts.tables,
        }
    )

    with pytest.raises(ReleaseError, match=r"indicator_values\.parquet is damaged"):
        build.releases.publish(staged.version, verdicts(build), manifest)

    assert build.releases.current() == current
