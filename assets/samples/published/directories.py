"""Directories and lookups: who exists, who belongs to whom, and how deprived a practice is."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

from assets.samples.country.areas import ENGLAND, REGION, SUB_ICBS, Parents
from assets.samples.country.places import Network, Places, Practice
from assets.samples.months import first_of
from assets.samples.periods import Periods
from assets.samples.published.published_csv import Cell, write_csv

DEPRIVATION_MONTH = "2025-09"

NETWORK_COLUMNS = (
    "PCN Code", "PCN Name", "Current Sub ICB Loc Code", "Sub ICB Location", "Open Date",
    "Close Date", "Address Line 1", "Address Line 2", "Address Line 3", "Address Line 4",
    "Address Line 5", "Postcode",
)  # fmt: skip
PARTNER_COLUMNS = (
    "Partner\nOrganisation\nCode", "Partner\nName", "Practice\nParent\nSub ICB Loc Code",
    "Practice\nParent\nSub ICB Loc Name", "PCN Code", "PCN Name",
    "PCN Parent\nSub ICB Loc Code", "PCN Parent\nSub ICB Loc Name",
    "Practice to PCN\nRelationship\nStart Date", "Practice to PCN\nRelationship\nEnd Date",
    "Practice Sub ICB Loc and PCN Sub ICB Loc Match ",
)  # fmt: skip
APPOINTMENT_MAP_COLUMNS = (
    "GP_CODE", "GP_NAME", "SUPPLIER", "PCN_CODE", "PCN_NAME", "SUB_ICB_LOCATION_CODE",
    "SUB_ICB_LOCATION_NAME", "ICB_CODE", "ICB_NAME", "REGION_CODE", "REGION_NAME",
)  # fmt: skip
# The middle of each name is the year of the edition.
LOOKUP_COLUMNS = (
    "SICBL25CD", "SICBL25CDH", "SICBL25NM", "ICB25CD", "ICB25CDH", "ICB25NM",
    "NHSER25CD", "NHSER25CDH", "NHSER25NM", "ObjectId",
)  # fmt: skip
FINGERTIPS_COLUMNS = (
    "Indicator ID", "Indicator Name", "Parent Code", "Parent Name", "Area Code", "Area Name",
    "Area Type", "Sex", "Age", "Category Type", "Category", "Time period", "Value",
    "Lower CI 95.0 limit", "Upper CI 95.0 limit", "Lower CI 99.8 limit", "Upper CI 99.8 limit",
    "Count", "Denominator", "Value note", "Recent Trend",
    "Compared to England value or percentiles", "Compared to percentiles",
    "Time period Sortable", "New data", "Compared to goal", "Time period range",
)  # fmt: skip

# Organisations that share the practice file without being practices: prescribing setting is not 4.
_OTHER_PRESCRIBERS = (
    ("Y99001", "Example Vale Walk-in Centre", "2", "A"),
    ("Y99002", "Example Vale Out of Hours Service", "1", "A"),
    ("Y99003", "Specimen Hospice", "9", "A"),
    ("Y99004", "Imaginary Quay Community Clinic", "10", "C"),
    ("Y99005", "Example Network Hub", "26", "A"),
    ("Y99006", "Notional Drug Recovery Service", "0", "D"),
)


def write_directories(folder: Path, places: Places, periods: Periods) -> list[Path]:
    """Write the practice files, network workbooks, mapping, lookup and deprivation scores."""
    written = []
    for month in periods.directory_months:
        written.append(_write_practices(folder, places, month))
        written.append(_write_networks(folder, places, month))
    return [
        *written,
        *(_write_appointment_map(folder, places, m) for m in periods.appointment_map_months),
        *(_write_lookup(folder, places, month) for month in periods.lookup_months),
        _write_deprivation(folder, places),
    ]


def _write_practices(folder: Path, places: Places, month: str) -> Path:
    """The practice file: 27 columns, no header, everything quoted; what is known that month."""
    today = first_of(month)
    above = places.parents_on(today)
    rows = [
        _practice_row(practice, above[practice.sub_icb.code], today)
        for practice in (*places.former, *places.practices)
        if practice.opened <= today
    ]
    board = above[SUB_ICBS[0].code].board
    for code, name, setting, status in _OTHER_PRESCRIBERS:
        closed = "20231231" if status == "C" else ""
        rows.append(
            _organisation(code, name, REGION.code, board.code, "ZZ99 9OT", "20100401", closed,
                          status, SUB_ICBS[0].code, "", setting)
        )  # fmt: skip
    rows.append(
        _organisation("W99001", "Welsh Example Surgery", "W00", "Q99", "ZZ99 3CZ", "19740401", "",
                      "A", "7A9", "", "4")
    )  # fmt: skip
    path = folder / "ods-reference" / f"epraccur_{month}.csv"
    return write_csv(path, rows, line_ending="\n", quote_all=True)


def _practice_row(practice: Practice, parents: Parents, today: str) -> list[str]:
    """Row of a practice as known on a day: a closing still to come is not yet in the file."""
    closed = practice.closed if practice.closed and practice.closed <= today else ""
    return _organisation(
        practice.code, practice.name, parents.region.code, parents.board.code, practice.postcode,
        practice.opened, closed, "C" if closed else "A", practice.sub_icb.code,
        practice.telephone, "4",
    )  # fmt: skip


def _organisation(
    code: str, name: str, region: str, board: str, postcode: str, opened: str, closed: str,
    status: str, commissioner: str, telephone: str, setting: str,
) -> list[str]:  # fmt: skip
    """The 27 cells; dates are YYYYMMDD and a closed one left its commissioner that day."""
    joined = max(opened, "20220701") if closed == "" else opened
    address = ["1 EXAMPLE STREET", "", "EXAMPLE VALE", "", ""]
    return [
        code, name.upper(), region, board, *address, postcode, opened, closed, status, "B",
        commissioner, joined, closed, telephone, "", "", "", "0", "", commissioner, "", setting, "",
    ]  # fmt: skip


def _write_networks(folder: Path, places: Places, month: str) -> Path:
    """The network workbook: networks, and dated links of practices; every cell is text."""
    path = folder / "ods-reference" / f"ePCN_{month}.xlsx"
    path.parent.mkdir(parents=True, exist_ok=True)
    today = first_of(month)
    with xlsxwriter.Workbook(path) as book:
        # The library stamps the time of writing unless told otherwise.
        book.set_properties({"created": dt.datetime.fromisoformat(f"{month}-01T00:00:00")})
        sheet = book.add_worksheet("PCNDetails")
        above = places.parents_on(today)
        networks = [_network_row(network, above) for network in places.networks]
        for row, cells in enumerate([NETWORK_COLUMNS, *networks]):
            for column, cell in enumerate(cells):
                # An empty text, not an empty cell: that is how this sheet leaves things out.
                sheet.write_string(row, column, cell)
        sheet = book.add_worksheet("PCN Core Partner Details")
        sheet.write_row(0, 0, PARTNER_COLUMNS)
        links = (link for practice in places.practices for link in _links(practice, above, today))
        for row, link in enumerate(links, start=1):
            sheet.write_row(row, 0, link)
    return path


def _network_row(network: Network, above: dict[str, Parents]) -> tuple[str, ...]:
    """Row of a network."""
    lead = above[network.lead.code].sub_icb
    return (
        network.code, network.name.upper(), lead.code, lead.name.upper(), network.opened,
        network.closed, "1 EXAMPLE STREET", "", "", "EXAMPLE VALE", "", network.postcode,
    )  # fmt: skip


def _links(
    practice: Practice, above: dict[str, Parents], today: str
) -> list[tuple[str | bool, ...]]:
    """Rows of a practice's memberships known on a day, ended ones with their end date."""
    rows: list[tuple[str | bool, ...]] = []
    for held in practice.memberships:
        if held.start > today:
            continue
        lead = above[held.network.lead.code].sub_icb
        own = above[practice.sub_icb.code].sub_icb
        ended = held.end if held.end <= today else ""
        rows.append(
            (practice.code, practice.name.upper(), own.code, own.name.upper(), held.network.code,
             held.network.name.upper(), lead.code, lead.name.upper(), held.start, ended,
             own == lead)
        )  # fmt: skip
    return rows


def suppliers_of(places: Places) -> list[list[str]]:
    """Return the suppliers of each practice's appointment system; some practices have two."""
    made = [["EMIS" if position % 5 < 3 else "TPP"] for position in range(len(places.practices))]
    for event in places.events:
        if event.two_suppliers < len(made):
            made[event.two_suppliers] = ["TPP", "TPP/EMIS"]
    return made


def _write_appointment_map(folder: Path, places: Places, month: str) -> Path:
    """The appointments mapping: one row per practice and supplier, so one practice comes twice."""
    above = places.parents_on(first_of(month))
    rows: list[Sequence[Cell]] = [APPOINTMENT_MAP_COLUMNS]
    for practice, suppliers in zip(places.practices, suppliers_of(places), strict=True):
        if not practice.open_on(first_of(month)):
            continue
        network = practice.network_on(first_of(month))
        cells = (network.code, network.name.upper()) if network else ("U", "UNALLOCATED")
        parents = above[practice.sub_icb.code]
        area, board, region = parents.sub_icb, parents.board, parents.region
        rows += [
            (practice.code, practice.name.upper(), supplier, *cells, area.code, area.name,
             board.code, board.name, region.code, region.name)
            for supplier in suppliers
        ]  # fmt: skip
    return write_csv(folder / "ods-reference" / f"GPAD_Mapping_{month}.csv", rows)


def _write_lookup(folder: Path, places: Places, month: str) -> Path:
    """The lookup of sub-ICB locations to board and region; begins with a byte order mark."""
    rows: list[Sequence[Cell]] = [[name.replace("25", month[2:4]) for name in LOOKUP_COLUMNS]]
    rows += [
        (area.ons_code, area.code, area.name, board.ons_code, board.code, board.name,
         region.ons_code, region.code, region.name, line)
        for line, (area, board, region) in enumerate(
            ((p.sub_icb, p.board, p.region) for p in places.parents_on(first_of(month)).values()),
            start=1,
        )
    ]  # fmt: skip
    path = folder / "ods-reference" / f"Sub_ICB_to_ICB_to_NHSER_{month}.csv"
    return write_csv(path, rows, line_ending="\n", encoding="utf-8-sig")


def _write_deprivation(folder: Path, places: Places) -> Path:
    """Deprivation scores (IMD 2025), one row per practice; England comes twice, once per parent."""
    listed = [p for p in places.practices if DEPRIVATION_MONTH in p.list_sizes]
    people = [p.list_sizes[DEPRIVATION_MONTH] for p in listed]
    england = sum(p.deprivation * n for p, n in zip(listed, people, strict=True)) / sum(people)
    parents = [("", ""), (ENGLAND.ons_code, ENGLAND.name)]
    england_area = (ENGLAND.ons_code, ENGLAND.name, ENGLAND.name)
    rows: list[Sequence[Cell]] = [FINGERTIPS_COLUMNS]
    rows += [_score(parent, england_area, england) for parent in parents]
    rows += [_score(parents[1], (p.code, p.name, "GPs"), p.deprivation) for p in listed]
    return write_csv(folder / "imd" / "fingertips_94240_IMD2025_by_practice.csv", rows)


def _score(parent: tuple[str, str], area: tuple[str, str, str], value: float) -> tuple[str, ...]:
    """The 27 cells of one score."""
    return (
        "94240", "Deprivation score (IMD 2025)", *parent, *area, "Persons", "All ages", "", "",
        "2025", f"{value:.3f}", "", "", "", "", "", "", "", "Cannot be calculated",
        "Not compared", "Not compared", "20250000", "", "", "1y",
    )  # fmt: skip
