"""Forgetting a submission, proven byte by byte; and the end of retention."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import fastexcel
import openpyxl
import pytest
from desk import Desk, text_of_everything_below
from ingesting import Place
from night import ROOT, Night, copy_home, make_writable

from assets.extracts.holding.archive import Archive
from assets.extracts.holding.forgetting import Intent, UnknownSubmissionError, forget, intend
from assets.extracts.judging.intake import Intake
from expectations.validation import Validator
from orchestration.forgetting import forget_everywhere

CONTRACTS = ROOT / "assets" / "extracts" / "contracts"
HEADER = (
    "submission_id,submitter_org_id,extract_code,schema_version,period_start,period_end,"
    "extracted_at,exchange_id,timebank_org_id,exchanged_on,hours,giver_key,receiver_key,"
    "practice_code,category"
)
SUBMISSION = "0f0e0d0c-1111-5222-8333-444455556666"
SUBMITTER = "GB-CHC-9911111"
NAME = "community/X-TBANK_GB-CHC-9911111_2025-09.csv"


# Of a decision group's meetings, about nobody: named after its submission, with a column that no
# contract knows, and with groups that nobody has heard of.
MEETINGS = "1f1e1d1c-1111-5222-8333-444455556666"
MEETINGS_NAME = f"community/X-DMTG_{MEETINGS}.csv"
MEETINGS_HEADER = (
    "submission_id,submitter_org_id,extract_code,schema_version,period_start,period_end,"
    "extracted_at,meeting_id,group_id,held_on,seats_present,le_present,agenda_items,le_led_items,"
    "decisions,le_influenced_decisions,planted of Smithtown"
)


def meetings() -> bytes:
    rows = [
        f"{MEETINGS},{SUBMITTER},X-DMTG,1.0.0,2025-07-01,2025-09-30,2025-10-11T06:00:00Z,"
        f"PLANTED-M{number},PLANTED-G{number},2025-09-0{number},5,2,4,1,2,1,planted words"
        for number in range(1, 6)
    ]
    return "\n".join([MEETINGS_HEADER, *rows, ""]).encode()


def planted_of_meetings() -> list[bytes]:
    """Values, the new header in the forms it may take, and the id that named the file."""
    texts = [MEETINGS, "PLANTED-M1", "PLANTED-G1", "planted words", "planted of", "planted_of"]
    return [text.encode() for text in [*texts, "Smithtown", "smithtown"]]


def key(person: str) -> str:
    return hashlib.sha256(person.encode()).hexdigest()


def submission(*hours: str) -> bytes:
    """A time bank's submission: one row for each number of hours; too many hours are wrong."""
    rows = [
        f"{SUBMISSION},{SUBMITTER},X-TBANK,1.0.0,2025-09-01,2025-09-30,2025-10-11T06:00:00Z,"
        f"PLANTED-{number:04},{SUBMITTER},2025-09-{number + 1:02},{spent},"
        f"{key(f'giver {number}')},{key(f'receiver {number}')},,planted walks"
        for number, spent in enumerate(hours, start=1)
    ]
    return "\n".join([HEADER, *rows, ""]).encode()


def planted() -> list[bytes]:
    """What must be nowhere afterwards; the last row is the one that is quarantined."""
    values = [SUBMISSION, "PLANTED-0001", "PLANTED-0021", "planted walks"]
    return [value.encode() for value in [*values, key("giver 1"), key("receiver 21")]]


def held_in(folder: Path, values: list[bytes]) -> set[tuple[bytes, str]]:
    """Which of the values stand in any file below a folder, Parquet and databases read as well."""
    return {
        (value, str(path.relative_to(folder)))
        for path, content in text_of_everything_below(folder)
        for value in values
        if value in content
    }


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "orchestration.command_line", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def forgotten_night(
    baseline: Night, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Night, set[tuple[bytes, str]], subprocess.CompletedProcess[str]]:
    """A night with one more submission, then its removal: the night, what was held, the answer."""
    place = tmp_path_factory.mktemp("forgetting")
    landing = Path(shutil.copytree(baseline.landing, place / "landing"))
    night = Night(landing, copy_home(baseline.home, place / "home"), baseline.dbt_project)
    (landing / NAME).write_bytes(submission(*["1.5"] * 20, "99"))
    (landing / MEETINGS_NAME).write_bytes(meetings())
    with (landing / "landing.yml").open("a", encoding="utf-8") as file:
        for name in (NAME, "community/X-DMTG_????????-*.csv"):
            file.write(f'- match: "{name}"\n  synthetic: true\n  reason: made up for a test\n')
    code, said = night.run(place / "first.txt")
    assert code == 0, said[-3000:]
    before = held_in(night.home, [*planted(), *planted_of_meetings()])
    command("forget", MEETINGS.upper(), "--home", str(night.home), "--landing", str(landing))
    answer = command("forget", SUBMISSION, "--home", str(night.home), "--landing", str(landing))
    (place / "first.txt").unlink()
    yield night, before, answer
    make_writable(night.home)


@pytest.mark.slow
def test_a_submission_was_everywhere_before(forgotten_night: tuple) -> None:
    _, before, _ = forgotten_night

    found = {value for value, _ in before}
    assert set(planted()) <= found
    assert {MEETINGS.encode(), b"PLANTED-M1", b"PLANTED-G1", b"planted words"} <= found
    kinds = {path.split("/")[0] for _, path in before}
    assert {"archive", "editions"} <= kinds


@pytest.mark.slow
def test_nothing_of_a_forgotten_submission_is_left_in_any_byte(forgotten_night: tuple) -> None:
    night, _, answer = forgotten_night

    assert answer.returncode == 0, answer.stderr
    assert f"deleted from the landing zone: {NAME}" in answer.stdout
    assert "timebank_exchanges:2025-09:" in answer.stdout
    assert held_in(night.home, [*planted(), *planted_of_meetings()]) == set()
    assert held_in(night.landing, [*planted(), *planted_of_meetings()]) == set()


@pytest.mark.slow
def test_values_headers_and_ids_do_not_reach_the_records_of_runs(forgotten_night: tuple) -> None:
    _, before, _ = forgotten_night

    assert not {path for _, path in before if path.startswith("dagster/")}


@pytest.mark.slow
def test_private_folders_of_a_home_are_closed_to_others(forgotten_night: tuple) -> None:
    night, _, _ = forgotten_night

    for name in ("archive", "editions", "arrival"):
        assert (night.home / name).stat().st_mode & 0o077 == 0, name
    assert (night.home / "releases").stat().st_mode & 0o555 == 0o555


@pytest.mark.slow
def test_the_night_after_publishes_without_it_and_does_not_take_it_back(
    forgotten_night: tuple, tmp_path: Path
) -> None:
    night, _, _ = forgotten_night
    (night.landing / "community" / "sent again.csv").write_bytes(submission(*["1.5"] * 20, "99"))

    code, said = night.run(tmp_path / "second.txt")

    assert code == 0, said[-3000:]
    assert held_in(night.home, planted()) == set()
    [(verdict, reason)] = night.query(
        "select verdict, reason from landing_files where file_name like '%sent again.csv'"
    )
    assert verdict == "not_recognised"
    assert "was forgotten on" in reason
    editions = night.query(
        "select submitter from extract_editions where extract = 'timebank_exchanges' "
        "and edition_period = '2025-09' and is_in_use"
    )
    assert editions == [("GB-CHC-9900004",)]


def test_what_dagster_recorded_of_an_ingest_knows_nothing_of_a_forgotten_submission(
    tmp_path: Path,
) -> None:
    place = Place(tmp_path / "place")
    shutil.copytree(CONTRACTS / "column_sets", place.contracts / "column_sets")
    for extract in ("decision_groups", "decision_meetings"):
        shutil.copy(CONTRACTS / f"{extract}.yml", place.contracts)
    name = place.landing_folder / f"X-DMTG_{MEETINGS}.csv"
    name.write_bytes(meetings())
    outcome = place.ingest()
    assert outcome.success, outcome.failure
    held = held_in(place.home, planted_of_meetings())
    assert {value for value, path in held if path.startswith("editions/")} >= {
        MEETINGS.encode(), b"PLANTED-G1", b"planted words",
    }  # fmt: skip
    recorded = place.home / "dagster"
    # That the records are read here at all.
    assert held_in(recorded, [b"X-DMTG_[redacted].csv", b"group_id_is_mostly_known"])
    assert held_in(recorded, planted_of_meetings()) == set()

    forgotten = forget_everywhere(place.settings, MEETINGS.upper(), place.landing_folder)

    assert forgotten.landing_files == (name.name,)
    assert held_in(place.home, [*planted_of_meetings(), b"X-DMTG_[redacted].csv"]) == set()
    for folder in ("archive", "editions", "arrival"):
        assert (place.home / folder).stat().st_mode & 0o077 == 0, folder


def test_an_unknown_submission_is_said_to_be_unknown(empty_desk: Desk) -> None:
    with pytest.raises(UnknownSubmissionError, match="nothing is held of submission 'nobody'"):
        intended(empty_desk, "nobody")


def intended(desk: Desk, submission: str) -> Intent:
    return intend(submission, desk.contracts, desk.editions, desk.archive, date(2025, 11, 1))


def test_a_forgetting_that_was_killed_is_finished_by_asking_again(
    empty_desk: Desk, real_submission: Callable[[date], list[str]]
) -> None:
    real_submission(date(2025, 11, 1))
    intent = intended(empty_desk, SUBMISSION.upper())
    [edition] = empty_desk.editions.of("timebank_exchanges")
    # As a kill leaves it: no record of the edition any more, but its rows.
    (empty_desk.editions.path_of(edition) / "edition.json").unlink()
    empty_desk.close()

    again = intended(empty_desk, SUBMISSION)

    assert again == intent
    arrivals = empty_desk.arrivals
    forgotten = forget(again, empty_desk.editions, empty_desk.archive, arrivals, None)
    shutil.rmtree(empty_desk.home.build)
    assert forgotten.editions == (edition.edition_id,)
    assert held_in(empty_desk.home.folder, planted()[:2]) == set()
    with pytest.raises(UnknownSubmissionError):
        intended(empty_desk, SUBMISSION)


def test_the_submission_that_the_forgotten_one_replaced_is_said_to_count_again(
    empty_desk: Desk, real_submission: Callable[[date], list[str]]
) -> None:
    first = submission("1.5", "2").replace(
        SUBMISSION.encode(), SUBMISSION.replace("0f", "1f").encode()
    )
    empty_desk.put(NAME, first)
    real_submission(date(2025, 11, 1))
    empty_desk.put(NAME, submission("1.5", "3"))
    real_submission(date(2025, 11, 1))
    older, _ = empty_desk.editions.of("timebank_exchanges")

    intent = intended(empty_desk, SUBMISSION)
    forgotten = forget(intent, empty_desk.editions, empty_desk.archive, empty_desk.arrivals, None)

    assert forgotten.back_in_use == (older.edition_id,)


# -- retention -------------------------------------------------------------------------------------


def intake_on(desk: Desk, day: date) -> Intake:
    return Intake(
        desk.connection,
        desk.contracts,
        desk.arrivals,
        Archive(desk.home.archive),
        desk.editions,
        Validator(desk.connection),
        day,
    )


@pytest.fixture
def real_submission(empty_desk: Desk) -> Callable[[date], list[str]]:
    """Takes a submission in that is not made up, on a day; verdicts of what was evaluated."""
    empty_desk.put(NAME, submission("1.5", "2"))
    (empty_desk.landing / "landing.yml").write_text("files: []\n")

    def take_in_on(day: date) -> list[str]:
        empty_desk.receive()
        intake = intake_on(empty_desk, day)
        intake.take_in("ods_practices")
        found = intake.take_in("timebank_exchanges")
        empty_desk.arrivals.discard_copies()
        return [edition.verdict for edition in found]

    return take_in_on


def test_rows_about_persons_are_kept_for_thirteen_months(
    empty_desk: Desk, real_submission: Callable[[date], list[str]]
) -> None:
    assert real_submission(date(2026, 10, 30)) == ["accepted"]
    assert len(empty_desk.raw("timebank_exchanges")) == 2
    assert held_in(empty_desk.home.editions, planted()[:2])

    real_submission(date(2026, 10, 31))

    assert empty_desk.raw("timebank_exchanges") == []
    empty_desk.close()
    assert held_in(empty_desk.home.folder, planted()[:2]) == set()


def test_a_file_that_comes_after_its_retention_is_refused_and_not_kept(
    empty_desk: Desk, real_submission: Callable[[date], list[str]]
) -> None:
    assert real_submission(date(2027, 1, 1)) == ["refused"]
    assert real_submission(date(2027, 1, 2)) == [], "the refusal stands"

    [edition] = empty_desk.editions.of("timebank_exchanges")
    assert "kept for 13 months" in edition.reason
    assert not empty_desk.archive.holds(edition.parts[0].sha256)


# -- one workbook, several extracts ----------------------------------------------------------------


def test_the_end_of_retention_leaves_the_sheet_that_another_extract_needs(
    empty_desk: Desk,
) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.title = "X-TBANK"
    sheet = workbook.create_sheet("X-DMTG")
    exchanges = submission("1.5", "2").decode().replace(SUBMISSION, MEETINGS)
    for page, text in ((workbook.active, exchanges), (sheet, meetings().decode())):
        for line in text.splitlines():
            page.append(line.split(","))
    path = empty_desk.landing / "X-TBANK_X-DMTG.xlsx"
    workbook.save(path)
    (empty_desk.landing / "landing.yml").write_text("files: []\n")

    def take_in_on(day: date) -> None:
        empty_desk.receive()
        intake = intake_on(empty_desk, day)
        for extract in ("ods_practices", "decision_groups"):
            intake.take_in(extract)
        for extract in ("timebank_exchanges", "decision_meetings"):
            intake.take_in(extract)
        empty_desk.arrivals.discard_copies()

    take_in_on(date(2026, 10, 30))
    [of_meetings] = empty_desk.editions.of("decision_meetings")
    sha256 = of_meetings.parts[0].sha256
    path.unlink()
    for _ in range(2):
        take_in_on(date(2026, 10, 31))

        assert empty_desk.editions.of("timebank_exchanges") == []
        archived = [
            row
            for name in fastexcel.read_excel(empty_desk.archive.path_of(sha256)).sheet_names
            for row in rows_of_sheet(empty_desk.archive.path_of(sha256), name)
        ]
        assert key("giver 1") not in repr(archived)
        assert "PLANTED-M1" in repr(archived)


def rows_of_sheet(path: Path, name: str) -> list[tuple[object, ...]]:
    loaded = fastexcel.read_excel(path).load_sheet(name, header_row=None, dtypes="string")
    return loaded.to_polars().rows()
