"""Every layout of every extract, in every format it may come in, is recognised and taken in."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from desk import Desk
from independent_reading import Record, as_loaded, records_of, spelling
from service_documents import write_services
from whole_sample import WholeSample, whole_sample

from assets.extracts.contract_model.contract import EXCEL_SERIAL, Column, Layout
from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.holding.editions import Edition, PartRecord
from assets.home import Home

# Minutes: every layout in every format.
pytestmark = pytest.mark.slow

CONTRACTS = load_contracts()
DIRECTORY = "ods-reference/epraccur_2025-09.csv"
ROWS = 20


@dataclass(frozen=True)
class Built:
    """A file in a layout of which the sample has none."""

    name: str
    period: str | None = None


# What the sample has no file of is built, most by moving rows of the sample into older columns.
BUILT = {
    ("census_ethnic_group_lsoa", "custom dataset"): Built("census/TS021-2021-custom.csv"),
    ("ons_sub_icb_lookup", "CCG, STP, region"): Built("ods/CCG_to_STP_2021-04.csv"),
    ("oruk_services", "page of services, version 3"): Built("oruk_services_3.json", "2025-09-01"),
    ("oruk_services", "page of services, version 1"): Built("oruk_services_1.json", "2025-09-02"),
    ("oruk_services", "single service"): Built("oruk_services_single.json", "2025-09-03"),
    ("payments_practices", "2022/23"): Built("nhspaymentsgp_22-23.csv"),
    ("payments_practices", "2022/23 with mixed area headers"): Built(
        "nhspaymentsgp_mixed.csv", "2023/24"
    ),
    ("payments_practices", "2021/22"): Built("nhspaymentsgp_21-22.csv"),
    ("payments_practices", "2020/21"): Built("nhspaymentsgp_20-21.csv"),
    ("payments_practices", "2019/20"): Built("nhspaymentsgp_19-20.csv"),
    ("payments_practices", "2018/19"): Built("nhspaymentsgp_18-19.csv"),
    ("payments_practices", "2017/18"): Built("nhspaymentsgp_17-18.csv"),
    ("payments_practices", "2015/16 and 2016/17"): Built("nhspaymentsgp_16-17.csv"),
    ("reg_quinary_age", "derived, with networks"): Built("practice_quinary_age_sex_2022-07.csv"),
}  # fmt: skip
# Headers that a contract knows by a pattern, as publishers spell them.
SPELT = {
    "sub_icb_ons_code": "CCG21CD", "sub_icb_code": "CCG21CDH", "sub_icb_name": "CCG21NM",
    "icb_ons_code": "STP21CD", "icb_code": "STP21CDH", "icb_name": "STP21NM",
    "region_ons_code": "NHSER21CD", "region_code": "NHSER21CDH", "region_name": "NHSER21NM",
    "ethnic_group_code": "Ethnic group (20 categories) Code",
    "ethnic_group": "Ethnic group (20 categories)",
}  # fmt: skip
# Cells of columns that the sample's layout has not, or writes otherwise.
CELLS: dict[tuple[str, str], Callable[[Record, int], object]] = {
    ("census_ethnic_group_lsoa", "ethnic_group_code"): lambda row, number: number % 19 + 1,
    ("census_ethnic_group_lsoa", "ethnic_group"): lambda row, number: f"Group {number % 19 + 1}",
    ("census_ethnic_group_lsoa", "residents"): lambda row, number: number,
    ("reg_quinary_age", "organisation_code"): lambda row, number: "A99001",
    ("reg_quinary_age", "sex"): lambda row, number: "Female",
    ("reg_quinary_age", "age_band"): lambda row, number: f"{5 * number - 5}-{5 * number - 1} years",
    ("reg_quinary_age", "proportion"): lambda row, number: 0.05,
    ("reg_quinary_age", "pcn_code"): lambda row, number: "U99901",
    ("ons_sub_icb_lookup", "sub_icb_code"): lambda row, number: f"{number:02}Y",
}

EVERY = [
    (extract, layout.name, form)
    for extract, contract in CONTRACTS.items()
    for layout in contract.layouts
    for form in layout.formats
]
_SUFFIX = {"csv": ".csv", "parquet": ".parquet", "workbook": ".xlsx", "json": ".json"}
# Files of a format that the sample has not are of a sender of their own.
_SENDER = {"csv": "GB-CHC-9900011", "parquet": "GB-CHC-9900012", "workbook": "GB-CHC-9900013"}


def layout_of(extract: str, name: str) -> Layout:
    return next(layout for layout in CONTRACTS[extract].layouts if layout.name == name)


@pytest.fixture(scope="module")
def sample(sample_landing: Path, tmp_path_factory: pytest.TempPathFactory) -> WholeSample:
    """The whole sample, taken in."""
    return whole_sample(sample_landing, tmp_path_factory.getbasetemp() / "whole-sample")


def in_sample(
    sample: WholeSample, extract: str, layout: str, form: str | None = None
) -> list[tuple[Edition, PartRecord]]:
    """Files of the sample in a layout, and in a format if one is asked for."""
    return [
        (edition, part)
        for edition, part in sample.parts(extract)
        if part.layout == layout and (form is None or Path(part.file_name).suffix == _SUFFIX[form])
    ]


def needs_converting(sample: WholeSample, extract: str, layout: str, form: str) -> bool:
    """Whether the sample has files in a layout, but none in this format."""
    is_there = in_sample(sample, extract, layout, form)
    return not is_there and bool(in_sample(sample, extract, layout)) and form in _SENDER


# -- files that the sample has not -----------------------------------------------------------------


def build(sample: WholeSample, extract: str, layout: Layout, target: Path) -> None:
    """Write a file in a layout from rows that the sample has in another one."""
    _, part = sample.parts(extract)[0]
    source = next(known for known in CONTRACTS[extract].layouts if known.name == part.layout)
    rows = records_of(sample.path_of(part), CONTRACTS[extract], source)[:ROWS]
    by_name = {column.name: column for column in source.columns}
    header = published_headers().get(BUILT[extract, layout.name].name) or [
        SPELT[column.name] if column.headers[:1] and column.headers[0].startswith("^")
        else column.spelt
        for column in layout.columns
    ]  # fmt: skip
    columns = {spelling(column, header): column for column in layout.columns}
    table = [header]
    for number, row in enumerate(rows, start=1):
        table.append([
            as_written(column, str(cell(extract, column, by_name.get(column.name), row, number)))
            if (column := columns.get(name)) is not None
            # Columns that the platform has no use for.
            else str(number)
            for name in header
        ])  # fmt: skip
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(table)


@cache
def published_headers() -> dict[str, list[str]]:
    """Headers of older layouts as published, so that contracts are not held against themselves."""
    lines = (Path(__file__).parent / "published_headers.csv").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    name = ""
    for line in lines.splitlines():
        if line.startswith("# "):
            name = line.removeprefix("# ").partition(" | ")[0]
        elif line:
            [found[name]] = csv.reader([line])
    return found


def as_written(column: Column, text: str) -> str:
    """A cell as that year's files have it: some write days as spreadsheets count them."""
    if EXCEL_SERIAL not in column.formats:
        return text
    if not text.strip():
        return " "
    day = datetime.strptime(text, "%d/%m/%Y").date()
    return str((day - date(1899, 12, 30)).days)


def cell(extract: str, column: Column, known: Column | None, row: Record, number: int) -> object:
    """What stands in a column: as in the sample's row, or a value that keeps its rules."""
    made = CELLS.get((extract, column.name))
    if made is not None:
        return made(row, number)
    header = spelling(known, list(row)) if known is not None else None
    if header is not None:
        return row[header]
    return "" if not column.not_null else number


def convert(sample: WholeSample, extract: str, layout: Layout, form: str, target: Path) -> int:
    """Write a sample file in another format, with typed cells; the number of rows."""
    contract = CONTRACTS[extract]
    _, part = in_sample(sample, extract, layout.name)[0]
    rows = records_of(sample.path_of(part), contract, layout)
    headers = list(rows[0])
    by_header = {spelling(column, headers): column for column in layout.columns}
    sender = contract.submitter_from
    frame = pl.DataFrame({
        header: pl.Series([
            _SENDER[form]
            if by_header.get(header) is not None and by_header[header].name == sender
            else as_loaded(row[header], by_header.get(header) or Column(name="x", description="."))
            for row in rows
        ], dtype=pl.String)
        for header in headers
    })  # fmt: skip
    frame = frame.with_columns(
        typed(header, column.type) for header, column in by_header.items() if header in headers
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    match form:
        case "csv":
            frame.write_csv(target)
        case "parquet":
            frame.write_parquet(target)
        case "workbook":
            frame.write_excel(target, worksheet=layout.sheets[0])
    return len(rows)


def typed(header: str, kind: str) -> pl.Expr:
    """A column of text as what it says it is, as databases and spreadsheets hand it out."""
    column = pl.col(header)
    match kind:
        case "integer":
            return column.str.strip_suffix(".0").cast(pl.Int64)
        case "decimal":
            return column.cast(pl.Float64)
        case "date":
            return column.str.slice(0, 10).str.to_date("%Y-%m-%d")
        case "boolean":
            return column.str.to_lowercase().is_in(["true", "1"]).and_(column.is_not_null())
        case _:
            return column


@dataclass(frozen=True)
class Other:
    """A desk with the files that the sample has not."""

    desk: Desk
    names: dict[tuple[str, str, str], str]
    rows: dict[str, int]
    editions: dict[str, list[Edition]]


@pytest.fixture(scope="module")
def other(sample: WholeSample, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Other]:
    """The files that the sample has not, built and taken in."""
    place = tmp_path_factory.mktemp("layouts")
    desk = Desk(place / "landing", Home(place / "home"), dict(CONTRACTS))
    names: dict[tuple[str, str, str], str] = {}
    rows: dict[str, int] = {}
    entries = []
    for extract, layout_name, form in EVERY:
        layout = layout_of(extract, layout_name)
        built = BUILT.get((extract, layout_name))
        if built is not None:
            name = built.name
            if extract == "oruk_services":
                write_services(desk.landing / name, layout_name, ROWS)
            else:
                build(sample, extract, layout, desk.landing / name)
            entries += [{"match": name, "period": built.period}] if built.period else []
        elif needs_converting(sample, extract, layout_name, form):
            name = f"converted/{extract}_{form}{_SUFFIX[form]}"
            rows[name] = convert(sample, extract, layout, form, desk.landing / name)
        else:
            continue
        names[extract, layout_name, form] = name
    references = [DIRECTORY, *(f"community/{path.name}" for path in
                   (sample.desk.landing / "community").glob("X-SPREF*"))]  # fmt: skip
    for name in references:
        desk.put(name, (sample.desk.landing / name).read_bytes())
    whole = {"match": "*", "coverage": "partial"}
    desk.declare(whole, *entries)
    wanted = {"ods_practices", "sp_referrals", *(extract for extract, *_ in names)}
    editions = desk.take_in(*(extract for extract in CONTRACTS if extract in wanted))
    yield Other(desk, names, rows, editions)
    desk.close()


# -- what must come of them ------------------------------------------------------------------------


@pytest.mark.parametrize(("extract", "layout", "form"), EVERY)
def test_a_file_in_this_layout_and_format_is_taken_in(
    sample: WholeSample, other: Other, extract: str, layout: str, form: str
) -> None:
    name = other.names.get((extract, layout, form))
    if name is None:
        held = in_sample(sample, extract, layout, form)
    else:
        held = [(e, p) for e in other.editions[extract] for p in e.parts if p.file_name == name]
    assert held, f"there is no file of {extract} in the layout {layout!r} as {form}: build one"
    for edition, part in held:
        assert edition.verdict == "accepted", edition.reason
        assert part.layout == layout
        assert part.rows_loaded == part.rows_in_file - part.rows_quarantined
        assert part.rows_loaded > 0
        if name is not None:
            assert part.rows_quarantined == 0, edition.reason
            assert "new columns" not in edition.reason
            assert part.rows_in_file == other.rows.get(name, part.rows_in_file)


def test_headers_as_published_are_those_of_older_layouts() -> None:
    assert set(published_headers()) <= {built.name for built in BUILT.values()}


def test_what_is_built_is_what_the_sample_has_not(sample: WholeSample) -> None:
    absent = {
        (extract, layout) for extract, layout, _ in EVERY if not in_sample(sample, extract, layout)
    }
    assert set(BUILT) == absent


@pytest.mark.parametrize("extract", [e for e, c in CONTRACTS.items() if len(c.layouts) > 1])
def test_layouts_of_one_extract_end_in_the_same_columns(
    other: Other, sample: WholeSample, extract: str
) -> None:
    """What two layouts share is in one column of the raw table, filled by both."""
    contract = CONTRACTS[extract]
    shared = set.intersection(
        *({c.name for c in layout.columns if c.not_null} for layout in contract.layouts)
    )
    assert shared
    desks = [sample.desk, *([other.desk] if extract in other.editions else [])]
    for desk in desks:
        blank = " or ".join(f"{name} is null" for name in shared)
        [(rows,)] = desk.connection.execute(
            f"select count(*) from {contract.raw_table} where {blank}"
        ).fetchall()
        assert rows == 0


def test_a_converted_workbook_has_typed_cells(other: Other) -> None:
    """Dates reach the platform as spreadsheets store them, not as text."""
    path = other.desk.landing / "converted/sp_referrals_workbook.xlsx"
    sheet = openpyxl.load_workbook(path)["X-SPREF"]
    header = [cell.value for cell in sheet[1]]
    assert sheet.cell(2, header.index("referral_date") + 1).is_date
