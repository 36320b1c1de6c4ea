"""Every kind of fault of a row in every extract where it can occur: caught, told, not loaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_places import (
    IDENTIFIERS,
    ROW_FAULTS,
    columns_scanned_for,
    constant_columns,
    files_the_edition,
    ordered_pairs,
    places,
)
from specimens import Specimen, specimens_of, texts_below
from spoiling import CONTRACTS, Spoiler, extracts_where, is_delimited, layout_of, says

from assets.extracts.contract_model.contract import Column, Contract, Layout
from assets.samples.faults.changes import EXAMPLE_NUMBER, the_day_before
from assets.samples.faults.planting import FAULTS

# Takes minutes; .ci/run passes it, and test_bad_input keeps one of each kind at hand.
pytestmark = pytest.mark.slow

_ROW = 3
# Kinds of faults that are planted elsewhere: into columns and files, and into whole editions.
OF_FILES = {
    "missing_column",
    "new_column",
    "renamed_column",
    "swapped_column_order",
    "header_mangled",
    "wrong_encoding",
    "utf16",
    "mixed_line_ends",
    "truncated",
    "truncated_in_number",
    "saved_as_utf8",
    "html_page",
    "empty_file",
}
OF_EDITIONS = {"duplicate_key", "unknown_reference"}
OF_ROWS = {
    "date_order",
    "duplicate_row",
    "ragged_row",
    "identifier_column",
    "individual",
    "two_submissions",
    # Among the places for wrong codes are those with a check digit.
    "wrong_check_digit",
}


@pytest.fixture(scope="module")
def spoiler(tmp_path_factory: pytest.TempPathFactory, sample_landing: Path) -> Iterator[Spoiler]:
    """Spoils a sound file of each extract."""
    specimens = specimens_of(sample_landing, CONTRACTS, tmp_path_factory.mktemp("specimens"))
    made = Spoiler(specimens, tmp_path_factory.mktemp("spoilt"))
    yield made
    made.door.connection.close()


# -- the cases themselves ------------------------------------------------------------------------


def test_no_kind_of_fault_is_left_out() -> None:
    here = {*ROW_FAULTS, *IDENTIFIERS, *OF_ROWS}
    assert FAULTS.keys() <= here | OF_FILES | OF_EDITIONS


@pytest.mark.parametrize("extract", CONTRACTS)
def test_a_sound_file_has_no_problem(spoiler: Spoiler, extract: str) -> None:
    answer = spoiler.sound(extract)

    assert (answer.verdict, answer.reason, answer.problems) == ("accepted", "", frozenset())
    assert answer.rows
    specimen = spoiler.specimens[extract]
    assert specimen.layout == layout_of(extract), "the cases below are those of another layout"


# -- faults of single rows -----------------------------------------------------------------------

ROW_CASES = [
    (fault, extract)
    for fault in ROW_FAULTS
    for extract in extracts_where(lambda contract, layout, f=fault: places(contract, layout, f))
]


@pytest.mark.parametrize(("fault", "extract"), ROW_CASES)
def test_a_bad_cell_sets_its_row_aside(spoiler: Spoiler, fault: str, extract: str) -> None:
    found = [case for case in spoiler.with_row_faults(extract) if case[0] == fault]

    assert found, f"the specimen of {extract} has none of the columns for {fault}"
    sound = {row[0]: row for row in spoiler.sound(extract).rows}
    for _, place, row, answer in found:
        assert (row, fault, place.column.spelt) in answer.problems, (place, row, answer.reason)
        loaded = {loaded[0] for loaded in answer.rows}
        assert row not in loaded
        # Every row that no fault was planted in is loaded as it was.
        assert loaded | answer.problem_rows == set(sound)


@pytest.mark.parametrize("extract", CONTRACTS)
def test_rows_beside_a_bad_one_are_loaded_unchanged(spoiler: Spoiler, extract: str) -> None:
    planted = spoiler.with_row_faults(extract)
    sound = set(spoiler.sound(extract).rows)
    rows_with_faults = {id(answer): set() for *_, answer in planted}
    for _, _, row, answer in planted:
        rows_with_faults[id(answer)].add(row)
    assert planted
    for *_, answer in planted:
        assert answer.problem_rows == rows_with_faults[id(answer)]
        assert set(answer.rows) <= sound
        specimen = spoiler.specimens[extract]
        is_tolerable = specimen.contract.tolerates(len(answer.problem_rows), len(specimen.rows))
        individuals = {row for row, code, _ in answer.problems if code == "individual"}
        if not individuals:
            assert answer.verdict == ("accepted" if is_tolerable else "refused")
        assert f"{len(answer.problem_rows)} of {len(specimen.rows)} rows quarantined" in (
            answer.reason
        )


@pytest.mark.parametrize("extract", extracts_where(lambda _, layout: layout.wide))
def test_a_bad_cell_of_a_repeated_column_sets_its_row_aside(spoiler: Spoiler, extract: str) -> None:
    specimen = spoiler.specimens[extract]
    header = specimen.wide_header()

    if specimen.layout.wide.value.type == "string":
        pytest.skip("any text may stand in the repeated columns")
    answer = spoiler.write(extract, {(1, header): "about twelve"})

    assert {(row, code) for row, code, _ in answer.problems} == {(1, "wrong_format")}


@pytest.mark.parametrize("extract", extracts_where(lambda _, layout: ordered_pairs(layout)))
def test_a_day_before_the_one_it_follows_sets_its_row_aside(spoiler: Spoiler, extract: str) -> None:
    specimen = spoiler.specimens[extract]
    tested = 0
    for earlier, later in ordered_pairs(specimen.layout):
        filled = [row for row, text in enumerate(specimen.cells(earlier.name), 1) if text]
        if not filled:
            continue
        row = filled[-1]
        header, other = specimen.header_of(earlier.name), specimen.header_of(later.name)
        if later.constant:
            answer = spoiler.write(extract, {(row, header): "2099-01-01"})
        elif specimen.path.suffix == ".xlsx":
            day = the_day_before(specimen.cells(earlier.name)[row - 1])
            answer = spoiler.write(extract, {(row, str(other)): str(day)})
        else:
            answer = spoiler.plant(
                extract, "date_order", row=row, column=header, other_column=other
            )
        codes = {(row, code) for row, code, _ in answer.problems}
        assert (row, "out_of_range") in codes, (earlier.name, later.name)
        assert answer.problem_rows == {row}
        tested += 1
    assert tested, f"the specimen of {extract} has no row with days to turn round"


def has_key(contract: Contract, layout: Layout) -> bool:
    # A repeated row of one country has its whole key in repeated columns; the rule on keys says so.
    is_of_the_row = {column.name for column in layout.columns} & set(contract.key)
    return bool(is_of_the_row) and is_delimited(layout)


@pytest.mark.parametrize("extract", extracts_where(has_key))
def test_a_row_that_stands_there_twice_is_loaded_once(spoiler: Spoiler, extract: str) -> None:
    row = len(spoiler.specimens[extract].rows)

    answer = spoiler.plant(extract, "duplicate_row", row=row)

    assert answer.problems == {(row + 1, "duplicate_row", "")}
    assert answer.rows == spoiler.sound(extract).rows


@pytest.mark.parametrize("extract", extracts_where(lambda _, layout: is_delimited(layout)))
def test_a_row_with_a_field_too_many_is_set_aside(spoiler: Spoiler, extract: str) -> None:
    rows = len(spoiler.specimens[extract].rows)
    if rows == 1:
        # The last row with the wrong number of fields is taken for one that was cut off.
        says(spoiler.plant(extract, "ragged_row", row=1), "truncated", "(1)")
        return
    # Of a file without a header, the first row tells how many columns it has.
    spoilt = 1 if rows == 2 else 2
    answer = spoiler.plant(extract, "ragged_row", row=spoilt)

    assert answer.problems == {(spoilt, "ragged_row", "")}
    assert answer.rows == tuple(row for row in spoiler.sound(extract).rows if row[0] != spoilt)


# -- identifiers of people -----------------------------------------------------------------------

IDENTIFIER_CASES = [
    (fault, extract)
    for fault, identifier in IDENTIFIERS.items()
    for extract in extracts_where(
        lambda contract, layout, i=identifier: columns_scanned_for(contract, layout, i)
    )
]


def first_scanned(specimen: Specimen, identifier: str) -> str:
    """The first column of a file in which an identifier is looked for, as the file spells it."""
    columns = columns_scanned_for(specimen.contract, specimen.layout, identifier)
    spelt = (specimen.header_of(column.name) for column in columns)
    return next(header for header in spelt if header is not None)


def answer_column(specimen: Specimen, number: str) -> str:
    """What messages call a column of a file without a header: its canonical name."""
    return specimen.layout.columns[int(number) - 1].name


@pytest.mark.parametrize(("fault", "extract"), IDENTIFIER_CASES)
def test_an_identifier_is_kept_nowhere(spoiler: Spoiler, fault: str, extract: str) -> None:
    specimen = spoiler.specimens[extract]
    header = first_scanned(specimen, IDENTIFIERS[fault])
    planted = {
        "identifier_nhs_number": (f"see {EXAMPLE_NUMBER}", EXAMPLE_NUMBER),
        "email": ("ask a.person@example.org", "a.person@"),
        "phone": ("ring 01632 960123", "960123"),
        "postcode": ("of ZZ98 3CZ", "ZZ98 3CZ"),
        "date_of_birth": ("born 14/10/1966", "14/10/1966"),
    }
    text, secret = planted[fault]

    answer = spoiler.write(extract, {(1, header): text})

    where = header if specimen.layout.header else answer_column(specimen, header)
    assert (1, "identifier", where) in answer.problems, answer
    assert answer.problem_rows == {1}
    assert secret not in answer.reason
    assert not any(secret in str(cell) for row in answer.rows for cell in row)
    assert not any(secret in (text or "") for text in answer.row_texts)
    kept = list(texts_below(spoiler.door.archive))
    assert kept
    assert not any(secret in text for text in kept)


@pytest.mark.parametrize(
    "extract",
    extracts_where(lambda contract, layout: columns_scanned_for(contract, layout, "nhs_number")),
)
def test_a_column_of_identifiers_refuses_the_file(spoiler: Spoiler, extract: str) -> None:
    specimen = spoiler.specimens[extract]
    header = first_scanned(specimen, "nhs_number")
    numbers = ("9434765919", "4010232137", "9990000018")
    if len(specimen.rows) >= 3:
        cells = {(row, header): number for row, number in enumerate(numbers, start=1)}
    else:
        cells = {(1, header): " ".join(numbers)}

    answer = spoiler.write(extract, cells)

    says(answer, "patient-identifiable data", "an NHS number", "nothing of the file was kept")
    assert not any(number in answer.reason for number in numbers)
    assert not [path for path in spoiler.door.archive.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "extract",
    extracts_where(lambda _, layout: any(column.refuses_row for column in layout.columns)),
)
def test_nothing_of_a_row_about_an_individual_is_kept(spoiler: Spoiler, extract: str) -> None:
    [*refusing] = [c for c in layout_of(extract).columns if c.refuses_row]
    rows = len(spoiler.specimens[extract].rows)
    for column in refusing:
        answer = spoiler.plant(extract, "new_column", column=column.spelt, value="ann-of-example")

        assert answer.problem_rows == set(range(1, rows + 1))
        assert {code for _, code, _ in answer.problems} == {"individual"}
        assert not answer.rows
        assert not any("ann-of-example" in (text or "") for text in answer.row_texts)
        assert not any("ann-of-example" in text for text in texts_below(spoiler.door.archive))


# -- one file, one submission --------------------------------------------------------------------


@pytest.mark.parametrize("extract", extracts_where(constant_columns))
def test_rows_of_two_submissions_refuse_the_file(spoiler: Spoiler, extract: str) -> None:
    specimen = spoiler.specimens[extract]
    for column in constant_columns(specimen.contract, specimen.layout):
        other = {
            "submission_id": "00000000-0000-4000-8000-000000000000",
            "schema_version": "1.9.9",
            "extracted_at": "2025-12-24T06:00:00Z",
        }.get(column.name, "other")
        answer = spoiler.write(extract, {(_ROW, specimen.header_of(column.name)): other})
        says(answer, f"'{column.name}'", "must say the same in every row", "one submission")


def filing_columns(contract: Contract, layout: Layout) -> list[Column]:
    """Columns that must be filled in every row and say under what a file is filed."""
    return [c for c in layout.columns if c.not_null and files_the_edition(contract, c)]


@pytest.mark.parametrize("extract", extracts_where(filing_columns))
def test_a_gap_in_what_files_the_file_is_told_and_files_it_nowhere_else(
    spoiler: Spoiler, extract: str
) -> None:
    specimen, sound = spoiler.specimens[extract], spoiler.sound(extract)
    row = 1 if len(specimen.rows) < _ROW else _ROW
    for column in filing_columns(specimen.contract, specimen.layout):
        answer = spoiler.write(extract, {(row, specimen.header_of(column.name)): ""})
        if answer.verdict == "refused" and not answer.problems:
            says(answer, column.spelt)
        else:
            assert (row, "blank", column.spelt) in answer.problems, answer.reason
            assert answer.submitter == sound.submitter
