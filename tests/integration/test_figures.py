"""What holds of every figure of a built sample, worked out again beside the models.

Sums are made again with polars, from the inputs of the indicators or from the raw files; no SQL of
the models is used. The rows that were worked out by hand are in test_hand_computed_rows.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import duckdb
import polars as pl
import pytest
from night import Night
from polars.testing import assert_frame_equal

from assets.home import Home

ENGLAND = "E92000001"
LARGER = ("pcn", "sub_icb", "icb", "region", "england")
SERIES = [
    "indicator_id", "area_type", "area_code", "hierarchy_basis", "series_id", "category_type",
    "category",
]  # fmt: skip
OF_PERIOD = [
    "indicator_id", "period_start", "period_end", "series_id", "category_type", "category",
]  # fmt: skip
# Slopes and similarities are of many groups: no ratio of two counts.
INDICES = ("sii_log", "sii_logit", "dissimilarity")
FRAMEWORK = {"PC-PCSP-07": "MH002", "PC-PCSP-08": "DEM004"}
# Question, and the measure and answer that the publisher prints (DOMAIN 2.1.3).
SURVEY = {
    "PC-SDM-01": ("lastgpapptdecision", "pcteval", None),
    "PC-SDM-02": ("lastgpapptlisten", "pcteval", None),
    "PC-PCSP-01": ("healthconversation", "pcteval", None),
    "PC-PCSP-02": ("healthcareplan", "pcteval", None),
    "PC-PCSP-04": ("healthcareplanhelpful", "pcteval", None),
    "PC-CHO-01": ("lastgpapptchoice", "pcteval", None),
    "PC-CHO-02": ("lastgpapptchoice", "pct", "3"),
    "PC-CHO-03": ("localgpservicesprefhpsee", "pcteval", None),
    "PC-SSM-01": ("healthconfidence", "pcteval", None),
    "PC-SSM-02": ("healthsupport", "pcteval", None),
    "PC-OUT-01": ("lastgpapptneeds", "pcteval", None),
    "PC-OUT-02": ("healthexperienced", "pct", "3"),
}


@pytest.fixture(scope="module")
def build(baseline: Night) -> Iterator[duckdb.DuckDBPyConnection]:
    """The build of a night on most of the sample."""
    with duckdb.connect(str(Home(baseline.home).warehouse), read_only=True) as connection:
        yield connection


def table(build: duckdb.DuckDBPyConnection, sql: str) -> pl.DataFrame:
    return pl.DataFrame(build.sql(sql).to_arrow_table())


@pytest.fixture(scope="module")
def values(build: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Everything an analyst sees."""
    return table(build, "from marts.indicator_values")


@pytest.fixture(scope="module")
def counted(build: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Every level as counted, before small numbers are hidden and the others rounded."""
    return table(
        build,
        "select * replace (cast(numerator as double) as numerator, "
        "cast(denominator as double) as denominator) from intermediate.int_placed_inputs",
    )


@pytest.fixture(scope="module")
def practices(build: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Counts of practices, of indicators that are added up from practices."""
    return table(
        build,
        "select inputs.* replace (cast(numerator as double) as numerator, "
        "cast(denominator as double) as denominator) "
        "from intermediate.int_indicator_inputs as inputs "
        "join intermediate.int_indicator_catalogue as catalogue using (indicator_id) "
        "where catalogue.rolls_up_from = 'practice' and inputs.area_type = 'practice'",
    )


@pytest.fixture(scope="module")
def parents(build: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Where each practice belongs, on each basis."""
    return table(build, "from intermediate.int_practice_parents")


# -- sums ------------------------------------------------------------------------------------------


def test_every_larger_area_is_the_sum_of_its_practices(
    counted: pl.DataFrame, practices: pl.DataFrame, parents: pl.DataFrame
) -> None:
    with_figures = practices.filter(pl.col("value_state").is_in(["reported", "zero"]))
    summed = (
        with_figures.drop("area_type", "hierarchy_basis")
        .join(parents, left_on="area_code", right_on="practice_code")
        .filter(pl.col("period_end").is_between("from_date", "to_date"))
        .group_by(*OF_PERIOD, "hierarchy_basis", area_type="parent_type", area_code="parent_code")
        .agg(pl.col("numerator", "denominator").sum())
    )
    added_up = practices["indicator_id"].unique().implode()
    shown = counted.filter(
        pl.col("indicator_id").is_in(added_up),
        pl.col("area_type").is_in(LARGER),
        pl.col("value_state").is_in(["reported", "zero"]),
    )
    keys = [*OF_PERIOD, "hierarchy_basis", "area_type", "area_code"]
    again = shown.select(keys).join(summed, on=keys, how="left", maintain_order="left")
    assert_frame_equal(
        shown.select("numerator", "denominator"),
        again.select("numerator", "denominator"),
        rel_tol=1e-12,
    )
    bases = {(row[0], row[1]) for row in shown.select("area_type", "hierarchy_basis").iter_rows()}
    assert bases == {
        *((level, basis) for level in LARGER[:-1] for basis in ("as_was", "as_is")),
        ("england", "not_applicable"),
    }
    assert shown["indicator_id"].n_unique() >= 15


def test_what_is_shown_is_what_was_counted_but_for_local_people_rounded_to_five(
    values: pl.DataFrame, counted: pl.DataFrame
) -> None:
    keys = [*OF_PERIOD, "hierarchy_basis", "area_type", "area_code"]
    beside = values.filter(pl.col("numerator").is_not_null()).join(
        counted.select(*keys, true_numerator="numerator", true_denominator="denominator"), on=keys
    )
    is_local = pl.col("disclosure_class") == "std"
    is_flow = pl.col("series_id").str.ends_with("_monthly_flow")
    is_whole = pl.col("area_type") == "england"
    exact = beside.filter(~is_local | (is_whole & ~is_flow))
    assert exact.height > 1000
    assert exact.filter(pl.col("numerator") != pl.col("true_numerator")).is_empty()
    rounded = beside.filter(is_local & ~is_whole & ~is_flow)
    assert rounded.height > 1000
    fives = (pl.col("true_numerator") + 2).floordiv(5) * 5
    assert rounded.filter(pl.col("numerator") != fives).is_empty()
    assert rounded.filter(pl.col("true_numerator").is_between(1, 7)).is_empty()
    # The difference of two rounded counts.
    flows = beside.filter(is_local & is_flow)
    assert flows.filter((pl.col("numerator") - pl.col("true_numerator")).abs() > 4).is_empty()


def test_no_sum_is_shown_where_practices_are_missing(
    values: pl.DataFrame, build: duckdb.DuckDBPyConnection
) -> None:
    whole = table(
        build,
        "select indicator_id, minimum_coverage from intermediate.int_indicator_catalogue "
        "where rolls_up_from = 'practice' and minimum_coverage > 0",
    )
    shown = values.join(whole, on="indicator_id").filter(
        pl.col("area_type").is_in(LARGER), pl.col("value").is_not_null()
    )
    needed = (
        pl.when(pl.col("area_type") == "england")
        .then(pl.max_horizontal("minimum_coverage", 0.98))
        .otherwise("minimum_coverage")
    )
    assert shown.height > 100
    assert shown.filter(pl.col("coverage").is_null() | (pl.col("coverage") < needed)).is_empty()


@pytest.fixture(scope="module")
def framework(baseline: Night) -> pl.DataFrame:
    """Practices of the Quality and Outcomes Framework, from its raw file."""
    raw = pl.read_csv(
        baseline.landing / "qof" / "ACHIEVEMENT_2425.csv", infer_schema=False
    ).with_columns(pl.col("VALUE").cast(pl.Float64))
    wide = raw.filter(pl.col("INDICATOR_CODE").is_in(list(FRAMEWORK.values()))).pivot(
        on="MEASURE", index=["PRACTICE_CODE", "INDICATOR_CODE"], values="VALUE"
    )
    return wide.select(
        "PRACTICE_CODE",
        "INDICATOR_CODE",
        numerator="NUMERATOR",
        denominator=pl.col("DENOMINATOR") + pl.col("PCAS"),
    )


@pytest.mark.parametrize("indicator", FRAMEWORK)
def test_england_of_the_framework_is_the_raw_file_added_up(
    indicator: str, framework: pl.DataFrame, values: pl.DataFrame
) -> None:
    ours = framework.filter(pl.col("INDICATOR_CODE") == FRAMEWORK[indicator])
    x, n = ours["numerator"].sum(), ours["denominator"].sum()
    [row] = values.filter(
        pl.col("indicator_id") == indicator, pl.col("area_type") == "england"
    ).iter_rows(named=True)
    z = 1.959963984540054
    half = z * math.sqrt(z * z + 4 * x * (1 - x / n))
    wilson = [(2 * x + z * z + sign * half) / (2 * (n + z * z)) for sign in (-1, 1)]
    assert (row["numerator"], row["denominator"]) == (x, n)
    assert [row["value"], row["lower_95"], row["upper_95"]] == pytest.approx([x / n, *wilson])


@pytest.mark.parametrize("indicator", FRAMEWORK)
@pytest.mark.parametrize(
    ("level", "column"),
    [("pcn", "PCN_ODS_CODE"), ("sub_icb", "SUB_ICB_ODS_CODE"), ("icb", "ICB_ODS_CODE")],
)
def test_areas_of_the_framework_are_those_of_the_publishers_own_map(
    indicator: str,
    level: str,
    column: str,
    baseline: Night,
    framework: pl.DataFrame,
    values: pl.DataFrame,
) -> None:
    geography = pl.read_csv(
        baseline.landing / "qof" / "MAPPING_NHS_GEOGRAPHIES_2425.csv", infer_schema=False
    )
    summed = (
        framework.filter(pl.col("INDICATOR_CODE") == FRAMEWORK[indicator])
        .join(geography, on="PRACTICE_CODE")
        # The bare letter is a practice in no network (DOMAIN 8.1).
        .filter(pl.col(column) != "U")
        .group_by(area_code=column)
        .agg(pl.col("numerator", "denominator").sum())
        .sort("area_code")
    )
    ours = (
        values.filter(
            pl.col("indicator_id") == indicator,
            pl.col("area_type") == level,
            pl.col("hierarchy_basis") == "as_was",
        )
        .select("area_code", "numerator", "denominator")
        .sort("area_code")
    )
    assert_frame_equal(ours, summed)


# -- the survey ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def printed(build: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """What the publisher printed for practices, boards and England, codes and all."""
    areas = {
        "gpps_practice": ("practice", "practice_code"),
        "gpps_ics": ("icb", "icb_code"),
        "gpps_national": ("england", f"'{ENGLAND}'"),
    }
    return pl.concat(
        table(
            build,
            f"select '{level}' as area_type, {code} as area_code, edition_period_end as period_end,"
            " question, answer_option, measure, cast(published_value as double) as printed "
            f"from raw.{extract} where measure in ('pct', 'pcteval')",
        )
        for extract, (level, code) in areas.items()
    )


@pytest.mark.parametrize("indicator", SURVEY)
def test_survey_values_are_the_printed_ones(
    indicator: str, values: pl.DataFrame, printed: pl.DataFrame
) -> None:
    question, measure, option = SURVEY[indicator]
    theirs = printed.filter(
        pl.col("question") == question,
        pl.col("measure") == measure,
        pl.col("answer_option").eq_missing(pl.lit(option)),
    ).with_columns(survey_year=pl.col("period_end").dt.year())
    ours = values.filter(
        pl.col("indicator_id") == indicator,
        pl.col("category_type") == "all",
        pl.col("hierarchy_basis") != "as_is",
    ).with_columns(survey_year=pl.col("period_end").dt.year())
    # Some questions have too few answers for an indicator of practices.
    theirs = theirs.filter(pl.col("area_type").is_in(ours["area_type"].unique().implode()))
    both = ours.join(theirs, on=["survey_year", "area_type", "area_code"])

    assert both.height == theirs.height
    assert set(both["area_type"]) >= {"icb", "england"}
    suppressed = both.filter(pl.col("printed") == -97)
    assert suppressed["value"].null_count() == suppressed.height
    assert set(suppressed["value_state"]) <= {"suppressed_source"}
    valued = both.filter(pl.col("printed") >= 0, pl.col("value_state") != "below_min_base")
    assert valued.height > 0
    assert valued["value"].to_list() == valued["printed"].to_list()


# -- every row -------------------------------------------------------------------------------------


def test_a_ratio_has_what_it_is_made_of(values: pl.DataFrame) -> None:
    ratios = values.filter(~pl.col("method").is_in(INDICES), pl.col("value").is_not_null())
    # The sum of local scores is not shown: with the mean it would say of how many people it is.
    of_local_scores = (pl.col("disclosure_class") == "std") & pl.col("method").is_in(
        ["mean_t", "paired_change"]
    )
    lacking = ratios.filter(
        (pl.col("numerator").is_null() & ~of_local_scores)
        | ~(pl.col("denominator") > 0).fill_null(value=False)
    )
    assert lacking.is_empty()
    divided = ratios.filter(pl.col("method").is_in(["wilson", "rate_byar", "rate_noci"]))
    assert divided.height > 1000
    quotient = pl.col("multiplier") * pl.col("numerator") / pl.col("denominator")
    off = divided.filter((pl.col("value") - quotient).abs() > 1e-12 * quotient.abs())
    assert off.is_empty()


def test_every_row_has_a_state_and_every_gap_a_reason(values: pl.DataFrame) -> None:
    assert values["value_state"].null_count() == 0
    has_value = pl.col("value_state").is_in(["reported", "zero"])
    assert values.filter(pl.col("value").is_not_null() != has_value).is_empty()
    assert values.filter(~has_value & pl.col("value_reason").is_null()).is_empty()
    assert values.filter((pl.col("value_state") == "zero") & (pl.col("value") != 0)).is_empty()
    # What must not be shown is not given away by its parts.
    hidden = pl.col("value_state").is_in(["suppressed_source", "suppressed", "below_min_base"])
    assert values.filter(hidden & pl.any_horizontal(
        pl.col("numerator", "denominator", "lower_95", "upper_95").is_not_null()
    )).is_empty()  # fmt: skip


def test_no_number_of_any_mart_is_infinite_or_none(build: duckdb.DuckDBPyConnection) -> None:
    columns = build.execute(
        "select table_name, column_name from duckdb_columns() "
        "where schema_name = 'marts' and data_type in ('DOUBLE', 'FLOAT')"
    ).fetchall()
    assert len(columns) > 50
    found = {
        f"{mart}.{column}": build.execute(
            f"select count(*) from marts.{mart} where not isfinite({column})"
        ).fetchall()
        for mart, column in columns
    }
    assert {name: count for name, count in found.items() if count != [(0,)]} == {}


def test_proportions_and_their_limits_are_in_order_from_0_to_1(values: pl.DataFrame) -> None:
    shares = values.filter(pl.col("unit") == "proportion")
    for column in ("value", "lower_95", "upper_95", "lower_998", "upper_998", "coverage"):
        assert shares.drop_nulls(column).filter(~pl.col(column).is_between(0, 1)).is_empty(), column
    computed = values.filter(pl.col("ci_basis") == "computed")
    order = ["lower_998", "lower_95", "value", "upper_95", "upper_998"]
    assert computed.height > 500
    for low, high in pairwise(order):
        # At a value of 0 or everybody both limits are the value.
        assert computed.filter(pl.col(low) > pl.col(high) + 1e-12).is_empty(), (low, high)


# -- comparisons -----------------------------------------------------------------------------------


def test_areas_are_held_against_england_of_their_own_series(values: pl.DataFrame) -> None:
    england = values.filter(pl.col("area_type") == "england").select(*OF_PERIOD, england="value")
    assert england.select(OF_PERIOD).is_duplicated().sum() == 0
    both = values.join(england, on=OF_PERIOD, how="left")
    compared = both.filter(pl.col("benchmark_value").is_not_null())
    assert compared.height > 1000
    assert compared.filter(pl.col("benchmark_value").ne_missing(pl.col("england"))).is_empty()
    assert compared.filter(pl.col("area_type") == "england").is_empty()
    judged = pl.col("comparison_95").is_not_null() | pl.col("comparison_998").is_not_null()
    assert both.filter(judged & pl.col("benchmark_value").is_null()).is_empty()


def test_a_change_is_one_from_an_earlier_value_of_the_same_series(values: pl.DataFrame) -> None:
    changed = values.filter(pl.col("change_since_previous").is_not_null())
    earlier = values.select(*SERIES, before="value", earlier_end="period_end").drop_nulls("before")
    pairs = changed.join(earlier, on=SERIES).filter(
        pl.col("earlier_end") < pl.col("period_end"),
        (pl.col("value") - pl.col("before") - pl.col("change_since_previous")).abs() < 1e-12,
    )
    keys = [*SERIES, "period_start", "period_end"]
    assert changed.height > 1000
    assert changed.join(pairs, on=keys, how="anti").is_empty()


def test_local_indicators_have_no_league(
    values: pl.DataFrame, build: duckdb.DuckDBPyConnection
) -> None:
    local = table(build, "select indicator_id from marts.indicators where status = 'local'")
    rows = values.join(local, on="indicator_id")
    compared = ["benchmark_value", "comparison_95", "comparison_998", "quantile"]
    assert rows.height > 500
    assert rows.select(pl.col(compared).count()).row(0) == (0, 0, 0, 0)


# -- practices at the edges ------------------------------------------------------------------------


def test_a_practice_in_no_network_counts_for_its_location(
    build: duckdb.DuckDBPyConnection, values: pl.DataFrame, framework: pl.DataFrame
) -> None:
    outside = table(
        build,
        "select practice_code as PRACTICE_CODE from raw.qof_geography_map where pcn_code is null",
    )
    assert outside.height > 0
    for indicator, code in FRAMEWORK.items():
        alone = framework.filter(pl.col("INDICATOR_CODE") == code).join(outside, on="PRACTICE_CODE")
        ours = values.filter(
            pl.col("indicator_id") == indicator, pl.col("hierarchy_basis") == "as_was"
        )
        people = {
            level: ours.filter(pl.col("area_type") == level)["denominator"].sum()
            for level in ("pcn", "sub_icb", "icb")
        }
        assert people["sub_icb"] == people["icb"] == people["pcn"] + alone["denominator"].sum()


def test_a_closed_practice_keeps_its_history(
    build: duckdb.DuckDBPyConnection, values: pl.DataFrame, parents: pl.DataFrame
) -> None:
    closed = build.execute(
        "select practice_code from intermediate.int_current_practices where not is_open"
    ).fetchall()
    assert closed
    for (practice,) in closed:
        history = values.filter(pl.col("area_code") == practice, pl.col("value").is_not_null())
        assert history.height > 0
        mine = parents.filter(pl.col("practice_code") == practice)
        for basis in ("as_was", "as_is"):
            levels = set(mine.filter(pl.col("hierarchy_basis") == basis)["parent_type"])
            assert levels >= {"sub_icb", "icb", "region"}, (practice, basis)
