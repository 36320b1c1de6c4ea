"""A new extract is one YAML file: a table, checks, a dictionary entry and a template come of it.

Nothing is written in Python, in SQL or in the models: the contract is put beside the others, a
file is dropped, and the nightly job is run as anybody would.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import duckdb
import openpyxl
import pytest
import yaml
from night import Night, copy_home, make_writable

from assets.extracts.contract_model.contract_files import CONTRACTS_FOLDER
from assets.extracts.providers.templates import DICTIONARY_SHEET, write_templates
from assets.home import Home
from orchestration.definitions import build_definitions
from orchestration.instance import open_instance
from orchestration.settings import Settings

# Takes minutes; .ci/run passes it too.
pytestmark = pytest.mark.slow

CONTRACT = """\
# Visits to community cafés, as their organisers count them.
extract: cafe_visits
extract_code: X-CAFE
title: Visits to community cafés
description: >-
  How many people came to each session of a community café.
publisher: Community cafés
licence: Data sharing agreement with the organisation that sends it; not for onward sharing
attribution: "Community cafés"
owner: community programmes team
origin: community
cadence: monthly
expected_lag_days: 31
required: false
grain: one row per session
key: [session_id]
submitter_from: submitter_org_id
file_names: ["X-CAFE_*.csv"]
period_kind: span
period_from:
  columns: [period_start, period_end]
recognise:
  column: extract_code
  values: [X-CAFE]
layouts:
  - name: version 1
    formats: [csv, workbook]
    sheets: [X-CAFE]
    columns:
      - include: envelope
      - name: session_id
        description: Your own number of the session; never used twice.
        not_null: true
        pattern: '[A-Z]{1,3}-\\d{1,6}'
      - name: held_on
        description: Day of the session.
        headers: [Held on]
        type: date
        not_null: true
        formats: ['%Y-%m-%d', '%d/%m/%Y']
        minimum: period_start
        maximum: period_end
      - name: visitors
        description: How many people came.
        type: integer
        not_null: true
        minimum: 0
        maximum: 500
      - name: place_kind
        description: Where the café is.
        not_null: true
        allowed: [library, church, school, other]
      - name: remarks
        description: Anything else, in your own words.
        free_text: true
"""
ENVELOPE = (
    "5b0c6c0e-3f0b-4c59-9f7e-0d3c8d5f1a11", "GB-CHC-1234567", "X-CAFE", "1.0.0",
    "2025-09-01", "2025-09-30", "2025-10-10T09:00:00Z",
)  # fmt: skip
SESSIONS = (
    ("C-1", "2025-09-03", "14", "library", ""),
    ("C-2", "10/09/2025", "0", "church", "Rain, and nobody came"),
    ("C-3", "2025-09-17", "32", "other", 'A "pop-up" in the park'),
)
NAME = "community/X-CAFE_GB-CHC-1234567_2025-09.csv"


@dataclass(frozen=True)
class Added:
    """A folder of contracts with the new one, its templates, and the night that followed."""

    contracts: Path
    templates: Path
    night: Night
    code: int
    said: str
    before: str


@pytest.fixture(scope="module")
def added(baseline: Night, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Added]:
    place = tmp_path_factory.mktemp("new")
    contracts = Path(shutil.copytree(CONTRACTS_FOLDER, place / "contracts"))
    (contracts / "cafe_visits.yml").write_text(CONTRACT, encoding="utf-8")
    templates = place / "templates"
    write_templates(templates, contracts)

    landing = Path(shutil.copytree(baseline.landing, place / "landing"))
    night = Night(landing, copy_home(baseline.home, place / "home"), baseline.dbt_project)
    with (templates / "X-CAFE_template.csv").open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    with (landing / NAME).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *([*ENVELOPE, *row] for row in SESSIONS)])
    manifest = landing / "landing.yml"
    declared = yaml.safe_load(manifest.read_text(encoding="utf-8"))
    declared["files"].append({"match": NAME, "synthetic": True, "reason": "made up for a test"})
    manifest.write_text(yaml.safe_dump(declared), encoding="utf-8")

    before = night.current()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DOING_WITH_CONTRACTS", str(contracts))
        code, said = night.run(place / "output.txt")
    yield Added(contracts, templates, night, code, said, before)
    make_writable(night.home)


def test_the_night_ends_well_and_publishes(added: Added) -> None:
    assert added.code == 0, added.said[-3000:]
    assert f"Published release {added.night.current()}." in added.said
    assert added.night.current() != added.before
    assert NAME not in added.said, "something was said against the file"


def test_its_rows_are_in_a_raw_table_of_its_own(added: Added) -> None:
    warehouse = Home(added.night.home).warehouse
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "select source_row_number, session_id, held_on, visitors, place_kind, remarks, "
            "submitter_org_id, edition_submitter, edition_period, source_file_name "
            "from raw.cafe_visits order by 1"
        ).fetchall()

    lineage = ("GB-CHC-1234567", "GB-CHC-1234567", "2025-09-01/2025-09-30", NAME)
    assert [row[:-3] for row in found] == [
        (n, *(cell or None for cell in row), lineage[0]) for n, row in enumerate(SESSIONS, start=1)
    ]
    assert {(row[-3], row[-1]) for row in found} == {(lineage[1], NAME)}
    assert len({row[-2] for row in found}) == 1


def test_its_checks_ran_and_passed(added: Added) -> None:
    key = dg.AssetKey(["raw", "cafe_visits"])
    with open_instance(Home(added.night.home)) as instance:
        [run] = instance.get_runs(limit=1)
        logged = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    evaluations = [
        entry.dagster_event.asset_check_evaluation_data for entry in logged if entry.dagster_event
    ]
    checks = {found.check_name: found for found in evaluations if found.asset_key == key}

    assert {"critical", "warning"} <= checks.keys()
    assert {name: found.passed for name, found in checks.items()} == dict.fromkeys(checks, True)
    rules = checks["critical"].metadata["rules"].value.records
    assert "key_is_unique" in {record.data["rule"] for record in rules}


def test_it_stands_in_the_dictionary_of_the_release(added: Added) -> None:
    found = added.night.query(
        "select title, description, publisher, owner, cadence, is_required, "
        "latest_period_end::varchar, is_late from extracts where extract = 'cafe_visits'"
    )
    assert found == [
        (
            "Visits to community cafés",
            "How many people came to each session of a community café.",
            "Community cafés",
            "community programmes team",
            "monthly",
            False,
            "2025-09-30",
            False,
        )
    ]
    editions = added.night.query(
        "select verdict, is_in_use, rows_in_file, rows_loaded, rows_quarantined "
        "from extract_editions where extract = 'cafe_visits'"
    )
    assert editions == [("accepted", True, 3, 3, 0)]
    files = added.night.query(f"select verdict from landing_files where file_name = '{NAME}'")
    assert len(files) == 1


def test_nothing_else_changed(added: Added, baseline: Night) -> None:
    ask = (
        "select extract, edition_id, verdict, rows_loaded, rows_quarantined "
        "from extract_editions where extract <> 'cafe_visits' order by all"
    )
    assert added.night.query(ask) == baseline.query(ask)
    values = "select count(*), count(value) from indicator_values"
    assert added.night.query(values) == baseline.query(values)


def test_it_is_an_asset_with_described_columns(added: Added) -> None:
    settings = Settings(contracts=added.contracts, dbt_project=added.night.dbt_project)
    graph = build_definitions(settings).resolve_asset_graph()
    node = graph.get(dg.AssetKey(["raw", "cafe_visits"]))

    assert node.description.startswith("How many people came to each session")
    described = {c.name: c.description for c in node.metadata["dagster/column_schema"].columns}
    assert described["place_kind"] == "Where the café is."
    assert set(described) > {"submission_id", "session_id", "held_on", "visitors", "remarks"}


def test_its_template_tells_providers_what_to_fill_in(added: Added) -> None:
    book = openpyxl.load_workbook(added.templates / "X-CAFE_template.xlsx")
    headings, *entries = book[DICTIONARY_SHEET].iter_rows(values_only=True)
    dictionary = {entry[0]: dict(zip(headings, entry, strict=True)) for entry in entries}

    assert [cell.value for cell in book["X-CAFE"][1]] == list(dictionary)
    assert dictionary["Held on"]["Meaning"] == "Day of the session."
    assert dictionary["visitors"]["Required"] == dictionary["session_id"]["Required"] != ""
    assert "library" in dictionary["place_kind"]["Allowed values or form"]
    assert "from 0 to 500" in dictionary["visitors"]["Allowed values or form"]
    assert dictionary["remarks"]["Example"] is not None
