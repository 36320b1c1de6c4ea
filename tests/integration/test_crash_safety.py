"""The record survives: a crash at any step, a folder that is not there, files nobody foresaw."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import fastexcel
import pytest
import yaml
from desk import Desk
from ingesting import HEADER, Place, walks, walks_contract

from assets.extracts.arriving.arrival import ArrivalArea
from assets.extracts.arriving.arrival_asset import LostEditionsError, clear_up
from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.holding.archive import DamagedArchiveError
from assets.extracts.holding.editions import DamagedRecordError, Edition, EditionStore
from assets.extracts.judging import conformance, intake
from assets.extracts.judging.parts import PartIntake
from assets.extracts.providers import error_report
from assets.extracts.providers.error_report import ROWS_SHEET, RULES_SHEET
from assets.home import Home

EXTRACT = "walks"
FIFTEEN_MORE = "15 more lines are not shown; see “Errors by rule”."
# Each of them is a moment at which a kill could come: before it, and after it.
STEPS = ((Path, "replace"), (Path, "mkdir"), (Path, "unlink"), (os, "fsync"), (shutil, "rmtree"))
INSIDE_RMTREE = ((os, "unlink"), (os, "rmdir"))


class Crash(BaseException):
    """The end of a process."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk that takes in an invented extract, and refers to nothing."""
    folder = tmp_path / "contracts"
    folder.mkdir()
    (folder / "walks.yml").write_text(yaml.safe_dump(walks_contract()), encoding="utf-8")
    opened = Desk(tmp_path / "landing", Home(tmp_path / "home"), load_contracts(folder))
    yield opened
    opened.close()


def deliver(desk: Desk, content: bytes, name: str = "walks.csv") -> list[Edition]:
    desk.put(name, content)
    return desk.take_in(EXTRACT)[EXTRACT]


def walkers(desk: Desk) -> list[str]:
    return [row[2] for row in desk.raw(EXTRACT)]


def crashing(monkeypatch: pytest.MonkeyPatch, work: Callable[[], object], at: int) -> bool:
    """Do work that ends before its step number ``at``; returns whether it got to an end."""
    steps = 0

    def counted(step: Callable[..., object]) -> Callable[..., object]:
        def before(*args: object, **kwargs: object) -> object:
            nonlocal steps
            steps += 1
            if steps > at:
                raise Crash
            return step(*args, **kwargs)

        return before

    with monkeypatch.context() as patched:
        for owner, name in (*STEPS, *INSIDE_RMTREE):
            patched.setattr(owner, name, counted(getattr(owner, name)))
        try:
            work()
        except Crash:
            return False
    return True


def after_each_crash(
    monkeypatch: pytest.MonkeyPatch, home: Path, work: Callable[[EditionStore], object]
) -> Iterator[EditionStore]:
    """The store as the next run finds it, after a crash before each step of the work."""
    whole = home.with_name("whole")
    shutil.copytree(home, whole)
    for at in range(200):
        shutil.rmtree(home)
        shutil.copytree(whole, home)
        is_done = crashing(monkeypatch, lambda: work(EditionStore(home)), at)
        store = EditionStore(home)
        store.sweep()
        yield store
        left = [path.name for path in home.glob("*/.*")]
        assert left == [], f"left behind by a crash before step {at + 1}"
        if is_done:
            assert at > 5, "the work had no steps"
            return
    raise AssertionError("the work never came to its end")


def test_a_crash_while_an_edition_is_replaced_leaves_one_of_the_two(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    [edition] = deliver(desk, walks("2025-09", 3, 4))
    path = desk.editions.path_of(edition)
    rows = (path / "rows_0.parquet").read_bytes()
    judged_anew = edition.model_copy(update={"reason": "anew", "recorded_in": 2})

    def replaced(store: EditionStore) -> None:
        prepared = store.working_folder(EXTRACT)
        (prepared / "rows_0.parquet").write_bytes(b"anew")
        store.record(judged_anew, prepared)

    found = set()
    for store in after_each_crash(monkeypatch, desk.home.editions, replaced):
        [held] = store.of(EXTRACT)
        [rows_path] = store.rows_paths(held)
        assert rows_path.read_bytes() == (b"anew" if held.reason else rows)
        found.add(held.reason)
    assert found == {"", "anew"}


def test_a_crash_while_an_edition_is_removed_leaves_all_of_it_or_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    [edition] = deliver(desk, walks("2025-09", 3, 4))

    found = set()
    for store in after_each_crash(monkeypatch, desk.home.editions, lambda s: s.remove(edition)):
        held = store.of(EXTRACT)
        assert all(len(store.rows_paths(each)) == 1 for each in held)
        found.add(len(held))
    assert found == {0, 1}


def test_what_was_removed_does_not_come_back_from_a_crash_before(desk: Desk) -> None:
    [edition] = deliver(desk, walks("2025-09", 3, 4))
    path = desk.editions.path_of(edition)
    shutil.copytree(path, path.with_name(f".replaced-{path.name}"))

    desk.editions.remove(edition)
    desk.editions.sweep()

    assert desk.editions.of(EXTRACT) == []


# -- the archive -----------------------------------------------------------------------------------


def test_a_lost_folder_of_editions_costs_no_original(desk: Desk) -> None:
    [edition] = deliver(desk, walks("2025-09", 3, 4))
    [part] = edition.parts
    away = desk.home.editions.with_name("away")
    desk.home.editions.rename(away)

    with pytest.raises(LostEditionsError, match="mount it or restore it"):
        clear_up(EditionStore(desk.home.editions), desk.archive)

    assert desk.archive.holds(part.sha256)
    away.rename(desk.home.editions)
    clear_up(desk.editions, desk.archive)
    assert desk.archive.holds(part.sha256)


def test_a_lost_record_costs_no_original(desk: Desk) -> None:
    [first] = deliver(desk, walks("2025-08", 1))
    [second] = deliver(desk, walks("2025-09", 3))
    shutil.rmtree(desk.editions.path_of(second))

    clear_up(desk.editions, desk.archive)

    assert all(desk.archive.holds(part.sha256) for e in (first, second) for part in e.parts)


def test_what_a_crash_archived_without_a_record_is_removed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    [kept] = deliver(desk, walks("2025-08", 1))

    def crash(*_: object) -> None:
        raise Crash

    monkeypatch.setattr(intake, "report_errors", crash)
    with pytest.raises(Crash):
        deliver(desk, walks("2025-09", 3))
    monkeypatch.undo()
    folder = desk.archive.path_of(kept.parts[0].sha256).parent
    leftovers = [folder / f"{'a' * 64}.utf8", folder / f".{'a' * 64}.7.tmp"]
    for path in leftovers:
        path.write_bytes(b"copy")
    held = [path for path in desk.home.archive.glob("??/*") if len(path.name) == 64]
    assert len(held) == 2

    clear_up(desk.editions, desk.archive)

    [left] = [path for path in desk.home.archive.glob("??/*") if len(path.name) == 64]
    assert left.name == kept.parts[0].sha256
    assert not any(path.exists() for path in leftovers)


def test_an_archived_file_that_was_changed_is_not_judged_again(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    [edition] = deliver(desk, walks("2025-09", 3, 4))
    (desk.landing / "walks.csv").unlink()
    archived = desk.archive.path_of(edition.parts[0].sha256)
    archived.chmod(0o640)
    archived.write_bytes(walks("2025-09", 3, 5))
    with pytest.raises(DamagedArchiveError, match="restore that file from a backup"):
        desk.archive.check(edition.parts[0].sha256)

    upgrade(desk)
    desk.take_in(EXTRACT)

    assert walkers(desk) == ["3", "4"]
    assert "was damaged or changed by hand" in caplog.text


def upgrade(desk: Desk, **changes: object) -> None:
    """Another release: the contract has changed."""
    contract = desk.contracts[EXTRACT]
    changed = contract.model_copy(update={"content_hash": f"{contract.content_hash}+", **changes})
    desk.contracts = {EXTRACT: changed}
    desk.intake = replace(desk.intake, contracts=desk.contracts)


# -- one file never stops the others ---------------------------------------------------------------


def test_an_unforeseen_error_refuses_its_file_and_is_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    examine = PartIntake.examine

    def broken(self: PartIntake, filed: object, *args: object) -> object:
        if "09" in filed.arrival.file_name:  # type: ignore[attr-defined]
            raise ZeroDivisionError("divided for 9434765919")
        return examine(self, filed, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(PartIntake, "examine", broken)
    desk.put("walks_09.csv", walks("2025-09", 9))
    by_name = {e.parts[0].file_name: e for e in deliver(desk, walks("2025-10", 10), "walks_10.csv")}

    refused = by_name["walks_09.csv"]
    assert refused.verdict == "refused"
    assert "ZeroDivisionError" in refused.reason
    assert "a defect of the platform, please report it" in refused.reason
    assert by_name["walks_10.csv"].verdict == "accepted"
    assert "Traceback" in caplog.text
    assert "9434765919" not in caplog.text
    monkeypatch.undo()
    [mended] = desk.take_in(EXTRACT)[EXTRACT]
    assert (mended.period, mended.verdict) == ("2025-09", "accepted")
    assert desk.take_in(EXTRACT)[EXTRACT] == []


def test_an_unforeseen_error_takes_nothing_out_of_use(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(desk, walks("2025-09", 9))
    upgrade(desk)
    monkeypatch.setattr(PartIntake, "examine", lambda *_: 1 // 0)

    [refused] = desk.take_in(EXTRACT)[EXTRACT]

    assert "ZeroDivisionError" in refused.reason
    assert walkers(desk) == ["9"]


def test_a_file_that_vanishes_is_told_and_the_others_go_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put("walks_gone.csv", walks("2025-08", 8)).unlink()
    (desk.landing / "walks_gone.csv").symlink_to(desk.landing / "nowhere.csv")
    is_file = Path.is_file
    # It is listed, and gone when it is read.
    monkeypatch.setattr(Path, "is_file", lambda self: self.is_symlink() or is_file(self))

    by_name = {e.parts[0].file_name: e for e in deliver(desk, walks("2025-09", 9))}

    assert by_name["walks.csv"].verdict == "accepted"
    gone = by_name["walks_gone.csv"]
    assert gone.verdict == "refused"
    assert "cannot be read (No such file or directory)" in gone.reason


def test_a_deeply_nested_document_is_told_and_the_others_go_on(desk: Desk) -> None:
    desk.put("walks.json", b"[" * 100_000 + b"]" * 100_000)
    desk.put("less.json", b'{"a":' * 400 + b"1" + b"}" * 400)

    [edition] = deliver(desk, walks("2025-09", 9), "walks_09.csv")

    assert edition.verdict == "accepted"
    for arrival in desk.arrivals.listed():
        if arrival.file_name.endswith(".json"):
            assert "nested" in arrival.reason or "nested" in dict(arrival.broken)[EXTRACT]


def test_a_month_in_a_file_name_that_is_none_is_a_refusal(desk: Desk) -> None:
    period_from = desk.contracts[EXTRACT].period_from.model_copy(
        update={
            "columns": (),
            "file_name": (r"(?P<month>[A-Za-z]+)_(?P<year>\d{4})",),
            "format": None,
        }
    )
    upgrade(desk, period_from=period_from)

    [edition] = deliver(desk, walks("2025-09", 9), "walks_Smarch_2025.csv")

    assert edition.verdict == "refused"
    assert "'Smarch'" in edition.reason
    assert "landing.yml" in edition.reason


def test_a_damaged_record_is_named(desk: Desk) -> None:
    [edition] = deliver(desk, walks("2025-09", 9))
    record = desk.editions.path_of(edition) / "edition.json"
    whole = record.read_text(encoding="utf-8")
    record.write_text(whole[:50], encoding="utf-8")
    with pytest.raises(DamagedRecordError, match=edition.folder_name):
        EditionStore(desk.home.editions).of(EXTRACT)

    record.write_text(f'{{"of_another_release": 1, {whole[1:]}', encoding="utf-8")
    assert EditionStore(desk.home.editions).of(EXTRACT) == [edition]


# -- large and bad files ---------------------------------------------------------------------------


def test_many_broken_rows_keep_their_numbers(desk: Desk) -> None:
    """Every third row has a field too many; each of the others keeps its place in the file."""
    upgrade(desk, rejection_tolerance=0.5)
    rows = 2_999
    lines = [
        f"2025-09-01,Group {row},{row}{',x' if row % 3 == 0 else ''}\r\n"
        for row in range(1, rows + 1)
    ]

    [edition] = deliver(desk, (HEADER + "".join(lines)).encode())

    assert edition.verdict == "accepted", edition.reason
    assert (edition.rows_in_file, edition.rows_quarantined) == (rows, rows // 3)
    wrong = desk.connection.execute(
        "select count(*) from raw.walks where source_row_number <> walkers::bigint"
    ).fetchall()
    assert wrong == [(0,)]
    numbers = [number for number, *_ in desk.quarantine(edition)]
    assert numbers == list(range(3, rows + 1, 3))
    assert "999 row(s) that" in edition.reason
    assert "3, 6, 9, 12, 15, 18, 21, 24, 27, 30" in edition.reason


def test_a_refused_file_lists_its_first_wrong_rows_and_counts_them_all(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conformance, "_MOST_REASONS_OF_REFUSED", 5)

    [edition] = deliver(desk, walks("2025-09", *["many"] * 20))

    assert edition.verdict == "refused"
    assert (edition.rows_in_file, edition.rows_loaded, edition.rows_quarantined) == (20, 0, 20)
    assert "in 20 row(s)" in edition.reason
    assert [number for number, *_ in desk.quarantine(edition)] == [1, 2, 3, 4, 5]
    assert lines_of_report(desk, edition) == (["20"], ["1", "2", "3", "4", "5", FIFTEEN_MORE])


def test_a_report_shows_so_many_lines_and_counts_them_all(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(error_report, "MOST_LINES", 5)
    upgrade(desk, rejection_tolerance=0.5)

    [edition] = deliver(desk, walks("2025-09", *["many"] * 20, *range(30)))

    assert edition.verdict == "accepted", edition.reason
    assert len(desk.quarantine(edition)) == 20
    assert lines_of_report(desk, edition) == (["20"], ["1", "2", "3", "4", "5", FIFTEEN_MORE])


def test_every_wrong_row_of_a_file_that_is_taken_in_is_in_quarantine(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three bad rows of ten are tolerated of a community; that is no refused file."""
    monkeypatch.setattr(conformance, "_MOST_REASONS_OF_REFUSED", 1)
    upgrade(desk, rejection_floor=3)

    [edition] = deliver(desk, walks("2025-09", *["many"] * 3, *range(7)))

    assert edition.verdict == "accepted", edition.reason
    assert [number for number, *_ in desk.quarantine(edition)] == [1, 2, 3]


def lines_of_report(desk: Desk, edition: Edition) -> tuple[list[str], list[str]]:
    """How many rows broke each rule, and what stands first in each line of the sheet of rows."""
    workbook = fastexcel.read_excel(desk.editions.error_report_path(edition))
    rules, rows = (
        workbook.load_sheet(name, dtypes="string").to_polars() for name in (RULES_SHEET, ROWS_SHEET)
    )
    return rules["Rows"].to_list(), rows["Row"].to_list()


# -- what is held of the same bytes ----------------------------------------------------------------


def test_the_same_bytes_for_two_submitters_are_two_editions(desk: Desk) -> None:
    desk.declare({"match": "a/*", "submitter": "A"}, {"match": "b/*", "submitter": "B"})
    desk.put("a/walks.csv", walks("2025-09", 9))

    editions = deliver(desk, walks("2025-09", 9), "b/walks.csv")

    assert [(e.submitter, e.verdict) for e in editions] == [("A", "accepted"), ("B", "accepted")]
    assert [e.submitter for e in desk.editions.in_use(EXTRACT)] == ["A", "B"]
    assert desk.take_in(EXTRACT)[EXTRACT] == []
    assert walkers(desk) == ["9", "9"]


def test_a_submitter_put_right_leaves_nothing_behind(desk: Desk) -> None:
    desk.declare({"match": "*", "submitter": "WRONG"})
    deliver(desk, walks("2025-09", 9))

    desk.declare({"match": "*", "submitter": "RIGHT"})
    desk.take_in(EXTRACT)

    assert [e.submitter for e in desk.editions.of(EXTRACT)] == ["RIGHT"]
    assert walkers(desk) == ["9"]


def test_a_made_up_edition_does_not_take_the_place_of_a_real_one(desk: Desk) -> None:
    deliver(desk, walks("2025-09", 9), "walks_real.csv")
    (desk.landing / "walks_real.csv").unlink()
    desk.declare({"match": "*", "synthetic": True})
    [made_up] = deliver(desk, walks("2025-09", 1), "walks_made_up.csv")
    assert made_up.verdict == "accepted"

    assert walkers(desk) == ["9"]
    assert [e.synthetic for e in desk.editions.in_use(EXTRACT)] == [False]
    assert desk.take_in(EXTRACT)[EXTRACT] == [], "a made-up edition came to and fro"


def test_a_corrected_rule_for_the_period_corrects_what_is_held(desk: Desk) -> None:
    content = HEADER.encode() + b"2025-09-01,Group,9\r\n"
    contract = desk.contracts[EXTRACT]
    wrong = contract.period_from.model_copy(
        update={"columns": (), "file_name": (r"(?P<year>\d{4})-(?P<month>\d{2})",), "format": None}
    )
    upgrade(desk, period_from=wrong)
    [before] = deliver(desk, content, "walks_sent_2025-11.csv")
    assert before.period == "2025-11"
    (desk.landing / "walks_sent_2025-11.csv").unlink()

    upgrade(desk, period_from=contract.period_from)
    desk.take_in(EXTRACT)

    assert [e.period for e in desk.editions.in_use(EXTRACT)] == ["2025-09"]
    assert walkers(desk) == ["9"]


# -- a quiet night ---------------------------------------------------------------------------------


def test_a_quiet_night_opens_no_file_and_reads_each_record_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for month in range(1, 10):
        desk.put(f"walks_{month}.csv", walks(f"2025-0{month}", month))
    desk.take_in(EXTRACT)
    opened: list[str] = []
    read: list[str] = []
    read_text = Path.read_text

    def noted(self: Path, *args: object, **kwargs: object) -> str:
        read.append(self.name)
        return read_text(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "read_text", noted)
    monkeypatch.setattr("assets.extracts.arriving.arrival.peek", opened.append)
    monkeypatch.setattr("assets.extracts.judging.parts.peek", opened.append)
    desk.editions, desk.arrivals = EditionStore(desk.home.editions), ArrivalArea(desk.home.arrival)
    desk.intake = replace(desk.intake, editions=desk.editions, arrivals=desk.arrivals)

    assert desk.take_in(EXTRACT)[EXTRACT] == []

    assert opened == []
    assert read.count("edition.json") == 9
    assert read.count("arrivals.json") == 2, "once before the look and once after it"


def test_checks_show_what_is_new_and_no_remark_of_an_earlier_month(tmp_path: Path) -> None:
    place = Place(tmp_path / "place")
    place.agree(walks_contract())
    old = walks("2025-08", 8).replace(b"walkers\r\n", b"walkers,dogs\r\n").replace(b",8", b",8,1")
    (place.landing_folder / "walks_08.csv").write_bytes(old)
    before = place.ingest()
    (place.landing_folder / "walks_09.csv").write_bytes(walks("2025-09", 9))

    after = place.ingest()

    assert (before.success, after.success) == (True, True), before.failure + after.failure
    assert "new columns" in str(before.check("warning").description)
    assert after.check("warning").passed, after.check("warning").description
    shown = {
        str(row.data["edition"]) for row in after.check("critical").metadata["rules"].value.records
    }
    assert {edition.split(":")[1] for edition in shown} == {"2025-09"}
    assert [period for period, *_ in after.editions()] == ["2025-08", "2025-09"]
