"""The result page in a real browser, opened from disk: found by words, readable, alone."""

from pathlib import Path
from typing import Literal

import duckdb
import pytest
from chromium import CHROMIUM, LOWEST_CONTRAST
from judges import html_faults, needs_judges, violations
from playwright.sync_api import Browser, Page

from assets.reports.quality_page import write_run_page
from expectations import results
from expectations.rules import NoRowsWhere, Outcome, Severity

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing: apt-get install chromium"
)


def _outcome(table: str, name: str, passed: bool, severity: Severity = "critical") -> Outcome:
    rule = NoRowsWhere(
        table=table,
        name=name,
        description=f"what {name.replace('_', ' ')} asks",
        severity=severity,
        reason="2026-11-26: seen in every file so far",
        condition="value is null and a_rather_long_column_name_that_does_not_wrap > 12345678901",
    )
    return Outcome(rule, passed, "0" if passed else "3", 0 if passed else 3, "area_code A81001")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    with duckdb.connect() as connection:
        connection.execute("create schema ledger")
        connection.execute(
            "create table ledger.editions as select true as is_synthetic, true as is_in_use"
        )
        outcomes = [
            _outcome("marts.areas", "fails", False),
            _outcome("marts.areas", "holds", True),
            _outcome("marts.indicators", "warns", False, "warning"),
            *(_outcome(f"marts.table_{n}", f"rule_{n}", True) for n in range(30)),
        ]
        results.record(connection, "a run", "mart", outcomes)
        return write_run_page(connection, tmp_path_factory.mktemp("q"), "a-run").as_uri()


def _open(browser: Browser, address: str, width: int, scheme: Literal["light", "dark"]) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.goto(address)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_it_fits_and_is_readable(
    browser: Browser, address: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    page = _open(browser, address, width, scheme)
    for is_open in (False, True):
        page.evaluate(
            "yes => document.querySelectorAll('details').forEach(d => d.open = yes)", is_open
        )
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        lowest = page.evaluate(LOWEST_CONTRAST)
        assert lowest["ratio"] >= 4.5, lowest
    page.close()


def test_it_fetches_nothing_and_says_no_error(browser: Browser, address: str) -> None:
    said: list[str] = []
    page = browser.new_page()
    page.on("request", lambda asked: said.append(asked.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(address)
    page.get_by_label("Search").fill("rule 7")
    assert said == [address]
    page.close()


def test_rules_are_found_by_words_and_outcome(browser: Browser, address: str) -> None:
    page = _open(browser, address, 1280, "light")
    shown = page.locator(".rule:visible h3")
    assert shown.all_inner_texts() == ["what fails asks", "what holds asks", "what warns asks"]

    page.get_by_label("Search").fill("TABLE_12 asks")
    assert shown.all_inner_texts() == ["what rule 12 asks"]
    assert page.locator("#said").inner_text() == "1 rule shown"

    page.get_by_label("Search").fill("")
    page.get_by_label("Outcome").select_option("warning")
    assert shown.all_inner_texts() == ["what warns asks"]
    page.get_by_label("Severity").select_option("critical")
    assert shown.all_inner_texts() == []
    assert page.locator("#said").inner_text() == "0 rules shown"

    page.get_by_label("Outcome").select_option("")
    page.get_by_label("Severity").select_option("")
    assert page.locator("#said").inner_text() == "33 rules shown"
    assert shown.all_inner_texts() == ["what fails asks", "what holds asks", "what warns asks"]
    page.close()


def test_everything_can_be_reached_by_keyboard(browser: Browser, address: str) -> None:
    page = _open(browser, address, 1280, "light")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for wanted in ("words", "outcome", "severity"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == wanted
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.close()


@needs_judges
def test_it_is_judged_as_the_report_is(browser: Browser, address: str) -> None:
    page = _open(browser, address, 1280, "light")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, "color-contrast") == []
    assert html_faults([Path(address.removeprefix("file://"))]) == []
    page.close()
