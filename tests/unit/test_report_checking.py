"""What keeps a site from being published is seen: each fault planted in a site that is right."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from report_release import PRACTICES, write_release

from assets.reports.checking import differences_of_site

BANNER = '<section class="banner" aria-label="Made-up data">Made-up data</section>'
NUMBER = '<span data-of="PC-SDM-01 E92000001 gpps_from_2024 2025-03-31" data-value="0.9">90%</span>'
PAGE = f"""<!DOCTYPE html><html><head><link rel="stylesheet" href="{{up}}site.css"></head>
<body>{BANNER}
<a href="{{up}}index.html#main">England</a><a href="https://example.org">elsewhere</a>
<a href="#main">main</a><main id="main">{NUMBER}</main></body></html>"""
PRACTICE = f"areas/{PRACTICES[0]}.html"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return write_release(tmp_path / "doing_with.duckdb", is_synthetic=True)


@pytest.fixture
def folder(tmp_path: Path, database: Path) -> Path:
    """A site in which nothing is wrong."""
    site = tmp_path / "report"
    with duckdb.connect(str(database), read_only=True) as connection:
        areas = connection.execute(
            "select area_code from areas where area_type <> 'england'"
        ).fetchall()
        indicators = connection.execute("select indicator_id from indicators").fetchall()
    addresses = [f"areas/{code}.html" for (code,) in areas]
    addresses += [f"indicators/{indicator}.html" for (indicator,) in indicators]
    for address in ["index.html", *addresses]:
        path = site / address
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGE.format(up="../" if "/" in address else ""), encoding="utf-8")
    (site / "site.css").write_text("body { color: black }", encoding="utf-8")
    return site


def test_nothing_is_wrong_with_a_right_site(folder: Path, database: Path) -> None:
    assert differences_of_site(folder, database) == []


def _without(folder: Path) -> None:
    (folder / PRACTICE).unlink()


def _empty(folder: Path) -> None:
    (folder / "indicators/PC-SDM-01.html").write_text("", encoding="utf-8")


def _changed(old: str, new: str, address: str = PRACTICE) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / address
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (_without, f"{PRACTICE} is missing or empty"),
        (_empty, "indicators/PC-SDM-01.html is missing or empty"),
        (
            _changed("../index.html#main", "../nowhere.html"),
            f"{PRACTICE} links to ../nowhere.html, which is not in the site",
        ),
        (
            _changed("../site.css", "../other.css"),
            f"{PRACTICE} links to ../other.css, which is not in the site",
        ),
        (
            _changed("../index.html#main", "../index.html#gone"),
            f"{PRACTICE} links to index.html#gone, where nothing has that id",
        ),
        (
            _changed("../index.html#main", "../../parquet/areas.parquet"),
            f"{PRACTICE} links to ../../parquet/areas.parquet, which is not in the release",
        ),
        (
            _changed("<body>", '<body><script src="https://example.org/a.js"></script>'),
            f"{PRACTICE} fetches something from outside: "
            '<script src="https://',
        ),
        (
            _changed("<body>", '<body><img alt="" src="//example.org/a.png">'),
            f'{PRACTICE} fetches something from outside: <img alt="" src="//',
        ),
        (
            _changed("body {", "@import 'https://example.org/a.css'; body {", "site.css"),
            "site.css fetches something from outside: @import",
        ),
        (
            _changed("body {", "b { background: url(https://example.org/a) } body {", "site.css"),
            "site.css fetches something from outside: url(https://",
        ),
        (_changed(BANNER, ""), f"{PRACTICE} shows made-up data without the banner"),
        (
            _changed('data-value="0.9"', 'data-value="0.8"'),
            f"{PRACTICE} shows 0.8 for PC-SDM-01 E92000001 gpps_from_2024 2025-03-31, "
            "where the release has 0.9",
        ),
        (
            _changed("2025-03-31", "2025-03-30"),
            f"{PRACTICE} shows 0.9 for PC-SDM-01 E92000001 gpps_from_2024 2025-03-30, "
            "where the release has None",
        ),
    ],
)  # fmt: skip
def test_each_fault_is_seen(
    folder: Path, database: Path, plant: Callable[[Path], None], words: str
) -> None:
    plant(folder)
    assert words in differences_of_site(folder, database)


def test_a_site_without_numbers_of_england_is_no_report(folder: Path, database: Path) -> None:
    for path in folder.rglob("*.html"):
        path.write_text(path.read_text(encoding="utf-8").replace(NUMBER, ""), encoding="utf-8")
    assert differences_of_site(folder, database) == ["no page shows a value of England"]


def test_links_to_what_lies_beside_the_report_are_followed(folder: Path, database: Path) -> None:
    _changed("../index.html#main", "../../doing_with.duckdb")(folder)
    assert differences_of_site(folder, database) == []


def test_many_differences_are_counted_and_some_are_said(folder: Path, database: Path) -> None:
    for path in folder.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("#main", "#no").replace(BANNER, ""), encoding="utf-8")
    found = differences_of_site(folder, database)
    assert len(found) == 21
    assert found[-1].startswith("and ")
    assert found[-1].endswith(" more")
