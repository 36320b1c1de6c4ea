"""Rows that the small release leaves out: for tests of one page, and all of them at once.

``filled_release`` is a release in which every family of pages has something to show.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from report_release import (
    BOARD,
    ENGLAND,
    FORMER,
    NETWORK,
    REGION,
    SUB_ICB,
    SURVEY,
    insert,
    write_release,
)

QUARTER = {"period_start": date(2025, 7, 1), "period_end": date(2025, 9, 30)}
YEAR_ROW = {"period_start": date(2024, 4, 1), "period_end": date(2025, 3, 31)}
YEAR = (date(2024, 4, 1), date(2025, 3, 31), "qof")


def organisation(connection: duckdb.DuckDBPyConnection, code: str, name: str) -> None:
    insert(connection, "areas", area_code=code, area_type="organisation", area_name=name,
           status="open")  # fmt: skip
    insert(connection, "area_relationships", child_type="organisation", child_code=code,
           parent_type="icb", parent_code=BOARD, is_current=True)  # fmt: skip


def records(
    connection: duckdb.DuckDBPyConnection, area: tuple[str, str], counts: tuple[int, int, int],
    **rest: Any,
) -> None:  # fmt: skip
    for klass, count in zip(("to", "for", "with"), counts, strict=True):
        insert(
            connection, "engagement_typology", area_type=area[0], area_code=area[1],
            records=count, classified_records=sum(counts), all_records=sum(counts) + 1,
            judged_by_both=4, self_rated=4, **{"class": klass}, **QUARTER, **rest,
        )  # fmt: skip


def change(connection: duckdb.DuckDBPyConnection, number: int, told: date | None = None) -> None:
    insert(
        connection, "what_changed", submitter_org_id="S", engagement_id=f"E{number}",
        area_code="HUB", area_type="organisation", stage="design", what_changed=f"Change {number}.",
        changed_on=date(2025, 6, number), told_on=told, **{"class": "with"}, **QUARTER,
    )  # fmt: skip


def catalogued(connection: duckdb.DuckDBPyConnection, *indicator_ids: str) -> None:
    for indicator_id in indicator_ids:
        insert(
            connection, "indicators", indicator_id=indicator_id, title=f"T {indicator_id}",
            component="INQ", component_name="Inequality", unit="slope", definition="Defined.",
            polarity="none", benchmark="none",
        )  # fmt: skip


def fifths(
    connection: duckdb.DuckDBPyConnection, area: tuple[str, str], sii: tuple[Any, Any, Any],
    **rest: Any,
) -> None:  # fmt: skip
    for number in range(1, 6):
        row = {"value": 20.0 - number, "value_state": "reported", "population": 1000.0} | rest
        insert(
            connection, "inequalities", indicator_id="PC-INQ-01", area_type=area[0],
            area_code=area[1], hierarchy_basis="as_is", series_id="ncdes_ytd",
            category_type="deprivation_quintile", category=str(number), practices=3,
            lower_95=19.0 - number, upper_95=21.0 - number, unit="per_1000", sii=sii[0],
            sii_lower_95=sii[1], sii_upper_95=sii[2], sii_unit="per_1000", rii=0.6,
            rii_lower_95=0.5, rii_upper_95=0.7, **YEAR_ROW, **row,
        )  # fmt: skip


def groups(
    connection: duckdb.DuckDBPyConnection, area: tuple[str, str], index: float | None,
    indicator_id: str = "PC-INQ-03",
) -> None:  # fmt: skip
    for group, share, value in (("white", 0.9, 0.82), ("black", 0.1, None)):
        insert(
            connection, "inequalities", indicator_id=indicator_id, area_type=area[0],
            area_code=area[1], hierarchy_basis="as_is", series_id="sp_referrals",
            category_type="ethnic_group", category=group, population_share=share, value=value,
            value_state="reported" if value else "suppressed", unit="proportion",
            representation_ratio=value / share if value else None,
            numerator=1220.0 if value else None, similarity_index=index,
            chance_index_mean=99.0 if index else None,
            chance_index_lower_95=98.0 if index else None,
            chance_index_upper_95=99.7 if index else None,
            index_reason=None if index else "fewer than 100 referrals", **YEAR_ROW,
        )  # fmt: skip


def reading(
    connection: duckdb.DuckDBPyConnection, measure: str, area_type: str, **row: Any
) -> None:
    whole = {
        "measure": measure, "measure_name": f"Name of {measure}", "area_type": area_type,
        "area_code": area_type, "area_name": f"Some {area_type}", "sex": "all", "age": "16+",
        "period": "2020/21", "unit": "rating_0_to_10", "value_state": "reported",
        "is_modelled": False,
    } | row  # fmt: skip
    insert(connection, "context_values", **whole)


def boards(connection: duckdb.DuckDBPyConnection) -> None:
    """Three boards beside England: of a survey, and of a count with a funnel."""
    insert(
        connection, "indicators", indicator_id="PC-PCSP-07", title="Plan", component="PCSP",
        component_name="Planning", polarity="high", unit="proportion", method="wilson",
        benchmark="england", multiplier=1, definition="Plan.",
    )  # fmt: skip
    insert(connection, "areas", area_code="QCC", area_type="icb", area_name="Cove", status="open")
    for indicator_id, period in (("PC-SDM-01", SURVEY), ("PC-PCSP-07", YEAR)):
        rows: list[tuple[str, str, float]] = [
            ("icb", BOARD, 0.5), ("icb", FORMER, 0.6), ("icb", "QCC", 0.9),
            ("england", ENGLAND, 0.6), ("region", REGION, 0.55), ("sub_icb", SUB_ICB, 0.52),
        ]  # fmt: skip
        for area_type, code, number in rows:
            for table in ("latest_values", "england_values"):
                if table == "england_values" and area_type != "england":
                    continue
                insert(
                    connection, table, indicator_id=indicator_id, area_type=area_type,
                    area_code=code, value=number, value_state="reported", unit="proportion",
                    hierarchy_basis="as_is", period_start=period[0], period_end=period[1],
                    series_id=period[2], category_type="all", category="all",
                    numerator=number * 1000, denominator=1000, unweighted_base=900,
                    comparison_95="better",
                    comparison_998="similar", lower_95=number - 0.01, upper_95=number + 0.01,
                )  # fmt: skip


def months(connection: duckdb.DuckDBPyConnection) -> None:
    for area_type, code, state in (("pcn", NETWORK, "trial"), ("icb", BOARD, "too_few_points")):
        for month in range(1, 3):
            insert(
                connection, "spc_points", indicator_id="PC-SP-01", area_type=area_type,
                area_code=code, hierarchy_basis="as_is", series_id="ncdes_monthly_flow",
                period_start=date(2025, month, 1), period_end=date(2025, month, 28), value=5.0,
                unit="per_1000", stretch=1, limits_state=state, mean=5.0, lower_limit=4.0,
                upper_limit=6.0, special_cause="common_cause", variation_icon="common",
            )  # fmt: skip


def local_values(connection: duckdb.DuckDBPyConnection) -> None:
    """Seats and projects of a board, as organisations chose to send them."""
    for indicator_id, component, title, parts, whole in (
        ("CP-E1-01", "E1", "Voting seats held by people", {BOARD: 6}, 27),
        ("CP-E4-01", "E4", "Projects coproduced end to end", {BOARD: 9, FORMER: 3}, 12),
    ):
        insert(
            connection, "indicators", indicator_id=indicator_id, title=title, component=component,
            component_name=f"Element {component}", unit="proportion", method="wilson",
            benchmark="none", polarity="high", definition=f"{title}.", status="local",
        )  # fmt: skip
        for board, part in parts.items():
            insert(
                connection, "latest_values", indicator_id=indicator_id, area_type="icb",
                area_code=board, hierarchy_basis="as_is", series_id="", category_type="all",
                category="all", numerator=part, denominator=whole, value=part / whole,
                unit="proportion", value_state="reported", **QUARTER,
            )  # fmt: skip


def filled_release(path: Path, *, is_synthetic: bool = True) -> Path:
    """Write a release in which every family of pages shows all that it can; its path."""
    write_release(path, is_synthetic=is_synthetic)
    with duckdb.connect(str(path)) as connection:
        for table in ("indicator_values", "latest_values", "england_values"):
            connection.execute(
                f"delete from {table} where area_type in ('icb', 'england') "
                "and indicator_id = 'PC-SDM-01' and period_start = date '2025-01-01'"
            )
        boards(connection)
        months(connection)
        local_values(connection)
        organisation(connection, "HUB", "Vale Hub")
        organisation(connection, "SIL", "Silent Trust")
        records(connection, ("icb", BOARD), (5, 14, 11), weak_share=0.1, coproduction_index=60.0,
                agreement_share=0.5, self_rating_higher_share=0.25)  # fmt: skip
        records(connection, ("organisation", "HUB"), (5, 5, 0), coproduction_index=25.0)
        for number in (1, 2):
            change(connection, number, date(2025, 6, 8) if number == 2 else None)
        catalogued(connection, "PC-INQ-01", "PC-INQ-03")
        fifths(connection, ("england", ENGLAND), (-8.3, -9.5, -7.1))
        fifths(connection, ("icb", BOARD), (-4.0, -5.0, -3.0))
        groups(connection, ("icb", BOARD), 93.2)
        reading(connection, "wellbeing_anxiety", "england", value=3.125)
        reading(connection, "wellbeing_anxiety", "local_authority", value=3.0)
        # What stands among the newest values stands among all of them.
        connection.execute(
            "insert into indicator_values by name select * from latest_values as newest "
            "where not exists (select 1 from indicator_values as held where held.indicator_id = "
            "newest.indicator_id and held.area_code = newest.area_code and held.area_type = "
            "newest.area_type and held.series_id = newest.series_id and held.period_end = "
            "newest.period_end and held.hierarchy_basis = newest.hierarchy_basis)"
        )
    return path
