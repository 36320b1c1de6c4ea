"""How many people are registered with each practice, and where each practice belongs."""

from collections.abc import Sequence
from pathlib import Path

from assets.samples.country.places import Places, Practice
from assets.samples.months import extract_date, first_of, month_name
from assets.samples.periods import Periods
from assets.samples.published.published_csv import Cell, write_csv

PRACTICE_LIST_COLUMNS = (
    "PUBLICATION", "EXTRACT_DATE", "TYPE", "SUB_ICB_LOCATION_CODE", "ONS_SUB_ICB_LOCATION_CODE",
    "CODE", "POSTCODE", "SEX", "AGE", "NUMBER_OF_PATIENTS",
)  # fmt: skip
MAP_COLUMNS = (
    "PUBLICATION", "EXTRACT_DATE", "PRACTICE_CODE", "PRACTICE_NAME", "PRACTICE_POSTCODE",
    "PCN_CODE", "PCN_NAME", "ONS_SUB_ICB_LOCATION_CODE", "SUB_ICB_LOCATION_CODE",
    "SUB_ICB_LOCATION_NAME", "ONS_ICB_CODE", "ICB_CODE", "ICB_NAME", "ONS_COMM_REGION_CODE",
    "COMM_REGION_CODE", "COMM_REGION_NAME",
)  # fmt: skip
PUBLICATION = "GP_PRAC_PAT_LIST"


def write_registers(folder: Path, places: Places, periods: Periods) -> list[Path]:
    """Write the list sizes and the mapping of practices, a file a month each."""
    return [
        *(_write_list_sizes(folder, places, month) for month in periods.list_months),
        *(_write_map(folder, places, month) for month in periods.map_months),
    ]


def network_cells(practice: Practice, on: str, unallocated: str) -> tuple[str, str]:
    """Code and name of the network on a day; the bare letter U where there is none."""
    network = practice.network_on(on)
    return (network.code, network.name) if network else ("U", unallocated)


def _write_list_sizes(folder: Path, places: Places, month: str) -> Path:
    """One row per practice: everybody registered on the first of the month."""
    rows: list[Sequence[Cell]] = [PRACTICE_LIST_COLUMNS]
    for practice in places.listed_in(month):
        area = practice.sub_icb
        rows.append(
            (PUBLICATION, extract_date(month), "GP", area.code, area.ons_code, practice.code,
             practice.postcode, "ALL", "ALL", practice.list_sizes[month])
        )  # fmt: skip
    return write_csv(folder / "gp-list-size" / f"gp-reg-pat-prac-all_{month}.csv", rows)


def _write_map(folder: Path, places: Places, month: str) -> Path:
    """One row per practice: every area it belongs to on the first of the month."""
    rows: list[Sequence[Cell]] = [MAP_COLUMNS]
    # The mapping file writes the month in mixed case and ends its lines with LF alone.
    day = f"01{month_name(month)}{month[:4]}"
    above = places.parents_on(first_of(month))
    for practice in places.listed_in(month):
        code, name = network_cells(practice, first_of(month), "Unallocated")
        parents = above[practice.sub_icb.code]
        area, board, region = parents.sub_icb, parents.board, parents.region
        rows.append(
            (PUBLICATION, day, practice.code, practice.name.upper(), practice.postcode, code,
             name.upper() if code != "U" else name, area.ons_code, area.code, area.name,
             board.ons_code, board.code, board.name, region.ons_code, region.code, region.name)
        )  # fmt: skip
    path = folder / "gp-list-size" / f"gp-reg-pat-prac-map_{month}.csv"
    return write_csv(path, rows, line_ending="\n")
