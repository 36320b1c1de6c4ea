"""One small figure of every kind, with numbers that a person can check by hand."""

from __future__ import annotations

from datetime import date

from assets.reports.figures import (
    bars,
    dots,
    funnel,
    gradient,
    rug,
    spc,
    spine,
    tile_map,
    trend,
    typology,
)
from assets.reports.figures.estimate import Estimate
from assets.reports.figures.figure import Figure

WITHHELD = Estimate(None, state="suppressed_source", reason="the survey does not show it")


def point(area: str, series: str, year: int, estimate: Estimate) -> trend.Point:
    return trend.Point(area, series, date(year, 1, 1), date(year, 3, 31), estimate)


def a_trend() -> Figure:
    return trend.trend(
        [
            point("North", "before", 2021, Estimate(0.4, 0.35, 0.45)),
            point("North", "before", 2022, Estimate(0.42, 0.37, 0.47)),
            point("North", "before", 2023, WITHHELD),
            point("North", "after", 2024, Estimate(0.5, 0.45, 0.55)),
            point("North", "after", 2025, Estimate(0.5205, 0.47, 0.57)),
            point("England", "after", 2024, Estimate(0.48, 0.479, 0.481)),
            point("England", "after", 2025, Estimate(0.49, 0.489, 0.491)),
        ],
        key="trend-x",
        title="Listened to",
        area="North",
        unit="proportion",
        series_words={"before": "survey to 2023", "after": "survey from 2024"},
        trend_words="too few periods (2 of 5)",
    )


def a_bar(code: str, value: float | None, comparison: str | None) -> bars.Bar:
    limits = (None, None) if value is None else (value - 0.05, value + 0.05)
    estimate = WITHHELD if value is None else Estimate(value, *limits)
    return bars.Bar(code, f"NHS {code.title()} ICB", "icb", estimate, comparison, 1200)


def some_bars() -> Figure:
    return bars.bars(
        [
            a_bar("east", 0.3, "worse"),
            a_bar("north", 0.6, "better"),
            a_bar("south", None, None),
            a_bar("west", 0.46, "similar"),
        ],
        key="bars-x",
        title="Listened to, by board",
        unit="proportion",
        period="January to March 2025",
        england=Estimate(0.45, 0.44, 0.46),
        own="west",
    )


def a_spine() -> Figure:
    def one(title: str, polarity: str, value: float, said: str | None) -> spine.Spine:
        spread = spine.Spread(0.2, 0.35, 0.5, 0.6)
        estimate = Estimate(value, value - 0.05, value + 0.05)
        return spine.Spine(title, "2025", "proportion", polarity, estimate, 0.4, spread, said)

    alone = spine.Spine("Hours", "2025", "per_1000", "high", Estimate(5.84), None, None)
    absent = spine.Spine("Champions", "2025", "per_1000", "high", WITHHELD, None, None)
    return spine.spine(
        [
            one("Listened to", "high", 0.5, "better"),
            one("Isolated", "low", 0.5, "worse"),
            one("Declined", "none", 0.4, "similar"),
            alone,
            absent,
        ],
        key="spine-x",
        title="North and England",
        area="North",
    )


def some_dots() -> Figure:
    return dots.dots(
        Estimate(0.42, 0.3, 0.55),
        [0.3, 0.4, 0.4, 0.5],
        key="dots-x",
        title="Listened to",
        name="Green Surgery",
        unit="proportion",
        period="2025",
        peer_words="practices of North",
        england=Estimate(0.45, 0.44, 0.46),
        comparison="similar",
    )


def a_funnel() -> Figure:
    return funnel.funnel(
        [
            funnel.Area(None, 0.5, 100),
            funnel.Area(None, 0.62, 100),
            funnel.Area(None, 0.2, 100),
            funnel.Area("Green Surgery", 0.45, 50, is_own=True),
        ],
        key="funnel-x",
        title="Listened to, by number of answers",
        average=0.5,
        period="2025",
        what=("practice", "practices"),
    )


def month(number: int, value: float, cause: str = "common_cause") -> spc.Month:
    first = date(2025, number, 1)
    last = date(2025, number, {2: 28, 4: 30, 6: 30, 9: 30, 11: 30}.get(number, 31))
    icon = "common" if cause == "common_cause" else "improvement_high"
    note = "service start" if number == 2 else None
    return spc.Month(
        first, last, value, 1, 10.0, 4.0, 16.0, cause, icon, "inconsistent", "full", note
    )


def an_xmr_chart() -> Figure:
    values = [9.0, 11, 10, 8, 12, 10, 9, 11, 10, 12, 9]
    months = [month(number, value) for number, value in enumerate(values, 1)]
    return spc.spc(
        [*months, month(12, 17, "outside_limits")],
        key="spc-x",
        title="People referred",
        unit="per_1000",
        area="North",
        target=12.0,
    )


def a_gradient() -> Figure:
    values = [20.0, 18, 16, 14, 12]
    fifths = [
        gradient.Fifth(number, Estimate(value, value - 1, value + 1), 1000, 12)
        for number, value in enumerate(values, 1)
    ]
    return gradient.gradient(
        fifths,
        key="gradient-x",
        title="People referred, by deprivation",
        unit="per_1000",
        area="England",
        period="2024/25",
        slope=gradient.Slope(-10.0, -11.0, -9.0, 0.5),
    )


def a_typology() -> Figure:
    return typology.typology(
        [
            typology.Mix("April to June 2025", 5, 14, 11, 0.1, 0.5),
            typology.Mix("July to September 2025", None, None, None, state_words="late"),
        ],
        key="typology-x",
        title="Done to, for and with people",
    )


def a_rug() -> Figure:
    def cell(
        indicator: str, component: str, area: str, estimate: Estimate, said: str | None = None
    ) -> rug.Cell:
        unit = "per_1000" if indicator == "B-2" else "proportion"
        title = f"Indicator {indicator}"
        return rug.Cell(indicator, title, component, unit, area, "Same name", estimate, said)

    return rug.rug(
        [
            cell("A-1", "Choice", "X1", Estimate(0.5, 0.4, 0.6), "similar"),
            cell("A-1", "Choice", "X2", Estimate(0.7, 0.6, 0.8), "better"),
            cell("B-1", "Plans", "X1", WITHHELD),
            cell("B-1", "Plans", "X2", Estimate(0.2, 0.1, 0.3), "worse"),
            cell("B-2", "Plans", "X1", Estimate(5.8)),
            cell("A-2", "Choice", "X1", Estimate(None, state="late")),
        ],
        key="rug-x",
        title="Overview",
    )


def a_map() -> Figure:
    return tile_map.tile_map(
        [
            tile_map.Board("QHM", "NHS North East ICB", Estimate(0.5, 0.4, 0.6), "similar"),
            tile_map.Board("D7T5G", "Essex", Estimate(0.7, 0.6, 0.8), "better"),
            tile_map.Board("QOP", "NHS Greater Manchester ICB", WITHHELD),
            tile_map.Board("QZZ", "NHS Example Vale ICB", Estimate(0.3, 0.2, 0.4), "worse"),
        ],
        key="map-x",
        title="Listened to, by board",
        unit="proportion",
        period="2025",
    )


def figures() -> list[Figure]:
    """One of every kind."""
    return [
        a_trend(),
        some_bars(),
        a_spine(),
        some_dots(),
        a_funnel(),
        an_xmr_chart(),
        a_gradient(),
        a_typology(),
        a_rug(),
        a_map(),
    ]
