"""Network Contract DES and geography seeds: built by dbt, then run on rows of our own.

dbt needs seconds to start, so it builds once, over an empty raw table. What it compiled is then
run again in DuckDB: models on other rows, and data tests on seeds with a planted fault.
"""

from __future__ import annotations

import csv
import json
import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from dbt_process import run_dbt

from assets.extracts.contract_model.contract import LINEAGE_COLUMNS
from assets.extracts.contract_model.contract_files import CONTRACTS_FOLDER, load_contract

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
SEEDS = PROJECT / "seeds"
# Real files; beside the repository, not part of it.
REAL = PROJECT.parents[1] / "shared" / "extracts"

SERVICES = ("NCD2122", "NCD2223", "NCD2324", "NCD2425")
DAYS_AND_NUMBERS = {
    "edition_period_start": "date",
    "edition_period_end": "date",
    "source_row_number": "bigint",
}
# Who took over whom on 1 April 2026 (DOMAIN 8.2).
TOOK_OVER = {
    "S1Y5D": {"QHG", "QUE", "QM7"},
    "D7T5G": {"QH8", "QM7", "QJG"},
    "T6Y0W": {"QMM", "QJG"},
    "S0E4D": {"QU9", "QNQ"},
    "S9B9J": {"QXU", "QNX", "QNQ"},
    "Z9B2Z": {"QMJ", "QRV"},
    "QRL": {"QNQ"},
}
NEW_ONS_CODES = {
    "S1Y5D": "E54000065",
    "D7T5G": "E54000066",
    "QRL": "E54000067",
    "T6Y0W": "E54000068",
    "S9B9J": "E54000069",
    "S0E4D": "E54000070",
    "Z9B2Z": "E54000071",
}

Row = Mapping[str, object]


@dataclass
class Warehouse:
    """What dbt built and compiled, open for other rows."""

    connection: duckdb.DuckDBPyConnection
    target: Path

    @property
    def compiled(self) -> Path:
        return self.target / "compiled" / "doing_with"

    def load(self, rows: Iterable[Row]) -> None:
        """Put rows into the raw table and build the models again as dbt compiled them."""
        self.insert("raw.ncdes_counts", rows)
        for schema, folder, model in (
            ("staging", "staging/by_edition", "stg_ncdes_submissions"),
            ("staging", "staging/by_edition", "stg_ncdes_counts"),
            ("intermediate", "intermediate", "int_ncdes_flows"),
        ):
            sql = (self.compiled / "models" / folder / f"{model}.sql").read_text(encoding="utf-8")
            self.connection.execute(f"create or replace table {schema}.{model} as {sql}")

    def insert(self, table: str, rows: Iterable[Row]) -> None:
        """Add rows with the same columns to a table."""
        rows = list(rows)
        places = f"({', '.join('?' * len(rows[0]))})"
        self.connection.execute(
            f"insert into {table} ({', '.join(rows[0])}) values {', '.join([places] * len(rows))}",
            [value for row in rows for value in row.values()],
        )

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return self.connection.execute(sql).fetchall()

    def failing_tests(self, seed: str) -> set[str]:
        """The data tests of a seed that find a row now: their own names, or else their kinds."""
        manifest = json.loads((self.target / "manifest.json").read_text(encoding="utf-8"))
        return {
            node["name"].removeprefix(f"{seed}_")
            if node["name"].startswith(seed)
            else node["test_metadata"]["name"]
            for node in manifest["nodes"].values()
            if node.get("attached_node") == f"seed.doing_with.{seed}"
            and self.rows((self.compiled / "seeds" / f"{seed}.yml" / node["path"]).read_text())
        }


def real_rows(name: str) -> list[dict[str, str]]:
    path = REAL / "ncd-des" / name
    if not path.exists():
        pytest.skip(f"{name} is not there")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def seed_rows(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def built(parsed_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the project and the warehouse dbt built from it."""
    folder = tmp_path_factory.mktemp("ncdes")
    project = Path(shutil.copytree(parsed_project, folder / "dbt_project"))
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        names = [*load_contract(CONTRACTS_FOLDER / "ncdes_counts.yml").column_names]
        names += LINEAGE_COLUMNS
        columns = ", ".join(f"{name} {DAYS_AND_NUMBERS.get(name, 'varchar')}" for name in names)
        connection.execute("create schema raw")
        connection.execute(f"create table raw.ncdes_counts ({columns})")
        connection.execute("create schema ledger")
        connection.execute(
            "create table ledger.editions "
            "(extract varchar, edition_id varchar, identity varchar, is_in_use boolean)"
        )
    models = ["ncdes_concordance", "icb_succession_2026", "local_groupings"]
    models += ["stg_ncdes_submissions", "stg_ncdes_counts", "int_ncdes_flows"]
    assert run_dbt(project, folder / "warehouse.duckdb", "build", "--select", *models) == 0
    return folder


@pytest.fixture
def warehouse(built: Path, tmp_path: Path) -> Iterator[Warehouse]:
    # The same file name: what dbt compiled names the database after it.
    shutil.copy(built / "warehouse.duckdb", tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        yield Warehouse(connection, built / "dbt_project" / "target")


def published(practice: str, day: date, code: str, measure: str, value: str | int) -> Row:
    """A row of a published file."""
    year = day.year if day.month > 3 else day.year - 1
    return {
        "edition_id": f"ncdes_counts:{day:%Y-%m}",
        "edition_period_end": day,
        "source_row_number": 1,
        "practice_code": practice,
        "practice_name": "THE SURGERY",
        "quality_service": f"NCD{year % 100}{year % 100 + 1}",
        "achievement_date": f"{day:%d/%m/%Y}",
        "indicator_code": code,
        "measure": measure,
        "value": str(value),
    }


def month_end(year: int, number: int) -> date:
    """The last day of the nth month of a financial year (1 is April)."""
    months = year * 12 + 3 + number
    return date(months // 12, months % 12 + 1, 1) - timedelta(days=1)


def test_an_empty_raw_table_gives_empty_models_and_passing_tests(
    built: Path, warehouse: Warehouse
) -> None:
    content = json.loads(
        (built / "dbt_project" / "target" / "run_results.json").read_text(encoding="utf-8")
    )
    results = Counter(
        (result["unique_id"].split(".")[0], result["status"]) for result in content["results"]
    )
    assert {status for _, status in results} == {"pass", "success"}
    assert results["unit_test", "pass"] >= 5
    assert warehouse.rows("select count(*) from intermediate.int_ncdes_flows") == [(0,)]
    assert warehouse.rows("select count(*) from reference.local_groupings") == [(0,)]


def test_a_concept_has_at_most_one_code_a_service() -> None:
    codes = defaultdict(list)
    for row in seed_rows("ncdes_concordance"):
        for service in SERVICES:
            if row["first_quality_service"] <= service <= row["last_quality_service"]:
                codes[row["measure_concept"], service].append(row["indicator_code"])
    assert {key: found for key, found in codes.items() if len(found) > 1} == {}


def test_the_concordance_agrees_with_the_metadata_of_the_publisher() -> None:
    """Codes, shares, adjustments and exclusions of 2023/24; nothing is left in 2025/26."""
    # The header has INDICATOR_ID twice, with the same content.
    metadata = real_rows("NCD_proposed_metadata_2023-24.csv")
    descriptions = {row["INDICATOR_ID"]: row["INDICATOR_DESCRIPTION"] for row in metadata}
    rules = defaultdict(set)
    for row in metadata:
        rules[row["INDICATOR_ID"], row["MEASURE_TYPE"]].add(row["MEASURE"])
    retired = {row["INDICATOR_ID"] for row in real_rows("NCD_metadata_2025-26.csv")}
    for row in seed_rows("ncdes_concordance"):
        code = row["indicator_code"]
        in_service = row["first_quality_service"] <= "NCD2324" <= row["last_quality_service"]
        assert (code in descriptions) == in_service, code
        assert code not in retired
        if in_service:
            share = descriptions[code].startswith("Percentage")
            assert row["is_share"] == str(share).lower(), code
            assert {*row["adjustment_rules"].split("; ")} - {""} == rules[code, "PCA"], code
            assert {*row["exclusion_rules"].split("; ")} - {""} == rules[code, "Exclusion"], code


def test_official_submissions_come_through_by_concept(warehouse: Warehouse) -> None:
    """The publisher's synthetic submissions of 2024/25, whose only practice is a dummy."""
    submissions = real_rows("ncdes_synthetic_data_2024-05.csv")

    def raw(practice: str) -> list[Row]:
        return [
            {
                "edition_id": "e",
                "edition_period_end": date(2025, 3, 31),
                "source_row_number": number,
                "practice_code": practice,
                "quality_service": row["QUALITY_SERVICE"],
                "service_name": row["NAME"],
                "achievement_date": row["ACH_DATE"],
                "indicator_code": row["IND_CODE"],
                "measure": row["FIELD_NAME"],
                "value": row["VALUE"],
                "default_values_used": row["DEFAULT_VALUES_USED"],
                "submit_date": row["SUBMIT_DATE"],
                "submit_time": row["SUBMIT_TIME"],
                "last_submission": row["LAST_SUBMISSION"],
            }
            for number, row in enumerate(submissions, start=1)
        ]

    warehouse.load([*raw("A81001"), *raw("V81998")])
    rows = warehouse.rows(
        "select practice_code, indicator_code, measure, value from staging.stg_ncdes_counts"
    )
    codes = {row["indicator_code"] for row in seed_rows("ncdes_concordance")}
    wanted = [row for row in submissions if row["IND_CODE"] in codes]
    assert {practice for practice, *_ in rows} == {"A81001"}
    assert len(rows) == len(wanted) == 24
    measures = defaultdict(set)
    for _, code, measure, _value in rows:
        measures[code].add(measure)
    assert measures.pop("PC01") == {"numerator", "denominator", "SOCPRESDEC"}
    assert measures.pop("EHCH02") == {
        *("numerator", "denominator", "PCSPDEC", "CARHOMDEC1", "HOMETMP_18"),
    }
    assert set(map(frozenset, measures.values())) == {frozenset({"numerator", "denominator"})}
    registered = {
        (row["IND_CODE"], int(row["VALUE"]))
        for row in wanted
        if row["FIELD_NAME"].startswith("Total number of")
    }
    assert registered <= {(code, value) for _, code, name, value in rows if name == "denominator"}


def test_flows_of_random_practices_agree_with_an_independent_calculation(
    warehouse: Warehouse,
) -> None:
    draw = random.Random(20240401)
    rows, expected = [], {}
    for number in range(300):
        practice = f"A{81001 + number}"
        cells: dict[int, int | None] = {}
        for month in range(1, 13):
            if draw.random() < 0.15:
                continue
            cells[month] = None if draw.random() < 0.15 else draw.randrange(0, 60)
        for month, value in cells.items():
            shown = "*" if value is None else value
            day = month_end(2023, month)
            rows.append(published(practice, day, "NCD001", "Numerator", shown))
            before = 0 if month == 1 else cells.get(month - 1)
            flow = None if value is None or before is None else value - before
            expected[practice, day] = (flow, flow is not None and flow < -0.03 * (value or 0))
    draw.shuffle(rows)
    warehouse.load(rows)
    found = warehouse.rows(
        "select practice_code, period_end, flow, is_excluded_from_spc, dq_flags "
        "from intermediate.int_ncdes_flows"
    )
    assert {(code, day): (flow, out) for code, day, flow, out, _ in found} == expected
    assert all((flags == "negative_flow") == ((flow or 0) < 0) for _, _, flow, _, flags in found)
    assert {None} < {flow for flow, _ in expected.values()}


def test_the_flows_of_a_whole_year_add_up_to_its_last_count(warehouse: Warehouse) -> None:
    counts = [3, 9, 9, 14, 13, 20, 26, 31, 30, 38, 44, 51]
    warehouse.load(
        published("A81001", month_end(year, number), code, "Numerator", value)
        for year, code in ((2023, "NCD001"), (2024, "PC01"))
        for number, value in enumerate(counts, start=1)
    )
    assert warehouse.rows(
        "select service_start, measure_concept, count(flow), sum(flow) "
        "from intermediate.int_ncdes_flows group by all order by all"
    ) == [(date(2023, 4, 1), "sp_referred", 12, 51), (date(2024, 4, 1), "sp_referred", 12, 51)]


def test_boards_went_from_42_to_36() -> None:
    rows = seed_rows("icb_succession_2026")
    took_over = defaultdict(set)
    for row in rows:
        assert (row["share"] == "1") is (row["kind"] != "split"), row
        assert row["successor_name"]
        if row["kind"] in ("unchanged", "enlarged"):
            assert row["predecessor_code"] == row["successor_code"]
        else:
            took_over[row["successor_code"]].add(row["predecessor_code"])
    assert took_over == TOOK_OVER
    before = {row["predecessor_code"] for row in rows}
    ons_codes = {(row["successor_code"], row["successor_ons_code"]) for row in rows}
    assert (len(before), len(ons_codes), len(dict(ons_codes))) == (42, 36, 36)
    assert [row["predecessor_code"] for row in rows if row["kind"] == "enlarged"] == ["QRL"]
    assert ons_codes >= set(NEW_ONS_CODES.items())
    split = Counter(row["predecessor_code"] for row in rows if row["kind"] == "split")
    assert split == {"QNQ": 3, "QM7": 2, "QJG": 2}
    mapping = REAL / "ods-reference" / "GPAD_Mapping_2025-08.csv"
    if not mapping.exists():
        pytest.skip(f"{mapping.name} is not there")
    with mapping.open(encoding="utf-8-sig", newline="") as file:
        assert {row["ICB_CODE"] for row in csv.DictReader(file)} == before


def test_a_split_board_that_is_called_merged_is_found(warehouse: Warehouse) -> None:
    assert warehouse.failing_tests("icb_succession_2026") == set()
    warehouse.rows(
        "update reference.icb_succession_2026 set kind = 'merged' "
        "where predecessor_code = 'QNQ' and successor_code = 'QRL'"
    )
    assert warehouse.failing_tests("icb_succession_2026") == {
        "only_split_boards_have_several_successors",
        "only_shares_of_split_boards_are_unknown",
    }


GROUPING = {
    "grouping_code": "PL01",
    "grouping_name": "Northtown",
    "grouping_type": "place",
    "practice_code": "A81001",
    "valid_from": "2024-04-01",
    "valid_to": "2025-03-31",
    "source": "board paper 7",
    "reviewed_by": "analytics",
    "date_reviewed": "2026-11-23",
}
MOVED = {
    **GROUPING,
    "grouping_code": "PL02",
    "grouping_name": "Southtown",
    "valid_from": "2025-04-01",
    "valid_to": None,
}
NEXT_DOOR = {
    **GROUPING,
    "grouping_code": "NB01",
    "grouping_name": "Harbour",
    "grouping_type": "neighbourhood",
}


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([GROUPING, MOVED, NEXT_DOOR], set()),
        ([GROUPING, {**MOVED, "valid_from": "2025-03-31"}], {"spells_do_not_overlap"}),
        ([{**GROUPING, "valid_to": None}, MOVED], {"spells_do_not_overlap"}),
        ([GROUPING, GROUPING], {"grain_is_unique", "spells_do_not_overlap"}),
        ([{**GROUPING, "valid_to": "2024-03-31"}], {"ends_after_it_begins"}),
        ([{**GROUPING, "grouping_type": "district"}], {"values_are_known"}),
        ([GROUPING, {**MOVED, "grouping_code": "PL01"}], {"one_code_is_one_grouping"}),
        ([GROUPING, {**NEXT_DOOR, "grouping_code": "PL01"}], {"one_code_is_one_grouping"}),
        ([{**GROUPING, "valid_from": None}], {"are_not_null", "ends_after_it_begins"}),
        ([{**GROUPING, "reviewed_by": None}], {"are_not_null"}),
    ],
    ids=[
        *("sound", "a_day_in_two_places", "no_end_before_the_next", "twice", "ends_first"),
        *("unknown_type", "one_code_two_names", "one_code_two_types", "no_start", "no_reviewer"),
    ],
)
def test_faults_in_local_groupings_are_found(
    warehouse: Warehouse, rows: list[Row], found: set[str]
) -> None:
    warehouse.insert("reference.local_groupings", rows)
    assert warehouse.failing_tests("local_groupings") == found
