"""Indices of Deprivation of 2019 and of 2025: each is about every area of its own census."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Desk

from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.holding.editions import Edition
from assets.home import Home

_IMD = "Index of Multiple Deprivation (IMD)"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    one = Desk(tmp_path / "landing", Home(tmp_path / "home"), load_contracts())
    yield one
    one.close()


def take_in(desk: Desk, index: int, census: int, areas: int, first_score: str = "90") -> Edition:
    """Send an index of so many areas, as if it were real; the rank of the last is their number."""
    header = (
        f"LSOA code ({census}),{_IMD} Score,{_IMD} Rank (where 1 is most deprived),"
        f"{_IMD} Decile (where 1 is most deprived 10% of LSOAs)"
    )
    rows = (
        f"E01{rank:06d},{first_score if rank == 1 else f'{90 - 80 * rank / areas:.4f}'},"
        f"{rank},{1 + (rank - 1) * 10 // areas}"
        for rank in range(1, areas + 1)
    )
    desk.put(f"iod{index}_lsoa.csv", "\r\n".join([header, *rows, ""]).encode())
    [edition] = desk.take_in("iod_lsoa")["iod_lsoa"]
    return edition


@pytest.mark.parametrize(("index", "census", "areas"), [(2019, 2011, 32_844), (2025, 2021, 33_755)])
def test_an_index_is_of_every_area_of_its_census(
    desk: Desk, index: int, census: int, areas: int
) -> None:
    # As many as the other census had would be hundreds of areas too few, or too many.
    cut = take_in(desk, index, census, areas - 1)
    assert cut.verdict == "refused"
    assert f"a whole edition has {areas:,} rows: 1 (rows_found {areas - 1})" in cut.reason

    assert take_in(desk, index, census, areas).verdict == "accepted"


def test_areas_of_the_other_census_are_refused(desk: Desk) -> None:
    assert take_in(desk, 2025, 2021, 32_844).verdict == "refused"
    assert take_in(desk, 2019, 2011, 33_755).verdict == "refused"


def test_one_bad_row_is_named(desk: Desk) -> None:
    # Every other row is sound, so that only the row itself tells what to mend.
    bad = take_in(desk, 2025, 2021, 33_755, first_score="900")
    assert bad.verdict == "refused"
    assert "1 of 33755 rows quarantined" in bad.reason
    assert f"column '{_IMD} Score' is more than 100 in 1 row(s): 1" in bad.reason
