"""The synthetic landing zone comes back out of the raw tables as it went in."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from independent_reading import Record, as_loaded, plain, records_of, same, spelling
from whole_sample import WholeSample, whole_sample

from assets.extracts.contract_model.contract import Contract, Layout
from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.holding.editions import PartRecord

pytestmark = pytest.mark.slow

CONTRACTS = load_contracts()
# Extracts of which the sample has no file; every other one has.
WITHOUT_SAMPLE: tuple[str, ...] = ()
_FILES, _ROWS, _WIDE_CELLS = 3, 4, 15

EVERY_SAMPLED = pytest.mark.parametrize(
    "extract", [extract for extract in CONTRACTS if extract not in WITHOUT_SAMPLE]
)


@pytest.fixture(scope="module")
def sample(sample_landing: Path, tmp_path_factory: pytest.TempPathFactory) -> WholeSample:
    """The whole sample, taken in."""
    return whole_sample(sample_landing, tmp_path_factory.getbasetemp() / "whole-sample")


def test_every_extract_but_those_listed_has_a_sample(sample: WholeSample) -> None:
    sampled = {extract for arrival in sample.arrivals.values() for extract in arrival.extracts}
    assert set(CONTRACTS) - sampled == set(WITHOUT_SAMPLE)


def test_every_file_of_the_sample_is_of_an_extract(sample: WholeSample) -> None:
    unknown = {name: a.reason for name, a in sample.arrivals.items() if not a.extracts or a.broken}
    assert not unknown


@EVERY_SAMPLED
def test_every_file_goes_into_one_accepted_edition(sample: WholeSample, extract: str) -> None:
    assert all(e.verdict == "accepted" for e in sample.editions[extract]), sample.editions[extract]
    arrived = {name for name, a in sample.arrivals.items() if extract in a.extracts}
    parts = [part.file_name for _, part in sample.parts(extract)]
    assert sorted(parts) == sorted(arrived)


@EVERY_SAMPLED
def test_every_row_of_every_file_is_loaded_or_quarantined(
    sample: WholeSample, extract: str
) -> None:
    contract = sample.contracts[extract]
    found = dict(
        sample.desk.connection.execute(
            f"select source_sha256, count(distinct source_row_number) from {contract.raw_table} "
            "group by all"
        ).fetchall()
    )
    for _, part in sample.parts(extract):
        rows = len(records(sample, contract, part))
        assert part.rows_in_file == rows
        assert found.get(part.sha256, 0) == part.rows_loaded == rows - part.rows_quarantined
    assert sum(found.values()) == sum(part.rows_loaded for _, part in sample.parts(extract))


@EVERY_SAMPLED
def test_only_grants_to_individuals_are_set_aside(sample: WholeSample, extract: str) -> None:
    for edition, part in sample.parts(extract):
        layout = layout_of(sample.contracts[extract], part)
        to_individuals = {
            number
            for number, row in enumerate(records(sample, sample.contracts[extract], part), start=1)
            for column in layout.columns
            if column.refuses_row is not None
            and (header := spelling(column, list(row))) is not None
            and row[header] not in ("", None)
        }
        codes = {(row, code) for row, code, *_ in sample.desk.quarantine(edition)}
        assert {row for row, code in codes if code == "individual"} == {row for row, _ in codes}
        assert part.rows_quarantined == len(to_individuals)
        if len(edition.parts) == 1:
            assert {row for row, _ in codes} == to_individuals


def layout_of(contract: Contract, part: PartRecord) -> Layout:
    return next(layout for layout in contract.layouts if layout.name == part.layout)


def records(sample: WholeSample, contract: Contract, part: PartRecord) -> list[Record]:
    return records_of(sample.path_of(part), contract, layout_of(contract, part))


@EVERY_SAMPLED
def test_cells_are_loaded_as_they_stand_in_the_file(sample: WholeSample, extract: str) -> None:
    contract = sample.contracts[extract]
    chosen = random.Random(extract)
    parts = [part for _, part in sample.parts(extract)]
    compared = 0
    for part in chosen.sample(parts, min(_FILES, len(parts))):
        rows = records(sample, contract, part)
        held = loaded_rows(sample, contract, part)
        numbers = sorted(held)
        for number in chosen.sample(numbers, min(_ROWS, len(numbers))):
            layout = layout_of(contract, part)
            compared += hold_against(rows[number - 1], held[number][0], layout)
            if layout.wide:
                repeated_cells_are_rows(rows[number - 1], held[number], layout, chosen)
    assert compared > 0


def loaded_rows(
    sample: WholeSample, contract: Contract, part: PartRecord
) -> dict[int, list[Record]]:
    """What is loaded of each row of a file; one record, or one a repeated column."""
    query = sample.desk.connection.execute(
        f"select * from {contract.raw_table} where source_sha256 = ?", [part.sha256]
    )
    names = [described[0] for described in query.description or ()]
    held: dict[int, list[Record]] = {}
    for row in query.fetchall():
        record = dict(zip(names, row, strict=True))
        held.setdefault(record["source_row_number"], []).append(record)
    return held


def hold_against(row: Record, loaded: Record, layout: Layout) -> int:
    """Compare every column of a row; the number of values that were there."""
    filled = 0
    for column in layout.columns:
        header = spelling(column, list(row)) if layout.header else column.name
        assert header is not None or not column.required, column.name
        expected = None if header is None else as_loaded(row[header], column)
        found = loaded[column.name]
        assert same(expected, found), f"{column.name}: {expected!r} in the file, {found!r} loaded"
        filled += expected is not None
    return filled


def repeated_cells_are_rows(
    row: Record, loaded: list[Record], layout: Layout, chosen: random.Random
) -> None:
    """Some cells of repeated columns are each in the row with the parts of their header."""
    wide = layout.wide
    assert wide is not None
    found = {tuple(r[name] for name in wide.groups.values()): r[wide.value.name] for r in loaded}
    cells = {}
    for header, cell in row.items():
        matched = re.fullmatch(wide.pattern, plain(header))
        parts = matched.groupdict("") if matched else {}
        if parts and all(parts[group] in kept for group, kept in wide.keep.items()):
            cells[tuple(parts[group] or None for group in wide.groups)] = cell
    assert cells
    for key in chosen.sample(sorted(cells, key=str), min(_WIDE_CELLS, len(cells))):
        expected = as_loaded(cells[key], wide.value)
        assert same(expected, found.get(key)), f"{key}: {expected!r}, {found.get(key)!r} loaded"
    # A blank cell of a repeated column may be no row; every other one is.
    filled = {key for key, cell in cells.items() if as_loaded(cell, wide.value) is not None}
    assert filled == {key for key, value in found.items() if value is not None}
