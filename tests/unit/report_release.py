"""A small whole release for the tests of the report: every table of a release, few rows.

Tables are made as the marts declare them, so that a test cannot hold a table that no release has.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import yaml

from assets.release.changes.table import CHANGES_TABLE
from assets.release.formats.dictionary import DICTIONARY_TABLE

MARTS = Path(__file__).parents[2] / "dbt_project" / "models" / "marts"
PUBLISHED = date(2026, 11, 26)
VERSION = "2026-11-26T074652Z-7a661819"
NASTY = 'NHS <script>alert("1")</script> & Sons ICB'

ENGLAND, REGION, BOARD, FORMER, COMING = "E92000001", "Y60", "QAA", "QBB", "D7T5G"
SUB_ICB, NETWORK, CLOSED = "11A", "U10001", "A10099"
PRACTICES = tuple(f"A1000{number}" for number in range(1, 8))

SURVEY = (date(2025, 1, 1), date(2025, 3, 31), "gpps_from_2024")
SURVEY_BEFORE = (date(2024, 1, 1), date(2024, 3, 31), "gpps_from_2024")
SURVEY_OLD = (date(2023, 1, 1), date(2023, 3, 31), "gpps_2018_2023")
MONTH = (date(2025, 9, 1), date(2025, 9, 30), "pcact_patients_month")
QUARTER = (date(2025, 7, 1), date(2025, 9, 30), "champions")
Period = tuple[date, date, str]

_RULES_TABLE = """
create schema quality;
create table quality.expectation_results (
    run_id varchar, suite varchar, table_name varchar, rule varchar, severity varchar,
    owner varchar, description varchar, reason varchar, passed boolean, observed varchar,
    failing_rows bigint, examples varchar, query varchar)
"""


def write_release(path: Path, *, is_synthetic: bool = False) -> Path:
    """Write ``doing_with.duckdb`` of a small release and give its path."""
    connection = duckdb.connect(str(path))
    for table, columns in _declared().items():
        listed = ", ".join(f'"{name}" {kind}' for name, kind in columns)
        connection.execute(f"create table {table} ({listed})")
    connection.execute(_RULES_TABLE)
    _areas(connection)
    _catalogue(connection)
    _values(connection)
    _provenance(connection, is_synthetic=is_synthetic)
    connection.execute(
        "insert into latest_values by name select * from indicator_values qualify row_number() "
        "over (partition by indicator_id, area_type, area_code, series_id, hierarchy_basis, "
        "category_type, category order by period_end desc) = 1"
    )
    # A series that has ended is not among the newest values.
    connection.execute("delete from latest_values where series_id = 'gpps_2018_2023'")
    connection.execute(
        "insert into england_values by name select * from indicator_values "
        "where area_type = 'england'"
    )
    connection.close()
    return path


def insert(connection: duckdb.DuckDBPyConnection, table: str, **row: Any) -> None:
    """One row; columns that are not named stay null."""
    names, marks = ", ".join(row), ", ".join("?" for _ in row)
    connection.execute(f"insert into {table} ({names}) values ({marks})", list(row.values()))


def value(
    connection: duckdb.DuckDBPyConnection,
    indicator_id: str,
    area: tuple[str, str],
    period: Period,
    number: float | None = None,
    *,
    state: str = "reported",
    basis: str = "not_applicable",
    **rest: Any,
) -> None:
    """One row of ``indicator_values``; ``area`` is its type and code."""
    start, end, series_id = period
    row = {"category_type": "all", "category": "all", "sex": "all", "age": "all"} | rest
    insert(
        connection, "indicator_values", indicator_id=indicator_id, area_type=area[0],
        area_code=area[1], period_start=start, period_end=end, series_id=series_id,
        hierarchy_basis=basis, value=number, value_state=state, **row,
    )  # fmt: skip


def _declared() -> dict[str, list[tuple[str, str]]]:
    """Columns and types of every table, as the marts and the release declare them."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path in sorted(MARTS.glob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            found[model["name"]] = [
                (column["name"], column["data_type"]) for column in model["columns"]
            ]
    for table in (CHANGES_TABLE, DICTIONARY_TABLE):
        found[table.name] = [(column.name, column.type) for column in table.columns]
    return found


def _areas(connection: duckdb.DuckDBPyConnection) -> None:
    for area_type, code, name, status in (
        ("england", ENGLAND, "England", "open"),
        ("region", REGION, "Midlands", "open"),
        ("icb", BOARD, NASTY, "open"),
        ("icb", FORMER, "NHS Hill and Dale ICB", "open"),
        ("sub_icb", SUB_ICB, "NHS Vale ICB - 11A", "open"),
        ("pcn", NETWORK, "RIVERSIDE PCN", "open"),
        ("practice", CLOSED, "THE FORMER SURGERY", "closed"),
        *(("practice", code, f"SURGERY {code[-1]} AT ST ANNE'S", "open") for code in PRACTICES),
    ):
        insert(connection, "areas", area_code=code, area_type=area_type, area_name=name,
               status=status)  # fmt: skip
    insert(connection, "areas", area_code=COMING, area_type="icb", area_name="Essex",
           ons_code="E54000066", status="not_yet_open", open_date=date(2027, 4, 1))  # fmt: skip
    joined = date(2020, 4, 1)

    def lies_in(child: tuple[str, str], parent: tuple[str, str], since: date, now: bool) -> None:
        insert(connection, "area_relationships", child_type=child[0], child_code=child[1],
               parent_type=parent[0], parent_code=parent[1], from_date=since,
               is_current=now)  # fmt: skip

    lies_in(("icb", BOARD), ("region", REGION), joined, True)
    lies_in(("sub_icb", SUB_ICB), ("icb", BOARD), joined, True)
    for place, code in enumerate(PRACTICES):
        own = ("practice", code)
        for parent in (("pcn", NETWORK), ("sub_icb", SUB_ICB), ("region", REGION)):
            lies_in(own, parent, joined, True)
        lies_in(own, ("icb", BOARD), date(2025, 4, 1) if place == 0 else joined, True)
        insert(
            connection, "practice_profile", practice_code=code, status="open", pcn_code=NETWORK,
            sub_icb_code=SUB_ICB, icb_code=BOARD, region_code=REGION,
            registered_patients=1000 * (place + 1), list_size_date=date(2025, 9, 1),
            proportion_under_15=0.2, proportion_aged_65_and_over=0.15,
            proportion_aged_85_and_over=0.02, deprivation_quintile=1 if place < 6 else 5,
            last_good_data_date=date(2025, 9, 30),
        )  # fmt: skip
    # The first practice came from another board.
    lies_in(("practice", PRACTICES[0]), ("icb", FORMER), joined, False)


def _catalogue(connection: duckdb.DuckDBPyConnection) -> None:
    survey = {"unit": "proportion", "method": "survey_wilson", "cadence": "annual"}
    rates = {"unit": "per_1000", "method": "rate_byar", "cadence": "monthly"}
    for indicator_id, title, component, name, polarity, rest in (
        ("PC-SDM-01", "Involved in decisions", "SDM", "Shared decision making", "high", survey),
        ("PC-OUT-02", "Feeling isolated", "OUT", "Outcomes", "low", survey),
        ("PC-SP-01", "People referred", "SP", "Social prescribing", "none", rates),
        ("CP-E3-02", "Active champions", "E3", "Social capital", "high", rates),
    ):
        insert(
            connection, "indicators", indicator_id=indicator_id, title=title, component=component,
            component_name=name, polarity=polarity, definition=f"{title}.", grains="practice",
            why_it_matters="It matters.", numerator_description="People who said so",
            denominator_description="All who answered", source="A survey", status="live",
            multiplier=1, benchmark="none" if indicator_id.startswith("CP") else "england",
            change_log="2026-11-26 first version", **rest,
        )  # fmt: skip


def _values(connection: duckdb.DuckDBPyConnection) -> None:
    england, board = ("england", ENGLAND), ("icb", BOARD)
    survey: dict[str, Any] = {"unit": "proportion", "ci_basis": "printed"}
    beside_england: dict[str, Any] = survey | {"benchmark_value": 0.9}
    value(connection, "PC-SDM-01", england, SURVEY, 0.9, lower_95=0.89, upper_95=0.91,
          unweighted_base=635043, **survey)  # fmt: skip
    value(connection, "PC-SDM-01", england, SURVEY_BEFORE, 0.88, **survey)
    value(connection, "PC-SDM-01", england, SURVEY_OLD, 0.93, **survey)
    value(connection, "PC-OUT-02", england, SURVEY, state="suppressed_source", unit="proportion")
    for basis, number in (("as_is", None), ("as_was", 0.87)):
        value(
            connection, "PC-SDM-01", board, SURVEY, number, basis=basis,
            state="reported" if number else "not_available", **beside_england,
            **({"lower_95": 0.86, "upper_95": 0.88, "comparison_95": "worse"} if number else {}),
        )  # fmt: skip
    for place, code in enumerate(PRACTICES):
        practice = ("practice", code)
        value(
            connection, "PC-SDM-01", practice, SURVEY, 0.80 + place / 100, lower_95=0.7,
            upper_95=0.95, unweighted_base=60, comparison_95="similar", **beside_england,
        )  # fmt: skip
        value(connection, "PC-SDM-01", practice, SURVEY_BEFORE, 0.79, **survey)
        value(connection, "PC-SDM-01", practice, SURVEY_OLD, 0.85, **survey)
    # The four states that a reader must never take for one another.
    first, second, third, fourth = (("practice", code) for code in PRACTICES[:4])
    value(connection, "PC-SP-01", first, MONTH, state="suppressed", unit="per_1000")
    value(connection, "PC-SP-01", second, MONTH, 0.0, state="zero", unit="per_1000")
    value(connection, "PC-SP-01", third, MONTH, state="late", unit="per_1000",
          value_reason="the practice sent nothing yet")  # fmt: skip
    value(connection, "PC-SP-01", fourth, MONTH, state="not_applicable", unit="per_1000")
    value(connection, "CP-E3-02", ("pcn", NETWORK), QUARTER, 0.41969, basis="as_is",
          unit="per_1000")  # fmt: skip
    # An organisation may have the code of a practice: its values are not the practice's.
    value(connection, "CP-E3-02", ("organisation", PRACTICES[0]), QUARTER, 7.7, unit="per_1000")


def _provenance(connection: duckdb.DuckDBPyConnection, *, is_synthetic: bool) -> None:
    ogl = "Open Government Licence v3.0"
    for extract, title, owner, is_late, expected in (
        ("gpps_practice", "GP Patient Survey", "primary care analytics", False,
         date(2027, 1, 31)),
        ("practice_counts", "Practice counts", "care record team", True, date(2025, 11, 30)),
        ("qof_prevalence", "QOF prevalence", "reference data", None, None),
    ):  # fmt: skip
        insert(connection, "extracts", extract=extract, title=title, owner=owner, is_late=is_late,
               licence=ogl, attribution=f"Source: {title}", is_required=False, cadence="annual",
               expected_by=expected)  # fmt: skip
    for extract, label, end in (
        ("gpps_practice", "2025", date(2025, 12, 31)),
        ("practice_counts", "2025-09", date(2025, 9, 30)),
    ):
        insert(connection, "extract_editions", extract=extract, edition_period=label,
               period_end=end, edition_id=f"{extract}:{label}", is_synthetic=is_synthetic,
               rows_loaded=1500, rows_quarantined=3, verdict="accepted",
               is_in_use=True)  # fmt: skip
    insert(connection, "extract_editions", extract="qof_prevalence", edition_period="2020/21",
           edition_id="q", file_name="qof.csv", verdict="refused", is_synthetic=False,
           reason="a required column is missing: practice_code", is_in_use=False)  # fmt: skip
    insert(connection, "landing_files", file_name="odd.csv", verdict="not_recognised",
           reason="no contract has this header")  # fmt: skip
    insert(connection, "value_lineage", indicator_id="PC-SDM-01", extract="gpps_practice")
    insert(connection, "reconciliation", source="gpps_practice", fixture="Forms received",
           published=6750.0, ours=6348.0, difference=-402.0, agrees=False,
           note="the file is cut")  # fmt: skip
    insert(connection, "quality.expectation_results", suite="mart", severity="warning",
           passed=False, table_name="indicator_values", rule="rule", owner="the owner",
           description="Every value has a state", reason="seen once", observed="17",
           failing_rows=17)  # fmt: skip
    insert(connection, "release_changes", aspect="comparison", what="compared",
           previous_version="2026-11-25T020000Z-00000001")  # fmt: skip
    insert(connection, "release_changes", aspect="revisions", what="changed",
           indicator_id="PC-SDM-01", area_type="icb", series_id="gpps_from_2024",
           period_start=date(2024, 1, 1), period_end=date(2024, 3, 31), difference=0.0123,
           affected_rows=42)  # fmt: skip
