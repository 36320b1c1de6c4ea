"""Pages on inequalities and on context: slopes in words, groups of boards only, nothing rated."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from report_pages import small_release, words_of
from report_release import BOARD, ENGLAND, NETWORK
from report_rows import catalogued, fifths, groups, reading

from assets.reports.open_release import OpenRelease
from assets.reports.pages import context, inequalities
from assets.reports.pages.gradients import read_gradients, slope_words


def words(release: OpenRelease) -> str:
    [page] = inequalities.pages(release)
    return words_of(page, release)


@pytest.mark.parametrize(
    ("sii", "said"),
    [
        ((-8.3, -9.5, -7.1), "Lower where people are least deprived, by 8.3 per 1,000 people"),
        ((6.9, 0.6, 13.1), "Higher where people are least deprived"),
        ((1.0, -0.5, 2.5), "No clear gradient"),
        ((None, None, None), "No slope index: too few fifths."),
    ],
)
def test_a_slope_is_a_sentence(tmp_path: Path, sii: tuple[float | None, ...], said: str) -> None:
    def slope(connection: duckdb.DuckDBPyConnection) -> None:
        catalogued(connection, "PC-INQ-01")
        fifths(connection, ("icb", BOARD), sii, index_reason=None if sii[0] else "too few fifths")

    with small_release(tmp_path, slope) as release:
        [one] = read_gradients(release, "PC-INQ-01")
        assert said in slope_words(one)
        assert said in words(release)
        assert "better" not in words(release).replace("nothing here is called better or worse", "")


def test_england_has_the_picture_and_boards_the_words(tmp_path: Path) -> None:
    def slopes(connection: duckdb.DuckDBPyConnection) -> None:
        catalogued(connection, "PC-INQ-01")
        fifths(connection, ("england", ENGLAND), (-8.3, -9.5, -7.1))
        fifths(connection, ("icb", BOARD), (-4.0, -5.0, -3.0))
        # An older year of the same series is not shown.
        connection.execute(
            "insert into inequalities by name select * replace (date '2024-03-31' as period_end, "
            "99.0 as sii) from inequalities"
        )

    with small_release(tmp_path, slopes) as release:
        [page] = inequalities.pages(release)
        said = words_of(page, release)
    [figure] = page.figures
    assert [row[1] for row in figure.rows] == [19.0, 18.0, 17.0, 16.0, 15.0]
    assert "by 4.0 per 1,000 people" in said
    assert "0.60 times (0.50 to 0.70)" in said
    assert "99" not in said


@pytest.mark.parametrize(
    ("index", "said"),
    [
        (93.2, "Similarity 93.2 of 100: less like the population than chance explains"),
        (98.5, "Similarity 98.5 of 100: no less like the population than chance alone"),
        (None, "No index: fewer than 100 referrals."),
    ],
)
def test_an_index_stands_beside_chance(tmp_path: Path, index: float | None, said: str) -> None:
    def shares(connection: duckdb.DuckDBPyConnection) -> None:
        catalogued(connection, "PC-INQ-03")
        groups(connection, ("icb", BOARD), index)

    with small_release(tmp_path, shares) as release:
        text = words(release)
    assert said in text
    assert "White 90.0% 82.0% 0.91 1,220" in text
    assert "Black 10.0% too few to show (withheld by us" in text


def test_groups_of_anything_smaller_than_a_board_are_not_shown(tmp_path: Path) -> None:
    def shares(connection: duckdb.DuckDBPyConnection) -> None:
        catalogued(connection, "PC-INQ-03")
        groups(connection, ("pcn", NETWORK), 93.2)
        groups(connection, ("programme", BOARD), 93.2)

    with small_release(tmp_path, shares) as release:
        text = words(release)
    assert "93.2" not in text
    assert "no board has enough records with a stated ethnic group" in text


def test_context_is_told_and_never_rated(tmp_path: Path) -> None:
    def surroundings(connection: duckdb.DuckDBPyConnection) -> None:
        reading(connection, "wellbeing_anxiety", "local_authority", value=3.0)
        reading(connection, "wellbeing_anxiety", "england", value=3.125)
        reading(connection, "wellbeing_anxiety", "england", value=9.9, period="2019/20")
        reading(connection, "modelled_loneliness", "icb", value=0.246, unit="proportion",
                is_modelled=True)  # fmt: skip
        reading(connection, "fingertips_1", "icb", value=None, value_state="suppressed_source",
                value_reason="Value suppressed", unit="as_published")  # fmt: skip

    with small_release(tmp_path, surroundings) as release:
        [page] = context.pages(release)
        text = words_of(page, release)
        context.write_chunks(release, tmp_path)
    assert "Some england aged 16+ 3.13 none published 2020/21" in text
    assert "9.9" not in text
    assert "24.6%" in text
    assert "A model says it: nobody in these areas was asked." in text
    assert "too few to show (withheld by the publisher): Value suppressed" in text
    assert "Some local_authority" not in text
    assert (
        "Some local_authority"
        in (tmp_path / "data" / "context" / "wellbeing_anxiety.js").read_text()
    )
    assert page.figures == ()
    told = text.replace("nothing here is called better or worse", "")
    assert not any(word in told for word in ("better", "worse", "similar"))


def test_no_context_is_said(tmp_path: Path) -> None:
    with small_release(tmp_path) as release:
        [page] = context.pages(release)
        assert "No context was received with this release." in words_of(page, release)
