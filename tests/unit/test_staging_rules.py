"""Rules on staging models: what each finds, and that each model has one or a reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import yaml

from expectations.raw import RawTable, raw_rules
from expectations.rules import NoRows, NoRowsWhere, Rule
from expectations.staging import staging_rules
from expectations.staging_across import rules_across_staging
from expectations.staging_local import staging_local_rules

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "dbt_project" / "models" / "staging"
RULES = [*staging_rules(), *staging_local_rules(), *rules_across_staging()]


def test_every_staging_model_has_a_rule_or_a_reason_for_none() -> None:
    models = {
        f"{'restricted' if path.parent.name == 'restricted' else 'staging'}.{path.stem}"
        for path in MODELS.rglob("stg_*.sql")
    }
    reasons = yaml.safe_load((ROOT / "expectations" / "staging_without_rules.yml").read_text())
    with_rules = {rule.table for rule in RULES} & models
    assert reasons.keys() == models - with_rules
    assert all(len(reason) > 40 for reason in reasons.values())


@pytest.fixture
def build() -> Iterator[duckdb.DuckDBPyConnection]:
    """Rows that break none of the rules below."""
    with duckdb.connect() as connection:
        connection.execute("""
            create schema staging;
            create schema restricted;
            create table staging.stg_reg_practice_map as select * from (values
                ('e1', 'P1', 'S1', 'B1', 'R1'), ('e1', 'P2', 'S1', 'B1', 'R1'),
                ('e1', 'P3', 'S2', 'B1', 'R1'), ('e2', 'P1', 'S1', 'B2', 'R1')
            ) as rows (edition_id, practice_code, sub_icb_code, icb_code, region_code);
            create table staging.stg_ods_pcn_memberships as select * from (values
                ('e1', 'P1', 'U1', date '2019-07-01', date '2021-03-31'),
                ('e1', 'P1', 'U2', date '2021-03-31', null),
                ('e2', 'P1', 'U1', date '2020-01-01', null)
            ) as rows (edition_id, practice_code, pcn_code, start_date, end_date);
            create table staging.stg_ods_pcns as select * from (values
                ('e1', 'U1', date '2019-07-01', date '2021-03-31'),
                ('e1', 'U2', date '2021-04-01', null)
            ) as rows (edition_id, pcn_code, open_date, close_date);
            create table staging.stg_ods_practices as select * from (values
                ('e1', 'P1', date '1974-04-01', date '2021-03-31'), ('e1', 'P2', null, null)
            ) as rows (edition_id, practice_code, open_date, close_date);
            create table staging.stg_qof_prevalence as select * from (values
                ('e1', 'P1', 'DM', 600, 9000), ('e1', 'P2', 'DM', null, 9000)
            ) as rows (edition_id, practice_code, group_code, people_on_register, list_size);
            create table staging.stg_fingertips_indicators as select * from (values
                ('e1', 1, 'E01', 5.0, 4.0, 6.0), ('e1', 1, 'E02', 5.0, null, null)
            ) as rows (edition_id, indicator_id, area_code, value, lower_95, upper_95);
            create table restricted.stg_sp_referrals as select * from (values
                ('e1', 'B1', 'r1', date '2025-04-02'), ('e2', 'B2', 'r1', date '2025-06-01')
            ) as rows (edition_id, submitter_org_id, referral_id, referral_date);
            create table restricted.stg_sp_contacts as select * from (values
                ('e3', 'B1', 'r1', date '2025-04-02'), ('e4', 'B1', 'r9', date '2024-01-01')
            ) as rows (edition_id, submitter_org_id, referral_id, contact_date);
            create table restricted.stg_sp_support as select * from (values
                ('e5', 'B1', 'r1', date '2025-05-01')
            ) as rows (edition_id, submitter_org_id, referral_id, offered_date);
            create table restricted.stg_timebank_exchanges as select * from (values
                ('e6', 'k1', 'k2'), ('e6', null, null)
            ) as rows (edition_id, giver_key, receiver_key);
            create table staging.stg_oruk_services as select * from (values
                ('e8', 'v1', 53.4::double, -1.5::double), ('e8', 'v2', null, null)
            ) as rows (edition_id, service_id, latitude, longitude);
            create table staging.stg_practice_counts as select * from (values
                ('e9', 'P1', date '2025-04-01', 'sp_referred', 'events_month', 40),
                ('e9', 'P2', date '2025-04-01', 'sp_referred', 'events_month', 20),
                ('e9', 'P3', date '2025-04-01', 'sp_referred', 'events_month', 9000),
                ('e9', 'P1', date '2025-04-01', 'sp_referred', 'patients_ytd', 9000)
            ) as rows
            (edition_id, practice_code, month_start, measure_concept, counting_basis, value);
            create table restricted.int_covered_referrals as select
                'P' || (1 + range % 2) as practice_code, date '2025-04-01' as month_start,
                true as is_received, true as is_whole_month
            from range(32);
            create table staging.stg_ncdes_counts as select * from (values
                ('e10', 'P1', 'PC01', null, date '2024-04-30', 'numerator', 60.0),
                ('e10', 'P1', 'PC01', null, date '2024-04-30', 'denominator', 60.0),
                ('e10', 'P1', 'PC02', null, date '2024-04-30', 'numerator', 90.0),
                ('e10', 'P1', 'PC02', null::varchar, date '2024-04-30', 'denominator', 60.0)
            ) as rows (
                edition_id, practice_code, indicator_code, quality_service, achievement_date,
                measure_kind, value
            );
            create schema reference;
            create table reference.ncdes_concordance as select * from (values
                ('PC20', 'all_consults_per_case', 'cumulative'),
                ('NCDMI107', 'caseload_seen_by_splw', 'cumulative'), ('PC13', 'sp_current', 'stock')
            ) as rows (indicator_code, measure_concept, numerator_kind);
            insert into staging.stg_ncdes_counts by name
            select
                'e10' as edition_id, 'P1' as practice_code, indicator_code, quality_service,
                achievement_date, 'numerator' as measure_kind, value
            from (values
                ('PC20', 'NCD2425', date '2025-02-28', 90),
                ('PC20', 'NCD2425', date '2025-03-31', 95),
                ('PC20', 'NCD2526', date '2025-04-30', 8),
                ('NCDMI107', 'NCD2425', date '2025-02-28', 90),
                ('NCDMI107', 'NCD2425', date '2025-03-31', 80),
                ('PC13', 'NCD2425', date '2025-02-28', 90),
                ('PC13', 'NCD2425', date '2025-03-31', 80)
            ) as rows (indicator_code, quality_service, achievement_date, value);
            create table staging.stg_phb_counts as select * from (values
                ('Q1', 'dp', date '2025-04-01', date '2025-06-30', 40),
                ('Q1', 'dp', date '2025-04-01', date '2025-09-30', 60),
                ('Q1', 'dp', date '2026-04-01', date '2026-06-30', 30),
                ('Q1', 'live', date '2025-04-01', date '2025-06-30', 40),
                ('Q1', 'live', date '2025-04-01', date '2025-09-30', 30)
            ) as rows (org_code, measure, period_start, period_end, value);
            -- Of July a part of England is held, and of August no single ages.
            create table staging.stg_reg_list_sizes as select * from (values
                ('P1', date '2025-06-01', 10), ('P2', date '2025-06-01', 7),
                ('P3', date '2025-06-01', 0), ('P1', date '2025-07-01', 11),
                ('P1', date '2025-08-01', 12)
            ) as rows (practice_code, snapshot_date, registered_patients);
            create schema raw;
            create table raw.reg_single_age as select * from (values
                ('GP', 'P1', 'FEMALE', 'ALL', '6', date '2025-06-01', 'whole'),
                ('GP', 'P1', 'FEMALE', '0', '4', date '2025-06-01', 'whole'),
                ('GP', 'P1', 'FEMALE', '95+', '2', date '2025-06-01', 'whole'),
                ('GP', 'P1', 'MALE', 'ALL', '4', date '2025-06-01', 'whole'),
                ('GP', ' P1', 'MALE', '30', ' 4', date '2025-06-01', 'whole'),
                (null, 'P2', 'MALE', '30', '7', date '2025-06-01', 'whole'),
                ('ICB', 'P2', 'MALE', '30', '7', date '2025-06-01', 'whole'),
                ('GP', 'P9', 'MALE', '30', '1', date '2025-06-01', 'whole'),
                ('GP', 'P1', 'MALE', '30', '4', date '2025-07-01', 'partial')
            ) as rows (
                organisation_type, organisation_code, sex, age, patients, edition_period_start,
                edition_coverage
            );
            create table staging.stg_decision_groups as select * from (values
                ('B1', 'g1', date '2025-03-31'), ('B1', 'g2', null)
            ) as rows (submitter_org_id, group_id, active_to);
            create table restricted.stg_decision_seats as select * from (values
                ('e7', 'B1', 's1', 'g1', date '2025-03-31'), ('e7', 'B1', 's2', 'g2', null)
            ) as rows (edition_id, submitter_org_id, seat_id, group_id, seat_from)
        """)
        yield connection


BREAKS = [
    ("areas_have_one_parent", "staging.stg_reg_practice_map", "icb_code = 'B3'", "rowid = 1"),
    ("areas_have_one_parent", "staging.stg_reg_practice_map", "region_code = 'R2'", "rowid = 2"),
    (
        "a_practice_is_in_one_network",
        "staging.stg_ods_pcn_memberships",
        "end_date = null",
        "pcn_code = 'U1'",
    ),
    (
        "networks_close_after_they_open",
        "staging.stg_ods_pcns",
        "close_date = date '2019-06-30'",
        "pcn_code = 'U1'",
    ),
    (
        "networks_close_after_they_open",
        "staging.stg_ods_pcns",
        "open_date = date '2018-01-01'",
        "pcn_code = 'U2'",
    ),
    (
        "practices_close_after_they_open",
        "staging.stg_ods_practices",
        "close_date = date '1974-03-31'",
        "practice_code = 'P1'",
    ),
    (
        "register_is_part_of_the_list",
        "staging.stg_qof_prevalence",
        "people_on_register = 9001",
        "practice_code = 'P1'",
    ),
    (
        "limits_hold_the_value",
        "staging.stg_fingertips_indicators",
        "value = 6.1",
        "area_code = 'E01'",
    ),
    (
        "not_before_the_referral",
        "restricted.stg_sp_contacts",
        "contact_date = date '2025-04-01'",
        "referral_id = 'r1'",
    ),
    (
        "not_before_the_referral",
        "restricted.stg_sp_support",
        "offered_date = date '2025-04-01'",
        "referral_id = 'r1'",
    ),
    (
        "referrals_are_coded",
        "staging.stg_practice_counts",
        "value = 45",
        "practice_code = 'P2' and counting_basis = 'events_month'",
    ),
    (
        "numerator_is_part_of_denominator",
        "staging.stg_ncdes_counts",
        "value = 61",
        "indicator_code = 'PC01' and measure_kind = 'numerator'",
    ),
    (
        "england_does_not_fall",
        "staging.stg_ncdes_counts",
        "value = 89",
        "indicator_code = 'PC20' and achievement_date = date '2025-03-31'",
    ),
    (
        "quarters_do_not_fall",
        "staging.stg_phb_counts",
        "value = 39",
        "measure = 'dp' and period_end = date '2025-09-30'",
    ),
    (
        "services_are_on_these_islands",
        "staging.stg_oruk_services",
        "latitude = -1.5, longitude = 53.4",
        "service_id = 'v1'",
    ),
    (
        "nobody_gives_to_oneself",
        "restricted.stg_timebank_exchanges",
        "receiver_key = 'k1'",
        "giver_key = 'k1'",
    ),
    (
        "seats_are_held_while_their_group_exists",
        "restricted.stg_decision_seats",
        "seat_from = date '2025-04-01'",
        "seat_id = 's1'",
    ),
    (
        "seats_are_held_while_their_group_exists",
        "restricted.stg_decision_seats",
        "group_id = 'g9'",
        "seat_id = 's2'",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "table", "change", "where"), BREAKS)
def test_a_row_that_breaks_a_rule_is_found_and_no_other(
    build: duckdb.DuckDBPyConnection, name: str, table: str, change: str, where: str
) -> None:
    [rule] = [rule for rule in RULES if (rule.table, rule.name) == (table, name)]
    assert rule.severity == "warning"
    assert _rows_that_break(build, rule) == 0

    build.execute(f"update {table} set {change} where {where}")

    assert _rows_that_break(build, rule) == 1


@pytest.mark.parametrize(
    "change",
    [
        "raw.reg_single_age set patients = '5' where sex = 'MALE' and organisation_code = ' P1' "
        "and edition_coverage = 'whole'",
        "raw.reg_single_age set organisation_code = 'P8' where sex = 'FEMALE'",
        "raw.reg_single_age set age = 'ALL' where organisation_type is null",
        "staging.stg_reg_list_sizes set registered_patients = 1 where practice_code = 'P3'",
    ],
    ids=["a year too many", "women left out", "only a total", "on the list alone"],
)
def test_women_and_men_of_every_age_are_held_against_the_list(
    build: duckdb.DuckDBPyConnection, change: str
) -> None:
    [rule] = [rule for rule in RULES if rule.name == "single_ages_are_the_list"]
    assert rule.severity == "warning"
    # Part of a list is asked about as well: its practices have their ages in whole files.
    assert "months whose single ages are whole" in rule.description
    assert _rows_that_break(build, rule) == 0

    build.execute(f"update {change}")

    assert _rows_that_break(build, rule) == 1


def test_what_was_drawn_after_tomorrow_is_found() -> None:
    raw = RawTable("e", "raw.e", "owner", False, False, False, says_when_extracted=True)
    [rule] = [rule for rule in raw_rules([raw], date.min) if rule.name == "was_extracted_by_now"]
    today = datetime.now(UTC)
    moments = [today + timedelta(days=days) for days in (-300, 0, 3, 40 * 365)]
    with duckdb.connect() as connection:
        connection.execute("create schema raw; create table raw.e (extracted_at varchar)")
        connection.executemany(
            "insert into raw.e values (?)",
            [[f" {moment:%Y-%m-%dT%H:%M:%SZ} "] for moment in moments] + [["yesterday"], [None]],
        )
        assert _rows_that_break(connection, rule) == 2
    silent = replace(raw, says_when_extracted=False)
    assert "was_extracted_by_now" not in {rule.name for rule in raw_rules([silent], date.min)}


def _rows_that_break(build: duckdb.DuckDBPyConnection, rule: Rule) -> int:
    match rule:
        case NoRows():
            return len(build.execute(rule.query).fetchall())
        case NoRowsWhere():
            asked = f"select 1 from {rule.table} where {rule.condition}"
            return len(build.execute(asked).fetchall())
        case _:
            raise AssertionError(rule)
