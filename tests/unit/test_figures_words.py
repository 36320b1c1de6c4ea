"""What every figure says: its text, its rows and its settings, checked by hand."""

import dataclasses
from datetime import date

import figure_examples as examples
import pytest

from assets.reports.figures import bars, dots, funnel, gradient, rug, spc, spine, trend, typology
from assets.reports.figures.estimate import Estimate, said, said_in_full, with_interval
from assets.reports.figures.figure import Column, Figure, distinct_names


def column(figure: Figure, name: str) -> list[object]:
    place = [one.name for one in figure.columns].index(name)
    return [row[place] for row in figure.rows]


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.89051, "proportion", "89.1%"),
        (0.8905, "proportion", "89.1%"),
        (0.0, "proportion", "0.0%"),
        (5.84, "per_1000", "5.8"),
        (20.4, "per_10000", "20"),
        (1234.5, "gbp_per_1000", "1,235"),
        (0.0456, "per_1000", "0.046"),
        (0, "per_1000", "0"),
        (-9.54, "slope", "\N{MINUS SIGN}9.5"),
        (5.81, "slope_pp", "5.8"),
        (50.926, "score", "50.9"),
        (1200, "count", "1,200"),
    ],
)
def test_numbers_in_words(value: float, unit: str, words: str) -> None:
    assert said(value, unit) == words


def test_numbers_with_their_units_and_intervals() -> None:
    assert said_in_full(5.84, "per_1000") == "5.8 per 1,000 people"
    assert said_in_full(50.926, "score") == "a score of 50.9"
    assert with_interval(Estimate(0.5, 0.4, 0.6), "proportion") == (
        "50.0% (95% interval 40.0% to 60.0%)"
    )
    assert with_interval(Estimate(5.0), "per_1000") == "5.0 per 1,000 people (no interval)"
    assert with_interval(Estimate(None, state="late"), "per_1000") == (
        "no number (expected, not yet arrived)"
    )


def test_states_are_words_and_never_blank() -> None:
    assert Estimate(0.0, state="zero").state_words == "a true zero"
    for state in (
        "suppressed_source",
        "suppressed",
        "not_available",
        "late",
        "not_applicable",
        "below_min_base",
        "cannot_calculate",
        "a state of tomorrow",
    ):
        absent = Estimate(None, state=state, reason="at least 95 % are needed")
        assert absent.short_state
        assert absent.state_words.endswith(": at least 95% are needed")


def test_a_trend_breaks_where_a_series_ends() -> None:
    figure = examples.a_trend()
    assert figure.text == (
        "North, January to March 2025: 52.1% (95% interval 47.0% to 57.0%). "
        "England: 49.0% (95% interval 48.9% to 49.1%). "
        "First of this series: 50.0% in January to March 2024. "
        "The series breaks: survey to 2023 and survey from 2024 are not comparable with each "
        "other. Trend: too few periods (2 of 5)."
    )
    breaks = column(figure, "break_at")
    assert breaks == [None, None, None, "2023-09-30", None, None, None]
    assert column(figure, "break_words")[3] == (
        "series break: survey to 2023, then survey from 2024"
    )
    assert column(figure, "value")[2] is None
    assert str(column(figure, "state")[2]).startswith("too few to show (withheld by the publisher)")
    assert figure.settings["tick_words"] == ["2021", "2022", "2023", "2024", "2025"]
    assert figure.settings["ticks"][0] == 1617148800000  # 31 March 2021, midnight UTC
    assert figure.settings["domain"] == [0.35, 0.57]


def test_many_periods_leave_a_mark_where_a_number_is_missing() -> None:
    def months(count: int) -> Figure:
        points = [
            trend.Point(
                "North", "a", date(2025, month, 1), date(2025, month, 28),
                Estimate(0.5) if month > 1 else Estimate(None, state="late"),
            )
            for month in range(1, count + 1)
        ]  # fmt: skip
        return trend.trend(points, key="t", title="T", area="North", unit="proportion")

    assert "A period without a number is marked \N{MULTIPLICATION SIGN}." in months(9).text
    assert "is marked" not in months(8).text


def test_a_trend_without_a_common_period_does_not_compare() -> None:
    figure = trend.trend(
        [
            examples.point("North", "a", 2024, Estimate(0.5)),
            examples.point("England", "b", 2025, Estimate(0.4)),
        ],
        key="t",
        title="T",
        area="North",
        unit="proportion",
    )
    assert "England" not in figure.text


def test_a_count_since_april_begins_anew_each_april() -> None:
    points = [
        trend.Point("North", "since_april", date(year, 4, 1), date(year, month, 28), Estimate(0.5))
        for year, month in ((2023, 10), (2023, 11), (2024, 4), (2024, 5))
    ]
    figure = trend.trend(points, key="t", title="T", area="North", unit="proportion")
    assert "counted from April 2023, then from April 2024: the line begins anew" in figure.text
    lines = [dict(zip([c.name for c in trend.COLUMNS], row, strict=True))["line"]
             for row in figure.rows]  # fmt: skip
    assert lines[0] == lines[1] != lines[2] == lines[3]
    # Months that follow one another are one line.
    months = [
        trend.Point("North", "month", date(2024, month, 1), date(2024, month, 28), Estimate(0.5))
        for month in (3, 4, 5)
    ]
    figure = trend.trend(months, key="t", title="T", area="North", unit="proportion")
    assert "begins anew" not in figure.text
    assert len({row[-1] for row in figure.rows}) == 1


def test_series_side_by_side_are_drawn_apart() -> None:
    early = examples.point("North", "early", 2021, Estimate(0.1))
    both = [examples.point("North", "long", year, Estimate(0.2)) for year in (2021, 2023)]
    late = examples.point("North", "late", 2024, Estimate(0.3))
    groups = trend.apart([late, *both, early])
    assert [{p.series_id for p in group} for group in groups] == [{"early", "late"}, {"long"}]
    with pytest.raises(ValueError, match="series overlap in time"):
        trend.trend([early, *both], key="t", title="T", area="North", unit="proportion")


@pytest.mark.parametrize(
    ("start", "end", "tick"),
    [
        (date(2025, 1, 1), date(2025, 3, 31), "2025"),
        (date(2024, 4, 1), date(2025, 3, 31), "2024/25"),
        (date(2025, 3, 1), date(2025, 3, 31), "Mar 2025"),
        (date(2025, 7, 1), date(2025, 9, 30), "Sep 2025"),
        (date(2024, 1, 1), date(2024, 12, 31), "2024"),
        (date(2024, 4, 1), date(2024, 11, 30), "Nov 2024"),
    ],
)
def test_periods_as_an_axis_says_them(start: date, end: date, tick: str) -> None:
    figure = trend.trend(
        [trend.Point("North", "a", start, end, Estimate(0.5))],
        key="t",
        title="T",
        area="North",
        unit="proportion",
    )
    assert figure.settings["tick_words"] == [tick]


def test_bars_are_in_order_and_keep_those_without_a_value() -> None:
    figure = examples.some_bars()
    assert column(figure, "area") == ["North", "West", "East", "South"]
    assert column(figure, "comparison") == ["better", "similar", "worse", "not compared"]
    assert figure.settings["england_value"] == 0.45
    assert figure.settings["domain"] == [0.0, 0.65]
    assert figure.settings["lines"] == 4
    assert figure.settings["comparisons"] == ["better", "similar", "worse"]
    assert figure.text == (
        "England, January to March 2025: 45.0% (95% interval 44.0% to 46.0%). "
        "3 areas have a value in January to March 2025, from 30.0% to 60.0%. "
        "Compared with England: 1 better, 1 similar and 1 worse. "
        "West: 46.0% (95% interval 41.0% to 51.0%), similar to England. "
        "1 area has no value: see the table."
    )


def test_practices_are_never_ordered_by_name() -> None:
    practice = bars.Bar("A81001", "Green Surgery", "practice", Estimate(0.5))
    with pytest.raises(ValueError, match="practices are never ordered by name"):
        bars.bars([practice], key="b", title="B", unit="proportion", period="2025")


def test_names_that_two_areas_share_get_their_codes() -> None:
    names = distinct_names([("U1", "Park PCN"), ("U2", "Park PCN"), ("U3", "Hill PCN")])
    assert names == {"U1": "Park PCN (U1)", "U2": "Park PCN (U2)", "U3": "Hill PCN"}


def test_right_of_a_spine_is_better() -> None:
    figure = examples.a_spine()
    # England 0.4; areas from 0.2 to 0.6, so half a spine is 0.2.
    assert column(figure, "at") == [0.75, 0.25, 0.5, None, None]
    assert column(figure, "at_worst")[:3] == [0.0, 0.0, 0.0]
    assert column(figure, "at_p25")[:3] == [0.375, 0.25, 0.375]
    assert column(figure, "worst")[:3] == [0.2, 0.6, 0.2]
    assert column(figure, "ends") == ["judged", "judged", "unjudged", "judged", "judged"]
    assert figure.text == (
        "North: 4 indicators of 5 with a value. 1 better than England: Listened to. "
        "1 similar to England. 1 worse than England: Isolated. 1 not compared with England."
    )


def test_a_spine_without_spread_has_no_place() -> None:
    flat = spine.Spread(0.4, 0.4, 0.4, 0.4)
    assert spine.position(0.4, 0.4, flat, "high") is None
    skewed = spine.Spread(0.3, 0.4, 0.5, 0.9)
    assert spine.position(0.3, 0.4, skewed, "high") == pytest.approx(0.4)
    assert spine.position(0.3, 0.4, skewed, "low") == pytest.approx(0.6)


def test_peers_have_no_name_no_code_and_no_interval() -> None:
    figure = examples.some_dots()
    assert column(figure, "area") == ["Green Surgery", *["a practice"] * 4]
    assert column(figure, "lower") == [0.3, None, None, None, None]
    assert column(figure, "level") == [0, 1, 1, 2, 1]
    assert figure.text == (
        "Green Surgery, 2025: 42.0% (95% interval 30.0% to 55.0%), similar to England. "
        "England: 45.0% (95% interval 44.0% to 46.0%). "
        "4 other practices of North; the middle half of them lie from 40.0% to 50.0%."
    )


def test_dots_of_a_practice_without_a_value_say_why() -> None:
    figure = dots.dots(
        Estimate(None, state="below_min_base"),
        [],
        key="d",
        title="D",
        name="Green Surgery",
        unit="proportion",
        period="2025",
        peer_words="practices of North",
    )
    assert figure.text == (
        "Green Surgery, 2025: no number (too few people answered to show). "
        "No other practices of North have a value."
    )


def test_the_funnel_of_chance() -> None:
    # 0.5 of 100: standard error 0.05, so 95 % limits 0.402 and 0.598, 99.8 % 0.345 and 0.655.
    low, high = funnel.limits(0.5, 100, funnel.Z_95)
    assert (round(low, 4), round(high, 4)) == (0.402, 0.598)
    low, high = funnel.limits(0.5, 100, funnel.Z_998)
    assert (round(low, 4), round(high, 4)) == (0.3455, 0.6545)
    assert funnel.limits(0.01, 10, funnel.Z_998)[0] == 0
    figure = examples.a_funnel()
    assert column(figure, "place") == [
        "outside the 99.8% limits",
        "inside the funnel",
        "outside the 95% limits",
        "inside the funnel",
    ]
    assert column(figure, "area") == ["a practice"] * 3 + ["Green Surgery"]
    assert figure.text == (
        "England, 2025: 50.0%. Of 4 practices, 2 lie inside the funnel of chance, 1 outside its "
        "95% limits only and 1 outside its 99.8% limits. "
        "Green Surgery: 45.0% of 50, inside the funnel."
    )


@pytest.mark.parametrize(("average", "base"), [(1.2, 10), (0.5, 0)])
def test_a_funnel_refuses_what_is_no_proportion(average: float, base: int) -> None:
    with pytest.raises(ValueError, match="figure f"):
        funnel.funnel(
            [funnel.Area(None, 0.5, base)], key="f", title="F", average=average, period="2025"
        )


def test_an_xmr_chart_says_what_its_icons_say() -> None:
    figure = examples.an_xmr_chart()
    assert figure.settings["icons"] == ["variation:improvement_high", "assurance:inconsistent"]
    assert figure.settings["domain"] == [4.0, 17]
    assert column(figure, "meaning")[-1] == "improvement"
    assert column(figure, "cause")[-1] == "outside the limits"
    assert column(figure, "note")[1] == "service start"
    assert figure.text == (
        "North, December 2025: 17 per 1,000 people. Mean of the 12 months since January 2025: 10; "
        "months lie between 4.0 and 16 by chance alone. "
        "Variation: Special cause: improving, higher. "
        "Assurance: Will meet and miss the target by chance. Target: 12. "
        "1 month of 12 with a special cause."
    )


def test_a_short_xmr_chart_has_no_limits_and_no_icons() -> None:
    month = spc.Month(date(2025, 1, 1), date(2025, 1, 31), 5.0, 1)
    figure = spc.spc([month], key="s", title="S", unit="per_1000", area="North")
    assert figure.text == (
        "North, January 2025: 5.0 per 1,000 people. Too few months for a mean and limits."
    )
    assert figure.settings["icons"] == []
    assert column(figure, "meaning") == ["too few months for limits"]
    with pytest.raises(ValueError, match="no months"):
        spc.spc([], key="s", title="S", unit="per_1000", area="North")


def test_a_gradient_and_its_slope() -> None:
    figure = examples.a_gradient()
    # SII -10 and RII 0.5 fit 20 for the most and 10 for the least deprived.
    assert (figure.settings["fit_begin"], figure.settings["fit_end"]) == (20.0, 10.0)
    assert column(figure, "begin") == [0.0, 0.2, 0.4, 0.6, 0.8]
    assert column(figure, "end") == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert figure.text == (
        "England, 2024/25. Most deprived fifth: 20 per 1,000 people (95% interval 19 to 21); "
        "least deprived fifth: 12 per 1,000 people (95% interval 11 to 13). "
        "Slope index of inequality: \N{MINUS SIGN}10 per 1,000 people "
        "(95% interval \N{MINUS SIGN}11 to \N{MINUS SIGN}9.0), so lower for the least deprived. "
        "Relative index: 0.50."
    )


def test_a_slope_of_percentages_is_in_percentage_points() -> None:
    fifths = [gradient.Fifth(n, Estimate(0.2), 1000) for n in range(1, 6)]
    figure = gradient.gradient(
        fifths,
        key="g",
        title="G",
        unit="proportion",
        area="England",
        period="2025",
        slope=gradient.Slope(5.0, -1.0, 11.0, 1.25),
    )
    assert figure.settings["fit_begin"] == pytest.approx(0.2)
    assert figure.settings["fit_end"] == pytest.approx(0.25)
    assert (
        "5.0 percentage points (95% interval \N{MINUS SIGN}1.0 to 11.0), so higher for the least "
        "deprived; the interval includes no difference."
    ) in figure.text


def test_a_gradient_without_a_slope_says_so_and_refuses_two_of_a_fifth() -> None:
    fifth = gradient.Fifth(1, Estimate(0.2), 1000)
    settings = {"key": "g", "title": "G", "unit": "proportion", "area": "E", "period": "2025"}
    figure = gradient.gradient([fifth], **settings)
    assert figure.text.endswith("No slope index of inequality: not all fifths have a value.")
    assert figure.settings["fit_begin"] is None
    with pytest.raises(ValueError, match="a fifth comes twice"):
        gradient.gradient([fifth, fifth], **settings)


def test_typology_bars_with_their_number() -> None:
    figure = examples.a_typology()
    assert column(figure, "group")[:3] == ["April to June 2025 (n = 30)"] * 3
    shares = [f"{share:.3f}" for share in column(figure, "value")[:3]]
    assert shares == ["0.167", "0.467", "0.367"]
    assert figure.text == (
        "April to June 2025: of 30 records, 16.7% to people, 46.7% for people and 36.7% with "
        "people. Weak evidence: 10.0%. Staff and people agreed on 50.0%. "
        "July to September 2025: late."
    )
    nothing = typology.typology([typology.Mix("Now", 0, 0, 0)], key="t", title="T")
    assert nothing.text == "Now: no records classified."
    assert column(nothing, "value") == [None] * 3


def test_a_rug_has_every_cell_and_every_component() -> None:
    figure = examples.a_rug()
    assert len(figure.rows) == 8
    assert figure.settings["titles"] == [
        [],
        ["Indicator A-1"],
        ["Indicator A-2"],
        [],
        ["Indicator B-1"],
        ["Indicator B-2"],
    ]
    assert set(column(figure, "area")) == {"Same name (X1)", "Same name (X2)"}
    assert column(figure, "short") == ["", "", "late", "no data", "too few", "", "", "no data"]
    assert figure.text == (
        "4 indicators in 2 areas. Compared with England: 1 better, 1 similar and 1 worse. "
        "Without a value: 1 expected, not yet arrived, 2 not available and 1 too few to show "
        "(withheld by the publisher)."
    )
    cell = rug.Cell("A", "A", "C", "proportion", "X1", "X", Estimate(0.5))
    with pytest.raises(ValueError, match="A comes twice in X1"):
        rug.rug([cell, cell], key="r", title="R")


def test_a_rug_says_which_of_several_ways_of_counting_it_shows() -> None:
    one = rug.Cell("A", "Referred", "C", "per_1000", "X1", "X", Estimate(0.5))
    counted = dataclasses.replace(one, indicator_id="B", title="Involved", series="times recorded")
    figure = rug.rug([one, counted], key="r", title="R")
    assert column(figure, "title") == ["Referred", "Involved: times recorded"]
    # The label has two lines; the table, the point and the words below say it in full.
    assert figure.settings["titles"] == [[], ["Referred"], ["Involved"]]
    assert figure.text == (
        "2 indicators in 1 area. Of what is counted in several ways, one is shown: "
        "Involved: times recorded."
    )


def test_a_board_without_a_place_is_below_the_map_and_in_the_text() -> None:
    figure = examples.a_map()
    assert column(figure, "letters") == ["ESX", "QZZ", "GM", "NENC"]
    assert column(figure, "is_placed") == [True, False, True, True]
    ys = [float(str(y)) for y in column(figure, "y")]
    assert ys[1] > max(ys[0], ys[2], ys[3]) + 1
    assert figure.text == (
        "4 integrated care boards in 2025, 3 with a value. Values from 30.0% to 70.0%. "
        "1 better than England: Essex. 1 similar to England. 1 worse than England: Example Vale. "
        "Without a place on the map, and listed below it: Example Vale."
    )


def test_a_figure_refuses_rows_that_do_not_fit_and_no_rows() -> None:
    with pytest.raises(ValueError, match="a row has 2 values for 1 columns"):
        Figure("bars", "k", "T", "Text", (Column("a", "A"),), ((1, 2),))
    with pytest.raises(ValueError, match="has no rows"):
        Figure("bars", "k", "T", "Text", (Column("a", "A"),), ())
