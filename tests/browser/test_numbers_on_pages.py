"""What readers read is what the release holds: numbers, intervals, and words for what is not."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import duckdb
import pytest
from chromium import CHROMIUM
from numbers_read import Held, differences, held_rows, is_said, numbers_in
from playwright.sync_api import Browser
from reader import Published, reading
from report_release import BOARD, NETWORK, PRACTICES, REGION, SUB_ICB

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing: apt-get install chromium"
)

# Pages whose numbers name their row, with how many numbers and limits there must be at least.
PAGES = {
    "index.html": 2,
    f"areas/{REGION}.html": 1,
    f"areas/{SUB_ICB}.html": 1,
    f"areas/{BOARD}.html": 6,
    f"areas/{NETWORK}.html": 1,
    f"areas/{PRACTICES[1]}.html": 4,
    "indicators/PC-SDM-01.html": 8,
    "indicators/PC-PCSP-07.html": 8,
    "coproduction.html": 2,
}
# What each state is in words, told apart by nobody's code but this.
STATES = {
    PRACTICES[0]: "too few to show (withheld by us, so that nobody can be recognised)",
    PRACTICES[1]: "a true zero",
    PRACTICES[2]: "expected, not yet arrived: the practice sent nothing yet",
    PRACTICES[3]: "does not apply",
}


@pytest.fixture(scope="module")
def held(filled: Published) -> dict[str, Held]:
    return held_rows(filled.database)


def rows_of(filled: Published, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(filled.database), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("address", PAGES)
def test_numbers_and_intervals_are_the_releases(
    address: str, browser: Browser, filled: Published, held: dict[str, Held]
) -> None:
    with reading(browser) as reader:
        page = reader.opens(filled.report / address)
        checked, wrong = differences(page, held)
        assert wrong == []
        assert checked >= PAGES[address]
        # A page on which one digit is another would have been seen.
        page.evaluate(
            "() => { const cell = document.querySelector('[data-of]');"
            "cell.textContent = cell.textContent.replace(/\\d/, d => (+d + 1) % 10); }"
        )
        assert len(differences(page, held)[1]) == 1


def test_every_newest_value_of_an_area_is_on_its_page(browser: Browser, filled: Published) -> None:
    for code in (REGION, BOARD, SUB_ICB, NETWORK, PRACTICES[0]):
        expected = rows_of(
            filled,
            "select distinct indicator_id, series_id from latest_values where category_type = "
            f"'all' and area_code = '{code}' "
            "and area_type in ('region', 'icb', 'sub_icb', 'pcn', 'practice')",
        )
        with reading(browser) as reader:
            page = reader.opens(filled.report / "areas" / f"{code}.html")
            lines = page.locator("table.lines tbody tr:not(.group)")
            assert lines.count() == len(expected)
            for first in lines.locator("td:nth-of-type(1)").all_inner_texts():
                assert first.strip()


@pytest.mark.parametrize("code", STATES)
def test_what_is_not_there_says_why_on_its_own_page(
    code: str, browser: Browser, filled: Published
) -> None:
    with reading(browser) as reader:
        page = reader.opens(filled.report / "areas" / f"{code}.html")
        said = page.locator("tr#PC-SP-01 td:nth-of-type(1)").inner_text()
    assert STATES[code] in said
    others = [words for other, words in STATES.items() if other != code]
    assert not any(words in said for words in others)
    # A zero is a number; what is withheld, late or does not apply has none, nought least of all.
    told = [number for number, _ in numbers_in(said.replace("per 1,000 people", ""))]
    assert told == ([0.0] if code == PRACTICES[1] else [])


def test_what_is_not_there_says_why_on_the_page_of_its_indicator(
    browser: Browser, filled: Published
) -> None:
    with reading(browser) as reader:
        page = reader.opens(filled.report / "indicators" / "PC-SP-01.html")
        reader.opens_everything()
        said = {}
        for row in page.locator(".wanted table tbody tr").all():
            link = row.locator("th a").get_attribute("href") or ""
            said[link.rpartition("/")[2].removesuffix(".html")] = row.inner_text()
    for code, words in STATES.items():
        assert words in said[code]


def test_what_is_not_there_says_why_in_the_file_taken_away(filled: Published) -> None:
    [path] = filled.report.glob("downloads/PC-SP-01*.zip")
    with zipfile.ZipFile(path) as packed:
        [name] = [name for name in packed.namelist() if name.endswith(".csv")]
        text = packed.read(name).decode("utf-8-sig")
    rows = {row["Area Code"]: row for row in csv.DictReader(io.StringIO(text))}
    states = {code: rows[code]["value_state"] for code in STATES}
    assert list(states.values()) == ["suppressed", "zero", "late", "not_applicable"]
    assert [rows[code]["Value"] for code in STATES] == ["", "0.0", "", ""]


def test_pictures_hold_the_numbers_of_the_release(browser: Browser, filled: Published) -> None:
    expected = dict(
        rows_of(
            filled,
            "select areas.area_name, value from latest_values inner join areas "
            "on latest_values.area_code = areas.area_code and areas.area_type = 'icb' "
            "where indicator_id = 'PC-PCSP-07'",
        )
    )
    with reading(browser) as reader:
        page = reader.opens(filled.report / "indicators" / "PC-PCSP-07.html")
        reader.opens_everything()
        cells = page.locator("#boards tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
        )
    assert len(cells) == len(expected) == 3
    for name, words, *_ in cells:
        [value] = [value for full_name, value in expected.items() if name in full_name]
        assert is_said(words, [value])


def test_slopes_groups_and_context_are_the_releases(browser: Browser, filled: Published) -> None:
    slopes = rows_of(
        filled,
        "select distinct area_type, sii, sii_lower_95, sii_upper_95 from inequalities "
        "where sii is not null order by area_type",
    )
    groups = rows_of(
        filled,
        "select population_share, value from inequalities where category = 'white'",
    )
    with reading(browser) as reader:
        page = reader.opens(filled.report / "inequalities.html")
        said = page.locator("td[data-is^='Slope index']").all_inner_texts()
        white = page.locator("tr", has=page.get_by_text("White", exact=True)).inner_text()
        page = reader.opens(filled.report / "context.html")
        context = page.locator("td[data-is='Value']").all_inner_texts()
    assert len(said) == len(slopes) == 2
    for words, (_, sii, lower, upper) in zip(said, slopes, strict=True):
        assert [number for number, _ in numbers_in(words.replace("1,000", ""))][:1] == [abs(sii)]
        assert {lower, upper} <= {number for number, _ in numbers_in(words)}
    assert is_said(white.partition("White")[2], groups[0])
    assert len(context) == 1
    assert is_said(context[0], [3.125])


def test_quality_counts_what_arrived(browser: Browser, filled: Published) -> None:
    expected = rows_of(
        filled,
        "select extracts.title, count(*), sum(rows_loaded), sum(rows_quarantined) "
        "from extract_editions inner join extracts using (extract) where is_in_use group by 1",
    )
    with reading(browser) as reader:
        page = reader.opens(filled.report / "quality.html")
        for title, *counts in expected:
            row = page.get_by_role("table", name="Extracts in use").locator("tr", has_text=title)
            figures = row.locator("td.figures").all_inner_texts()
            assert [int(text.replace(",", "")) for text in figures] == counts
