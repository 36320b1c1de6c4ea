"""A cell that is invalid is never loaded as anything: its row is quarantined or its file refused.

What is invalid is worked out once more, without the engine: every row of a file with one
cell changed is held against its contract in plain Python, and exactly that must come of the file.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb
import pytest
from desk import Desk
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from single_file import parse, take_in, write
from slips import SLIPS, near_bounds
from sound_files import ROWS, Fault, Sound, content_of, sound_files

from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.reading.peeking import peek
from assets.extracts.reading.recognition import recognise

SIZES = "gp-list-size/gp-reg-pat-prac-all_2025-09.csv"
CONTRACTS = load_contracts()
EXTRACTS = sorted(CONTRACTS)


@pytest.fixture(scope="module")
def sound(sample_landing: Path) -> Callable[[str], Sound]:
    """Finds a sound file of an extract, in the first layout that the sample has."""
    found = {e: file for (e, _), file in reversed(sound_files(sample_landing, CONTRACTS).items())}
    assert found.keys() == CONTRACTS.keys()

    # Of what a test was given hypothesis prints everything when it fails; of this the name.
    def file_of(extract: str) -> Sound:
        return found[extract]

    return file_of


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


# -- cells -----------------------------------------------------------------------------------------

LETTERS = string.ascii_letters + string.digits + string.punctuation + " \t\n\u00a0é£"


@st.composite
def near_miss(draw: st.DrawFn, value: str) -> str:
    """A value with one slip of the pen."""
    at = draw(st.integers(0, len(value)))
    put = draw(st.sampled_from(("", " ", "\t", "0", "9", "x", "X", ".", "-", "\u00a0")))
    taken = draw(st.integers(0, 1))
    return draw(
        st.sampled_from(
            (value[:at] + put + value[at + taken :], value.swapcase(), f" {value} ", value * 2)
        )
    )


@st.composite
def changed_cells(draw: st.DrawFn, file: Sound) -> tuple[int, int, str]:
    """A row, a position and what is written there."""
    row = draw(st.integers(1, len(file.rows)))
    places = file.changeable()
    if not file.records:
        # What must be the same in every row is written into one, too.
        places += [file.positions[name] for name in file.one_for_the_file & file.columns.keys()]
    position = draw(st.sampled_from(sorted(places)))
    column = file.described(position)
    present = file.rows[row - 1]
    written = [
        st.sampled_from(SLIPS),
        near_miss(present[position]),
        st.sampled_from(present),
        st.text(LETTERS, max_size=12),
    ]
    if edges := near_bounds(column):
        written.append(st.sampled_from(edges))
    if column.allowed:
        written.append(near_miss(draw(st.sampled_from(column.allowed))))
    return row, position, draw(st.one_of(written))


def without_bounds(faults: Iterable[Fault]) -> set[Fault]:
    return {(column, code) for column, code in faults if code != "out_of_range"}


# -- the property ----------------------------------------------------------------------------------


@pytest.mark.parametrize("extract", EXTRACTS)
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_exactly_the_invalid_rows_are_quarantined_and_all_others_loaded(
    connection: duckdb.DuckDBPyConnection,
    sound: Callable[[str], Sound],
    extract: str,
    data: st.DataObject,
) -> None:
    exactly_the_invalid_rows_are_quarantined(connection, sound, extract, data)


# Takes minutes; what single cells may be is tried in full by test_every_slip.
@pytest.mark.slow
@pytest.mark.parametrize("extract", EXTRACTS)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_exactly_the_invalid_rows_are_quarantined_in_many_files(
    connection: duckdb.DuckDBPyConnection,
    sound: Callable[[str], Sound],
    extract: str,
    data: st.DataObject,
) -> None:
    exactly_the_invalid_rows_are_quarantined(connection, sound, extract, data)


def exactly_the_invalid_rows_are_quarantined(
    connection: duckdb.DuckDBPyConnection,
    sound: Callable[[str], Sound],
    extract: str,
    data: st.DataObject,
) -> None:
    file = sound(extract)
    row, position, text = data.draw(changed_cells(file))
    form = data.draw(st.sampled_from(file.layout.formats))
    try:
        content = content_of(file, file.with_cell(row, position, text), form)
    except UnicodeEncodeError:
        return
    changed = {name for name, at in file.positions.items() if at == position}

    name = file.named_as(form)
    outcome = take_in(connection, CONTRACTS, extract, name, content, file.period)

    if outcome.refused is not None:
        assert changed & file.one_for_the_file, outcome.refused
        event("refused")
        return
    table = file.with_cell(row, position, text)
    rows = table[1:] if file.layout.header else table
    wanted = {n: file.faults(cells) for n, cells in enumerate(rows, start=1)}
    assert outcome.rows_in_file == len(rows)
    assert outcome.loaded is not None
    assert outcome.quarantined is not None
    # A number such as 1e9 where a whole one should be can break the bounds as well, or not.
    has_no_value = any(code == "wrong_format" for _, code in wanted[row])
    for n, all_faults in wanted.items():
        faults, found = all_faults, set(outcome.quarantined.get(n, ()))
        if has_no_value and n == row:
            faults, found = without_bounds(faults), without_bounds(found)
        if any(code in ("identifier", "duplicate_row") for _, code in found):
            # Of two rows that are the same now the later one is the duplicate.
            assert n == row or (n > row and rows[n - 1] == rows[row - 1])
            assert n not in outcome.loaded
            continue
        if file.wide:
            assert {code for _, code in found} == {code for _, code in faults}, n
        else:
            assert found == faults, n
        if found:
            assert n not in outcome.loaded
        else:
            assert file.is_loaded_as_it_stands(outcome, n, rows[n - 1]), n
    event("quarantined" if wanted[row] else "valid")


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_whole_intake_keeps_every_row_and_its_number(desk: Desk, data: st.DataObject) -> None:
    as_published = (desk.landing / SIZES).read_bytes()
    [match] = recognise(
        SIZES, peek(desk.landing / SIZES), {"_": CONTRACTS["reg_list_sizes"]}
    ).matches
    table = parse(as_published)
    file = Sound(SIZES, None, match.contract, match.layout, table, match.positions, ())
    row, position, text = data.draw(changed_cells(file))
    changed = file.with_cell(row, position, text)
    faults = file.faults(changed[row])
    columns = ", ".join(match.contract.column_names)

    desk.put(SIZES, write(changed))
    try:
        evaluated = desk.take_in("reg_list_sizes")["reg_list_sizes"]
        in_use = desk.editions.in_use("reg_list_sizes")
        [edition] = evaluated or [edition for edition in in_use if edition.period == "2025-09"]
        if edition.verdict == "refused":
            # A key twice, or a date that leaves the period open, is a matter of the whole file.
            assert {n for n, at in file.positions.items() if at == position} & {
                *file.one_for_the_file, *match.contract.key,
            }, edition.reason  # fmt: skip
            return
        assert edition.rows_in_file == len(table) - 1
        assert edition.rows_in_file == edition.rows_loaded + edition.rows_quarantined
        quarantined = {(n, code) for n, code, *_ in desk.quarantine(edition)}
        # What is no value can break the bounds as well, or not.
        has_no_value = any(code == "wrong_format" for _, code in faults)
        forgiven = {(row, "out_of_range")} if has_no_value else set()
        assert quarantined - forgiven == {(row, code) for _, code in faults} - forgiven
        loaded = desk.connection.execute(
            f"select source_row_number, {columns} from raw.reg_list_sizes "
            "where edition_id = ? order by 1",
            [edition.edition_id],
        ).fetchall()
        assert loaded == [
            (n, *file.cells(cells).values())
            for n, cells in enumerate(changed[1:], start=1)
            if not (faults and n == row)
        ]
    finally:
        desk.put(SIZES, as_published)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    broken=st.sets(st.integers(1, ROWS - 1), max_size=4),
    empty=st.sets(st.integers(1, ROWS), max_size=3),
    field=st.sampled_from([None, "more"]),
)
def test_rows_with_broken_fields_shift_no_other(
    connection: duckdb.DuckDBPyConnection,
    sound: Callable[[str], Sound],
    broken: set[int],
    empty: set[int],
    field: str | None,
) -> None:
    """Fields too many or too few, and empty lines before some rows."""
    file = sound("reg_list_sizes")
    lines = [write([file.table[0]])]
    for n, cells in enumerate(file.rows, start=1):
        torn = [*cells, field] if field else cells[:-1]
        lines.append((b"\n" if n in empty else b"") + write([torn if n in broken else cells]))

    outcome = take_in(connection, CONTRACTS, "reg_list_sizes", file.name, b"".join(lines))

    assert outcome.rows_in_file == len(file.rows) == ROWS
    assert outcome.quarantined == dict.fromkeys(broken, frozenset({("", "ragged_row")}))
    code = file.contract.column_names.index("practice_code")
    at = file.positions["practice_code"]
    assert outcome.loaded is not None
    assert {n: row[code] for n, row in outcome.loaded.items()} == {
        n: cells[at] for n, cells in enumerate(file.rows, start=1) if n not in broken
    }
