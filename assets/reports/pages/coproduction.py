"""Coproduction: what changed because of people first, then who decides, and how things are done.

Nobody is compared: only those who chose to send records are here, in the order of the alphabet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from assets.reports import wording
from assets.reports.data_script import data_script
from assets.reports.figures.figure import Figure
from assets.reports.figures.typology import Mix, typology
from assets.reports.open_release import OpenRelease
from assets.reports.page import Page
from assets.reports.pages import champions, indicator_words
from assets.reports.pages.indicator_values import name_key, newest_values
from assets.reports.records import Area, Indicator, Value

ADDRESS = "coproduction.html"
NEWEST_CHANGES = 5
# A share of fewer records says nothing (DOMAIN 4.3); the release has none of fewer either.
LEAST_RECORDS = 10
# Tables of more boards than these make the page heavier than 150 KB; they have pages of their own.
_MOST_BOARDS_BESIDE = 8
# The four elements of Wilton (2021), in words of our own.
ELEMENTS = {
    "E1": "People with lived experience in the groups that decide",
    "E2": "Knowing the community",
    "E3": "Building social capital on purpose",
    "E4": "People in scoping, in design and in delivery",
}
STAGES = {
    "scoping": "scoping",
    "design": "design",
    "delivery": "delivery",
    "governance": "governance",
    "evaluation": "evaluation",
}
CLASSES = {"to": "doing to", "for": "doing for", "with": "doing with"}


@dataclass(frozen=True, slots=True)
class Change:
    """One sentence on what changed, as an organisation sent and cleared it."""

    organisation: str
    what_changed: str
    changed_on: date
    told_on: date | None
    stage: str
    klass: str


@dataclass(frozen=True, slots=True)
class Element:
    """One of the four elements: its indicators, what each board sent, and who sent nothing."""

    code: str
    name: str
    indicators: tuple[Indicator, ...]
    boards: tuple[tuple[Area, tuple[tuple[Value, ...], ...]], ...]
    silent: tuple[Area, ...]

    @property
    def address(self) -> str:
        """Of the page with all its boards."""
        return f"coproduction/{self.code}.html"

    @property
    def is_short(self) -> bool:
        """Whether its boards fit beside those of the other elements."""
        return len(self.boards) <= _MOST_BOARDS_BESIDE

    @property
    def sent(self) -> tuple[tuple[Indicator, int], ...]:
        """From how many boards there are records of each indicator."""
        return tuple(
            (indicator, sum(1 for _, cells in self.boards if cells[place]))
            for place, indicator in enumerate(self.indicators)
        )


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one board or organisation in its newest quarter, by class."""

    area_type: str
    code: str
    name: str
    board: str
    counts: Mapping[str, int]
    classified: int
    everything: int
    weak_share: float | None
    judged_by_both: int
    agreement_share: float | None
    self_rating_higher_share: float | None
    index: float | None
    period_start: date
    period_end: date

    @property
    def mix(self) -> Mix:
        """As the picture takes it."""
        return Mix(
            self.name,
            self.counts.get("to"),
            self.counts.get("for"),
            self.counts.get("with"),
            self.weak_share,
            self.agreement_share,
        )


@dataclass(frozen=True, slots=True)
class BoardRecords:
    """What organisations of one board sent: enough for shares, too few, or nothing."""

    board: Area
    figure: Figure | None
    too_few: tuple[Records, ...]
    silent: tuple[str, ...]

    @property
    def address(self) -> str:
        """Of the script with the picture of the organisations."""
        return f"data/coproduction/{self.board.code}.js"


def pages(release: OpenRelease) -> Iterator[Page]:
    """The page on coproduction, and one for each of the four elements."""
    boards = _open_boards(release)
    elements = [_element(release, code, boards) for code in ELEMENTS]
    records = _records(release)
    of_boards = [one for one in records if one.area_type == "icb"]
    figures = (
        (
            typology(
                [one.mix for one in of_boards if one.classified >= LEAST_RECORDS],
                key="typology-boards",
                title="Doing to, for and with people, by board",
            ),
        )
        if any(one.classified >= LEAST_RECORDS for one in of_boards)
        else ()
    )
    sent = {one.code for one in of_boards}
    yield Page(
        address=ADDRESS,
        title="Coproduction",
        family="coproduction",
        data_to=_data_to(records, release),
        next_expected=release.next_expected,
        body={
            "changes": _changes(release),
            "cleared": release.rows("select count(*), count(distinct area_code) from what_changed")[
                0
            ],
            "elements": elements,
            "records": of_boards,
            "silent_boards": [board for board in boards if board.code not in sent],
            "organisations": _board_records(release, records, boards),
            "projects": _of_boards(release, "CP-E4-01", boards),
            "representativeness": _of_boards(release, "CP-E1-04", boards),
            "champions": champions.read_champions(release, boards),
            "said": indicator_words,
            "stages": STAGES,
            "classes": CLASSES,
            "least": LEAST_RECORDS,
        },
        figures=figures,
        trail=(("index.html", "England"),),
    )
    for element in elements:
        yield Page(
            address=element.address,
            title=element.name,
            family="coproduction_element",
            data_to=_data_to(records, release),
            next_expected=release.next_expected,
            body={"element": element, "said": indicator_words},
            trail=(("index.html", "England"), (ADDRESS, "Coproduction")),
        )


def write_chunks(release: OpenRelease, folder: Path) -> None:
    """Write the pictures of the organisations of each board below the folder of the site."""
    for one in _board_records(release, _records(release), _open_boards(release)):
        if one.figure is not None:
            path = folder / one.address
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(data_script([one.figure]), encoding="utf-8")


def _open_boards(release: OpenRelease) -> list[Area]:
    found = [a for a in release.areas.values() if a.area_type == "icb" and a.status == "open"]
    return sorted(found, key=lambda board: name_key(release, board.code))


def _changes(release: OpenRelease) -> list[Change]:
    return [
        Change(wording.area_name(name), sentence, changed_on, told_on, stage, klass)
        for name, sentence, changed_on, told_on, stage, klass in release.rows(
            _CHANGES, [NEWEST_CHANGES]
        )
    ]


def _element(release: OpenRelease, code: str, boards: Sequence[Area]) -> Element:
    indicators = tuple(release.components().get(code, ()))
    by_board: dict[str, dict[str, list[Value]]] = {}
    for indicator in indicators:
        for value in newest_values(release, indicator.indicator_id).get("icb", ()):
            of_board = by_board.setdefault(value.area_code, {})
            of_board.setdefault(indicator.indicator_id, []).append(value)
    rows = tuple(
        (
            board,
            tuple(tuple(by_board[board.code].get(i.indicator_id, ())) for i in indicators),
        )
        for board in boards
        if board.code in by_board
    )
    silent = tuple(board for board in boards if board.code not in by_board)
    return Element(code, ELEMENTS[code], indicators, rows, silent)


def _of_boards(
    release: OpenRelease, indicator_id: str, boards: Sequence[Area]
) -> list[tuple[Area, Value | None]]:
    """The whole value of one indicator in each board; None where no record was received."""
    found = {
        value.area_code: value
        for value in newest_values(release, indicator_id).get("icb", ())
        if value.category_type == "all"
    }
    return [(board, found.get(board.code)) for board in boards]


def _records(release: OpenRelease) -> list[Records]:
    """The newest quarter of each board and organisation, by name."""
    counts: dict[tuple[str, str], dict[str, int]] = {}
    rest: dict[tuple[str, str], list[Any]] = {}
    for area_type, code, klass, count, *others in release.rows(_TYPOLOGY):
        counts.setdefault((area_type, code), {})[klass] = count
        rest[area_type, code] = others
    records = [
        Records(*key, _readable(key[0], name), board or "", counts[key], *more)
        for key, (name, board, *more) in rest.items()
    ]
    return sorted(records, key=lambda one: (one.name.casefold(), one.code))


def _board_records(
    release: OpenRelease, records: Sequence[Records], boards: Sequence[Area]
) -> list[BoardRecords]:
    known: dict[str, dict[str, str]] = {}
    for board, code, name in release.rows(_ORGANISATIONS):
        known.setdefault(board, {})[code] = _readable("organisation", name)
    found = []
    for board in boards:
        own = [o for o in records if o.area_type == "organisation" and o.board == board.code]
        enough = [one.mix for one in own if one.classified >= LEAST_RECORDS]
        sent = {one.code for one in own}
        found.append(
            BoardRecords(
                board,
                _picture(board, enough) if enough else None,
                tuple(one for one in own if one.classified < LEAST_RECORDS),
                tuple(
                    sorted(
                        (n for code, n in known.get(board.code, {}).items() if code not in sent),
                        key=str.casefold,
                    )
                ),
            )
        )
    return found


def _picture(board: Area, mixes: Sequence[Mix]) -> Figure:
    name = wording.short_area(board.name)
    made = typology(mixes, key=f"typology-{board.code}", title=f"Organisations of {name}")
    words = {"figure_title": made.title, "figure_text": made.text}
    return replace(made, settings={**made.settings, **words})


def _data_to(records: Sequence[Records], release: OpenRelease) -> str:
    ends = [one.period_end for one in records if one.period_end <= release.published_on]
    return wording.month(max(ends)) if ends else "no record received"


def _readable(area_type: str, name: str) -> str:
    """A board by its short name; a board's office is an organisation and keeps its full one."""
    readable = wording.area_name(name)
    return wording.short_area(readable) if area_type == "icb" else readable


_CHANGES = """
select
    coalesce(a.area_name, c.area_code), c.what_changed, c.changed_on, c.told_on,
    coalesce(c.stage, ''), coalesce(c.class, '')
from what_changed as c
left join areas as a on c.area_type = a.area_type and c.area_code = a.area_code
order by c.changed_on desc, c.area_code, c.engagement_id
limit ?
"""

_TYPOLOGY = """
select
    t.area_type, t.area_code, t.class, t.records, coalesce(a.area_name, t.area_code),
    case when t.area_type = 'icb' then t.area_code else r.parent_code end, t.classified_records,
    t.all_records, t.weak_share, t.judged_by_both, t.agreement_share,
    t.self_rating_higher_share, t.coproduction_index, t.period_start, t.period_end
from engagement_typology as t
left join areas as a on t.area_type = a.area_type and t.area_code = a.area_code
left join area_relationships as r
    on t.area_type = r.child_type and t.area_code = r.child_code and r.parent_type = 'icb'
    and r.is_current
qualify
    rank() over (partition by t.area_type, t.area_code order by t.period_end desc) = 1
"""

_ORGANISATIONS = """
select distinct r.parent_code, a.area_code, a.area_name
from areas as a
inner join area_relationships as r
    on a.area_type = r.child_type and a.area_code = r.child_code and r.parent_type = 'icb'
    and r.is_current
where a.area_type = 'organisation'
"""
