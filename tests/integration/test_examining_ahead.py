"""Many files of an extract that come at once are judged as if each had come alone."""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from desk import Desk
from ingesting import walks, walks_contract

from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.judging import intake
from assets.extracts.judging.file_scan import RefusedFileError
from assets.extracts.judging.parts import Examined, FiledArrival, PartIntake
from assets.extracts.reading.long_cells import long_cells
from assets.home import Home

EXTRACT = "walks"
FILES = {f"2025-{number:02d}": walks(f"2025-{number:02d}", number, 5) for number in range(1, 13)}
SPOILT = {
    "2025-03": walks("2025-03", 3, "a few"),
    "2025-05": walks("2025-05", "some", "a few", "many"),
    "2025-08": walks("2025-08", 8) + b"\xff\xfe",
}
WAIT_SECONDS = 20


def desk_in(place: Path, **changes: Any) -> Desk:
    """A desk that takes in an invented extract, of whose rows half may be wrong."""
    contracts = place / "contracts"
    contracts.mkdir(parents=True)
    contract = {**walks_contract(), "rejection_tolerance": 0.5, **changes}
    (contracts / "walks.yml").write_text(yaml.safe_dump(contract), encoding="utf-8")
    return Desk(place / "landing", Home(place / "home"), load_contracts(contracts))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with closing(desk_in(tmp_path)) as opened:
        yield opened


def put(desk: Desk, *months: str) -> None:
    for month in months:
        desk.put(f"walks_{month}.csv", (FILES | SPOILT)[month])


def verdicts(desk: Desk) -> dict[str, tuple[Any, ...]]:
    """What is held of each month: its verdict, why, and what was set aside."""
    return {
        edition.period: (
            edition.verdict,
            edition.reason,
            edition.parts,
            desk.quarantine(edition) if desk.editions.quarantine_paths(edition) else [],
        )
        for edition in desk.editions.of(EXTRACT)
    }


def left_over(desk: Desk) -> list[str]:
    return [path.name for path in desk.home.editions.glob("*/.*")]


def test_files_that_come_at_once_are_judged_as_if_one_by_one(desk: Desk, tmp_path: Path) -> None:
    put(desk, *FILES)
    desk.take_in(EXTRACT)
    with closing(desk_in(tmp_path / "other")) as other:
        for month in FILES:
            put(other, month)
            other.take_in(EXTRACT)
        assert verdicts(desk) == verdicts(other)
        assert desk.raw(EXTRACT) == other.raw(EXTRACT)
    refused = {period for period, (verdict, *_) in verdicts(desk).items() if verdict == "refused"}
    assert len(verdicts(desk)) == len(FILES)
    assert refused == {"2025-05", "2025-08"}
    assert len(verdicts(desk)["2025-03"][-1]) == 1
    assert left_over(desk) == []


def test_files_are_examined_at_the_same_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits for another one to be under way; alone it would wait in vain and be refused."""
    both, examine = threading.Barrier(2), PartIntake.examine

    def examined(self: PartIntake, filed: FiledArrival, *rest: Any) -> Examined:
        both.wait(WAIT_SECONDS)
        return examine(self, filed, *rest)

    monkeypatch.setattr(PartIntake, "examine", examined)
    desk.connection.execute("set threads = 2")
    put(desk, "2025-01", "2025-02", "2025-04", "2025-06")
    desk.take_in(EXTRACT)
    assert {verdict for verdict, *_ in verdicts(desk).values()} == {"accepted"}
    # Judged again, under another contract, they are as well.
    both.reset()
    [contract] = desk.contracts.values()
    changed = contract.model_copy(update={"content_hash": "other"})
    desk.intake = replace(desk.intake, contracts={EXTRACT: changed})
    assert [e.verdict for e in desk.take_in(EXTRACT)[EXTRACT]] == ["accepted"] * 4


def test_what_may_not_be_kept_is_not_examined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examine, seen = PartIntake.examine, list[str]()

    def examined(self: PartIntake, filed: FiledArrival, *rest: Any) -> Examined:
        seen.append(filed.filing.period.label)
        return examine(self, filed, *rest)

    monkeypatch.setattr(PartIntake, "examine", examined)
    with closing(desk_in(tmp_path, retention_months=6)) as desk:
        desk.intake = replace(desk.intake, as_of=date(2025, 10, 30))
        put(desk, "2025-01", "2025-02", "2025-04", "2025-06", "2025-07")
        desk.take_in(EXTRACT)
        assert sorted(seen) == ["2025-04", "2025-06", "2025-07"]
        assert verdicts(desk)["2025-01"][0] == "refused"


def test_a_file_that_lacks_memory_beside_others_is_examined_once_more_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    examine = PartIntake.examine

    def examined(self: PartIntake, filed: FiledArrival, *rest: Any) -> Examined:
        if "examining" in threading.current_thread().name:
            raise duckdb.OutOfMemoryException("failed to allocate")
        return examine(self, filed, *rest)

    monkeypatch.setattr(PartIntake, "examine", examined)
    put(desk, "2025-01", "2025-02", "2025-04")
    desk.take_in(EXTRACT)
    assert {verdict for verdict, *_ in verdicts(desk).values()} == {"accepted"}


def test_nothing_that_was_read_of_a_refused_file_waits_for_those_after(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_rules, seen = intake.apply_rules, list[int]()

    def applied(*arguments: Any, **named: Any) -> Any:
        seen.append(len(list(desk.home.editions.glob("*/.preparing-*-ahead/*/*"))))
        return apply_rules(*arguments, **named)

    def read_and_refused(self: PartIntake, filed: FiledArrival, *rest: Any) -> Examined:
        examined = examine(self, filed, *rest)
        if filed.filing.period.label < "2025-04":
            raise RefusedFileError("patient-identifiable data")
        return examined

    examine = PartIntake.examine
    monkeypatch.setattr(PartIntake, "examine", read_and_refused)
    monkeypatch.setattr(intake, "apply_rules", applied)
    put(desk, "2025-01", "2025-02", "2025-04")
    desk.take_in(EXTRACT)
    assert seen == [0]


def test_a_long_cell_is_read_though_another_thread_has_ended_its_reading() -> None:
    csv.field_size_limit(131_072)
    begun, may_end = threading.Event(), threading.Event()

    def read_before() -> None:
        with long_cells():
            begun.set()
            may_end.wait(WAIT_SECONDS)

    other = threading.Thread(target=read_before)
    other.start()
    assert begun.wait(WAIT_SECONDS)
    with long_cells():
        may_end.set()
        other.join()
        read = list(csv.reader([f"short,{'x' * 200_000}"]))
    assert [len(cell) for cell in read[0]] == [5, 200_000]


def test_whatever_ends_the_intake_leaves_no_file_of_those_after(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(intake, "apply_rules", interrupted)
    put(desk, *FILES)
    with pytest.raises(KeyboardInterrupt):
        desk.take_in(EXTRACT)
    assert [name for name in left_over(desk) if "ahead" in name] == []
    assert [thread.name for thread in threading.enumerate() if "examining" in thread.name] == []
