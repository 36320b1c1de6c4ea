"""Reference data of coproduction: the typology's seeds and the sample's list of organisations."""

from __future__ import annotations

import csv
from itertools import product
from pathlib import Path

import pytest

from assets.extracts.contract_model.contract_files import load_contracts
from assets.samples.landing import write_landing

SEEDS = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds"
# Columns of the sample's files that name an organisation, beside whoever sends them.
NAMING = ("submitter_org_id", "provider_org_id", "timebank_org_id", "org_code")
# National directories know these levels.
IN_DIRECTORIES = ("practice", "pcn", "place")


def seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_seed_has_every_kind_of_activity_that_records_may_name() -> None:
    columns = load_contracts()["engagement_records"].layouts[0].columns
    allowed = next(column.allowed for column in columns if column.name == "activity_code")
    assert [row["activity_code"] for row in seed("engagement_activity")] == list(allowed)


def test_every_framework_says_what_each_class_is_in_it() -> None:
    frameworks = {row["framework_code"] for row in seed("engagement_frameworks")}
    assert len(frameworks) == 6
    found = {(row["framework_code"], row["class"]) for row in seed("engagement_frameworks")}
    assert found == set(product(frameworks, ("to", "for", "with")))
    used = {row["framework_code"] for row in seed("engagement_activity")} - {""}
    assert used <= frameworks


@pytest.fixture(scope="module")
def community(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("landing")
    write_landing(folder, practices=5)
    return folder / "community"


def test_the_sample_lists_every_organisation_that_its_files_name(community: Path) -> None:
    named = set()
    for path in community.glob("X-*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row.get("org_level") not in IN_DIRECTORIES:
                    named |= {row[name] for name in NAMING if row.get(name)}
    [listed] = community.glob("X-ORG_*.csv")
    with listed.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    codes = {row["organisation_code"] for row in rows}
    assert named <= codes
    # Funders, the directory and the trust of the coproduction team's workbook.
    assert {"GB-LAE-EXV", "GB-CHC-9900010", "GB-CHC-9900011", "example_vale", "RZZ"} <= codes
    assert {row["icb_code"] for row in rows} == {"QZZ"}
