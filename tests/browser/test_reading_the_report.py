"""Reading without a mouse, on paper, on any screen, and taking numbers away."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import zipfile
from datetime import date
from pathlib import Path

import duckdb
import pytest
from chromium import CHROMIUM
from playwright.sync_api import Browser, Page, expect
from reader import Published, reading
from report_release import (
    BOARD,
    ENGLAND,
    FORMER,
    NETWORK,
    PRACTICES,
    PUBLISHED,
    REGION,
    VERSION,
    insert,
)
from report_rows import filled_release

from assets.reports.open_release import Edition
from assets.reports.site import write_site

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing: apt-get install chromium"
)

SURVEY_PAGE = "indicators/PC-SDM-01.html"
# Everything that takes the focus shows it: by an outline, a ground or a border that changes.
FOCUS_LOOK = """
() => {
  const look = e => { const s = getComputedStyle(e);
    return [s.outlineStyle, s.outlineWidth, s.outlineColor, s.boxShadow, s.backgroundColor,
            s.borderColor].join(' '); };
  const element = document.activeElement, focused = look(element);
  const who = element.id || element.className || element.tagName + ' ' + element.textContent.trim();
  element.blur();
  const without = look(element);
  element.focus({preventScroll: true, focusVisible: true});
  return [who.slice(0, 60), focused !== without];
}
"""


def _tabs(page: Page, most: int = 400) -> list[tuple[str, bool]]:
    """Press Tab until the focus leaves the page: what had it, and whether that could be seen."""
    seen: list[tuple[str, bool]] = []
    page.evaluate("window.met = new Set()")
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(
            "() => { const e = document.activeElement;"
            "if (e === document.body || window.met.has(e)) return true;"
            "window.met.add(e); return false; }"
        ):
            break
        seen.append(tuple(page.evaluate(FOCUS_LOOK)))
    return seen


@pytest.mark.parametrize(
    "address", [f"areas/{PRACTICES[0]}.html", SURVEY_PAGE, "coproduction.html"]
)
def test_the_keyboard_reaches_everything_and_shows_where_it_is(
    address: str, browser: Browser, filled: Published
) -> None:
    with reading(browser) as reader:
        page = reader.opens(filled.report / address)
        reader.draws_all()
        page.evaluate("window.scrollTo(0, 0)")
        wanted = page.locator(
            "a[href]:visible, button:visible, input:visible, select:visible, summary:visible,"
            "[tabindex='0']:visible"
        ).count()
        seen = _tabs(page)
        assert seen[0][0] == "nhsuk-skip-link"
        assert seen[2][0] == "find"
        # The skip link is out of sight until it has the focus.
        assert len(seen) in (wanted, wanted + 1), (wanted, seen)
        assert [who for who, is_shown in seen if not is_shown] == []


def test_the_skip_link_leads_past_the_top(browser: Browser, filled: Published) -> None:
    with reading(browser) as reader:
        page = reader.opens(filled.report / SURVEY_PAGE)
        page.keyboard.press("Tab")
        expect(page.locator(".nhsuk-skip-link")).to_be_in_viewport()
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")


def test_tables_folds_and_choices_open_by_keys(browser: Browser, filled: Published) -> None:
    with reading(browser) as reader:
        page = reader.opens(filled.report / SURVEY_PAGE)
        reader.draws_all()
        table = page.locator("#boards details")
        table.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(table.locator("tbody tr")).to_have_count(3)
        page.keyboard.press("Enter")
        expect(table.locator("table")).not_to_be_visible()
        practices = page.locator(f"details[data-keys='practice-{BOARD}']")
        practices.locator("summary").focus()
        page.keyboard.press("Space")
        expect(practices.locator("tbody tr")).to_have_count(len(PRACTICES))
        page.get_by_label("beside", exact=True).focus()
        page.keyboard.press("ArrowDown")
        expect(page.locator(".beside-rows tbody th").last).not_to_have_text("England")
        assert "beside=" in page.url


def test_a_link_holds_area_indicator_and_comparison(browser: Browser, filled: Published) -> None:
    with reading(browser) as reader:
        page = reader.opens(filled.report / "areas" / f"{PRACTICES[2]}.html")
        page.locator("tr#PC-SDM-01 th a").click()
        rows = page.locator(".beside-rows tbody tr")
        expect(rows).to_have_count(2)
        expect(rows.first).to_contain_text("Surgery 3 at St Anne's")
        expect(rows.first.locator("td").first).to_have_text("82.0%")
        expect(rows.first).to_contain_text("70.0% to 95.0%")
        expect(rows.last).to_contain_text("England")
        page.get_by_label("beside", exact=True).select_option(FORMER)
        shared = page.url
    with reading(browser, width=320, scheme="dark") as other:
        other.page.goto(shared)
        rows = other.page.locator(".beside-rows tbody tr")
        expect(rows.first).to_contain_text("Surgery 3 at St Anne's")
        expect(rows.last).to_contain_text("Hill and Dale")
        expect(rows.last.locator("td").first).to_have_text("60.0%")
        beside = other.page.get_by_label("beside", exact=True).locator("option")
        # Practices are set beside larger areas, never beside one another.
        assert not any("Surgery" in words for words in beside.all_inner_texts())


def test_no_board_is_taken_for_england_where_it_has_no_value(
    browser: Browser, filled: Published
) -> None:
    with reading(browser) as reader:
        page = reader.opens(filled.report / "indicators" / "CP-E1-01.html")
        reader.draws_all()
        # One board alone: there is nothing to set it beside.
        expect(page.locator("#beside")).to_be_hidden()
        page = reader.opens(filled.report / "indicators" / "CP-E4-01.html")
        rows = page.locator(".beside-rows tbody tr")
        expect(rows).to_have_count(2)
        expect(page.locator(".beside-rows")).not_to_contain_text("England")
        assert sorted(rows.locator("td").nth(place).inner_text() for place in (0, 4)) == [
            "25.0%",
            "75.0%",
        ]
        for row in rows.all():
            expect(row.locator("[data-is=Compared]")).to_have_text("not compared")


def test_an_area_stands_beside_england_as_counted_in_the_same_way(
    browser: Browser, tmp_path: Path
) -> None:
    database = filled_release(tmp_path / "doing_with.duckdb")
    both = {"hierarchy_basis": "as_is", "category_type": "all", "category": "all"}
    with duckdb.connect(str(database)) as connection:
        for area, in_month, since_april in (
            (("england", ENGLAND), None, 8.3),
            (("icb", BOARD), None, 9.1),
        ):
            for start, series, number in (
                (date(2025, 9, 1), "pcact_patients_month", in_month),
                (date(2025, 4, 1), "pcact_patients_ytd", since_april),
            ):
                for table in ("latest_values", "indicator_values"):
                    insert(
                        connection, table, indicator_id="PC-SP-01", area_type=area[0],
                        area_code=area[1], period_start=start, period_end=date(2025, 9, 30),
                        series_id=series, value=number, unit="per_1000",
                        value_state="reported" if number else "suppressed", **both,
                    )  # fmt: skip
    site = write_site(database, tmp_path / "report", Edition(VERSION, PUBLISHED))
    with reading(browser) as reader:
        page = reader.opens(site.folder / "indicators" / "PC-SP-01.html")
        rows = page.locator(".beside-rows tbody tr")
        expect(rows).to_have_count(2)
        expect(rows.first.locator("td").first).to_contain_text("9.1")
        expect(rows.last.locator("th")).to_have_text("England")
        expect(rows.last.locator("td").first).to_contain_text("8.3")


@pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext is missing: apt-get install poppler-utils"
)
@pytest.mark.parametrize(
    ("address", "said"),
    [
        (f"areas/{PRACTICES[0]}.html", ["80.0%", "70.0% to 95.0%", "too few to show"]),
        (f"areas/{PRACTICES[2]}.html", ["82.0%", "expected, not yet arrived"]),
        (SURVEY_PAGE, ["60.0%", "59.0% to 61.0%", "Hill and Dale"]),
        ("coproduction.html", ["6 of 27", "22.2%", "Change 2."]),
        ("inequalities.html", ["8.3 per 1,000", "82.0%"]),
    ],
)
def test_paper_has_the_words_and_the_banner(
    address: str, said: list[str], browser: Browser, filled: Published, tmp_path: Path
) -> None:
    with reading(browser, scheme="dark") as reader:
        page = reader.opens(filled.report / address)
        reader.draws_all()
        page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True, print_background=True)
    ran = subprocess.run(
        ["pdftotext", tmp_path / "page.pdf", "-"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    words = " ".join(ran.stdout.split())
    assert "Made-up data: not for any use." in words
    assert VERSION in words
    assert "Skip to the content" not in words
    for part in said:
        assert part in words


@pytest.mark.parametrize("width", [320, 768, 2560])
def test_pages_fit_from_a_telephone_to_a_wall(
    width: int, browser: Browser, filled: Published
) -> None:
    with reading(browser, width=width) as reader:
        for address in ("index.html", f"areas/{REGION}.html", f"areas/{NETWORK}.html", SURVEY_PAGE,
                        "coproduction.html", "inequalities.html", "quality.html"):  # fmt: skip
            page = reader.opens(filled.report / address)
            reader.opens_everything()
            assert page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            ) <= 0, address  # fmt: skip
            # Lines of words stay short enough to be read, however wide the screen.
            longest = page.evaluate(
                "Math.max(...[...document.querySelectorAll('main p')].map(p => p.clientWidth))"
            )
            assert longest <= 1400


def test_numbers_and_pictures_of_real_pages_can_be_taken_away(
    browser: Browser, filled: Published
) -> None:
    with reading(browser) as reader:
        page = reader.opens(filled.report / SURVEY_PAGE)
        drawn = reader.draws_all()
        figures = page.locator("figure[data-figure]")
        assert drawn == figures.count() > 0
        for number in range(drawn):
            taken = {}
            for kind in ("csv", "svg"):
                with page.expect_download() as started:
                    figures.nth(number).locator(f"[data-download={kind}]").click()
                assert started.value.suggested_filename.startswith("made-up-PC-SDM-01-")
                taken[kind] = started.value.path().read_text(encoding="utf-8-sig")
            rows = list(csv.DictReader(io.StringIO(taken["csv"])))
            assert rows
            assert {row["Data"] for row in rows} == {"made-up data: not for any use"}
            assert "Made-up data: not for any use</text>" in taken["svg"]
            assert taken["svg"].startswith("<svg")


def test_the_page_of_downloads_hands_files_over(browser: Browser, filled: Published) -> None:
    with reading(browser) as reader:
        page = reader.opens(filled.report / "downloads.html")
        links = page.locator("main a[download][href$='.zip']")
        assert links.count() == page.locator("main li a[href*='downloads/']").count() > 0
        for link in links.all():
            address = str(link.get_attribute("href"))
            with zipfile.ZipFile(filled.report / address) as packed:
                assert packed.testzip() is None
                [name] = [name for name in packed.namelist() if name.endswith(".csv")]
                lines = packed.read(name).decode("utf-8-sig").splitlines()
            said = link.locator("xpath=following-sibling::small").inner_text()
            assert f", {len(lines) - 1} row" in said
        expect(page.locator("main a[href='../manifest.json']")).to_have_count(1)
