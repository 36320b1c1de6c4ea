"""Bad files: each is refused or quarantined with a message one can act on, and harms no other."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import fastexcel
import pytest
import xlsxwriter
from desk import HELD, Desk, text_of_everything_below

from assets.extracts.holding.editions import UNRESOLVED, Edition
from assets.extracts.holding.ledger import write_ledger
from assets.extracts.identifiers.detectors import NHS_NUMBER, redact
from assets.extracts.identifiers.scan import ScannedColumn, scan

SIZES = "gp-list-size/gp-reg-pat-prac-all_2025-09.csv"
SIZES_IN_JUNE = "gp-list-size/gp-reg-pat-prac-all_2025-06.csv"
MAP = "gp-list-size/gp-reg-pat-prac-map_2025-09.csv"
DIRECTORY = "ods-reference/epraccur_2025-09.csv"
NETWORKS = "ods-reference/ePCN_2025-09.xlsx"
STAFF = "pcn-workforce/PCN_individual_level_2025-09.csv"

# Valid by their check digit, and nobody's.
NUMBERS = ("9434765919", "4010232137", "9990000018")

Change = Callable[[bytes], bytes]


def lines_of(content: bytes) -> list[bytes]:
    return content.splitlines(keepends=True)


def in_cell(row: int, column: int, value: bytes) -> Change:
    """Put a value into a cell; row 1 is the first row of data below a header."""

    def change(content: bytes) -> bytes:
        lines = lines_of(content)
        ending = lines[row][len(lines[row].rstrip(b"\r\n")) :]
        cells = lines[row].rstrip(b"\r\n").split(b",")
        cells[column] = value
        lines[row] = b",".join(cells) + ending
        return b"".join(lines)

    return change


def spoil(desk: Desk, name: str, change: Change) -> bytes:
    """Deliver a file again, changed."""
    before = (desk.landing / name).read_bytes()
    after = change(before)
    assert after != before, "the test spoilt nothing"
    desk.put(name, after)
    return after


def rows_below_header(content: bytes) -> int:
    return len(lines_of(content)) - 1


def accounts_for_every_row(edition: Edition) -> bool:
    return edition.rows_in_file == edition.rows_loaded + edition.rows_quarantined


def evaluate(desk: Desk, extract: str, verdict: str) -> Edition:
    """Take everything in; one edition of one extract is evaluated and gets a verdict.

    When it is refused, every raw table holds what it held; when it is accepted, all others do.
    """
    before = desk.everything()
    evaluated = desk.take_in()
    others = {name: found for name, found in evaluated.items() if found and name != extract}
    assert not others, f"other extracts were touched: {others}"
    [edition] = evaluated[extract]
    assert edition.verdict == verdict, edition.reason
    assert accounts_for_every_row(edition)
    after = desk.everything()
    unchanged = HELD if verdict == "refused" else [name for name in HELD if name != extract]
    for name in unchanged:
        assert after[name] == before[name], name
    again = desk.take_in()
    assert not any(again.values()), "the same file was evaluated twice"
    assert desk.everything() == after
    return edition


def refused(desk: Desk, extract: str, *wanted: str) -> Edition:
    """Take in; the edition is refused, and its reason says all that is wanted."""
    edition = evaluate(desk, extract, "refused")
    for part in wanted:
        assert part in edition.reason, edition.reason
    assert edition.edition_id not in {held.edition_id for held in desk.editions.in_use(extract)}
    return edition


def accepted(desk: Desk, extract: str, rows: int, quarantined: int, *wanted: str) -> Edition:
    """Take in; the edition is accepted with remarks, and is what its period now holds."""
    edition = evaluate(desk, extract, "accepted")
    counts = (edition.rows_in_file, edition.rows_loaded, edition.rows_quarantined)
    assert counts == (rows, rows - quarantined, quarantined)
    for part in wanted:
        assert part in edition.reason, edition.reason
    [(held,)] = desk.connection.execute(
        f"select count(*) from raw.{extract} where edition_id = ?", [edition.edition_id]
    ).fetchall()
    assert held == rows - quarantined
    return edition


# -- files that are not what their name promises -----------------------------------------------


def test_csv_cut_off_in_the_middle_of_a_row(desk: Desk) -> None:
    content = spoil(desk, SIZES, lambda content: content[:-30])

    refused(
        desk,
        "reg_list_sizes",
        SIZES,
        f"the file is truncated: its last row ({rows_below_header(content)}) is cut off",
        "fetch it again",
    )


def test_csv_cut_off_inside_quotes(desk: Desk) -> None:
    def cut(content: bytes) -> bytes:
        end = content.rindex(b'"PRETEND') if b'"PRETEND' in content else content.rindex(b'"QZZ"')
        return content[: end + 3]

    content = spoil(desk, DIRECTORY, cut)

    edition = refused(desk, "ods_practices", DIRECTORY, "the file is truncated", "fetch it again")

    assert f"({len(lines_of(content))})" in edition.reason


def test_csv_cut_off_inside_its_last_quoted_value(desk: Desk) -> None:
    spoil(desk, DIRECTORY, lambda content: content.rstrip(b"\r\n")[:-1])

    refused(desk, "ods_practices", DIRECTORY, "the file is truncated", "fetch it again")


def test_csv_cut_off_inside_its_last_number(desk: Desk) -> None:
    content = spoil(desk, SIZES, lambda content: content.rstrip(b"\r\n")[:-1])

    edition = evaluate(desk, "reg_list_sizes", "accepted")

    assert "the last line has no line end" in edition.reason
    assert f"(row {rows_below_header(content)})" in edition.reason


def test_file_of_no_bytes(desk: Desk) -> None:
    spoil(desk, SIZES, lambda _: b"")

    edition = refused(
        desk,
        "reg_list_sizes",
        f"{SIZES}: the file is empty (0 bytes); fetch or export it again",
    )

    assert edition.period == UNRESOLVED


def test_header_without_rows(desk: Desk) -> None:
    spoil(desk, SIZES, lambda content: lines_of(content)[0])

    edition = refused(desk, "reg_list_sizes", SIZES)

    assert edition.rows_in_file == 0


def test_web_page_in_place_of_a_csv(desk: Desk) -> None:
    page = b"\r\n<!DOCTYPE html>\n<html><head><title>404</title></head><body>Gone</body></html>\n"
    spoil(desk, SIZES, lambda _: page)

    refused(desk, "reg_list_sizes", f"{SIZES}: the file is a web page, not a table", "fetch it")


def test_latin_1_byte_in_a_utf_8_file(desk: Desk) -> None:
    spoil(desk, MAP, in_cell(7, 3, b"CAF\xe9 SURGERY"))

    refused(desk, "reg_practice_map", MAP, "wrong encoding", "line 8", "0xe9", "save the file as")


def test_utf_16_file(desk: Desk) -> None:
    spoil(desk, SIZES, lambda content: content.decode().encode("utf-16"))

    refused(desk, "reg_list_sizes", SIZES, "wrong encoding: the file is UTF-16", "save it as UTF-8")


def test_workbook_without_one_of_its_sheets(desk: Desk) -> None:
    spoil(desk, NETWORKS, lambda _: workbook(desk.landing / NETWORKS, without="PCNDetails"))
    held = desk.raw("ods_pcns")

    evaluated = desk.take_in()

    [edition] = evaluated["ods_pcns"]
    assert edition.verdict == "refused"
    assert f"{NETWORKS}: the workbook has no sheet" in edition.reason
    assert "'PCNDetails'" in edition.reason
    assert "it has " in edition.reason
    assert desk.raw("ods_pcns") == held
    [sound] = evaluated["ods_pcn_memberships"]
    assert sound.verdict == "accepted"


def workbook(path: Path, without: str) -> bytes:
    """The workbook again, as text, without one sheet."""
    reader = fastexcel.read_excel(path)
    assert without in reader.sheet_names
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        for name in reader.sheet_names:
            if name == without:
                continue
            sheet = book.add_worksheet(name)
            frame = reader.load_sheet(name, header_row=None, dtypes="string").to_polars()
            for number, row in enumerate(frame.rows()):
                sheet.write_row(number, 0, [cell or "" for cell in row])
    return written.getvalue()


def test_file_that_is_no_extract_is_listed_and_left(desk: Desk) -> None:
    desk.put("notes/rota.csv", b"day,who\nMonday,Ann\n")

    arrival = desk.receive()["notes/rota.csv"]

    assert arrival.extracts == ()
    assert arrival.reason == "its headers fit no contract"
    assert not any(desk.take_in().values())


def test_line_ends_of_two_kinds(desk: Desk) -> None:
    def mix(content: bytes) -> bytes:
        lines = lines_of(content)
        lines[9] = lines[9].rstrip(b"\r\n") + b"\n"
        return b"".join(lines)

    spoil(desk, SIZES, mix)

    refused(desk, "reg_list_sizes", SIZES, "line ends are mixed (line 10 ends", "save it with one")


# -- columns -----------------------------------------------------------------------------------


def test_required_column_is_missing(desk: Desk) -> None:
    def drop_last(content: bytes) -> bytes:
        return b"".join(line.rpartition(b",")[0] + b"\n" for line in lines_of(content))

    spoil(desk, SIZES, drop_last)

    refused(
        desk,
        "reg_list_sizes",
        SIZES,
        "column 'NUMBER_OF_PATIENTS' (patients) is missing",
        "layout tried: 'practice totals' of reg_list_sizes",
    )


def test_column_is_renamed(desk: Desk) -> None:
    spoil(desk, SIZES, lambda content: content.replace(b"NUMBER_OF_PATIENTS", b"HEADCOUNT", 1))

    refused(
        desk,
        "reg_list_sizes",
        SIZES,
        "column 'NUMBER_OF_PATIENTS' (patients) is missing",
        "unknown columns in the file: 'HEADCOUNT'",
    )


def test_new_column_is_kept_with_a_remark(desk: Desk) -> None:
    def widen(content: bytes) -> bytes:
        header, *rows = (line.rstrip(b"\r\n") for line in lines_of(content))
        return b"\n".join([header + b",SHINY", *(row + b",1" for row in rows)]) + b"\n"

    content = spoil(desk, SIZES, widen)

    edition = accepted(
        desk, "reg_list_sizes", rows_below_header(content), 0, "new columns", "'SHINY'"
    )

    shiny = desk.connection.execute(
        "select distinct shiny from raw.reg_list_sizes where edition_id = ?", [edition.edition_id]
    ).fetchall()
    assert shiny == [("1",)]


# -- rows --------------------------------------------------------------------------------------


def test_two_rows_contradict_each_other_under_one_key(desk: Desk) -> None:
    def contradict(content: bytes) -> bytes:
        lines = lines_of(content)
        return b"".join([*lines, lines[4].rpartition(b",")[0] + b",17\r\n"])

    content = spoil(desk, SIZES, contradict)

    edition = refused(
        desk,
        "reg_list_sizes",
        "no two rows share the key (practice_code)",
        f"row 4; row {rows_below_header(content)}",
    )

    assert edition.rows_in_file == rows_below_header(content)


def test_row_that_repeats_another_exactly_is_quarantined(desk: Desk) -> None:
    content = spoil(desk, SIZES, lambda content: content + lines_of(content)[4])
    rows = rows_below_header(content)

    edition = accepted(
        desk, "reg_list_sizes", rows, 1, f"1 of {rows} rows quarantined", "exactly", f": {rows}"
    )

    [(row, code, _, _)] = desk.quarantine(edition)
    assert (row, code) == (rows, "duplicate_row")


@pytest.mark.parametrize(
    ("column", "value", "code", "message"),
    [
        (7, b"OTHER", "not_allowed", "column 'SEX' is not one of ALL in 1 row(s): 5"),
        (
            9,
            b"999999",
            "out_of_range",
            "column 'NUMBER_OF_PATIENTS' is more than 200000 in 1 row(s): 5",
        ),
        (
            9,
            b"n/a",
            "wrong_format",
            "column 'NUMBER_OF_PATIENTS' is not a whole number in 1 row(s): 5",
        ),
        (
            9,
            b"",
            "blank",
            "column 'NUMBER_OF_PATIENTS' is empty but must have a value in 1 row(s): 5",
        ),
        (5, b"A9", "wrong_code", "column 'CODE' does not have the form it should have"),
    ],
)
def test_one_wrong_cell_is_quarantined_with_its_row(
    desk: Desk, column: int, value: bytes, code: str, message: str
) -> None:
    content = spoil(desk, SIZES, in_cell(5, column, value))

    edition = accepted(desk, "reg_list_sizes", rows_below_header(content), 1, message)

    [(row, found, name, text)] = desk.quarantine(edition)
    assert (row, found) == (5, code)
    assert name in message
    assert text is not None
    assert value.decode() in text


def test_too_many_wrong_cells_refuse_the_edition(desk: Desk) -> None:
    def spoil_four(content: bytes) -> bytes:
        for row in (2, 4, 6, 8):
            content = in_cell(row, 9, b"many")(content)
        return content

    content = spoil(desk, SIZES, spoil_four)

    edition = refused(
        desk,
        "reg_list_sizes",
        f"4 of {rows_below_header(content)} rows quarantined, more than the 5%",
        "column 'NUMBER_OF_PATIENTS' is not a whole number in 4 row(s): 2, 4, 6, 8",
    )

    assert edition.rows_quarantined == 4


def test_ragged_row_in_the_middle_is_quarantined(desk: Desk) -> None:
    def split(content: bytes) -> bytes:
        lines = lines_of(content)
        lines[9] = lines[9].rstrip(b"\r\n") + b",one,too,many\r\n"
        return b"".join(lines)

    content = spoil(desk, SIZES, split)

    edition = accepted(
        desk, "reg_list_sizes", rows_below_header(content), 1, "wrong number of fields", ": 9"
    )

    assert [(row, code) for row, code, _, _ in desk.quarantine(edition)] == [(9, "ragged_row")]
    numbers = desk.connection.execute(
        "select practice_code, source_row_number from raw.reg_list_sizes where edition_id = ?",
        [edition.edition_id],
    ).fetchall()
    codes = [line.split(b",")[5].decode() for line in lines_of(content)]
    assert len(numbers) == len(codes) - 2
    assert all(codes[row] == code for code, row in numbers), "rows lost their numbers in the file"


# -- codes that another extract must know --------------------------------------------------------


def test_practice_code_that_exists_nowhere_is_a_warning(desk: Desk) -> None:
    content = spoil(desk, SIZES, in_cell(3, 5, b"Z98765"))

    accepted(
        desk,
        "reg_list_sizes",
        rows_below_header(content),
        0,
        "every practice_code is in an edition of ods_practices",
        "row 3, practice_code Z98765",
    )


def test_file_of_mostly_unknown_practices_is_refused(desk: Desk) -> None:
    content = spoil(desk, SIZES, lambda content: content.replace(b",A99", b",Z55"))

    edition = refuse_and_retry(desk, "reg_list_sizes")

    assert "at most 20% of the rows have a practice_code that no edition of" in edition.reason
    assert "ods_practices" in edition.reason
    assert edition.rows_in_file == rows_below_header(content)


def refuse_and_retry(desk: Desk, extract: str) -> Edition:
    """A refusal that the directory can lift: judged again when another edition of it is in use."""
    before = desk.everything()
    [first] = desk.take_in()[extract]
    assert desk.take_in()[extract] == [], "judged again although the directory is the same"
    assert desk.everything() == before
    spoil(desk, DIRECTORY, lambda content: b"".join(lines_of(content)[:-1]))
    [second] = desk.take_in()[extract]
    assert first.verdict == second.verdict == "refused"
    assert first.reason == second.reason
    assert accounts_for_every_row(first)
    assert desk.raw(extract) == before[extract]
    return second


def test_unknown_practices_are_accepted_once_their_directory_came(
    empty_desk: Desk, sample_landing: Path
) -> None:
    empty_desk.put(SIZES, (sample_landing / SIZES).read_bytes())
    [before] = empty_desk.take_in()["reg_list_sizes"]
    empty_desk.put(DIRECTORY, (sample_landing / DIRECTORY).read_bytes())
    [after] = empty_desk.take_in()["reg_list_sizes"]

    assert (before.verdict, after.verdict) == ("waiting", "accepted")
    assert len(empty_desk.raw("reg_list_sizes")) == after.rows_loaded > 0


# -- a file that is still being written ------------------------------------------------------------


def test_file_that_grows_while_it_is_read_waits_for_the_next_run(desk: Desk) -> None:
    header, *rows = lines_of((desk.landing / STAFF).read_bytes())
    path = desk.put(STAFF, header + b"".join(rows) * 200)
    stopped = threading.Event()
    written = threading.Event()

    def go_on_writing() -> None:
        with path.open("ab", buffering=0) as file:
            while not stopped.is_set():
                file.write(rows[0])
                written.set()

    before = desk.everything()
    writer = threading.Thread(target=go_on_writing)
    writer.start()
    try:
        written.wait(10)
        evaluated = desk.take_in()
    finally:
        stopped.set()
        writer.join()

    [waiting] = evaluated["pcnwf_staff"]
    assert waiting.verdict == "refused"
    assert f"{STAFF}: the file changed while it was read" in waiting.reason
    assert "taken in by the next run" in waiting.reason
    assert desk.everything() == before
    [taken] = desk.take_in()["pcnwf_staff"]
    assert taken.verdict == "accepted"
    assert taken.rows_in_file == rows_below_header(path.read_bytes())


def test_file_whose_last_bytes_were_read_while_it_changed_is_not_refused_for_good(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer finished between the first look and the copy: the copy is already the end."""
    content = spoil(desk, SIZES, in_cell(5, 9, b"4321"))
    path = desk.landing / SIZES
    look = Path.stat

    def first_look_is_early(self: Path, **options: bool) -> object:
        found = look(self, **options)
        if self != path or looks.append(1) or len(looks) != LOOK_OF_COPY:
            return found
        path.write_bytes(content)
        return found

    looks: list[int] = []
    monkeypatch.setattr(Path, "stat", first_look_is_early)
    path.write_bytes(content[:-400])
    [waiting] = desk.take_in()["reg_list_sizes"]
    monkeypatch.undo()
    assert path.read_bytes() == content
    [taken] = desk.take_in()["reg_list_sizes"]

    assert "changed while it was read" in waiting.reason
    assert taken.verdict == "accepted", taken.reason


LOOK_OF_COPY = 2  # the first one lists the file, the second one is the copy's


# -- patient-identifiable data -------------------------------------------------------------------


def nowhere(desk: Desk, numbers: tuple[str, ...], said: str) -> None:
    """No number, in any spelling, in any file of the home, in the log or in what was printed."""
    desk.close()
    spellings = set(numbers) | {f"{n[:3]} {n[3:6]} {n[6:]}" for n in numbers}
    spellings |= {spelling.replace(" ", "-") for spelling in spellings}
    looked_at = 0
    for path, content in text_of_everything_below(desk.home.folder):
        looked_at += 1
        for spelling in spellings:
            assert spelling.encode() not in content, f"found in {path.name}"
            assert spelling.encode("utf-16-le") not in content, f"found in {path.name}"
    assert looked_at > 10
    assert not any(spelling in said for spelling in spellings)


@pytest.mark.parametrize("spelling", ["9434765919", "943 476 5919", "seen 943-476-5919 today"])
def test_one_nhs_number_quarantines_its_row_and_is_kept_nowhere(
    desk: Desk,
    spelling: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level("DEBUG")
    content = spoil(desk, MAP, in_cell(6, 3, spelling.encode()))

    edition = accepted(
        desk, "reg_practice_map", rows_below_header(content), 1, "holds an NHS number", ": 6"
    )

    [(row, code, _, text)] = desk.quarantine(edition)
    assert (row, code) == (6, "identifier")
    assert text is not None
    assert "[redacted]" in text
    kept = desk.archive.path_of(edition.parts[0].sha256).read_bytes()
    assert len(lines_of(kept)) == len(lines_of(content)), "the rest of the file is archived"
    out, err = capfd.readouterr()
    nowhere(desk, NUMBERS[:1], caplog.text + out + err + edition.model_dump_json())


def test_nhs_number_in_a_ragged_row_is_kept_nowhere(
    desk: Desk, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")

    def split(content: bytes) -> bytes:
        lines = lines_of(content)
        lines[9] = lines[9].rstrip(b"\r\n") + b",943 476 5919,more\n"
        return b"".join(lines)

    content = spoil(desk, MAP, split)

    edition = accepted(desk, "reg_practice_map", rows_below_header(content), 1, ": 9")

    out, err = capfd.readouterr()
    nowhere(desk, NUMBERS[:1], caplog.text + out + err + edition.model_dump_json())


def test_three_nhs_numbers_refuse_the_file_and_nothing_of_it_is_kept(
    desk: Desk, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")

    def spoil_three(content: bytes) -> bytes:
        for row, number in zip((2, 5, 8), NUMBERS, strict=True):
            content = in_cell(row, 3, b"MARKED SURGERY " + number.encode())(content)
        return content

    spoil(desk, MAP, spoil_three)

    edition = refused(
        desk,
        "reg_practice_map",
        f"{MAP}: patient-identifiable data: 3 value(s) in column 'PRACTICE_NAME' (rows 2, 5, 8)",
        "nothing of the file was kept",
        "deliver it again",
    )

    assert not desk.archive.holds(edition.parts[0].sha256)
    out, err = capfd.readouterr()
    said = caplog.text + out + err + edition.model_dump_json()
    nowhere(desk, (*NUMBERS, "MARKED SURGERY"), said)


def test_column_named_like_an_identifier_refuses_the_file(desk: Desk) -> None:
    def widen(content: bytes) -> bytes:
        header, *rows = (line.rstrip(b"\r\n") for line in lines_of(content))
        lines = [header + b",Date of Birth", *(row + b",19010203" for row in rows)]
        return b"\n".join(lines) + b"\n"

    spoil(desk, SIZES, widen)

    edition = refused(desk, "reg_list_sizes", SIZES, "forbidden column 'Date of Birth'")

    assert not desk.archive.holds(edition.parts[0].sha256)


# -- periods, revisions, made-up data --------------------------------------------------------------


def test_two_different_files_claim_one_period(desk: Desk) -> None:
    other = "gp-list-size/again/gp-reg-pat-prac-all_2025-09.csv"
    # Both are new tonight: neither of them replaces the other.
    desk.put(other, in_cell(5, 9, b"4321")((desk.landing / SIZES).read_bytes()))
    spoil(desk, SIZES, in_cell(6, 9, b"4321"))

    edition = refused(
        desk,
        "reg_list_sizes",
        other,
        SIZES,
        "both claim the same period and differ",
        "leave the right one in the landing zone",
    )

    assert len(edition.parts) == 2


def test_same_file_twice_is_one_edition(desk: Desk) -> None:
    desk.put("copy of sizes.csv", (desk.landing / SIZES).read_bytes())

    assert not any(desk.take_in().values())


def test_period_that_cannot_be_resolved(desk: Desk) -> None:
    name = "ods-reference/epraccur.csv"
    (desk.landing / DIRECTORY).rename(desk.landing / name)
    spoil(desk, name, lambda content: content.replace(b"FORMER VALE", b"FORMER DALE"))

    edition = refused(
        desk,
        "ods_practices",
        f"{name}: the period cannot be resolved",
        f"declare it in landing.yml beside the file (match: '{name}', period: ...)",
    )
    assert edition.period == UNRESOLVED

    desk.declare({"match": name, "period": "2025-10"})
    [declared] = desk.take_in()["ods_practices"]
    assert (declared.verdict, declared.period) == ("accepted", "2025-10")


def test_declared_period_that_is_none(desk: Desk) -> None:
    spoil(desk, SIZES, in_cell(5, 9, b"4321"))
    desk.declare({"match": SIZES, "period": "Autumn 2025"})

    edition = refused(desk, "reg_list_sizes", SIZES, "period 'Autumn 2025'")

    assert edition.reason == f"{SIZES}: period 'Autumn 2025' is not a month such as 2025-04"
    desk.declare({"match": SIZES, "period": "2025-09"})
    [declared] = desk.take_in()["reg_list_sizes"]
    assert (declared.verdict, declared.period) == ("accepted", "2025-09")


def test_made_up_edition_beside_real_ones_is_set_aside_and_listed(desk: Desk) -> None:
    spoil(desk, SIZES, in_cell(5, 9, b"4321"))
    desk.declare({"match": SIZES, "synthetic": False, "coverage": "partial"})
    evaluated = desk.take_in()

    [real] = evaluated["reg_list_sizes"]
    assert real.verdict == "accepted"
    holdings = write_ledger(
        desk.connection,
        desk.contracts,
        desk.editions,
        desk.arrivals.listed(),
        date(2025, 11, 1),
        "a run",
    )

    assert not holdings.is_synthetic
    assert [edition.edition_id for edition in holdings.in_use] == [real.edition_id]
    listed = desk.connection.execute(
        "select extract, verdict, reason, is_in_use from ledger.editions "
        "where is_synthetic and verdict <> 'superseded' order by all"
    ).fetchall()
    assert {extract for extract, *_ in listed} == set(HELD)
    for _, verdict, reason, is_in_use in listed:
        assert verdict == "set_aside"
        assert "made-up data are not mixed with real ones" in reason
        assert not is_in_use
    assert {row[0] for row in held_editions(desk, "reg_list_sizes")} == {real.edition_id}
    assert held_editions(desk, "ods_practices") == []


def held_editions(desk: Desk, extract: str) -> list[tuple[str]]:
    return desk.connection.execute(
        f"select distinct edition_id from raw.{extract} order by 1"
    ).fetchall()


def test_revision_supersedes_and_the_earlier_version_can_come_back(desk: Desk) -> None:
    def patients_of_row_5() -> str:
        [(patients,)] = desk.connection.execute(
            "select patients from raw.reg_list_sizes "
            "where edition_period = '2025-09' and source_row_number = 5"
        ).fetchall()
        return str(patients)

    first = (desk.landing / SIZES).read_bytes()
    as_published = patients_of_row_5()
    spoil(desk, SIZES, in_cell(5, 9, b"4321"))
    revision = evaluate(desk, "reg_list_sizes", "accepted")
    assert patients_of_row_5() == "4321"

    on_record = [e for e in desk.editions.of("reg_list_sizes") if e.period == "2025-09"]
    assert len(on_record) == 2
    assert {e.verdict for e in on_record} == {"accepted"}
    in_use = [e for e in desk.editions.in_use("reg_list_sizes") if e.period == "2025-09"]
    assert [e.version for e in in_use] == [revision.version]
    write_ledger(desk.connection, desk.contracts, desk.editions, [], date(2025, 11, 1), "a run")
    listed = desk.connection.execute(
        "select verdict, reason, is_in_use from ledger.editions "
        "where extract = 'reg_list_sizes' and edition_period = '2025-09' order by is_in_use"
    ).fetchall()
    assert [(verdict, used) for verdict, _, used in listed] == [
        ("superseded", False),
        ("accepted", True),
    ]
    assert re.search("a later version came", listed[0][1])

    desk.put(SIZES, first)
    desk.take_in()
    assert patients_of_row_5() == as_published
    assert not any(desk.take_in().values())
    assert len([e for e in desk.editions.of("reg_list_sizes") if e.period == "2025-09"]) == 2


@pytest.mark.parametrize(
    "spelling",
    [
        "9434765919.0",
        "No.9434765919",
        "943.476.5919",
        "943\u00a0476\u00a05919",
        "943\u2013476\u20135919",
        "9434765919 (A Person)",
    ],
)
def test_other_spellings_of_an_nhs_number_are_found_and_redacted(spelling: str) -> None:
    connection = duckdb.connect()
    connection.execute("create table cells (source_row_number bigint, c0 varchar)")
    connection.execute("insert into cells values (1, ?)", [f"seen {spelling} today"])

    for is_free in (True, False):
        columns = [ScannedColumn("c0", "note", is_free)]
        finding = scan(connection, "cells", columns, [NHS_NUMBER])
        assert finding.rows == {1}
        assert len(finding.values) == 1
    assert redact(f"seen {spelling} today").startswith("seen ")
    assert "943" not in redact(f"seen {spelling} today")


@pytest.mark.parametrize("text", ["0.9434765919", "94347659190", "9434765918", "943.4765919"])
def test_numbers_that_are_no_nhs_number_are_left_alone(text: str) -> None:
    assert redact(text) == text


def test_a_wrongly_declared_period_leaves_nothing_behind(desk: Desk) -> None:
    desk.declare({"match": SIZES, "period": "2024-01"})
    [wrong] = desk.take_in()["reg_list_sizes"]
    assert wrong.period == "2024-01"

    desk.declare({"match": SIZES, "period": "2025-09"})
    [right] = desk.take_in()["reg_list_sizes"]

    assert right.period == "2025-09"
    periods = [edition.period for edition in desk.editions.in_use("reg_list_sizes")]
    assert sorted(periods) == sorted(set(periods))
    assert "2024-01" not in periods


def test_file_name_with_an_nhs_number_is_not_repeated(desk: Desk) -> None:
    desk.put("9434765919.csv", b"a,b\n1,2\n")
    desk.take_in()

    assert not any("9434765919" in arrival.file_name for arrival in desk.arrivals.listed())
