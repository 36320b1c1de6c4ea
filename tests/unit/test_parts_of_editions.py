"""Editions of several files: what is compared of them, and which files do not go together."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from assets.extracts.arriving.arrival import Arrival
from assets.extracts.arriving.landing import Declaration
from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.contract_files import CONTRACTS_FOLDER, load_contract
from assets.extracts.contract_model.periods import parse_period
from assets.extracts.holding.editions import Edition, EditionStore, PartRecord, version_of
from assets.extracts.judging.batches import Batch
from assets.extracts.judging.drift import Change, changes_between, latest_changes
from assets.extracts.judging.parts import FiledArrival
from assets.extracts.reading.recognition import match_layout
from assets.extracts.reading.resolution import Filing
from assets.extracts.reading.sheets import Sheet


def contract(extract: str) -> Contract:
    return load_contract(CONTRACTS_FOLDER / f"{extract}.yml")


def part(name: str, **found: object) -> PartRecord:
    digest = f"{name}{found}".encode().hex()
    described = {"file_name": f"{name}.csv", "sha256": digest, "bytes": 1, "part": name}
    return PartRecord.model_validate(described | {"rows_in_file": 100} | found)


def edition(extract: str, year: int, *parts: PartRecord, arrived: int) -> Edition:
    period = parse_period(f"{year}/{(year + 1) % 100:02d}", "span")
    return Edition(
        extract=extract,
        submitter="publisher",
        period=period.label,
        period_start=period.start,
        period_end=period.end,
        version=version_of(each.sha256 for each in parts),
        evaluation="rules",
        coverage="whole",
        synthetic=False,
        parts=parts,
        verdict="accepted",
        reason="",
        accepted_in=arrived,
        recorded_in=arrived,
    )


# -- drift -----------------------------------------------------------------------------------------


def test_a_region_that_is_missing_is_told_and_the_others_are_compared() -> None:
    measures = {"codes": {"measure": ("NUMERATOR",)}}
    before = edition("qof_achievement", 2023, part("london"), part("midlands"), arrived=1)
    after = edition("qof_achievement", 2024, part("london", **measures), arrived=2)

    changes = changes_between(contract("qof_achievement"), before, after)

    assert changes == [
        Change("vanished_part", "midlands", "midlands", ""),
        Change("row_count", "", "200", "100"),
    ]
    assert changes[0].sentence() == "part 'midlands' is missing"


def test_an_indicator_is_compared_with_itself(tmp_path: Path) -> None:
    """A download of another indicator says nothing about this one."""
    store = EditionStore(tmp_path)
    extract = "fingertips_indicators"
    smoking = [
        edition(extract, 2021, part("91547", codes={"area_type": ("GP",)}), arrived=1),
        edition(extract, 2022, part("247", codes={"area_type": ("England",)}), arrived=2),
        edition(extract, 2023, part("91547", codes={"area_type": ("GPs",)}), arrived=3),
    ]
    for each in smoking:
        store.record(each, store.working_folder(extract))

    found = latest_changes(contract(extract), store, smoking)

    assert found == [(smoking[0], smoking[2], [Change("changed_codes", "area_type", "GP", "GPs")])]


def test_a_revision_and_the_year_before_are_both_compared(tmp_path: Path) -> None:
    store = EditionStore(tmp_path)
    extract = "qof_achievement"
    year_before = edition(extract, 2022, part("", columns=("value",)), arrived=1)
    first = edition(extract, 2023, part("", columns=("value", "note")), arrived=2)
    revised = edition(extract, 2023, part("", columns=("value", "remark")), arrived=3)
    for each in (year_before, first, revised):
        store.record(each, store.working_folder(extract))

    found = latest_changes(contract(extract), store)

    assert [(before, after, len(changes)) for before, after, changes in found] == [
        (first, revised, 2),
        (year_before, revised, 1),
    ]


def test_an_edition_that_is_judged_again_is_not_new(tmp_path: Path) -> None:
    store = EditionStore(tmp_path)
    extract = "qof_achievement"
    old, middle, newest = (
        edition(extract, year, part("", bytes=year), arrived=number)
        for number, year in enumerate((2021, 2022, 2023), start=1)
    )
    again = middle.model_copy(update={"recorded_in": 4})
    for each in (old, again, newest):
        store.record(each, store.working_folder(extract))

    found = latest_changes(contract(extract), store, [again])

    assert [(before.period, after.period) for before, after, _ in found] == [("2022/23", "2023/24")]


# -- files that do not go together -----------------------------------------------------------------


def batch(*parts: str) -> Batch:
    described = contract("ncdes_counts")
    match = match_layout(described, described.layouts[0], Sheet(None, (("VALUE",),), "csv"))
    period = parse_period("2024-08", "month")
    files = [
        FiledArrival(
            described,
            Arrival(
                file_name=f"{name or 'whole'}.csv", sha256=name, bytes=1, declaration=Declaration()
            ),
            partial(Path, name),
            Filing(period, "publisher", name),
            match,
        )
        for name in parts
    ]
    return Batch(tuple(files))


@pytest.mark.parametrize("parts", [("",), ("smr",), ("smr", "can")])
def test_a_whole_file_or_its_parts_go_together(parts: tuple[str, ...]) -> None:
    assert batch(*parts).conflict() is None


def test_a_whole_file_beside_its_parts_is_an_error() -> None:
    problem = batch("", "smr", "can").conflict()
    assert problem == (
        "whole.csv names no part, beside files of the same period for can, smr; leave the whole "
        "or the parts in the landing zone"
    )
