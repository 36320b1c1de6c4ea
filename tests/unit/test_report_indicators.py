"""Pages of indicators: what a number means, England, boards, and small areas nobody ranks."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from report_pages import small_release, words_of
from report_release import (
    BOARD,
    ENGLAND,
    FORMER,
    NETWORK,
    PRACTICES,
    SURVEY,
    insert,
    value,
)
from report_rows import boards, months

from assets.reports.figures.figure import Figure
from assets.reports.open_release import OpenRelease
from assets.reports.page import Page, html_of
from assets.reports.pages import indicators
from assets.reports.pages.indicator_chunks import NOWHERE, area_chunks, icon_counts, spc_chunks
from assets.reports.pages.indicator_values import level_of, newest_values


def page_of(release: OpenRelease, indicator_id: str) -> Page:
    """The page, with its scripts written beside the release."""
    found = {page.address: page for page in indicators.pages(release, release.database.parent)}
    return found[f"indicators/{indicator_id}.html"]


def table_of(release: OpenRelease, indicator_id: str, level: str) -> dict[str, Figure]:
    """The tables of a small level, by board."""
    newest = newest_values(release, indicator_id)[level]
    indicator = release.catalogue[indicator_id]
    chunks = area_chunks(release, indicator, level_of(release, level, newest))
    return {chunk.board: chunk.figures[0] for chunk in chunks}


def column(figure: Figure, name: str) -> list[Any]:
    place = [column.name for column in figure.columns].index(name)
    return [row[place] for row in figure.rows]


def test_every_indicator_has_a_page_and_stands_in_the_list(tmp_path: Path) -> None:
    with small_release(tmp_path) as release:
        pages = list(indicators.pages(release, tmp_path))
        listed = html_of(pages[0], release)
        assert [page.address for page in pages[1:]] == [
            indicator.address for indicator in release.catalogue.values()
        ]
        assert all(page.address.partition("/")[2] in listed for page in pages[1:])
        assert "No indicator of these has been reviewed with people yet" in listed


def test_a_page_says_how_it_is_made_and_who_looked_at_it(tmp_path: Path) -> None:
    with small_release(tmp_path) as release:
        words = words_of(page_of(release, "PC-SDM-01"), release)
    for said in (
        "It matters.",
        "People who said so",
        "All who answered",
        "Higher is better.",
        "Not yet checked by a second person.",
        "Not yet reviewed with people.",
        "2026-11-26 first version",
        "GP Patient Survey",
        "What people aged 16 and over said.",
    ):
        assert said in words


def test_people_who_reviewed_it_are_named(tmp_path: Path) -> None:
    def reviewed(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("update indicators set reviewed_with_people = 'Voices group, May 2026'")

    with small_release(tmp_path, reviewed) as release:
        words = words_of(page_of(release, "PC-SDM-01"), release)
    assert "Reviewed with people: Voices group, May 2026." in words


def test_england_over_time_breaks_where_the_questionnaire_changed(tmp_path: Path) -> None:
    with small_release(tmp_path) as release:
        [trend] = [f for f in page_of(release, "PC-SDM-01").figures if f.kind == "trend"]
    assert column(trend, "value") == [0.93, 0.88, 0.9]
    assert [words != "none" for words in column(trend, "break_words")] == [False, True, False]


def test_states_of_practices_are_words_in_the_table_that_is_loaded(tmp_path: Path) -> None:
    with small_release(tmp_path) as release:
        table = table_of(release, "PC-SP-01", "practice")[BOARD]
    states = dict(zip(column(table, "code"), column(table, "state"), strict=True))
    assert states == {
        PRACTICES[0]: "too few to show (withheld by us, so that nobody can be recognised)",
        PRACTICES[1]: "a true zero",
        PRACTICES[2]: "expected, not yet arrived: the practice sent nothing yet",
        PRACTICES[3]: "does not apply",
    }
    assert column(table, "value") == [None, 0.0, None, None]


def test_practices_stand_by_name_and_with_the_numbers_of_the_release(tmp_path: Path) -> None:
    def rename(connection: duckdb.DuckDBPyConnection) -> None:
        # By value the first practice is last; by name it is first.
        for place, code in enumerate(PRACTICES):
            name = f"{'bdface'[place] if place < 6 else 'g'} surgery"
            connection.execute("update areas set area_name = ? where area_code = ?", [name, code])

    with small_release(tmp_path, rename) as release:
        table = table_of(release, "PC-SDM-01", "practice")[BOARD]
        held = dict(
            release.rows(
                "select area_code, value from latest_values where area_type = 'practice' "
                "and indicator_id = 'PC-SDM-01'"
            )
        )
        page = html_of(page_of(release, "PC-SDM-01"), release)
    assert column(table, "area") == sorted(column(table, "area"))
    assert column(table, "value") != sorted(column(table, "value"))
    shown = dict(zip(column(table, "code"), column(table, "value"), strict=True))
    assert shown == held
    assert not any(code in page for code in PRACTICES)


def test_a_practice_that_lies_in_no_board_today_is_not_lost(tmp_path: Path) -> None:
    def lost(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(
            "delete from area_relationships where child_code = ? and parent_type = 'icb'",
            [PRACTICES[6]],
        )

    with small_release(tmp_path, lost) as release:
        tables = table_of(release, "PC-SDM-01", "practice")
        words = words_of(page_of(release, "PC-SDM-01"), release)
    assert column(tables[NOWHERE], "code") == [PRACTICES[6]]
    assert "In no board today" in words


def test_the_page_names_the_scripts_that_are_written(tmp_path: Path) -> None:
    with small_release(tmp_path) as release:
        page = html_of(page_of(release, "PC-SDM-01"), release)
    script = tmp_path / "data" / "indicators" / "PC-SDM-01" / f"practice-{BOARD}.js"
    assert f'data-rows="../data/indicators/PC-SDM-01/practice-{BOARD}.js"' in page
    assert f'data-keys="practice-{BOARD}"' in page
    assert f'"practice-{BOARD}"' in script.read_text()


def test_boards_have_bars_a_map_and_a_funnel_only_where_chance_is_the_funnels(
    tmp_path: Path,
) -> None:
    def with_boards(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("delete from latest_values where area_type in ('icb', 'england')")
        boards(connection)

    with small_release(tmp_path, with_boards) as release:
        count, survey = (page_of(release, name) for name in ("PC-PCSP-07", "PC-SDM-01"))
        words = words_of(survey, release)
    kinds = {figure.kind: figure for figure in count.figures}
    assert {"bars", "funnel", "tile_map"} <= set(kinds)
    assert column(kinds["bars"], "value") == [0.9, 0.6, 0.5]
    assert set(column(kinds["bars"], "comparison")) == {"better"}
    assert set(column(kinds["tile_map"], "comparison")) == {"similar"}
    assert "funnel" not in {figure.kind for figure in survey.figures}
    assert "There is no funnel of chance here: survey answers are weighted" in words


def test_those_who_chose_to_send_are_not_compared(tmp_path: Path) -> None:
    def local(connection: duckdb.DuckDBPyConnection) -> None:
        for code, number in ((BOARD, 1.5), (FORMER, 2.5)):
            insert(
                connection, "latest_values", indicator_id="CP-E3-02", area_type="icb",
                area_code=code, value=number, value_state="reported", unit="per_1000",
                hierarchy_basis="as_is", period_start=date(2025, 7, 1),
                period_end=date(2025, 9, 30), series_id="champions", category_type="all",
                category="all",
            )  # fmt: skip

    with small_release(tmp_path, local) as release:
        page = page_of(release, "CP-E3-02")
        words = words_of(page, release)
    assert not page.figures
    assert "nobody is called better or worse" in words
    assert "There is no England value" in words
    assert "Compared" not in words


def test_a_level_is_shown_in_the_series_with_the_newest_numbers(tmp_path: Path) -> None:
    with small_release(tmp_path) as release:
        [one] = newest_values(release, "CP-E3-02")["pcn"]
        old = release.values(
            "(select * replace ('ended' as series_id, date '2020-03-31' as period_end, "
            "9.9 as value) from latest_values where indicator_id = 'CP-E3-02' "
            "and area_type = 'pcn')"
        )
        empty = release.values(
            "(select * replace ('coming' as series_id, date '2026-03-31' as period_end, "
            "cast(null as double) as value) from latest_values "
            "where indicator_id = 'CP-E3-02' and area_type = 'pcn')"
        )
        level = level_of(release, "pcn", [*old, *empty, one])
    assert [value.series_id for value in level.values] == ["champions"]
    assert level.other_series == ("coming", "ended")


def test_months_have_a_chart_only_where_there_are_limits(tmp_path: Path) -> None:
    with small_release(tmp_path, months) as release:
        chunks = spc_chunks(release, release.catalogue["PC-SP-01"])
        words = words_of(page_of(release, "PC-SP-01"), release)
    [(board, [figure])] = [(chunk.board, chunk.figures) for chunk in chunks]
    assert (board, figure.kind) == (BOARD, "spc")
    assert NETWORK in figure.key
    assert len(figure.rows) == 2
    assert icon_counts(chunks) == ["Common cause: no special change: 1 chart"]
    assert "Common cause: no special change: 1 chart" in words


@pytest.mark.parametrize(
    ("series", "said"),
    [("phb_ytd", "each quarter holds the ones before"), ("ncdes_ytd", "start again each April")],
)
def test_counts_since_april_are_explained(tmp_path: Path, series: str, said: str) -> None:
    def rename(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(
            "update latest_values set series_id = ? where indicator_id = 'PC-SP-01'", [series]
        )

    with small_release(tmp_path, rename) as release:
        assert said in words_of(page_of(release, "PC-SP-01"), release)


def test_an_indicator_without_records_says_so_and_shows_no_zero(tmp_path: Path) -> None:
    def without(connection: duckdb.DuckDBPyConnection) -> None:
        for table in ("latest_values", "indicator_values", "england_values"):
            connection.execute(f"delete from {table} where indicator_id = 'PC-SP-01'")

    with small_release(tmp_path, without) as release:
        page = page_of(release, "PC-SP-01")
        words = words_of(page, release)
    assert "No records received. That is not a zero" in words
    assert page.data_to == "no value of this indicator in this release"
    assert "CSV" not in words


def test_england_value_in_another_state_is_words(tmp_path: Path) -> None:
    def nothing(connection: duckdb.DuckDBPyConnection) -> None:
        value(connection, "PC-SP-01", ("england", ENGLAND), SURVEY, state="late", unit="per_1000")
        connection.execute(
            "insert into latest_values by name select * from indicator_values "
            "where indicator_id = 'PC-SP-01' and area_type = 'england'"
        )

    with small_release(tmp_path, nothing) as release:
        words = words_of(page_of(release, "PC-SP-01"), release)
    assert "expected, not yet arrived" in words.partition("Areas")[0]
