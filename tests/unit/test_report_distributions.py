"""Quartiles that a practice stands beside: a list of under 100 people is no part of them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from report_pages import small_release
from report_release import PRACTICES, SURVEY

from assets.reports.figures.spine import Spread
from assets.reports.pages.area_figures import read_spreads
from assets.reports.pages.area_lines import Alike, comparisons
from assets.reports.pages.areas import pages_of

_PERIOD = ("PC-SDM-01", SURVEY[2], SURVEY[1])


def _first_is_residual(connection: duckdb.DuckDBPyConnection) -> None:
    """The practice with the lowest share, 80 %, has too few people to be ranked."""
    connection.execute(
        "update latest_values set dq_flags = 'incomplete_period,residual_list' "
        f"where area_code = '{PRACTICES[0]}'"
    )


def test_a_residual_list_is_in_no_quartile(tmp_path: Path) -> None:
    with small_release(tmp_path, _first_is_residual) as release:
        spread = read_spreads(release).by_period["practice", *_PERIOD]
        alike = comparisons(release).alike[*_PERIOD, 1]
    # Seven practices from 80 to 86 %, six of them in the first fifth: the first is left out.
    assert spread == Spread(0.81, pytest.approx(0.8225), pytest.approx(0.8475), 0.86)
    assert alike == Alike(pytest.approx(0.82), pytest.approx(0.83), pytest.approx(0.84), 5)


def test_a_residual_list_has_no_place_among_the_others(tmp_path: Path) -> None:
    def one_of_two_indicators(connection: duckdb.DuckDBPyConnection) -> None:
        _first_is_residual(connection)
        for table in ("latest_values", "england_values"):
            connection.execute(f"delete from {table} where indicator_id = 'PC-OUT-02'")
            connection.execute(
                f"insert into {table} by name select * replace ('PC-OUT-02' as indicator_id, "
                f"'incomplete_period' as dq_flags) from {table} where indicator_id = 'PC-SDM-01'"
            )

    with small_release(tmp_path, one_of_two_indicators) as release:
        [page] = pages_of(release, [("practice", (PRACTICES[0],))])
    [spines] = [figure for figure in page.figures if figure.key == "spine"]
    title, value, worst, at = (
        [column.name for column in spines.columns].index(name)
        for name in ("title", "value", "worst", "at")
    )
    rows = {row[title]: row for row in spines.rows}
    unranked, ranked = rows["Involved in decisions"], rows["Feeling isolated"]
    assert (unranked[value], unranked[worst], unranked[at]) == (0.8, None, None)
    assert ranked[worst] == 0.86
    assert ranked[at] is not None


def test_other_remarks_leave_a_practice_among_the_others(tmp_path: Path) -> None:
    def remark(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("update latest_values set dq_flags = 'incomplete_period'")

    with small_release(tmp_path, remark) as release:
        assert read_spreads(release).by_period["practice", *_PERIOD].lowest == 0.8
        assert comparisons(release).alike[*_PERIOD, 1].practices == 6
