"""Rules that hold a publisher's own count of people against the lists of this build."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from expectations.rules import NoRows
from expectations.staging_across import rules_across_staging

RULES = {rule.name: rule for rule in rules_across_staging()}


@pytest.fixture
def appointments() -> Iterator[duckdb.DuckDBPyConnection]:
    """Two locations of 1,000 people in July and the figures that stand beside them."""
    with duckdb.connect() as connection:
        connection.execute("""
            create schema staging;
            create schema intermediate;
            create table staging.stg_gpad_coverage as
            select * from (values
                ('99A', date '2025-07-01', 1000, 800), ('99B', date '2025-07-01', 1000, 800)
            ) as rows (
                sub_icb_code, appointment_month, patients_at_open_practices,
                patients_at_included_practices
            );
            create table intermediate.int_area_list_sizes as
            select * from (values
                ('sub_icb', '99A', date '2025-07-01', 960),
                ('sub_icb', '99B', date '2025-07-01', 1040),
                ('sub_icb', '99A', date '2025-08-01', 1), ('icb', '99A', date '2025-07-01', 1)
            ) as rows (area_type, area_code, month_start, registered_patients);
            create table intermediate.int_rolled_up_practices as
            select * from (values
                ('PC-SP-06', 'sub_icb', 'as_was', '99A', date '2025-07-01', 761),
                ('PC-SP-06', 'sub_icb', 'as_was', '99B', date '2025-07-01', 839),
                ('PC-SP-06', 'sub_icb', 'as_is', '99A', date '2025-07-01', 1),
                ('PC-SSM-05', 'sub_icb', 'as_was', '99A', date '2025-07-01', 1)
            ) as rows (
                indicator_id, area_type, hierarchy_basis, area_code, period_start, denominator
            )
        """)
        yield connection


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        (
            "registered_people_are_the_lists",
            "update intermediate.int_area_list_sizes set registered_patients = 940 "
            "where registered_patients = 960",
        ),
        (
            "included_people_are_the_denominator",
            "update intermediate.int_rolled_up_practices set denominator = 759 "
            "where denominator = 761",
        ),
    ],
)
def test_a_location_more_than_a_twentieth_away_is_warned_of(
    appointments: duckdb.DuckDBPyConnection, rule: str, change: str
) -> None:
    declared = RULES[rule]
    assert isinstance(declared, NoRows)
    assert declared.severity == "warning"
    assert appointments.execute(declared.query).fetchall() == []

    appointments.execute(change)

    [[location, *_]] = appointments.execute(declared.query).fetchall()
    assert location == "99A"
