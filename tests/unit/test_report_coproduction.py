"""The page on coproduction: what changed first, counts before shares, silence that is no zero."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from report_pages import small_release, words_of
from report_release import BOARD, PRACTICES, insert
from report_rows import QUARTER, change, local_values, organisation, records

from assets.reports.open_release import OpenRelease
from assets.reports.page import html_of
from assets.reports.pages import coproduction


def words(release: OpenRelease) -> str:
    page, *_ = coproduction.pages(release)
    return words_of(page, release)


def test_the_five_newest_changes_come_first_in_the_words_sent(tmp_path: Path) -> None:
    def changes(connection: duckdb.DuckDBPyConnection) -> None:
        organisation(connection, "HUB", "Vale <b>Hub</b>")
        for number in range(1, 8):
            change(connection, number, date(2025, 6, 8) if number == 7 else None)

    with small_release(tmp_path, changes) as release:
        said = words(release)
        page, *_ = coproduction.pages(release)
        html = html_of(page, release)
    shown = [said.index(f"Change {number}.") for number in (7, 6, 5, 4, 3)]
    assert shown == sorted(shown)
    assert "Change 2." not in said
    assert max(shown) < said.index("The four elements")
    assert "The newest 5 of 7 sentences that 1 organisation sent and cleared" in said
    assert "People were told on 8 June 2025." in said
    assert said.count("It is not recorded that people were told.") == 4
    assert "Vale &lt;b&gt;Hub&lt;/b&gt;" in html


def test_no_change_is_said_and_no_board_is_a_zero(tmp_path: Path) -> None:
    with small_release(tmp_path) as release:
        said = words(release)
    assert "No organisation has sent what changed." in said
    assert "No records received from" in said
    assert "Hill and Dale" in said.partition("Doing to, for or with")[2]
    assert "That is not a zero." in said
    assert " 0 " not in said


def test_shares_come_before_the_index_and_need_ten_records(tmp_path: Path) -> None:
    def sent(connection: duckdb.DuckDBPyConnection) -> None:
        organisation(connection, "HUB", "Vale Hub")
        organisation(connection, "FEW", "Few Records CIC")
        organisation(connection, "SIL", "Silent Trust")
        records(connection, ("icb", BOARD), (5, 14, 11), weak_share=0.1, coproduction_index=60.0,
                agreement_share=0.5, self_rating_higher_share=0.25)  # fmt: skip
        records(connection, ("organisation", "HUB"), (5, 5, 0), coproduction_index=25.0)
        records(connection, ("organisation", "FEW"), (1, 0, 1))

    with small_release(tmp_path, sent) as release:
        said = words(release)
        page, *_ = coproduction.pages(release)
        coproduction.write_chunks(release, tmp_path)
    [figure] = page.figures
    assert figure.text.startswith("<script>") or "of 30 records" in figure.text
    assert [row[3] for row in figure.rows] == [5, 14, 11]
    assert said.index("of 30 records") < said.index("60.0")
    assert "30 of 31 classed" in said
    assert "too few for shares: Few Records CIC (2)" in said
    assert "No records received from Silent Trust" in said
    script = (tmp_path / "data" / "coproduction" / f"{BOARD}.js").read_text()
    assert "Vale Hub" in script
    assert "Few Records" not in script


def test_counts_of_an_element_stand_before_their_share(tmp_path: Path) -> None:
    def seats(connection: duckdb.DuckDBPyConnection) -> None:
        for indicator_id, component, unit in (
            ("CP-E1-01", "E1", "proportion"),
            ("CP-E3-03", "E3", "per_1000"),
        ):
            insert(
                connection, "indicators", indicator_id=indicator_id, title=f"T {indicator_id}",
                component=component, component_name=component, unit=unit, method="wilson",
                benchmark="none", polarity="high",
            )  # fmt: skip
            is_share = unit == "proportion"
            insert(
                connection, "latest_values", indicator_id=indicator_id, area_type="icb",
                area_code=BOARD, hierarchy_basis="as_is", series_id="s", category_type="all",
                category="all", numerator=6 if is_share else 228.75,
                denominator=27 if is_share else 128589, value=6 / 27 if is_share else 1.7789,
                unit=unit, value_state="reported", **QUARTER,
            )  # fmt: skip

    with small_release(tmp_path, seats) as release:
        said = words(release)
    assert "6 of 27 22.2%" in said
    assert "228.8 1.8 per 1,000 people" in said


def test_champions_stand_beside_practices_alike_with_the_warning(tmp_path: Path) -> None:
    def programmes(connection: duckdb.DuckDBPyConnection) -> None:
        for place, (is_in, is_active, group) in enumerate(
            ((True, True, "a"), (True, None, "a"), (True, False, "b"), (False, False, "a"))
        ):
            insert(
                connection, "champion_programmes", practice_code=PRACTICES[place], icb_code=BOARD,
                is_in_programme=is_in, is_active_programme=is_active,
                sessions=10 if is_in else None, champion_hours=2.5 if is_in else None,
                registered_patients=1000, comparison_group=group,
                comparison_practices=1 if group == "a" else 0,
                comparison_registered_patients=1000 if group == "a" else None,
                warning="not a causal comparison: practices chose to take part", **QUARTER,
            )  # fmt: skip

    with small_release(tmp_path, programmes) as release:
        said = words(release).partition("Practice champions")[2]
    assert "not a causal comparison: practices chose to take part" in said
    assert "With a programme 3 of 4 practices" in said
    assert "Active in the last 92 days 1 1 more cannot be said" in said
    assert "Hours gifted 7.5" in said
    assert "30 sessions" in said
    # The group of two practices is counted once.
    assert "Alike, without a programme 1 practice" in said
    assert "With nobody alike 1 practice" in said


def test_elements_of_many_boards_have_a_page_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coproduction, "_MOST_BOARDS_BESIDE", 0)
    with small_release(tmp_path, local_values) as release:
        whole, *elements = coproduction.pages(release)
        said = words_of(whole, release)
        of_seats = words_of(elements[0], release)
        html = html_of(whole, release)
    assert "1 of 2 boards sent records" in said
    assert "Voting seats held by people : 1 board" in said
    assert "22.2%" not in said
    assert 'href="coproduction/E1.html"' in html
    assert "22.2%" in of_seats
    assert "No records received from" in of_seats
