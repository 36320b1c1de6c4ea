"""The page of a release: reads, words and draws, and writes one file that needs no other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from assets.reports import charts, wording
from assets.reports.reading import (
    Component,
    ExtractUse,
    FailedRule,
    Indicator,
    Measure,
    Reconciled,
    Release,
    Value,
    read_release,
)

TEMPLATES = Path(__file__).parent / "templates"
PAGE = "index.html"
OGL = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"

# A longer list is folded, so that the page stays readable.
_FOLD_ABOVE = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell: what it says, what it adds in small, how many columns it spans."""

    text: str
    notes: tuple[str, ...] = ()
    span: int = 1
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """One indicator of the England table."""

    indicator: Indicator
    caution: str
    polarity: str
    reviewed: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class ComponentView:
    """One component: its rows, its chart and the table behind the chart."""

    code: str
    name: str
    rows: tuple[IndicatorRow, ...]
    chart: Markup | None
    kind: str
    has_own_axes: bool
    beside: str
    columns: tuple[str, ...]
    table: tuple[tuple[str, tuple[Cell, ...]], ...]


def write_report(database: Path, folder: Path, *, version: str, published_on: date) -> Path:
    """Write ``index.html`` from a release's database, and say where it lies."""
    release = read_release(database)
    html = (
        _environment()
        .get_template("report.html.j2")
        .render(
            release=release,
            version=version,
            published_on=wording.day(published_on),
            css=_our_own((TEMPLATES / "report.css").read_text(encoding="utf-8")),
            components=[
                _component(component, release.is_made_up, published_on)
                for component in release.components
            ],
            data_to=_data_to(release),
            extracts=[_extract(extract) for extract in release.extracts],
            owners=_distinct(extract.owner for extract in release.in_use),
            rule_counts=release.rule_counts,
            failed_warnings=[rule for rule in release.failed_rules if rule.severity == "warning"],
            failed_others=[rule for rule in release.failed_rules if rule.severity != "warning"],
            reconciled=[_reconciled(row) for row in release.reconciliation],
            disagreeing=[_reconciled(row) for row in release.reconciliation if not row.agrees],
            unreviewed=sum(
                not measure.indicator.reviewed_with_people
                for component in release.components
                for measure in component.measures
            ),
            indicators=sum(len(component.measures) for component in release.components),
            attributions=_distinct(extract.attribution for extract in release.in_use),
            licences=_distinct(extract.licence for extract in release.in_use),
            ogl=OGL,
            fold_above=_FOLD_ABOVE,
            words=wording,
        )
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / PAGE
    path.write_text(html, encoding="utf-8", newline="\n")
    return path


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["owner_and_reason"] = _owner_and_reason
    return environment


def _our_own(markup: str) -> Markup:
    """Our style sheet or a chart of ours, whose texts are escaped already."""
    return Markup(markup)  # noqa: S704


def _component(component: Component, is_made_up: bool, published_on: date) -> ComponentView:
    rows = tuple(_indicator_row(measure, published_on) for measure in component.measures)
    shares = charts.shares(component, is_made_up=is_made_up)
    staff = charts.staff(component, is_made_up=is_made_up)
    chart = shares or staff
    columns, table = _census_table(component) if staff else _board_table(component)
    return ComponentView(
        code=component.code,
        name=component.name,
        rows=rows,
        chart=_our_own(chart.svg) if chart else None,
        kind="shares" if shares else "staff" if staff else "none",
        has_own_axes=charts.has_own_axes(component),
        beside=_coverage_note(component) if staff else _missing_boards(component),
        columns=columns,
        table=table,
    )


def _indicator_row(measure: Measure, published_on: date) -> IndicatorRow:
    indicator, england = measure.indicator, measure.england
    number, meaning = wording.headline(measure)
    notes = (meaning, wording.reach(england), wording.last_rate(measure))
    when = wording.period_with_age(england, published_on) if england else "no period"
    return IndicatorRow(
        indicator=indicator,
        caution=wording.caution(indicator),
        polarity=wording.polarity(indicator),
        reviewed=wording.reviewed(indicator),
        cells=(
            Cell(number, _said(*notes)),
            Cell(wording.interval(indicator, england), _said(wording.interval_basis(england))),
            Cell(wording.answering(indicator, england)),
            Cell(when),
            Cell(wording.definitely(measure)),
            Cell(wording.compared(measure)),
        ),
    )


def _board_table(
    component: Component,
) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[Cell, ...]], ...]]:
    """England and every board, by name; one column per indicator."""
    measures = component.measures
    named = {b.area_code: b.area_name for measure in measures for b in measure.boards}
    ordered = sorted(named.items(), key=lambda item: (wording.short_area(item[1]), item[0]))
    rows = [("England", _merged([_board_cell(m.indicator, m.england) for m in measures]))]
    for code, name in ordered:
        found = [
            next((board for board in measure.boards if board.area_code == code), None)
            for measure in measures
        ]
        cells = [_board_cell(m.indicator, b) for m, b in zip(measures, found, strict=True)]
        rows.append((name, _merged(cells)))
    return tuple(measure.indicator.title for measure in measures), tuple(rows)


def _board_cell(indicator: Indicator, value: Value | None) -> Cell:
    if value is None or value.value is None:
        return Cell(wording.amount(indicator, value))
    notes = [f"{wording.interval(indicator, value)}"]
    if indicator.is_survey:
        notes.append(
            f"{wording.whole(value.unweighted_base)} people answered"
            if value.unweighted_base is not None
            else "number answering not published"
        )
    if value.area_type == "icb":
        notes.append(wording.comparison(value))
    return Cell(wording.amount(indicator, value), tuple(notes), is_number=True)


def _merged(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """One wide cell where a whole row says the same about there being no number."""
    if len(cells) > 1 and not cells[0].is_number and len(set(cells)) == 1:
        return (Cell(cells[0].text, cells[0].notes, span=len(cells)),)
    return tuple(cells)


def _census_table(
    component: Component,
) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[Cell, ...]], ...]]:
    """England at each census, newest first; one column per role."""
    measures = [measure for measure in component.measures if measure.indicator.counts_staff]
    whens = {(v.period_end, v.period_start) for measure in measures for v in measure.history}
    rows = []
    for end, start in sorted(whens, reverse=True):
        found = [
            next((v for v in m.history if (v.period_end, v.period_start) == (end, start)), None)
            for m in measures
        ]
        cells = tuple(_census_cell(m.indicator, v) for m, v in zip(measures, found, strict=True))
        rows.append((wording.period(start, end), cells))
    return tuple(measure.indicator.title for measure in measures), tuple(rows)


def _census_cell(indicator: Indicator, value: Value | None) -> Cell:
    words = wording.amount(indicator, value)
    if value is None or value.value is None:
        return Cell(words)
    staff = (
        f"{wording.decimal(value.numerator, 1)} full-time equivalents"
        if value.numerator is not None
        else "full-time equivalents not published"
    )
    return Cell(staff, _said(words, wording.reach(value)))


def _missing_boards(component: Component) -> str:
    """Boards that the chart cannot show, and why."""
    states: dict[str, set[str]] = {}
    boards = {board.area_code for measure in component.measures for board in measure.boards}
    for measure in component.measures:
        for board in measure.boards:
            if board.value is None:
                states.setdefault(wording.state(board), set()).add(board.area_code)
    if not boards:
        return "This release has no values for integrated care boards."
    if not states:
        return f"All {len(boards)} integrated care boards of this release are shown."
    return "Not every board can be shown. " + " ".join(
        f"{wording.plural(len(codes), 'board', 'boards')} of {len(boards)}: {reason}."
        for reason, codes in sorted(states.items())
    )


def _coverage_note(component: Component) -> str:
    """Which part of England each census total comes from."""
    covered = {
        v.period_end: (wording.period(v.period_start, v.period_end), v.coverage)
        for measure in component.measures
        for v in measure.history
        if v.numerator is not None
    }
    said = [
        f"{when}: {wording.percent(share) if share is not None else 'not known'}"
        for _, (when, share) in sorted(covered.items())
    ]
    return (
        "Networks that sent no return are missing from these totals, so part of a change may be "
        "a change in who reported. Share of registered people whose network is counted: "
        + "; ".join(said)
        + "."
    )


def _data_to(release: Release) -> list[tuple[str, str]]:
    """The latest period of each source that feeds an indicator."""
    feeding = [extract for extract in release.in_use if extract.feeds_indicators]
    return [
        (extract.title, wording.edition_period(extract.latest_period))
        for extract in feeding or release.in_use
    ]


def _extract(extract: ExtractUse) -> tuple[str, tuple[Cell, ...]]:
    if not extract.editions_in_use:
        need = (
            "required, so a release cannot be published without it"
            if extract.is_required
            else "optional"
        )
        latest = Cell("no edition in use", (need,))
    else:
        latest = Cell(wording.edition_period(extract.latest_period))
    return extract.title, (
        latest,
        Cell(wording.lateness(extract)),
        Cell(wording.whole(extract.editions_in_use), is_number=True),
        Cell(wording.whole(extract.rows_loaded), is_number=True),
        Cell(wording.whole(extract.rows_quarantined), is_number=True),
        Cell(extract.owner),
    )


def _reconciled(row: Reconciled) -> tuple[str, str, tuple[Cell, ...]]:
    return (
        row.fixture,
        row.source,
        (
            Cell(wording.figure(row.published), is_number=True),
            Cell(wording.figure(row.ours), is_number=True),
            Cell(wording.figure(row.difference), is_number=True),
            Cell("agrees" if row.agrees else "does not agree", _said(row.note)),
        ),
    )


def _owner_and_reason(rule: FailedRule) -> str:
    """Who looks after a rule and why it is set where it is."""
    words = f"Owner: {rule.owner}."
    return f"{words} Why the rule is there: {rule.reason}." if rule.reason else words


def _said(*notes: str) -> tuple[str, ...]:
    return tuple(note for note in notes if note)


def _distinct(texts: Iterable[str]) -> list[str]:
    return sorted(set(texts))
