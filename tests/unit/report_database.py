"""A small release database, written by hand, for the tests of the report."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb

NASTY = 'NHS <script>alert("1")</script> & Sons Integrated Care Board'
SURVEY = (date(2025, 1, 1), date(2025, 3, 31), "gpps_from_2024")
BEFORE = (date(2024, 1, 1), date(2024, 3, 31), "gpps_from_2024")
CENSUS = (date(2022, 9, 1), date(2022, 9, 30), "pcnwf_fte")
CENSUS_BEFORE = (date(2021, 12, 1), date(2021, 12, 31), "pcnwf_fte")

_TABLES = """
create table indicator_values (
    indicator_id varchar, area_code varchar, area_type varchar, hierarchy_basis varchar,
    hierarchy_version date, period_start date, period_end date, series_id varchar, sex varchar,
    age varchar, category_type varchar, category varchar, numerator double, denominator double,
    unweighted_base bigint, value double, unit varchar, multiplier double, lower_95 double,
    upper_95 double, lower_998 double, upper_998 double, lower_95_recomputed double,
    upper_95_recomputed double, ci_basis varchar, method varchar, benchmark_value double,
    comparison_95 varchar, comparison_998 varchar, quantile integer,
    change_since_previous double, trend varchar, coverage double, value_state varchar,
    value_reason varchar, disclosure_class varchar, dq_flags varchar, lineage_id varchar);
create table indicators (
    indicator_id varchar, title varchar, component varchar, component_name varchar,
    definition varchar, why_it_matters varchar, numerator_description varchar,
    denominator_description varchar, unit varchar, multiplier double, polarity varchar,
    grains varchar, cadence varchar, method varchar, minimum_base bigint,
    disclosure_class varchar, status varchar, source varchar, authored_by varchar,
    checked_by varchar, reviewed_with_people varchar, date_reviewed varchar,
    next_review varchar, change_log varchar, model varchar);
create table areas (
    area_code varchar, area_type varchar, area_name varchar, ons_code varchar, status varchar,
    open_date date, close_date date);
create table extract_editions (
    extract varchar, submitter varchar, edition_period varchar, period_start date,
    period_end date, edition_id varchar, version varchar, file_name varchar, sha256 varchar,
    layout varchar, coverage varchar, is_synthetic boolean, rows_in_file bigint,
    rows_loaded bigint, rows_quarantined bigint, verdict varchar, reason varchar,
    is_in_use boolean);
create table extracts (
    extract varchar, title varchar, description varchar, publisher varchar, licence varchar,
    attribution varchar, owner varchar, cadence varchar, is_required boolean,
    latest_period varchar, latest_period_end date, expected_by date, is_late boolean);
create table landing_files (
    file_name varchar, sha256 varchar, bytes bigint, extracts varchar, verdict varchar,
    reason varchar, source_address varchar);
create table value_lineage (
    lineage_id varchar, indicator_id varchar, edition_id varchar, extract varchar,
    file_name varchar, sha256 varchar, model varchar);
create table reconciliation (
    source varchar, fixture varchar, published double, ours double, difference double,
    tolerance double, agrees boolean, note varchar);
create schema quality;
create table quality.expectation_results (
    run_id varchar, suite varchar, table_name varchar, rule varchar, severity varchar,
    owner varchar, description varchar, reason varchar, passed boolean, observed varchar,
    failing_rows bigint, examples varchar);
"""


def write_database(path: Path, *, is_synthetic: bool = False, unread_files: int = 1) -> Path:
    """A release with survey and workforce indicators in many states, and two boards."""
    connection = duckdb.connect(str(path))
    connection.execute(_TABLES)
    _catalogue(connection)
    _values(connection)
    _provenance(connection, is_synthetic, unread_files)
    connection.close()
    return path


def insert(connection: duckdb.DuckDBPyConnection, table: str, **row: Any) -> None:
    """One row; columns that are not named stay null."""
    names, marks = ", ".join(row), ", ".join("?" for _ in row)
    connection.execute(f"insert into {table} ({names}) values ({marks})", list(row.values()))


def _catalogue(connection: duckdb.DuckDBPyConnection) -> None:
    survey = {"unit": "proportion", "polarity": "high", "method": "survey_wilson"}
    staff = {"unit": "per_10000", "polarity": "none", "method": "rate_noci"}
    for indicator_id, title, component, name, definition, rest in (
        ("PC-SDM-01", "Involved in decisions", "SDM", "Shared decision making", "Involved.",
         survey),
        ("PC-SDM-02", "Listened to", "SDM", "Shared decision making", "Good listening.", survey),
        ("PC-PCSP-02", "Said they have a plan", "PCSP", "Planning",
         "Only people who had the conversation are asked, so this is not plan coverage.", survey),
        ("PC-OUT-01", "Needs met", "OUT", "Outcomes", "Needs were met.", survey),
        ("PC-WF-01", "Link workers", "WF", "Workforce", "Staff per head.", staff),
        ("PC-WF-02", "Coaches", "WF", "Workforce", "Staff per head.", staff),
    ):  # fmt: skip
        insert(
            connection, "indicators", indicator_id=indicator_id, title=title, component=component,
            component_name=name, definition=definition, why_it_matters="It matters.",
            numerator_description="People who said so", denominator_description="All who answered",
            source="A survey", **rest,
        )  # fmt: skip
    connection.execute(
        "update indicators set reviewed_with_people = 'Local voices group, May 2026' "
        "where indicator_id = 'PC-OUT-01'"
    )
    for code, kind, name in (
        ("E92000001", "england", "England"),
        ("QAA", "icb", NASTY),
        ("QBB", "icb", "NHS Hill and Dale Integrated Care Board"),
    ):
        insert(connection, "areas", area_code=code, area_type=kind, area_name=name, status="open")


def _value(
    connection: duckdb.DuckDBPyConnection,
    indicator_id: str,
    area_code: str,
    when: tuple[date, date, str],
    state: str = "reported",
    *,
    category: str = "all",
    **rest: Any,
) -> None:
    is_england = area_code == "E92000001"
    insert(
        connection, "indicator_values", indicator_id=indicator_id, area_code=area_code,
        area_type="england" if is_england else "icb",
        hierarchy_basis="not_applicable" if is_england else "as_was",
        period_start=when[0], period_end=when[1], series_id=when[2], sex="all", age="16+",
        category_type="all" if category == "all" else "answer", category=category,
        value_state=state, **rest,
    )  # fmt: skip


def _values(connection: duckdb.DuckDBPyConnection) -> None:
    england = "E92000001"
    printed: dict[str, Any] = {"lower_95": 0.9106, "upper_95": 0.9127, "ci_basis": "printed"}
    _value(connection, "PC-SDM-01", england, BEFORE, value=0.9049)
    _value(
        connection, "PC-SDM-01", england, SURVEY, value=0.91167, unweighted_base=635043, **printed
    )
    _value(connection, "PC-SDM-01", england, SURVEY, category="definitely", value=0.6158)
    _value(
        connection, "PC-SDM-01", "QAA", SURVEY, value=0.93, lower_95=0.92, upper_95=0.94,
        ci_basis="printed", comparison_95="better", unweighted_base=8000,
    )  # fmt: skip
    _value(
        connection, "PC-SDM-01", "QBB", SURVEY, "not_available",
        value_reason="the survey published no row for this area", ci_basis="none",
    )  # fmt: skip
    _value(connection, "PC-SDM-02", england, SURVEY, "suppressed_source", ci_basis="none")
    _value(
        connection, "PC-PCSP-02", england, SURVEY, value=0.449, lower_95=0.4457, upper_95=0.4523,
        ci_basis="recomputed", unweighted_base=195351,
    )  # fmt: skip
    _value(
        connection, "PC-OUT-01", england, SURVEY, "not_available",
        value_reason="the survey file for this level is not held",
    )  # fmt: skip
    reason = "no list size within twelve months of the census"
    for indicator_id, fte in (("PC-WF-01", 2046.990533), ("PC-WF-02", 577.756533)):
        _value(
            connection, indicator_id, england, CENSUS_BEFORE, value=fte / 6317.0,
            numerator=fte - 400, coverage=0.8310172186654903,
        )  # fmt: skip
        _value(
            connection, indicator_id, england, CENSUS, "cannot_calculate", numerator=fte,
            value_reason=reason,
        )  # fmt: skip
    # What the page does not show: another basis, another level.
    insert(
        connection, "indicator_values", indicator_id="PC-SDM-01", area_code="QBB",
        area_type="icb", hierarchy_basis="as_is", period_start=SURVEY[0], period_end=SURVEY[1],
        series_id=SURVEY[2], category_type="all", category="all", value=0.1111,
        value_state="reported",
    )  # fmt: skip


def _provenance(
    connection: duckdb.DuckDBPyConnection, is_synthetic: bool, unread_files: int
) -> None:
    ogl = "Open Government Licence v3.0"
    for extract, title, owner, is_late in (
        ("gpps_national", "GP Patient Survey, England", "primary care analytics", False),
        ("pcnwf_staff", "PCN workforce", "workforce analytics", True),
        ("qof_prevalence", "QOF prevalence", "reference data", None),
    ):
        insert(
            connection, "extracts", extract=extract, title=title, owner=owner, is_late=is_late,
            licence=ogl, attribution=f"Source: {title}", is_required=False,
            expected_by=date(2026, 7, 31) if is_late is not None else None,
        )  # fmt: skip
    for extract, label, end in (
        ("gpps_national", "2025", date(2025, 12, 31)),
        ("pcnwf_staff", "2021-12", date(2021, 12, 31)),
        ("pcnwf_staff", "2022-09", date(2022, 9, 30)),
    ):
        insert(
            connection, "extract_editions", extract=extract, edition_period=label, period_end=end,
            edition_id=f"{extract}:{label}", is_synthetic=is_synthetic, rows_loaded=1500,
            rows_quarantined=3, verdict="accepted", is_in_use=True,
        )  # fmt: skip
    insert(
        connection, "extract_editions", extract="qof_prevalence", edition_period="2020/21",
        edition_id="q", file_name="qof.csv", verdict="refused", is_synthetic=not is_synthetic,
        reason="a required column is missing: practice_code", is_in_use=False,
    )  # fmt: skip
    for number in range(unread_files):
        insert(
            connection, "landing_files", file_name=f"odd_{number:02d}.csv",
            verdict="not_recognised", reason="no contract has this header",
        )  # fmt: skip
    for indicator_id, extract in (("PC-SDM-01", "gpps_national"), ("PC-WF-01", "pcnwf_staff")):
        insert(connection, "value_lineage", indicator_id=indicator_id, extract=extract)
    insert(
        connection, "reconciliation", source="gpps_national", fixture="Response rate",
        published=0.258261603, ours=0.258261603, difference=0.0, agrees=True,
    )  # fmt: skip
    insert(
        connection, "reconciliation", source="gpps_national", fixture="Forms received",
        published=6750.0, ours=6348.0, difference=-402.0, agrees=False, note="the file is cut",
    )  # fmt: skip
    for suite, severity, passed in (
        ("edition", "critical", True),
        ("edition", "critical", True),
        ("mart", "warning", False),
        ("candidate", "critical", None),
    ):
        insert(
            connection, "quality.expectation_results", suite=suite, severity=severity,
            passed=passed, table_name="indicator_values", rule=f"rule_of_{suite}",
            owner="primary care analytics", description=f"Every {suite} value has a state",
            reason="seen on 2026-11-23", observed="17", failing_rows=None if passed else 17,
        )  # fmt: skip
