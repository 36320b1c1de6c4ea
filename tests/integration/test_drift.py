"""Drift: what differs from the edition before shows as a failed check, with before and after."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest
from desk import Desk

from assets.extracts.assets import extract_assets
from assets.extracts.contract_model.contract_files import CONTRACTS_FOLDER, load_contracts
from assets.extracts.holding.editions import Edition
from assets.extracts.judging.drift import Change, latest_changes
from orchestration.instance import open_instance
from orchestration.resources import build_resource
from orchestration.settings import Settings

STAFF = "pcn-workforce/PCN_individual_level_2025-06.csv"
STAFF_LATER = "pcn-workforce/PCN_individual_level_2025-09.csv"
LOOKUP = "ods-reference/Sub_ICB_to_ICB_to_NHSER_2025-04.csv"
LOOKUP_LATER = "ods-reference/Sub_ICB_to_ICB_to_NHSER_2025-07.csv"

Alter = Callable[[bytes], bytes]


def three_months_later(content: bytes) -> bytes:
    later = content.replace(b",2025,6,", b",2025,9,")
    assert later != content
    return later


def with_column(content: bytes) -> bytes:
    header, *rows = content.splitlines()
    return b"\r\n".join([header + b",ROOM", *(row + b",12" for row in rows), b""])


def without_some_rows(share: float) -> Alter:
    def alter(content: bytes) -> bytes:
        header, *rows = content.splitlines(keepends=True)
        return b"".join([header, *rows[: round(len(rows) * (1 - share))]])

    return alter


def without_last_column(content: bytes) -> bytes:
    return b"\r\n".join([*(row.rpartition(b",")[0] for row in content.splitlines()), b""])


def unchanged(content: bytes) -> bytes:
    return content


def drift(
    desk: Desk,
    extract: str,
    first: tuple[str, bytes],
    second: tuple[str, bytes],
    *declared: dict[str, str],
) -> tuple[list[Change], list[Edition]]:
    """Two editions of an extract, and what is told of the second."""
    editions = []
    for name, content in (first, second):
        desk.put(name, content)
        desk.declare({"match": STAFF_LATER, "period": "2025-09"}, *declared)
        editions += desk.take_in(extract)[extract]
    assert [edition.verdict for edition in editions] == ["accepted", "accepted"], editions
    [(before, after, changes)] = latest_changes(desk.contracts[extract], desk.editions)
    assert [before, after] == editions
    return changes, editions


def staff_drift(desk: Desk, sample_landing: Path, alter: Alter) -> list[Change]:
    content = (sample_landing / STAFF).read_bytes()
    later = alter(three_months_later(content))
    changes, _ = drift(desk, "pcnwf_staff", (STAFF, content), (STAFF_LATER, later))
    return changes


def test_an_edition_like_the_one_before_has_none(empty_desk: Desk, sample_landing: Path) -> None:
    assert staff_drift(empty_desk, sample_landing, unchanged) == []


def test_a_new_column_is_told(empty_desk: Desk, sample_landing: Path) -> None:
    changes = staff_drift(empty_desk, sample_landing, with_column)

    assert changes == [Change("new_column", "room", "", "room")]
    assert changes[0].sentence() == "column 'room' is new"


def test_an_optional_column_that_vanished_is_told(empty_desk: Desk, sample_landing: Path) -> None:
    content = (sample_landing / LOOKUP).read_bytes()

    changes, _ = drift(
        empty_desk,
        "ons_sub_icb_lookup",
        (LOOKUP, content),
        (LOOKUP_LATER, without_last_column(content)),
    )

    assert changes == [Change("vanished_column", "object_number", "object_number", "")]
    assert changes[0].sentence() == "column 'object_number' is gone"


def test_codes_that_came_and_went_are_told(empty_desk: Desk, sample_landing: Path) -> None:
    def rename(content: bytes) -> bytes:
        renamed = content.replace(b",Pharmacy Technicians,", b",Technicians,")
        assert renamed != content
        return renamed

    changes = staff_drift(empty_desk, sample_landing, rename)

    gone, new = "Pharmacy Technicians", "Technicians"
    assert changes == [Change("changed_codes", "staff_role", gone, new)]
    assert gone in changes[0].sentence()
    assert new in changes[0].sentence()


def test_a_code_beyond_a_closed_list_is_told_though_its_rows_are_set_aside(
    empty_desk: Desk, sample_landing: Path
) -> None:
    def invent(content: bytes) -> bytes:
        return content.replace(b"NWRS Staff,2025,9", b"NWRS Agency,2025,9", 1)

    changes = staff_drift(empty_desk, sample_landing, invent)

    assert changes == [Change("changed_codes", "data_source", "none", "NWRS Agency")]


def test_a_code_of_a_withheld_row_is_never_told(empty_desk: Desk, sample_landing: Path) -> None:
    """NHS number 943 476 5919 is the official example, and no one's."""

    def with_identifier(content: bytes) -> bytes:
        header, first, *rows = content.splitlines()
        cells = first.replace(b"NWRS Staff", b"NWRS Agency").split(b",")
        cells[4] = b"943 476 5919"
        return b"\r\n".join([header, b",".join(cells), *rows, b""])

    assert staff_drift(empty_desk, sample_landing, with_identifier) == []


def test_of_a_community_extract_only_listed_codes_are_told(
    desk: Desk, sample_landing: Path
) -> None:
    """Whatever stands in a cell instead of a code may be a name."""
    first, second = sorted((sample_landing / "community").glob("X-CHACT*.csv"))
    content = first.read_bytes()
    later = content.replace(b"2025-08-31", b"2025-09-30").replace(b"2025-08", b"2025-09")
    later = later.replace(b",joint,", b",Janet Ames,", 1)
    assert later.count(b"Janet Ames") == 1

    changes, editions = drift(
        desk, "champion_sessions", (first.name, content), (second.name, later)
    )

    assert changes == [
        Change("changed_codes", "led_by", "0 values of no list", "1 value of no list")
    ]
    assert "Janet" not in editions[1].model_dump_json()


# -- wide files ------------------------------------------------------------------------------------


def without_columns(content: bytes, *names: str) -> bytes:
    """A CSV without quotes and without the columns whose names begin with one of the names."""
    rows = [row.split(",") for row in content.decode().splitlines()]
    kept = [i for i, name in enumerate(rows[0]) if not name.lower().startswith(names)]
    return "".join(",".join(row[i] for i in kept) + "\r\n" for row in rows).encode()


def test_questions_of_a_survey_that_came_and_went_are_told(
    empty_desk: Desk, sample_landing: Path
) -> None:
    """Also one that is not read: it may be the old one under another name."""
    names = [f"gpps/GPPS_{year}_National_data_(weighted)_(csv)_PUBLIC.csv" for year in (2024, 2025)]
    content = (sample_landing / names[0]).read_bytes()
    later = without_columns(content, "healthsupport", "lastgpapptneeds_1.").replace(
        b"healthconversation", b"carechat"
    )

    changes, _ = drift(empty_desk, "gpps_national", (names[0], content), (names[1], later))

    assert [(change.kind, change.column) for change in changes] == [
        ("new_column", "carechat… (14 columns)"),
        ("vanished_column", "healthsupport… (18 columns)"),
        ("vanished_column", "healthconversation… (14 columns)"),
        ("vanished_column", "_1.count _1.pct of lastgpapptneeds"),
    ]


# -- which editions are compared -------------------------------------------------------------------


def test_a_revision_is_compared_with_the_version_it_supersedes(
    empty_desk: Desk, sample_landing: Path
) -> None:
    content = (sample_landing / STAFF).read_bytes()
    revised = content.replace(b",Pharmacy Technicians,", b",Technicians,")

    changes, editions = drift(empty_desk, "pcnwf_staff", (STAFF, content), (STAFF, revised))

    assert editions[0].key == editions[1].key
    gone, new = "Pharmacy Technicians", "Technicians"
    assert changes == [Change("changed_codes", "staff_role", gone, new)]


def test_partial_editions_are_compared(empty_desk: Desk, sample_landing: Path) -> None:
    content = (sample_landing / STAFF).read_bytes()
    later = with_column(three_months_later(content))
    partial = {"match": "*", "coverage": "partial", "reason": "one board"}

    changes, _ = drift(empty_desk, "pcnwf_staff", (STAFF, content), (STAFF_LATER, later), partial)

    assert changes == [Change("new_column", "room", "", "room")]


def test_rows_of_a_part_and_of_the_whole_are_not_compared(
    empty_desk: Desk, sample_landing: Path
) -> None:
    content = (sample_landing / STAFF).read_bytes()
    later = without_some_rows(0.2)(with_column(three_months_later(content)))
    partial = {"match": STAFF_LATER, "coverage": "partial", "reason": "one board"}

    changes, _ = drift(empty_desk, "pcnwf_staff", (STAFF, content), (STAFF_LATER, later), partial)

    assert Change("new_column", "room", "", "room") in changes
    assert "row_count" not in {change.kind for change in changes}


def test_every_edition_of_the_run_is_compared_with_the_one_before_it(
    empty_desk: Desk, sample_landing: Path
) -> None:
    content = (sample_landing / STAFF).read_bytes()
    middle = with_column(three_months_later(content))
    last = middle.replace(b",2025,9,", b",2025,12,")
    for month, text in ((6, content), (9, middle), (12, last)):
        empty_desk.put(f"pcn-workforce/PCN_individual_level_2025-{month:02d}.csv", text)
    empty_desk.declare()
    evaluated = empty_desk.take_in("pcnwf_staff")["pcnwf_staff"]
    contract = empty_desk.contracts["pcnwf_staff"]

    found = latest_changes(contract, empty_desk.editions, evaluated)

    periods = [(before.period, after.period, len(changes)) for before, after, changes in found]
    assert periods == [("2025-06", "2025-09", 1), ("2025-09", "2025-12", 0)]
    # On later nights the newest alone is looked at.
    [(_, after, _)] = latest_changes(contract, empty_desk.editions)
    assert after.period == "2025-12"


# -- rows ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "is_told"), [(0.05, False), (0.2, True)])
def test_a_number_of_rows_beyond_tolerance_is_told(
    empty_desk: Desk, sample_landing: Path, share: float, is_told: bool
) -> None:
    changes = staff_drift(empty_desk, sample_landing, without_some_rows(share))

    rows = (sample_landing / STAFF).read_bytes().count(b"\n") - 1
    told = [change for change in changes if change.kind == "row_count"]
    kept = round(rows * (1 - share))
    assert told == ([Change("row_count", "", f"{rows:,}", f"{kept:,}")] if is_told else [])


def test_editions_that_differ_in_size_by_nature_are_not_compared_by_it(
    empty_desk: Desk, sample_landing: Path
) -> None:
    extract = "oruk_services"
    names = sorted((sample_landing / "open-referral").glob("*.json"))[:2]
    files = [(f"open-referral/{path.name}", path.read_bytes()) for path in names]

    changes, editions = drift(empty_desk, extract, *files)

    sizes = [edition.rows_in_file for edition in editions]
    assert sizes[1] < 0.5 * sizes[0], "the test compares editions of like size"
    assert not [change for change in changes if change.kind == "row_count"]


# -- as the UI shows it ----------------------------------------------------------------------------


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A project folder of one extract."""
    (tmp_path / "contracts").mkdir()
    (tmp_path / "landing").mkdir()
    shutil.copy(CONTRACTS_FOLDER / "pcnwf_staff.yml", tmp_path / "contracts")
    return Settings.model_validate(
        {
            "landing": str(tmp_path / "landing"),
            "home": tmp_path / "home",
            "contracts": tmp_path / "contracts",
            "as_of": "2025-11-01",
            "fetch": False,
        }
    )


def drift_check(
    settings: Settings, name: str, content: bytes, made_up: str = "*"
) -> dg.AssetCheckEvaluation:
    """Land a file, ingest, and give the check as Dagster recorded it."""
    path = Path(settings.landing_zone) / Path(name).name
    path.write_bytes(content)
    declaration = f"files: [{{match: '{made_up}', synthetic: true, reason: made up for a test}}]\n"
    path.with_name("landing.yml").write_text(declaration)
    with open_instance(settings.place) as instance:
        result = dg.materialize(
            extract_assets(load_contracts(settings.contracts)),
            instance=instance,
            resources={"build": build_resource(settings, "code")},
        )
        logged = instance.all_logs(
            result.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
        )
    found = [entry.get_dagster_event().asset_check_evaluation_data for entry in logged]
    [check] = [evaluation for evaluation in found if evaluation.check_name == "drift"]
    return check


def table_of(check: dg.AssetCheckEvaluation) -> list[dict[str, object]]:
    return [dict(record.data) for record in check.metadata["before_and_after"].value.records]


def test_the_check_shows_what_was_before_and_what_is_now(
    settings: Settings, sample_landing: Path
) -> None:
    content = (sample_landing / STAFF).read_bytes()
    first = drift_check(settings, STAFF, content)
    assert first.passed
    assert table_of(first) == [{"what": "nothing to compare with"}]

    altered = with_column(three_months_later(content)).replace(
        b",Pharmacy Technicians,", b",Technicians,"
    )
    check = drift_check(settings, STAFF_LATER, altered)

    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert "column 'room' is new" in check.description
    told = {(row["what"], row["column"], row["before"], row["after"]) for row in table_of(check)}
    assert told == {
        ("new_column", "room", "", "room"),
        ("changed_codes", "staff_role", "Pharmacy Technicians", "Technicians"),
    }
    for row in table_of(check):
        assert re.match(r"pcnwf_staff:2025-06:", str(row["edition_before"]))
        assert re.match(r"pcnwf_staff:2025-09:", str(row["edition"]))


def test_the_check_passes_when_nothing_differs(settings: Settings, sample_landing: Path) -> None:
    content = (sample_landing / STAFF).read_bytes()
    drift_check(settings, STAFF, content)

    check = drift_check(settings, STAFF_LATER, three_months_later(content))

    assert check.passed
    assert table_of(check) == [{"what": "nothing differs"}]


def test_made_up_editions_are_not_compared_beside_real_ones(
    settings: Settings, sample_landing: Path
) -> None:
    content = (sample_landing / STAFF).read_bytes()
    altered = with_column(three_months_later(content))
    for name, text in ((STAFF, content), (STAFF_LATER, altered)):
        (Path(settings.landing_zone) / Path(name).name).write_bytes(text)
    real = altered.replace(b",2025,9,", b",2025,12,").replace(b",ROOM", b",RM")

    check = drift_check(settings, "PCN_individual_level_2025-12.csv", real, "*2025-0*")

    assert check.passed, check.description
    assert table_of(check) == [{"what": "nothing to compare with"}]
