"""The site of a release: exact words, no blanks, nothing fetched, same input same bytes."""

import csv
import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from html_tree import Element, parse
from report_release import (
    BOARD,
    CLOSED,
    COMING,
    ENGLAND,
    FORMER,
    NETWORK,
    PRACTICES,
    PUBLISHED,
    SUB_ICB,
    VERSION,
    write_release,
)

from assets import child_processes
from assets.database_memory import ReadersMemory
from assets.reports.open_release import Edition
from assets.reports.pages.indicator_csv import COLUMNS
from assets.reports.site import Site, write_site

EDITION = Edition(VERSION, PUBLISHED, feedback="report@example.org")
Read = Callable[[str], Element]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("release")


@pytest.fixture(scope="module")
def site(folder: Path) -> Site:
    return write_site(write_release(folder / "doing_with.duckdb"), folder / "report", EDITION)


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("made_up")
    database = write_release(folder / "doing_with.duckdb", is_synthetic=True)
    return write_site(database, folder / "report", EDITION)


@pytest.fixture(scope="module")
def read(site: Site) -> Read:
    return lambda address: parse((site.folder / address).read_text(encoding="utf-8"))


def row_of(page: Element, indicator_id: str) -> list[str]:
    return [cell.text for cell in page.by_id(indicator_id).all("td")]


def test_every_area_has_its_page(site: Site) -> None:
    codes = {"Y60", BOARD, FORMER, COMING, SUB_ICB, NETWORK, CLOSED, *PRACTICES}
    assert {f"areas/{code}.html" for code in codes} <= set(site.pages)
    for address, size in site.pages.items():
        assert 2_000 < (site.folder / address).stat().st_size <= size


def test_a_practice_says_value_interval_base_england_and_those_alike(read: Read) -> None:
    here, england, alike, period = row_of(read(f"areas/{PRACTICES[0]}.html"), "PC-SDM-01")
    assert here.startswith("80.0% 70.0% to 95.0%; 60 answered")
    assert england == "90.0% \N{BLACK CIRCLE} similar to England"
    # Six practices of the most deprived fifth, from 80 to 85 %.
    assert alike == "82.5% 81.3% to 83.8%; 6 practices"
    assert period == "January to March 2025"


def test_too_few_practices_alike_are_not_shown(read: Read) -> None:
    assert row_of(read(f"areas/{PRACTICES[6]}.html"), "PC-SDM-01")[2] == (
        "too few practices have a value"
    )


@pytest.mark.parametrize(
    ("practice", "words"),
    [
        (0, "too few to show (withheld by us, so that nobody can be recognised)"),
        (1, "0 per 1,000 people (a true zero)"),
        (2, "expected, not yet arrived: the practice sent nothing yet"),
        (3, "does not apply"),
    ],
)
def test_suppressed_zero_late_and_not_applicable_are_told_apart(
    read: Read, practice: int, words: str
) -> None:
    here = row_of(read(f"areas/{PRACTICES[practice]}.html"), "PC-SP-01")[0]
    assert here.removesuffix("no interval").strip() == words


def test_a_practice_does_not_show_what_it_sent_as_an_organisation(read: Read) -> None:
    page = read(f"areas/{PRACTICES[0]}.html")
    assert "7.7" not in page.text
    assert "Active champions" not in page.all("main")[0].text


def test_a_board_stands_on_the_membership_of_the_time_where_today_has_no_value(read: Read) -> None:
    here, england, _ = row_of(read(f"areas/{BOARD}.html"), "PC-SDM-01")
    assert here == "87.0% 86.0% to 88.0% on the membership of the time"
    assert england == "90.0% \N{BLACK DOWN-POINTING TRIANGLE} worse than England"


def test_boards_name_those_before_and_after_by_their_practices(read: Read) -> None:
    assert "NHS Hill and Dale ICB : 1 practice came from it, the last on 1 April 2025" in " ".join(
        e.text for e in read(f"areas/{BOARD}.html").of_class("nhsuk-inset-text")
    ).replace("ICB:", "ICB :")
    after = read(f"areas/{FORMER}.html").of_class("nhsuk-inset-text")
    assert len(after) == 1
    assert "1 practice went to it" in after[0].text


def test_areas_without_values_say_why(read: Read) -> None:
    coming = read(f"areas/{COMING}.html").all("main")[0].text
    assert "Opens on 1 April 2027; the registers of this release place no practice in it" in coming
    assert "Values follow when the registers place practices in it." in coming
    closed = read(f"areas/{CLOSED}.html").all("main")[0].text
    assert "Closed; what was published of it stays." in closed
    assert "That is not a zero" in closed


def test_facts_of_a_practice_and_its_network(read: Read) -> None:
    facts = read(f"areas/{PRACTICES[0]}.html").of_class("facts")[0].text
    for words in ("1,000 on 1 September 2025", "20.0% under 15, 15.0% 65 and over",
                  "most deprived fifth", "Last good data 30 September 2025"):  # fmt: skip
        assert words in facts
    network = read(f"areas/{NETWORK}.html")
    assert "GP practices 7 People registered 28,000" in network.of_class("facts")[0].text
    assert "6 of 7 practices in the most deprived fifth" in network.of_class("facts")[0].text
    listed = [a.attributes["href"] for a in network.of_class("columns")[0].all("a")]
    assert listed == [f"{code}.html" for code in PRACTICES]


def test_a_way_leads_from_england_down_to_every_practice(read: Read) -> None:
    crumbs = read(f"areas/{PRACTICES[0]}.html").of_class("trail")[0]
    assert [a.attributes["href"] for a in crumbs.all("a")] == [
        "../index.html", "Y60.html", f"{BOARD}.html", f"{SUB_ICB}.html", f"{NETWORK}.html",
    ]  # fmt: skip
    for above, below in (("index", "Y60"), ("Y60", BOARD), (BOARD, SUB_ICB), (SUB_ICB, NETWORK)):
        page = read(f"areas/{above}.html")
        hrefs = {a.attributes["href"] for a in page.all("main")[0].all("a")}
        assert f"{below}.html" in hrefs, (above, below)


def test_no_area_is_ranked(site: Site) -> None:
    for address in site.pages:
        text = (site.folder / address).read_text(encoding="utf-8").lower()
        assert not re.search(r"\b(rank|ranks|best|worst|league|top \d)\b", text), address


def test_trends_never_join_two_series(site: Site) -> None:
    script = (site.folder / f"data/areas/{PRACTICES[0]}.js").read_text(encoding="utf-8")
    assert script.startswith("doingWith.rows({")
    assert "series break: survey until 2023, then survey from 2024" in script


def test_months_of_a_practice_lead_to_its_board(read: Read) -> None:
    said = read(f"areas/{PRACTICES[0]}.html").all("main")[0].text
    assert "Months are drawn for boards: those of one practice are few people" in said
    assert "Months are drawn" not in read(f"areas/{BOARD}.html").all("main")[0].text


def test_england_says_its_numbers_and_what_has_none(read: Read) -> None:
    cards = {card.all("h3")[0].text: card.text for card in read("index.html").of_class("card")}
    assert "90.0%" in cards["Involved in decisions"]
    assert "95% interval: 89.0% to 91.0%; 635,043 people answered" in cards["Involved in decisions"]
    assert "too few to show (withheld by the publisher)" in cards["Feeling isolated"]
    local = read("index.html").of_class("columns")[-1].text
    assert local == "People referred Active champions"


def test_quality_tells_late_refused_rules_agreement_and_changes(read: Read) -> None:
    text = read("quality.html").all("main")[0].text
    for words in (
        "Practice counts late: expected by 30 November 2025. Newest in use: September 2025.",
        "QOF prevalence, 2020/21 refused: a required column is missing: practice_code.",
        "odd.csv not recognised: no contract has this header",
        "Every value has a state",
        "17 rows do not hold",
        "Forms received GP Patient Survey 6,750 6,348 \N{MINUS SIGN}402 does not agree",
        "Compared with release 2026-11-25T020000Z-00000001",
        "January to March 2024 changed 42 0.0123",
    ):
        assert words in text


def test_about_names_licences_the_paper_and_where_to_say_what_is_wrong(read: Read) -> None:
    page = read("about.html")
    links = [a.attributes["href"] for a in page.all("main")[0].all("a")]
    assert "https://doi.org/10.1136/leader-2020-000424" in links
    assert "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/" in links
    assert f"mailto:report@example.org?subject=Report%2C%20release%20{VERSION}" in links
    text = page.all("main")[0].text
    assert "Source: GP Patient Survey" in text
    assert "Source: QOF prevalence" not in text
    assert "4 of 4 indicators are not yet reviewed with people" in text


def test_csvs_have_the_columns_of_fingertips_and_the_numbers_of_the_release(site: Site) -> None:
    with zipfile.ZipFile(site.folder / "downloads" / "PC-SDM-01.zip") as archive:
        assert archive.namelist() == ["PC-SDM-01.csv"]
        text = archive.read("PC-SDM-01.csv").decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == COLUMNS
    assert len(COLUMNS) == 27 + 8
    [england] = [r for r in rows if r["Area Code"] == ENGLAND and r["Value"] == "0.9"]
    assert (england["Lower CI 95.0 limit"], england["Time period"]) == (
        "0.89", "January to March 2025",
    )  # fmt: skip
    practices = [r for r in rows if r["Area Type"] == "practice"]
    assert {r["Time period"] for r in practices} == {"January to March 2025"}
    assert {r["Parent Code"] for r in practices} == {BOARD}
    assert practices[0]["Compared to England value or percentiles"] == "Similar"
    missing = next(r for r in rows if r["value_state"] == "not_available")
    assert (missing["Value"], missing["Value note"]) == ("", "not available")


def test_the_search_knows_every_area_and_indicator(site: Site) -> None:
    script = (site.folder / "data" / "search.js").read_text(encoding="utf-8")
    assert script.startswith("doingWith.areas({")
    for words in (
        f'["{PRACTICES[0]}","Surgery 1 at St Anne\'s"',
        '["PC-SDM-01","Involved in',
        COMING,
    ):
        assert words in script


def test_names_are_escaped_everywhere(site: Site) -> None:
    assert "&lt;script&gt;alert" in (site.folder / f"areas/{BOARD}.html").read_text("utf-8")
    for address in site.pages:
        assert "<script>alert" not in (site.folder / address).read_text(encoding="utf-8")


@pytest.mark.parametrize("is_made_up", [False, True])
def test_made_up_data_say_so_on_every_page(site: Site, made_up: Site, is_made_up: bool) -> None:
    shown = made_up if is_made_up else site
    for address in shown.pages:
        page = parse((shown.folder / address).read_text(encoding="utf-8"))
        banners = page.of_class("banner")
        regions = [(b.name, b.attributes["aria-label"]) for b in banners]
        assert regions == ([("section", "Made-up data")] if is_made_up else [])
        assert page.all("title")[0].text.startswith("MADE-UP DATA") == is_made_up
        assert page.all("html")[0].attributes["data-made-up"] == ("yes" if is_made_up else "no")
    name = ("made-up-" if is_made_up else "") + "PC-SDM-01.csv"
    with zipfile.ZipFile(shown.folder / "downloads" / "PC-SDM-01.zip") as archive:
        assert name in archive.namelist()


def test_the_banner_is_printed(site: Site) -> None:
    style = (site.folder / "static" / "site.css").read_text(encoding="utf-8")
    printed = style[style.index("@media print") :]
    hidden = [line for line in printed.splitlines() if "display: none" in line]
    assert hidden
    assert not any("banner" in line for line in hidden)


def test_every_page_says_data_to_published_refreshed_next_and_release(
    site: Site, read: Read
) -> None:
    for address in site.pages:
        said = {
            pair.all("dt")[0].text: pair.all("dd")[0].text
            for pair in read(address).of_class("dates")[0].all("div")
        }
        assert said.pop("Data to")
        # The sources of the context promise no date.
        expected = (
            "as published; no date promised" if address == "context.html" else "by 31 January 2027"
        )
        assert said == {
            "Published on": "26 November 2026",
            "Refreshed at": "26 November 2026, 07:46 UTC",
            "Next data expected": expected,
            "Release": VERSION,
        }, address


def test_no_cell_is_blank(site: Site, read: Read) -> None:
    cells = 0
    for address in site.pages:
        page = read(address)
        found = page.all("td", "th", "dd", "dt", "caption", "h1", "h2", "h3", "figcaption")
        assert [cell for cell in found if not cell.text] == [], address
        assert not re.search(r"\b(None|nan|null|undefined)\b", page.all("main")[0].text), address
        cells += len(found)
    assert cells > 300


def test_structure_is_accessible(site: Site, read: Read) -> None:
    for address in site.pages:
        page = read(address)
        assert page.all("html")[0].attributes["lang"] == "en-GB"
        assert page.all("a")[0].attributes["href"] == "#main"
        levels = [int(h.name[1]) for h in page.all("h1", "h2", "h3", "h4")]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels)), address
        for table in page.all("table"):
            assert table.all("caption")
            assert all(th.attributes.get("scope") for th in table.all("th"))
        ids = [e.attributes["id"] for e in page.walk() if "id" in e.attributes]
        assert len(ids) == len(set(ids)), address
        for figure in page.of_class("figure"):
            assert len(figure.all("figcaption")[0].text) > 40


def test_words_we_do_not_use(site: Site, read: Read) -> None:
    for address in site.pages:
        text = read(address).all("main")[0].text.lower()
        for never in ("patients said", "service users", "hard to reach", "led to", "significantly"):
            assert never not in text, address


def test_same_input_same_bytes(folder: Path, site: Site) -> None:
    database = folder / "doing_with.duckdb"
    before = database.read_bytes()
    again = write_site(database, folder / "again", EDITION)
    assert database.read_bytes() == before
    files = sorted(p.relative_to(site.folder) for p in site.folder.rglob("*") if p.is_file())
    assert files == sorted(
        p.relative_to(again.folder) for p in again.folder.rglob("*") if p.is_file()
    )
    for path in files:
        assert (site.folder / path).read_bytes() == (again.folder / path).read_bytes(), path


@pytest.mark.parametrize(("memory_bytes", "begins"), [(None, 1), (10**9, 1), (999_999_999, 0)])
def test_two_processes_write_what_one_writes_where_there_is_memory_for_them(
    memory_bytes: int | None,
    begins: int,
    folder: Path,
    site: Site,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("assets.reports.site._AREAS_FOR_PROCESSES", 1)
    # Counted on the way to the real one: that a process was not begun is seen nowhere else.
    begun: list[object] = []

    def in_process(function: Callable[[Any], Any], task: Any) -> Any:
        begun.append(task)
        return child_processes.in_process(function, task)

    monkeypatch.setattr("assets.reports.site.in_process", in_process)
    memory = None if memory_bytes is None else ReadersMemory(memory_bytes, tmp_path)
    # Beside the release, as ``site`` is: what lies there is offered for download.
    to = folder / f"shared with {memory_bytes}"
    shared = write_site(folder / "doing_with.duckdb", to, EDITION, memory, processes=2)
    assert len(begun) == begins
    assert shared.pages == site.pages
    for address in site.pages:
        assert (site.folder / address).read_bytes() == (shared.folder / address).read_bytes()


def test_an_empty_release_still_speaks(tmp_path: Path) -> None:
    database = write_release(tmp_path / "doing_with.duckdb")
    with duckdb.connect(str(database)) as connection:
        for table in ("indicator_values", "latest_values", "england_values", "extract_editions",
                      "quality.expectation_results", "reconciliation", "landing_files",
                      "value_lineage", "release_changes", "practice_profile"):  # fmt: skip
            connection.execute(f"delete from {table}")
    site = write_site(database, tmp_path / "report", EDITION)
    quality = parse((site.folder / "quality.html").read_text(encoding="utf-8"))
    assert "treat its numbers as unchecked" in quality.text
    assert "No release was in force before this one." in quality.text
    practice = parse((site.folder / f"areas/{PRACTICES[0]}.html").read_text(encoding="utf-8"))
    assert "This release holds no value of this area." in practice.text
    assert "People registered not available" in practice.of_class("facts")[0].text


def test_importing_the_site_loads_nothing_slow() -> None:
    code = "import sys, assets.reports.site; print({'altair', 'vl_convert'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"


def test_boards_are_woven_beside_england_and_practices_never(tmp_path: Path) -> None:
    database = write_release(tmp_path / "doing_with.duckdb")
    with duckdb.connect(str(database)) as connection:
        for table in ("indicator_values", "latest_values"):
            connection.execute(
                f"insert into {table} select * replace ('{FORMER}' as area_code) from {table} "
                f"where area_code = '{BOARD}'"
            )
    site = write_site(database, tmp_path / "report", EDITION)
    england = parse((site.folder / "index.html").read_text(encoding="utf-8"))
    [rug] = england.of_class("figure")
    assert rug.attributes["data-figure"] == "rug"
    assert "Integrated care boards of England beside England" in rug.text
    script = (site.folder / "data" / "index.js").read_text(encoding="utf-8")
    # What is counted in one way needs no name for it.
    assert "counted in several ways" not in england.text
    # A board that is not open yet has no column; local indicators are set beside no one.
    assert "Hill and Dale" in script
    assert "Essex" not in script
    assert "Active champions" not in script
    for address in (f"areas/{NETWORK}.html", f"areas/{SUB_ICB}.html"):
        kinds = [
            figure.attributes["data-figure"]
            for figure in parse((site.folder / address).read_text("utf-8")).of_class("figure")
        ]
        assert "rug" not in kinds


def test_an_indicator_counted_in_several_ways_is_woven_once(tmp_path: Path) -> None:
    database = write_release(tmp_path / "doing_with.duckdb")
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            f"insert into latest_values select * replace ('{FORMER}' as area_code) "
            f"from latest_values where area_code = '{BOARD}'"
        )
        connection.execute(
            "insert into latest_values select * replace ('ncdes_ytd' as series_id, "
            "0.0123 as value, 0.01 as lower_95, 0.02 as upper_95) "
            f"from latest_values where area_code = '{BOARD}' and benchmark_value is not null"
        )
    site = write_site(database, tmp_path / "report", EDITION)
    script = (site.folder / "data" / "index.js").read_text(encoding="utf-8")
    assert "Hill and Dale" in script
    # One of two boards has the other series: what both have is woven, and named.
    assert "0.0123" not in script
    assert ": survey from 2024" in script
    page = parse((site.folder / "index.html").read_text(encoding="utf-8")).text
    assert "Of what is counted in several ways, one is shown: " in page
