"""The page of a release: exact words, no blanks, nothing fetched, same input same bytes."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
from report_database import write_database

from assets.reports import charts, wording
from assets.reports.page import write_report
from assets.reports.reading import Indicator, Release, Value, read_release

PUBLISHED = date(2026, 11, 23)
VOID = {"meta", "link", "br", "img", "hr", "input"}
BANNER = "Made-up data: not for any use"


@dataclass
class Element:
    name: str
    attributes: dict[str, str | None]
    children: "list[Element | str]" = field(default_factory=list)

    def walk(self) -> "Iterator[Element]":
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def all(self, *names: str) -> "list[Element]":
        return [element for element in self.walk() if element.name in names]

    @property
    def text(self) -> str:
        parts = [c if isinstance(c, str) else c.text for c in self.children]
        return " ".join("".join(parts).split())


class Parser(HTMLParser):
    """A strict little tree: every element that opens must close."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Element("root", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].name == tag, f"</{tag}> closes <{self.open[-1].name}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse(html: str) -> Element:
    parser = Parser()
    parser.feed(html)
    assert parser.open == [parser.root]
    return parser.root


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def database(folder: Path) -> Path:
    return write_database(folder / "doing_with.duckdb")


@pytest.fixture(scope="module")
def html(folder: Path, database: Path) -> str:
    path = write_report(database, folder / "report", version="1.2.3", published_on=PUBLISHED)
    assert path == folder / "report" / "index.html"
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html: str) -> Element:
    return parse(html)


@pytest.fixture(scope="module")
def synthetic(folder: Path) -> str:
    database = write_database(folder / "synthetic.duckdb", is_synthetic=True, unread_files=11)
    return write_report(
        database, folder / "synthetic", version="1.2.3", published_on=PUBLISHED
    ).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def release(database: Path) -> Release:
    return read_release(database)


def row_of(page: Element, title: str) -> list[str]:
    """The England table's cells for one indicator."""
    table = next(t for t in page.all("table") if t.attributes.get("class") == "england")
    row = next(r for r in table.all("tr") if r.all("th")[0].text.startswith(title))
    return [cell.text for cell in row.all("td")]


def section(page: Element, name: str) -> Element:
    return next(s for s in page.all("section") if s.attributes.get("id") == name)


def test_survey_row_says_share_interval_base_period_and_definitely(page: Element) -> None:
    value, interval, base, period, definitely, compared = row_of(page, "Involved in decisions")
    assert value == "91.2% of people said so"
    assert interval == "91.1% to 91.3% as published"
    assert base == "635,043 people aged 16 and over"
    assert period == "January to March 2025"
    assert definitely == "61.6% said “definitely”"
    assert compared == (
        "1 board compared with England: 1 better. England before: 90.5% (January to March 2024)."
    )


def test_no_number_is_said_in_words(page: Element) -> None:
    assert row_of(page, "Listened to")[0] == "too few to show (withheld by the publisher)"
    assert row_of(page, "Needs met")[0] == (
        "not available: the survey file for this level is not held"
    )
    assert row_of(page, "Needs met")[1] == "no interval: no value"


def test_staff_without_rate_keep_their_count_and_say_why(page: Element) -> None:
    value, interval, base, period, definitely, _ = row_of(page, "Link workers")
    assert value.startswith(
        "2,047.0 full-time equivalents; rate not calculated: "
        "no list size within twelve months of the census"
    )
    assert "0.32 per 10,000 people registered, December 2021" in value
    assert interval == "no interval: full-time equivalents are not counts"
    assert base == definitely == "does not apply: not a survey"
    assert period == "September 2022; 4 years old when this was published"


def test_interval_of_ours_is_told_apart(page: Element) -> None:
    assert row_of(page, "Said they have a plan")[1] == "44.6% to 45.2% calculated by us"


def test_routed_question_carries_its_definition_in_sight(page: Element) -> None:
    cautions = [e.text for e in page.all("span") if e.attributes.get("class") == "caution"]
    assert cautions == [
        "Only people who had the conversation are asked, so this is not plan coverage."
    ]


def test_components_follow_the_model(page: Element) -> None:
    groups = [e.text for e in page.all("th") if e.attributes.get("scope") == "rowgroup"]
    assert groups == ["Shared decision making", "Planning", "Outcomes", "Workforce"]


def test_no_cell_is_blank(page: Element, synthetic: str) -> None:
    for tree in (page, parse(synthetic)):
        cells = tree.all("td", "th", "dd", "caption", "figcaption", "h1", "h2", "h3", "h4")
        assert len(cells) > 80
        assert [cell for cell in cells if not cell.text] == []
        assert not re.search(r"\b(None|nan|null)\b", tree.all("main")[0].text)


def test_only_the_boards_as_they_were_are_shown(page: Element) -> None:
    boards = section(page, "boards").text
    assert "11.1%" not in boards
    assert "93.0% 92.0% to 94.0% 8,000 people answered better than England" in boards
    assert "not available: the survey published no row for this area" in boards


def test_names_are_escaped(html: str, page: Element) -> None:
    assert page.all("script") == []
    assert "<script" not in html
    assert "NHS &lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; Sons" in html


def test_nasty_title_is_escaped_in_the_chart_too(folder: Path) -> None:
    database = write_database(folder / "nasty.duckdb")
    connection = duckdb.connect(str(database))
    connection.execute(
        "update indicators set title = '</svg><script>\"&''', component_name = '\"<b>' "
        "where indicator_id = 'PC-SDM-01'"
    )
    connection.close()
    path = write_report(database, folder / "nasty", version="<i>", published_on=PUBLISHED)
    html = path.read_text(encoding="utf-8")
    assert "<script" not in html
    assert "<i>" not in html
    assert '"<b>' not in html
    parse(html)


def test_nothing_is_fetched(html: str, page: Element) -> None:
    allowed = (
        "https://doi.org/10.1136/leader-2020-000424",
        "https://www.nationalarchives.gov.uk/doc/open-government-licence/",
    )
    for element in page.walk():
        for name in ("src", "href", "xlink:href", "action", "data", "srcset"):
            target = element.attributes.get(name)
            assert target is None or target.startswith(("#", *allowed)), (element.name, target)
    assert page.all("link", "img", "iframe", "object", "script") == []
    assert "@import" not in html
    assert "url(http" not in html
    assert "@font-face" not in html


@pytest.mark.parametrize("is_synthetic", [False, True])
def test_banner_only_when_made_up(html: str, synthetic: str, is_synthetic: bool) -> None:
    tree = parse(synthetic if is_synthetic else html)
    title = tree.all("title")[0].text
    banners = [e.text for e in tree.walk() if e.attributes.get("class") == "banner"]
    marked = [caption for caption in tree.all("caption") if "Made-up data." in caption.text]
    pictures = [e for e in tree.all("svg") if "Made-up data" in (e.attributes["aria-label"] or "")]
    if is_synthetic:
        assert banners == [BANNER]
        assert title.startswith("MADE-UP DATA, not for any use")
        assert len(marked) == len(tree.all("caption"))
        assert len(pictures) == len(tree.all("svg"))
        assert synthetic.index(BANNER) < synthetic.index("<h1>")
    else:
        assert not banners
        assert not marked
        assert not pictures
        assert "made-up" not in tree.text.lower().replace(tree.all("style")[0].text.lower(), "")


def test_synthetic_edition_that_is_not_in_use_makes_no_banner(release: Release) -> None:
    assert not release.is_made_up


def test_banner_shows_in_print(html: str) -> None:
    printed = html[html.index("@media print") :]
    rule = next(line for line in printed.splitlines() if ".banner" in line)
    assert "display: none" not in rule
    assert "border" in rule


def test_same_input_same_bytes(folder: Path, database: Path, html: str) -> None:
    again = write_report(database, folder / "again", version="1.2.3", published_on=PUBLISHED)
    assert again.read_bytes() == html.encode()


def test_every_chart_has_a_name_and_a_table(page: Element) -> None:
    pictures = page.all("svg")
    assert len(pictures) == 3
    for picture in pictures:
        name = picture.attributes["aria-label"]
        assert picture.attributes["role"] == "img"
        assert name
        assert picture.all("title")[0].text == " ".join(name.split())
    tables = [t for t in page.all("table") if t.attributes.get("class") == "numbers"]
    assert len(tables) == len(pictures)


def test_names_of_the_charts_say_what_they_show(page: Element) -> None:
    names = [str(picture.attributes["aria-label"]) for picture in page.all("svg")]
    assert names[0] == (
        "Shared decision making: England and its integrated care boards. "
        "Involved in decisions: England 91.2%, 95% interval 91.1% to 91.3%, "
        "1 board from 93.0% to 93.0%."
    )
    assert "no interval: full-time equivalents are not counts" in names[2]
    assert "Link workers: 1,647 in December 2021, 2,047 in September 2022." in names[2]


def test_ids_are_unique(html: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_component_without_value_has_no_chart_but_words(page: Element) -> None:
    assert "No value of this component can be drawn" in section(page, "boards").text


def test_charts_stay_within_their_width(release: Release) -> None:
    for component in release.components:
        for chart in (
            charts.shares(component, is_made_up=False),
            charts.staff(component, is_made_up=False),
        ):
            if chart:
                box = re.search(r'viewBox="0 0 (\d+) (\d+)"', chart.svg)
                assert box
                assert 700 < int(box[1]) < 810
                assert 'font-family="Arial, Helvetica, sans-serif"' in chart.svg


def test_quality_tells_extracts_refusals_files_rules_and_agreement(page: Element) -> None:
    text = section(page, "quality").text
    rows = {
        row.all("th")[0].text: [cell.text for cell in row.all("td")]
        for row in section(page, "quality").all("tr")
        if row.all("td")
    }
    assert rows["PCN workforce"] == [
        "September 2022", "late: expected by 31 July 2026", "2", "3,000", "6",
        "workforce analytics",
    ]  # fmt: skip
    assert rows["GP Patient Survey, England"][1] == "not late: next expected by 31 July 2026"
    assert rows["QOF prevalence"][:2] == [
        "no edition in use optional",
        "not judged: no date promised",
    ]
    assert "refused: a required column is missing: practice_code" in text
    assert "odd_00.csv not recognised: no contract has this header" in text
    assert rows["Files as they arrive"] == ["critical: stops", "2", "2", "0"]
    assert rows["The release as written"] == ["critical: stops", "1", "0", "1"]
    assert "Every mart value has a state" in text
    assert "Owner: primary care analytics." in text
    assert "1 of 2 figures that the publishers printed agree with ours" in text
    assert rows["Forms received"] == [
        "GP Patient Survey, England", "6,750", "6,348", "\N{MINUS SIGN}402",
        "does not agree the file is cut",
    ]  # fmt: skip


def test_long_lists_are_folded(synthetic: str, page: Element) -> None:
    folded = [d.text for d in section(parse(synthetic), "quality").all("details")]
    assert any(text.startswith("Files not recognised: show all 11") for text in folded)
    assert section(page, "quality").all("details") == []


def test_about_names_sources_review_and_owners(page: Element) -> None:
    text = section(page, "about").text
    assert "Source: GP Patient Survey, England" in text
    assert "Source: PCN workforce" in text
    assert "Source: QOF prevalence" not in text
    assert "5 of 6 indicators are not yet reviewed with people" in text
    assert "tell the owner named beside its extract" in text
    assert "does not show that one thing caused another" in text
    table = section(page, "england").text
    assert "Not yet reviewed with people." in table
    assert "Reviewed with people: Local voices group, May 2026." in table


def test_words_we_do_not_use(page: Element) -> None:
    text = page.all("main")[0].text.lower()
    for never in ("patients said", "service users", "hard to reach", "led to", "significantly"):
        assert never not in text


def test_head_says_data_to_release_and_day(page: Element) -> None:
    head = page.all("header")[0].text
    for words in ("GP Patient Survey, England: 2025", "PCN workforce: September 2022", "1.2.3",
                  "23 November 2026", "Wilton (2021)"):  # fmt: skip
        assert words in head
    assert "QOF" not in head


def test_structure_is_accessible(page: Element) -> None:
    assert page.all("html")[0].attributes["lang"] == "en-GB"
    assert page.all("a")[0].attributes == {"class": "skip", "href": "#main"}
    levels = [int(h.name[1]) for h in page.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for table in page.all("table"):
        assert table.all("caption")
        assert all(th.attributes.get("scope") for th in table.all("th"))
    ids = {e.attributes["id"] for e in page.walk() if "id" in e.attributes}
    inner = [str(a.attributes["href"])[1:] for a in page.all("a")
             if str(a.attributes["href"]).startswith("#")]  # fmt: skip
    assert set(inner) <= ids


def test_empty_release_still_speaks(folder: Path) -> None:
    database = write_database(folder / "empty.duckdb")
    connection = duckdb.connect(str(database))
    for table in ("indicator_values", "extract_editions", "quality.expectation_results",
                  "reconciliation", "landing_files", "value_lineage"):  # fmt: skip
        connection.execute(f"delete from {table}")
    connection.close()
    path = write_report(database, folder / "empty", version="0", published_on=PUBLISHED)
    tree = parse(path.read_text(encoding="utf-8"))
    assert row_of(tree, "Involved in decisions")[0] == "not available: the release has no value"
    assert "treat its numbers as unchecked" in tree.text
    assert [cell for cell in tree.all("td", "th") if not cell.text] == []


def test_database_is_left_alone(database: Path) -> None:
    before = database.read_bytes()
    read_release(database)
    assert database.read_bytes() == before


def test_importing_the_page_loads_nothing_slow() -> None:
    import subprocess

    code = "import sys, assets.reports.page; print({'altair', 'vl_convert'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("number", "words"),
    [(0.9116712, "91.2%"), (0.0005, "0.1%"), (0.8995, "90.0%"), (1.0, "100.0%"), (0.0, "0.0%")],
)
def test_percent(number: float, words: str) -> None:
    assert wording.percent(number) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [(0.3240360, "0.32"), (0.0717680, "0.072"), (1.25, "1.3"), (12.34, "12"), (123.4, "123"),
     (0.0, "0")],
)  # fmt: skip
def test_rate(number: float, words: str) -> None:
    assert wording.rate(number) == words


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (date(2025, 1, 1), date(2025, 12, 31), "2025"),
        (date(2025, 1, 1), date(2025, 3, 31), "January to March 2025"),
        (date(2022, 9, 1), date(2022, 9, 30), "September 2022"),
        (date(2024, 4, 1), date(2025, 3, 31), "2024/25 (April to March)"),
        (date(2024, 11, 1), date(2025, 2, 28), "November 2024 to February 2025"),
        (date(2025, 3, 31), date(2025, 3, 31), "31 March 2025"),
        (date(2025, 3, 2), date(2025, 4, 1), "2 March 2025 to 1 April 2025"),
    ],
)
def test_period(start: date, end: date, words: str) -> None:
    assert wording.period(start, end) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [(None, "not calculated"), (3.7e-7, "less than 0.000001"), (-402.0, "\N{MINUS SIGN}402"),
     (0.258261603, "0.258262"), (2721415.0, "2,721,415"), (0.0, "0")],
)  # fmt: skip
def test_figure(number: float | None, words: str) -> None:
    assert wording.figure(number) == words


@pytest.mark.parametrize("state", sorted(wording.STATES))
def test_every_state_has_words(state: str) -> None:
    value = Value("X", "E92000001", "england", "England", PUBLISHED, PUBLISHED, "s", "all", None,
                  None, None, None, None, "none", None, None, state,
                  "at least 80 % needed")  # fmt: skip
    indicator = Indicator("X", "X", "X", "X", "", "", "", "", "proportion", "high",
                          "survey_wilson", "", "")  # fmt: skip
    assert wording.amount(indicator, value) == f"{wording.STATES[state]}: at least 80% needed"


def test_true_zero_is_not_a_blank(release: Release) -> None:
    measure = release.components[0].measures[0]
    zero = Value("X", "E92000001", "england", "England", PUBLISHED, PUBLISHED, "s", "all", 0.0,
                 50, 0.0, 0.0, 0.01, "printed", None, None, "zero", "")  # fmt: skip
    assert wording.amount(measure.indicator, zero) == "0.0% (a true zero)"
