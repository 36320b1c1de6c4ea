"""The rules on the figures of one edition: each catches its fault, and sound figures pass all."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from assets.extracts.contract_model.contract_files import load_contracts
from expectations.edition_content import content_rules
from expectations.edition_figures import SHARES_OF_PEOPLE
from expectations.edition_rows import with_its_file
from expectations.rules import Rule

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
TABLE = "checking.edition"
OF_SEVERAL_FILES = {name for name, contract in load_contracts().items() if contract.parts_by}

# Sound editions, as text. Survey: 10 forms; 8 asked of whom 4 said yes, and 4 were asked on.
SOUND = {
    "gpps_practice": (
        "source_row_number, question, measure, answer_option, published_value, forms_received",
        [
            f"1, '{question}', '{measure}', {option}, '{value}', '10'"
            for question, figures in {
                "healthconversation": {
                    "counteval": "4.2", "baseevalw": "8.4", "pcteval": "0.5", "lowileval": "0.2",
                    "hiwileval": "0.8", "basefulluw": "8", "basefullw": "8.4", "baseevaluw": "8",
                },
                "healthcareplan": {
                    "counteval": "-97", "baseevalw": "4.2", "pcteval": "-97", "lowileval": "-99",
                    "hiwileval": "-99", "basefulluw": "4", "basefullw": "4.2", "baseevaluw": "4",
                },
            }.items()
            for measure, value, option in [
                *((measure, value, "null") for measure, value in figures.items()),
                ("count", "4.2", "'1'"),
            ]
        ],
    ),
    "ncdes_counts": (
        "source_row_number, practice_code, indicator_code, achievement_date, measure, value",
        [
            f"{row}, 'A8100{row // 10}', '{indicator}', '30/09/2024', '{measure}', '{value}'"
            for row, indicator, measure, value in [
                *((row, "PC01", "Numerator", "5") for row in range(10, 20)),
                *((row, "PC01", "Denominator", "1000") for row in range(10, 20)),
                (20, "PC02", "Numerator", "50"), (20, "PC02", "Denominator", "40"),
                (21, "PC01", "Denominator", "*"), (21, "PC01", "Numerator", "7"),
            ]
        ],
    ),
    "qof_achievement": (
        "source_row_number, practice_code, indicator_code, measure, value",
        ["1, 'A81001', 'MH002', 'NUMERATOR', '9'", "2, 'A81001', 'MH002', 'DENOMINATOR', '10'",
         "3, 'A81002', 'MH002', 'DENOMINATOR', '2'", "4, 'A81002', 'DEM004', 'NUMERATOR', '8'"],
    ),
    "gpad_crosstab": (
        "source_row_number, national_category",
        ["1, 'Social Prescribing Service'", "2, 'Group Consultation and Group Education'",
         "3, 'Care Home Needs Assessment & Personalised Care and Support Planning'",
         "4, 'General Consultation Routine'", "5, null"],
    ),
    "reg_quinary_age": (
        "organisation_type, organisation_code, sex, age_band, patients",
        ["'GP', 'A81001', 'ALL', 'ALL', '30'", "'GP', 'A81001', 'MALE', 'ALL', '10'",
         "'GP', 'A81001', 'FEMALE', 'ALL', '20'", "'GP', 'A81001', 'MALE', '0_4', '10'",
         "'GP', 'A81001', 'FEMALE', '0_4', '15'", "'GP', 'A81001', 'FEMALE', '95+', '5'"],
    ),
    "reg_single_age": (
        "organisation_type, organisation_code, sex, age, patients",
        ["null, 'A81001', 'MALE', 'ALL', '10'", "null, 'A81001', 'MALE', '0', '4'",
         "null, 'A81001', 'MALE', '95+', '6'"],
    ),
    "reg_lsoa": (
        "practice_code, lsoa_code, sex, patients",
        ["'A81001', 'E01000001', 'ALL', '9'", "'A81001', 'NO2011', 'ALL', '1'",
         "'A81001', 'E01000001', 'FEMALE', '4'", "'A81001', 'NO2011', 'FEMALE', '1'",
         "'A81001', 'E01000001', 'MALE', '5'", "'A81002', 'E01000001', 'ALL', '3'"],
    ),
    "ods_practices": (
        "source_row_number, practice_code, prescribing_setting, status_code, region_code",
        ["1, 'A81001', '4', 'A', 'Y63'", "2, 'W91001', '4', 'A', 'W00'",
         "3, 'ZZ1', '0', 'A', 'Y63'", "4, 'O81001', '4', 'C', null"],
    ),
    "pcnwf_staff": (
        "source_row_number, data_source, staff_role, unique_identifier, census_year, census_month",
        ["1, 'NWRS Staff', ' Social Prescribing Link Workers', 'x1', '2022', '9'",
         "2, 'NWRS contracted services', 'Care Coordinators', null, '2022', '9'",
         "3, 'NWRS Staff', 'Health and Wellbeing Coaches', 'x2', '2022', '9'"],
    ),
    "phb_counts": (
        "source_row_number, period_fy, quarter, org_code, org_level, measure, value",
        [
            f"{row}, '2023/24', '4', '{board}', 'icb', '{measure}', '{value}'"
            for row, (board, measure, value) in enumerate(
                [
                    ("QHM", "phb_total", 1000), ("QHM", "adult", 900), ("QHM", "cyp", 109),
                    ("QHM", "dp", 200), ("QHM", "notional", 780), ("QHM", "third_party", 39),
                    ("QOP", "phb_total", "*"), ("QOP", "adult", 90), ("QOP", "cyp", 10),
                    ("QYG", "phb_total", 50000), ("QYG", "adult", 40000), ("QYG", "cyp", 10000),
                    ("QYG", "dp", 0), ("QYG", "notional", 50000), ("QYG", "third_party", 0),
                ], start=1
            )
        ],
    ),
    "iod_lsoa": (
        "source_row_number, imd_score, imd_rank, imd_decile",
        ["1, '80.5', '1', '1'", "2, '80.5', '2', '1'", "3, '5', '32844', '10'"],
    ),
}  # fmt: skip

FAULTS = [
    ("gpps_practice", "published_value = '0.6'", "question = 'healthconversation' "
     "and measure = 'pcteval'", {"headline_is_its_quotient"}),
    ("gpps_practice", "published_value = '9'", "question = 'healthconversation' "
     "and measure = 'baseevaluw'", {"bases_are_nested"}),
    ("gpps_practice", "forms_received = '7'", "true", {"answers_come_on_forms"}),
    ("gpps_practice", "published_value = '0.51'", "measure = 'lowileval' "
     "and published_value = '0.2'", {"limits_hold_the_share"}),
    ("gpps_practice", "published_value = '8.4'", "question = 'healthcareplan' "
     "and measure = 'basefullw'", {"routed_answers_are_of_those_asked"}),
    ("ncdes_counts", "value = '1001'", "source_row_number = 10 and measure = 'Numerator'",
     {"numerator_is_part_of_denominator", "numerators_are_mostly_part_of_denominators"}),
    ("ncdes_counts", "value = '*'", "source_row_number = 21 and measure = 'Numerator'",
     {"numerators_are_not_hidden"}),
    ("qof_achievement", "value = '11'", "source_row_number = 1",
     {"numerator_is_part_of_denominator"}),
    ("gpad_crosstab", "national_category = 'Social Prescribing'", "source_row_number = 1",
     {"categories_are_there"}),
    ("reg_quinary_age", "patients = '11'", "sex = 'MALE' and age_band = 'ALL'",
     {"women_and_men_are_all"}),
    ("reg_quinary_age", "patients = '6'", "age_band = '95+'", {"women_and_men_are_all"}),
    ("reg_single_age", "patients = '3'", "age = '0'", {"ages_are_all"}),
    ("reg_lsoa", "patients = '4'", "sex = 'MALE'", {"women_and_men_are_all"}),
    ("ods_practices", "practice_code = 'O81001'", "source_row_number = 1",
     {"practice_code_has_its_form"}),
    ("pcnwf_staff", "unique_identifier = null", "source_row_number = 1",
     {"only_people_have_identifiers"}),
    ("pcnwf_staff", "staff_role = 'Care Co-ordinators'", "source_row_number = 2",
     {"roles_are_there"}),
    ("phb_counts", "value = '111'", "source_row_number = 3", {"adults_and_children_are_all"}),
    ("phb_counts", "value = '9000'", "source_row_number = 12",
     {"adults_and_children_are_all", "adults_and_children_are_all_together"}),
    ("phb_counts", "value = '100'", "source_row_number = 4", {"ways_of_holding_are_all"}),
    ("phb_counts", "value = '5'", "source_row_number = 14",
     {"ways_of_holding_are_all", "ways_of_holding_are_all_together"}),
    ("phb_counts", "period_fy = '2020/21', org_level = 'ccg'", "true", {"there_was_a_collection"}),
    ("phb_counts", "org_level = 'ccg'", "source_row_number = 1", {"level_is_that_of_its_time"}),
    ("iod_lsoa", "imd_score = '90'", "source_row_number = 3", {"ranks_follow_scores"}),
    ("iod_lsoa", "imd_decile = '10'", "source_row_number = 1", {"ranks_follow_scores"}),
]  # fmt: skip


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("create schema checking")
        yield opened


def lay_out(connection: duckdb.DuckDBPyConnection, extract: str) -> None:
    columns, rows = SOUND[extract]
    values = ", ".join(f"({row})" for row in rows)
    connection.execute(
        f"create table {TABLE} as select *, 'whole.csv' as source_file_name "
        f"from (values {values}) as rows ({columns})"
    )


def rules_of(extract: str, *, is_whole: bool = True) -> list[Rule]:
    rules = content_rules(extract, TABLE, "owner", is_whole=is_whole)
    return [with_its_file(rule) for rule in rules] if extract in OF_SEVERAL_FILES else rules


def broken(connection: duckdb.DuckDBPyConnection, rules: list[Rule]) -> set[str]:
    """Names of the rules whose query finds something, which each has a column to show."""
    found = set()
    for rule in rules:
        columns = ", ".join(rule.identify_by)
        assert columns, rule.name
        if connection.execute(f"select {columns} from ({rule.failing_rows_query()})").fetchall():
            found.add(rule.name)
    return found


@pytest.mark.parametrize("extract", SOUND)
def test_sound_figures_pass(connection: duckdb.DuckDBPyConnection, extract: str) -> None:
    lay_out(connection, extract)
    assert rules_of(extract)
    assert broken(connection, rules_of(extract)) == set()


@pytest.mark.parametrize(("extract", "change", "where", "caught_by"), FAULTS)
def test_a_fault_is_caught_by_its_rule_and_no_other(
    connection: duckdb.DuckDBPyConnection,
    extract: str,
    change: str,
    where: str,
    caught_by: set[str],
) -> None:
    lay_out(connection, extract)
    [(changed,)] = connection.execute(f"update {TABLE} set {change} where {where}").fetchall()
    assert changed
    assert broken(connection, rules_of(extract)) == caught_by


def test_every_rule_has_a_fault() -> None:
    levels = {"gpps_national", "gpps_region", "gpps_ics", "gpps_pcn"}
    with_rules = {extract for extract in (*SOUND, *levels, "sp_referrals") if rules_of(extract)}
    assert with_rules == {*SOUND, *levels}
    for extract in SOUND:
        caught = {name for named, *_, names in FAULTS if named == extract for name in names}
        assert caught == {rule.name for rule in rules_of(extract)}, extract


def test_totals_are_asked_of_whole_editions_only(connection: duckdb.DuckDBPyConnection) -> None:
    assert not rules_of("reg_quinary_age", is_whole=False)
    assert not rules_of("gpad_crosstab", is_whole=False)
    assert {rule.name for rule in rules_of("pcnwf_staff", is_whole=False)} == {
        "only_people_have_identifiers"
    }


def test_the_first_censuses_may_lack_a_role(connection: duckdb.DuckDBPyConnection) -> None:
    lay_out(connection, "pcnwf_staff")
    connection.execute(
        f"update {TABLE} set staff_role = 'Others', census_year = '2020', census_month = '3'"
    )
    assert broken(connection, rules_of("pcnwf_staff")) == set()


def test_one_practice_in_a_hundred_may_slip(connection: duckdb.DuckDBPyConnection) -> None:
    lay_out(connection, "ncdes_counts")
    connection.execute(
        f"insert into {TABLE} by name select 100 + number as source_row_number, "
        "'B' || number as practice_code, 'PC01' as indicator_code, "
        "'30/09/2024' as achievement_date, measure, "
        "value from range(99) as numbers (number), "
        "(values ('Numerator', '5'), ('Denominator', '1000')) as sound (measure, value)"
    )
    connection.execute(
        f"update {TABLE} set value = '1001' where practice_code = 'B1' and measure = 'Numerator'"
    )
    assert broken(connection, rules_of("ncdes_counts")) == {"numerator_is_part_of_denominator"}


def test_shares_of_people_are_those_of_the_concordance() -> None:
    with (SEEDS / "ncdes_concordance.csv").open(encoding="utf-8") as file:
        wanted = {
            row["indicator_code"]
            for row in csv.DictReader(file)
            if row["is_share"] == "true" and row["denominator_kind"] != "caseload"
        }
    assert set(SHARES_OF_PEOPLE) == wanted
