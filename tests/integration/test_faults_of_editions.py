"""Faults that only a whole edition shows: contradicting rows, references, files as such."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import fastexcel
import pytest
from desk import Desk
from fault_places import contradictions, required_columns, takes_anything
from specimens import Specimen, specimens_of, write_cells

from assets.extracts.contract_model.contract import Contract
from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.holding.editions import Edition
from assets.extracts.providers.error_report import SUMMARY_SHEET
from assets.home import Home
from assets.samples.faults.planting import plant

CONTRACTS = load_contracts()
# What other extracts refer to, whole.
REFERENCES = ("ods_practices", "decision_groups", "sp_referrals")
REFERENCE_FILES = (
    "ods-reference/epraccur_2025-09.csv",
    "community/QZZ_2025-06.xlsx",
    "community/X-SPREF_GB-CHC-9900001_2025-08.csv",
    "community/X-SPREF_GB-CHC-9900001_2025-09.csv",
)


class Counter:
    """A desk that holds what is referred to, over which specimens are handed in one by one."""

    def __init__(self, desk: Desk, specimens: dict[str, Specimen]) -> None:
        self.desk = desk
        self.specimens = specimens

    def path(self, extract: str) -> Path:
        """Where a specimen is to lie in the landing zone."""
        path = self.desk.landing / self.specimens[extract].name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def take_in(self, extract: str) -> Edition:
        """Take in what lies there as an edition of an extract, and clear the counter."""
        specimen = self.specimens[extract]
        said = specimen.declaration.model_dump(exclude_none=True)
        # Of a sender of its own, so that it replaces nothing of what others refer to.
        said |= {"match": specimen.name, "coverage": "partial", "submitter": "counter"}
        self.desk.declare(said)
        [edition] = self.desk.take_in(extract)[extract]
        self.path(extract).unlink()
        return edition


@pytest.fixture(scope="module")
def counter(
    tmp_path_factory: pytest.TempPathFactory, sample_landing: Path, contracts: dict[str, Contract]
) -> Iterator[Counter]:
    place = tmp_path_factory.mktemp("counter")
    desk = Desk(place / "landing", Home(place / "home"), contracts)
    for name in REFERENCE_FILES:
        desk.put(name, (sample_landing / name).read_bytes())
    desk.declare()
    for editions in desk.take_in(*REFERENCES).values():
        assert {edition.verdict for edition in editions} == {"accepted"}, editions
    for name in REFERENCE_FILES:
        (desk.landing / name).unlink()
    # The other extracts hold nothing yet, and have their empty tables.
    desk.take_in(*contracts)
    specimens = specimens_of(sample_landing, contracts, tmp_path_factory.mktemp("specimens"))
    yield Counter(desk, specimens)
    desk.close()


# -- rows that contradict each other -------------------------------------------------------------


def some_contradiction(specimen: Specimen, target: Path) -> tuple[int, int]:
    """Plant two rows of one key that differ; the numbers of both."""
    # A count that may be as small as it likes, of another count that may not.
    counts = [c for c in specimen.layout.columns if isinstance(c.maximum, str) and c.type != "date"]
    # The last row in which none of them is as small as can be.
    row = max(
        number
        for number in range(1, len(specimen.rows) + 1)
        if all(specimen.cells(count.name)[number - 1] != "0" for count in counts)
    )
    columns = [
        column
        for column in contradictions(specimen.contract, specimen.layout)
        if specimen.header_of(column.name) is not None
    ]
    # What another row says is a value that may stand there; else any word where any may stand.
    varied = [c for c in columns if len(set(specimen.cells(c.name)) - {""}) > 1]
    free = [c for c in columns if takes_anything(specimen.contract, c)]
    # Another code of the list than the one that stands there.
    codes = [
        (c, code)
        for c in columns
        for code in c.allowed or ()
        if code != specimen.cells(c.name)[row - 1]
    ]
    ways = [(c, None) for c in varied] + [(c, "another") for c in free] + [(c, "0") for c in counts]
    column, value = [*ways, *codes][0]
    plant(
        specimen.path,
        target,
        "duplicate_key",
        row=row,
        column=specimen.header_of(column.name),
        value=value,
        header_line=specimen.header_line,
    )
    return row, row + 1


@pytest.mark.parametrize(
    "extract",
    [
        name
        for name, contract in CONTRACTS.items()
        if set(contract.key) & {c.name for c in contract.layouts[0].columns}
        and "csv" in contract.layouts[0].formats
    ],
)
def test_two_rows_of_one_key_refuse_the_file(counter: Counter, extract: str) -> None:
    specimen = counter.specimens[extract]
    rows = some_contradiction(specimen, counter.path(extract))

    edition = counter.take_in(extract)

    assert edition.verdict == "refused", edition.reason
    assert edition.reason.startswith(f"{specimen.name}: ")
    assert f"no two rows share the key ({', '.join(specimen.contract.key)})" in edition.reason
    assert all(f"row {row}" in edition.reason for row in rows), edition.reason
    assert edition.edition_id not in held(counter, extract)


def held(counter: Counter, extract: str) -> set[str]:
    return {edition.edition_id for edition in counter.desk.editions.in_use(extract)}


# -- references ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extract", "column"),
    [(name, column) for name, contract in CONTRACTS.items() for column in contract.references],
)
def test_a_reference_to_what_does_not_exist_is_remarked(
    counter: Counter, extract: str, column: str
) -> None:
    specimen = counter.specimens[extract]
    referred, _ = specimen.contract.references[column]
    unknown = "Z99999" if column == "practice_code" else "no-such-reference"
    write_cells(specimen, counter.path(extract), {(1, specimen.header_of(column) or ""): unknown})

    edition = counter.take_in(extract)

    assert edition.verdict == "accepted", edition.reason
    assert f"every {column} is in an edition of {referred}" in edition.reason
    if specimen.contract.origin == "community":
        assert unknown not in edition.reason
    else:
        assert unknown in edition.reason
    assert edition.edition_id in held(counter, extract)


# -- files that are not what their name promises ---------------------------------------------------

BAD_FILES = {
    "html_page": "web page",
    "empty_file": "empty (0 bytes)",
    "utf16": "UTF-16",
    "truncated": "truncated",
    "missing_column": "is missing",
}


@pytest.mark.parametrize("extract", ["sp_contacts", "gpad_crosstab", "phb_counts"])
@pytest.mark.parametrize("fault", BAD_FILES)
def test_a_bad_file_is_refused_by_name_with_a_report(
    counter: Counter, extract: str, fault: str
) -> None:
    specimen = counter.specimens[extract]
    before = counter.desk.raw(extract)
    needed = [c for c in required_columns(specimen.layout) if specimen.header_of(c.name)]
    column = specimen.header_of(needed[-1].name) if fault == "missing_column" else None
    plant(specimen.path, counter.path(extract), fault, column=column)

    edition = counter.take_in(extract)

    assert edition.verdict == "refused"
    assert edition.reason.startswith(f"{specimen.name}: ")
    assert BAD_FILES[fault] in edition.reason
    assert counter.desk.raw(extract) == before
    report = counter.desk.editions.error_report_path(edition)
    summary = fastexcel.read_excel(report).load_sheet(SUMMARY_SHEET, header_row=None).to_polars()
    assert edition.reason in repr(summary.rows())


# -- figures that contradict each other -----------------------------------------------------------


def turned_round(text: str) -> str:
    """The same file with the ranks counted from the other end."""
    header, *lines = list(csv.reader(io.StringIO(text)))
    [rank] = [i for i, name in enumerate(header) if "(IMD) Rank" in name]
    for line in lines:
        line[rank] = str(len(lines) + 1 - int(line[rank]))
    out = io.StringIO()
    csv.writer(out).writerows([header, *lines])
    return out.getvalue()


FIGURES = {
    "numerators and denominators in each other's place": (
        "qof_achievement",
        "qof/ACHIEVEMENT_2425.csv",
        lambda text: text.replace("NUMERATOR", "x").replace("DENOMINATOR", "NUMERATOR")
        .replace(",x,", ",DENOMINATOR,"),
        "those who reached an indicator are among those who could",
        "practice_code A99",
    ),
    "a quarter whose adults are somebody else's": (
        "phb_counts",
        "phb/phb_counts_2024-25_q4.csv",
        lambda text: re.sub(r"adult,\d+", "adult,1", text),
        "over all boards that give every part, adult, cyp add up to the total, to 1%",
        "whole 1759",
    ),
    "a role under another name": (
        "pcnwf_staff",
        "pcn-workforce/PCN_individual_level_2025-09.csv",
        lambda text: text.replace("Care Coordinators", "Care Co-ordinators"),
        "the roles that indicators are made of are in the census",
        "staff_role care coordinators",
    ),
    "an index turned round": (
        "iod_lsoa",
        "imd/iod2025_file7_lsoa.csv",
        turned_round,
        "rank 1 and decile 1 are the most deprived, which have the highest scores",
        "row ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FIGURES)
def test_figures_that_contradict_each_other_refuse_the_file(
    counter: Counter, sample_landing: Path, fault: str
) -> None:
    extract, name, change, rule, example = FIGURES[fault]
    sound = (sample_landing / name).read_text(encoding="cp1252")

    verdicts = []
    for text in (sound, change(sound)):
        path = counter.desk.put(name, text.encode("cp1252"))
        counter.desk.declare()
        [edition] = counter.desk.take_in(extract)[extract]
        path.unlink()
        verdicts.append(edition)

    before, after = verdicts
    assert (before.verdict, before.reason) == ("accepted", "")
    assert after.verdict == "refused"
    assert rule in after.reason
    assert example in after.reason
    assert before.edition_id in held(counter, extract), "what was good stays in use"
