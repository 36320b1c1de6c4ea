"""Every kind of fault of columns and files in every extract: refused, remarked, or harmless."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from door import Answer
from fault_places import required_columns
from specimens import Table, rewrite_table, specimens_of
from spoiling import CONTRACTS, Spoiler, extracts_where, is_delimited, says

# Takes minutes; .ci/run passes it, and test_bad_input keeps one of each kind at hand.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def spoiler(tmp_path_factory: pytest.TempPathFactory, sample_landing: Path) -> Iterator[Spoiler]:
    """Spoils a sound file of each extract."""
    specimens = specimens_of(sample_landing, CONTRACTS, tmp_path_factory.mktemp("specimens"))
    made = Spoiler(specimens, tmp_path_factory.mktemp("spoilt"))
    yield made
    made.door.connection.close()


# -- columns -------------------------------------------------------------------------------------

WITH_HEADER = extracts_where(lambda _, layout: is_delimited(layout) and layout.header)


@pytest.mark.parametrize("fault", ["missing_column", "renamed_column"])
@pytest.mark.parametrize(
    "extract", extracts_where(lambda _, layout: is_delimited(layout) and required_columns(layout))
)
def test_a_required_column_that_is_not_there_refuses_the_file(
    spoiler: Spoiler, extract: str, fault: str
) -> None:
    specimen = spoiler.specimens[extract]
    for column in required_columns(specimen.layout):
        answer = spoiler.plant(extract, fault, column=specimen.header_of(column.name))
        says(answer, column.name, " is missing", "layout tried")


@pytest.mark.parametrize("extract", WITH_HEADER)
def test_a_new_column_is_kept_and_remarked(spoiler: Spoiler, extract: str) -> None:
    answer = spoiler.plant(extract, "new_column")

    sound = spoiler.sound(extract)
    assert answer.verdict == "accepted"
    told = answer.reason.removeprefix("new columns, kept as they are: ")
    # Headers of what organisations send are not repeated; their place is.
    is_shown = CONTRACTS[extract].origin == "published"
    assert told == "'shiny'" if is_shown else re.fullmatch(r"'column \d+'", told)
    assert set(answer.columns) == {*sound.columns, "shiny"}
    shiny = answer.columns.index("shiny")
    assert {row[shiny] for row in answer.rows} == {"1"}
    assert tuple(row[:shiny] + row[shiny + 1 :] for row in answer.rows) == sound.rows


@pytest.mark.parametrize("fault", ["swapped_column_order", "header_mangled"])
@pytest.mark.parametrize("extract", WITH_HEADER)
def test_order_and_spelling_of_headers_change_nothing(
    spoiler: Spoiler, extract: str, fault: str
) -> None:
    # Columns without a header are called after their position, so they stay where they are.
    spelt = [header for header in spoiler.specimens[extract].headers if header.strip()]
    where = {"column": spelt[0], "other_column": spelt[-1]}
    sound = spoiler.sound(extract)

    answer = spoiler.plant(extract, fault, **where)

    assert (answer.verdict, answer.problems) == ("accepted", frozenset()), answer.reason
    assert set(answer.columns) == set(sound.columns)
    order = [answer.columns.index(name) for name in sound.columns]
    assert {tuple(row[i] for i in order) for row in answer.rows} == set(sound.rows)
    assert len(answer.rows) == len(sound.rows)


@pytest.mark.parametrize(
    "extract", extracts_where(lambda _, layout: is_delimited(layout) and not layout.header)
)
def test_columns_without_a_header_must_keep_their_order(spoiler: Spoiler, extract: str) -> None:
    for fault in ("swapped_column_order", "missing_column"):
        answer = spoiler.plant(extract, fault, column="1")
        says(answer, "layout tried")


# -- columns of workbooks and JSON documents -------------------------------------------------------

NOT_DELIMITED = extracts_where(lambda _, layout: not is_delimited(layout))


def with_columns(spoiler: Spoiler, extract: str, change: Callable[[Table], Table]) -> Answer:
    specimen, target = spoiler.specimens[extract], spoiler.target(extract)
    rewrite_table(specimen, target, change)
    return spoiler.deliver(extract, target)


@pytest.mark.parametrize("extract", NOT_DELIMITED)
def test_a_required_column_that_is_not_there_refuses_a_workbook_or_document(
    spoiler: Spoiler, extract: str
) -> None:
    specimen = spoiler.specimens[extract]
    for column in required_columns(specimen.layout):
        spelt = specimen.header_of(column.name)

        def without(table: Table, spelt: str | None = spelt) -> Table:
            kept = [i for i, header in enumerate(table[0]) if header != spelt]
            return [[row[i] for i in kept] for row in table]

        def renamed(table: Table, spelt: str | None = spelt) -> Table:
            names = [f"renamed {h}" if h == spelt else h for h in table[0]]
            return [names, *table[1:]]

        for change in (without, renamed):
            answer = with_columns(spoiler, extract, change)
            says(answer, "is missing", "layout tried")


@pytest.mark.parametrize("extract", NOT_DELIMITED)
def test_order_spelling_and_strangers_change_nothing_in_a_workbook_or_document(
    spoiler: Spoiler, extract: str
) -> None:
    sound = spoiler.sound(extract)

    def turned_round(table: Table) -> Table:
        return [row[::-1] for row in table]

    def mangled(table: Table) -> Table:
        return [[f" {name.swapcase()}\n" for name in table[0]], *table[1:]]

    def with_stranger(table: Table) -> Table:
        return [[*table[0], "shiny"], *([*row, "1"] for row in table[1:])]

    for change in (turned_round, mangled, with_stranger):
        answer = with_columns(spoiler, extract, change)
        assert (answer.verdict, answer.problems) == ("accepted", frozenset()), answer.reason
        order = [answer.columns.index(name) for name in sound.columns]
        assert {tuple(row[i] for i in order) for row in answer.rows} == set(sound.rows)


@pytest.mark.parametrize("extract", NOT_DELIMITED)
def test_a_row_that_stands_twice_in_a_workbook_or_document_is_loaded_once(
    spoiler: Spoiler, extract: str
) -> None:
    specimen = spoiler.specimens[extract]
    if specimen.format == "json":
        document = json.loads(specimen.path.read_text(encoding="utf-8"))
        document[specimen.layout.records].append(document[specimen.layout.records][-1])
        answer = spoiler.content(extract, json.dumps(document).encode())
    else:
        answer = with_columns(spoiler, extract, lambda table: [*table, table[-1]])

    assert answer.problems == {(len(specimen.rows) + 1, "duplicate_row", "")}
    assert answer.rows == spoiler.sound(extract).rows


# -- whole files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("extract", extracts_where(lambda _, layout: is_delimited(layout)))
def test_a_file_that_is_cut_off_is_refused(spoiler: Spoiler, extract: str) -> None:
    rows = len(spoiler.specimens[extract].rows)

    says(spoiler.plant(extract, "truncated"), f"truncated: its last row ({rows}) is cut off")


@pytest.mark.parametrize("extract", extracts_where(lambda _, layout: is_delimited(layout)))
def test_a_file_that_is_cut_off_within_its_last_number_is_remarked(
    spoiler: Spoiler, extract: str
) -> None:
    specimen = spoiler.specimens[extract]
    last = specimen.rows[-1][-1]
    texts = {specimen.header_of(c.name) for c in specimen.layout.columns if c.type == "string"}
    if not (last.isdigit() and len(last) > 1) or specimen.headers[-1] in texts:
        pytest.skip("it does not end in a number that could lose a digit")

    answer = spoiler.plant(extract, "truncated_in_number")

    if answer.verdict == "accepted":
        assert "its last number is short" in answer.reason or answer.problems
    else:
        assert answer.problems


@pytest.mark.parametrize("extract", extracts_where(lambda _, layout: layout.encoding == "cp1252"))
def test_a_file_in_an_older_encoding_may_come_as_utf_8(spoiler: Spoiler, extract: str) -> None:
    answer = spoiler.plant(extract, "saved_as_utf8")

    sound = spoiler.sound(extract)
    assert (answer.verdict, answer.problems) == ("accepted", frozenset()), answer.reason
    assert answer.rows == sound.rows
    assert any("\u2013" in str(cell) for row in answer.rows for cell in row)


@pytest.mark.parametrize("extract", extracts_where(lambda _, layout: is_delimited(layout)))
def test_line_ends_of_two_kinds_change_no_value(spoiler: Spoiler, extract: str) -> None:
    specimen = spoiler.specimens[extract]
    if len(specimen.rows) < 2:
        pytest.skip("one row has one line end")

    answer = spoiler.plant(extract, "mixed_line_ends", row=2)

    if answer.verdict == "refused":
        says(answer, "line ends are mixed")
    else:
        sound = spoiler.sound(extract)
        assert set(answer.rows) <= set(sound.rows)
        assert {row[0] for row in answer.rows} | answer.problem_rows == {r[0] for r in sound.rows}


@pytest.mark.parametrize("extract", extracts_where(lambda _, layout: is_delimited(layout)))
def test_a_byte_of_another_encoding_refuses_the_file(spoiler: Spoiler, extract: str) -> None:
    specimen = spoiler.specimens[extract]
    told_by = specimen.contract.recognise
    columns = [c.name for c in specimen.layout.columns if not told_by or c.name != told_by.column]
    spelt = next(header for header in map(specimen.header_of, columns) if header is not None)

    answer = spoiler.plant(extract, "wrong_encoding", column=spelt)

    if specimen.layout.encoding == "cp1252":
        # The byte is a dash there, and the value another one.
        assert answer.problem_rows == {1}
    else:
        says(answer, "wrong encoding", "line", "0x96", "save the file as UTF-8")


@pytest.mark.parametrize("extract", CONTRACTS)
def test_what_is_no_table_is_refused(spoiler: Spoiler, extract: str) -> None:
    specimen = spoiler.specimens[extract]
    sound = specimen.path.read_bytes()
    web_page = b"<!DOCTYPE html>\n<html><body>Log in</body></html>\n"
    says(spoiler.content(extract, web_page), "web page", "fetch it again")
    says(spoiler.content(extract, b""), "empty (0 bytes)", "fetch or export it again")
    if specimen.format == "workbook":
        says(spoiler.content(extract, sound[: len(sound) // 2]), "cannot be opened")
    elif specimen.format == "json":
        says(spoiler.content(extract, sound[: len(sound) // 2]), "not valid JSON", "fetch it again")
    else:
        text = sound.decode(specimen.layout.encoding)
        says(spoiler.content(extract, text.encode("utf-16")), "UTF-16", "save it as UTF-8")
