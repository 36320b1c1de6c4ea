"""Every type of page before its judges: WCAG 2.2 AA in light and dark, and valid HTML."""

from __future__ import annotations

import pytest
from chromium import CHROMIUM
from judges import html_faults, needs_judges, violations
from playwright.sync_api import Browser
from reader import Published, reading
from report_release import BOARD, NETWORK, PRACTICES, REGION, SUB_ICB

pytestmark = [
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing: apt-get install chromium"
    ),
    needs_judges,
]

PAGES = (
    "index.html", "areas/index.html", f"areas/{REGION}.html", f"areas/{BOARD}.html",
    f"areas/{SUB_ICB}.html", f"areas/{NETWORK}.html", f"areas/{PRACTICES[0]}.html",
    "indicators/index.html", "indicators/PC-SDM-01.html", "indicators/PC-SP-01.html",
    "indicators/PC-PCSP-07.html", "coproduction.html", "coproduction/E1.html",
    "inequalities.html", "quality.html",
    "downloads.html", "context.html", "about.html",
)  # fmt: skip


@pytest.mark.parametrize("address", PAGES)
def test_nobody_is_kept_out(address: str, browser: Browser, filled: Published) -> None:
    # Drawings stay as they are when the look changes, so contrast alone is judged again.
    with reading(browser) as reader:
        page = reader.opens(filled.report / address)
        reader.opens_everything()
        assert violations(page) == []
        page.emulate_media(color_scheme="dark")
        page.wait_for_function(
            "() => [...document.querySelectorAll('[data-drawn]')]"
            ".every(f => f.dataset.drawn === 'dark')"
        )
        assert violations(page, "color-contrast") == []


def test_axe_finds_what_is_planted(browser: Browser, filled: Published) -> None:
    with reading(browser) as reader:
        page = reader.opens(filled.report / "about.html")
        page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img>')")
        assert [one.split(":")[0] for one in violations(page)] == ["image-alt"]


def test_every_page_is_valid_html(filled: Published) -> None:
    assert html_faults(sorted(filled.report.rglob("*.html"))) == []
