"""Tables of many areas, board by board, which the page of an indicator loads when wanted.

Networks and practices stand in the order of the alphabet: nobody is ranked. XmR charts of a board
and of what lies in it are in scripts of their own, drawn when somebody opens them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assets.reports import wording
from assets.reports.data_script import data_script
from assets.reports.figures.figure import Column, Figure
from assets.reports.figures.icons import ASSURANCE, VARIATION
from assets.reports.figures.spc import Month, spc
from assets.reports.open_release import OpenRelease
from assets.reports.pages.indicator_values import Level
from assets.reports.pages.indicator_words import base_heading, category
from assets.reports.records import Indicator, Value

KIND = "table"
NOWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Chunk:
    """One script: where it lies, whose board it is (its code, or NOWHERE), the pictures in it."""

    address: str
    board: str
    figures: tuple[Figure, ...]

    @property
    def keys(self) -> str:
        """The keys of what it holds, in order, as the page names them."""
        return " ".join(figure.key for figure in self.figures)


def write_chunks(chunks: Iterable[Chunk], folder: Path) -> None:
    """Write scripts of tables and charts below the folder of the site."""
    for chunk in chunks:
        path = folder / chunk.address
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(data_script(chunk.figures), encoding="utf-8")


def area_chunks(release: OpenRelease, indicator: Indicator, level: Level) -> Iterator[Chunk]:
    """The areas of one small level, in one script for each board they lie in."""
    by_board: dict[str, list[Value]] = {}
    for value in level.values:
        area = release.areas.get(value.area_code)
        board = area.parents.get("icb", NOWHERE) if area else NOWHERE
        by_board.setdefault(board, []).append(value)
    for board, values in sorted(by_board.items()):
        newest = level.newest or values[0]
        figure = Figure(
            kind=KIND,
            key=f"{level.area_type}-{board}",
            title="",
            text="",
            columns=_columns(indicator, level.area_type),
            rows=tuple(_row(release, indicator, value, newest) for value in values),
            settings={
                "units": dict.fromkeys(("value", "lower", "upper"), newest.unit)
                | {"base": "count"},
                "missing": {
                    "lower": "no interval",
                    "upper": "no interval",
                    "base": "not given",
                },
                "links": "areas/",
            },
        )
        yield Chunk(f"data/indicators/{indicator.indicator_id}/{figure.key}.js", board, (figure,))


def spc_chunks(release: OpenRelease, indicator: Indicator) -> list[Chunk]:
    """XmR charts with limits in words and points, in one script for each board."""
    series: dict[tuple[str, str, str], list[tuple[Any, ...]]] = {}
    for row in release.rows(_MONTHS, [indicator.indicator_id]):
        series.setdefault(row[:3], []).append(row)
    by_board: dict[str, list[Figure]] = {}
    for (area_type, code, series_id), rows in series.items():
        area = release.areas.get(code)
        if area is None:
            continue
        board = code if area_type == "icb" else area.parents.get("icb", NOWHERE)
        name = wording.short_area(area.name)
        figure = spc(
            [Month(*row[4:]) for row in rows],
            key=f"spc-{code}-{series_id}",
            title=f"{name}, {wording.series(series_id)}",
            unit=rows[0][3],
            area=name,
        )
        # The page makes the picture when it is opened, so its words travel with its numbers.
        words = {"figure_title": figure.title, "figure_text": figure.text}
        by_board.setdefault(board, []).append(
            replace(figure, settings={**figure.settings, **words})
        )
    return [
        Chunk(f"data/indicators/{indicator.indicator_id}/spc-{board}.js", board, tuple(figures))
        for board, figures in sorted(by_board.items())
    ]


def icon_counts(chunks: Sequence[Chunk]) -> list[str]:
    """How many areas have which icon, in words."""
    found: dict[str, int] = {}
    for figure in (figure for chunk in chunks for figure in chunk.figures):
        for icon in figure.settings.get("icons", ()):
            kind, _, name = str(icon).partition(":")
            words = (VARIATION if kind == "variation" else ASSURANCE)[name].words
            found[words] = found.get(words, 0) + 1
    return [
        f"{words}: {wording.plural(n, 'chart', 'charts')}" for words, n in sorted(found.items())
    ]


def _columns(indicator: Indicator, area_type: str) -> tuple[Column, ...]:
    shown = [
        Column("area", wording.LEVELS[area_type][0]),
        Column("value", "Value"),
        Column("lower", "Lower 95% limit"),
        Column("upper", "Upper 95% limit"),
        Column("base", base_heading(indicator)),
    ]
    if indicator.benchmark != "none":
        shown.append(Column("comparison", "Compared with England"))
    return (*shown, Column("state", "State and period"), Column("code"))


def _row(
    release: OpenRelease, indicator: Indicator, value: Value, newest: Value
) -> tuple[Any, ...]:
    area = release.areas.get(value.area_code)
    low, high = value.limits or (None, None)
    base = value.unweighted_base if indicator.is_survey else value.denominator
    name = area.name if area else value.area_code
    row: list[Any] = [
        name if value.category_type == "all" else f"{name}: {category(value)}",
        value.value,
        low,
        high,
        round(base) if base is not None else None,
    ]
    if indicator.benchmark != "none":
        row.append(value.comparison_95 or "not compared")
    return (*row, _state(value, newest), value.area_code)


def _state(value: Value, newest: Value) -> str:
    words = wording.state(value) if value.value is None else "reported"
    if value.value_state == "zero":
        words = "a true zero"
    if value.is_on_recomputed_limits:
        words += "; interval calculated by us"
    if value.period_end != newest.period_end:
        words += f"; {wording.period(value.period_start, value.period_end)}"
    return words


# A board, then what lies in it, each where it has limits: without them there is no chart.
_MONTHS = """
with chosen as (
    select *
    from spc_points
    where indicator_id = ? and limits_state <> 'too_few_points'
    qualify dense_rank() over (
        partition by area_type, area_code, series_id order by hierarchy_basis = 'as_was'
    ) = 1
)
select
    area_type, area_code, series_id, unit, period_start, period_end, value, stretch, mean,
    lower_limit, upper_limit, special_cause, variation_icon, assurance_icon, limits_state, null
from chosen
order by
    list_position(['icb', 'sub_icb', 'pcn'], area_type), area_code, series_id, period_start
"""
