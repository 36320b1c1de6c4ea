"""The whole platform as production runs it, from a schedule's tick to what people see.

Code server, daemon and web server are real and on loopback; schedule and sensor start by
themselves, the night at another time by configuration. Tests stand in the order of the day.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))

from chromium import ARGUMENTS, CHROMIUM
from deployment import Deployment, deployed, wait_for
from night import AS_OF, left_out_of_nights
from playwright.sync_api import Locator, Page, expect, sync_playwright
from webhook import Webhook, webhook

from assets.release.shelf.publication import Releases
from assets.samples.faults.planting import plant

pytestmark = pytest.mark.campaign

SPOILT = "gp-list-size/gp-reg-pat-prac-all_2025-09.csv"
REFUSED = ("raw", "reg_list_sizes")
FLOORS = ("extracts", "reference", "staging", "intermediate", "indicators", "disclosure", "marts",
          "release", "reports")  # fmt: skip
# A night takes two minutes where nothing else goes on, and many times that on a shared machine.
_MOST_SECONDS = 900
_LOOK_SECONDS = "5"
_SERVED = "https://viewers.example.nhs.uk/report/"
_PAGE_MILLISECONDS = 180_000


@pytest.fixture(scope="module")
def alerts() -> Iterator[Webhook]:
    with webhook() as listening:
        yield listening


@pytest.fixture(scope="module")
def platform(
    alerts: Webhook, tmp_path_factory: pytest.TempPathFactory, sample_landing: Path,
    dbt_project: Path,
) -> Iterator[Deployment]:  # fmt: skip
    """All services in production, with most of the sample in the landing zone."""
    folder = tmp_path_factory.mktemp("end_to_end")
    shutil.copytree(sample_landing, folder / "landing", ignore=left_out_of_nights)
    settings = {
        "DOING_WITH_ENVIRONMENT": "production",
        "DOING_WITH_NIGHTLY_CRON": "* * * * *",
        "DOING_WITH_LANDING": str(folder / "landing"),
        "DOING_WITH_LANDING_LOOK_SECONDS": _LOOK_SECONDS,
        "DOING_WITH_LANDING_SETTLED_SECONDS": _LOOK_SECONDS,
        "DOING_WITH_DBT_PROJECT": str(dbt_project),
        "DOING_WITH_AS_OF": AS_OF,
        "DOING_WITH_INTERNAL_RELEASE": "no",
        "DOING_WITH_REPORT_ADDRESS": _SERVED,
        **alerts.settings,
    }
    with deployed(folder, "dagster-embedded.yaml", settings, has_ticking=False) as services:
        try:
            services.wait_until_up(_MOST_SECONDS)
            yield services
        except BaseException:
            print(services.said())
            raise


def asset(platform: Deployment, *path: str) -> dict[str, Any]:
    """The newest materialisation of an asset and the outcome of each check, as the UI asks."""
    found = platform.graphql(
        "query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode { "
        "assetMaterializations(limit: 1) { runId metadataEntries { label "
        "... on TextMetadataEntry { text } ... on PathMetadataEntry { path } } } "
        "assetChecksOrError { ... on AssetChecks { checks { name "
        "executionForLatestMaterialization { runId status evaluation { description } } } } } } } }",
        key={"path": list(path)},
    )["assetNodeOrError"]
    newest = (found["assetMaterializations"] or [{"runId": None, "metadataEntries": []}])[0]
    checks = (found["assetChecksOrError"] or {}).get("checks", [])
    return {
        "run": newest["runId"],
        "said": {
            entry["label"]: entry.get("text") or entry.get("path")
            for entry in newest["metadataEntries"]
        },
        "checks": {check["name"]: check["executionForLatestMaterialization"] for check in checks},
    }


def stop_the_schedule(platform: Deployment) -> None:
    """As an engineer does in the UI: one night is enough for one test."""
    of = {
        "repositoryLocationName": "doing-with",
        "repositoryName": "__repository__",
        "scheduleName": "nightly",
    }
    found = platform.graphql(
        "query($of: ScheduleSelector!) { scheduleOrError(scheduleSelector: $of) { "
        "... on Schedule { scheduleState { id status } } } }",
        of=of,
    )["scheduleOrError"]["scheduleState"]
    assert found["status"] == "RUNNING"  # in production it is on without being switched on
    stopped = platform.graphql(
        "mutation($id: String!) { stopRunningSchedule(id: $id) { __typename "
        "... on ScheduleStateResult { scheduleState { status } } } }",
        id=found["id"],
    )["stopRunningSchedule"]
    assert stopped["scheduleState"]["status"] == "STOPPED", stopped


def runs_started_by(platform: Deployment, tag: str, name: str) -> list[str]:
    """Runs with a tag, oldest first."""
    return [str(run["runId"]) for run in platform.runs() if run["tags"].get(tag) == name][::-1]


def test_the_night_starts_by_itself_and_publishes(platform: Deployment, alerts: Webhook) -> None:
    nights = wait_for(
        lambda: runs_started_by(platform, "dagster/schedule_name", "nightly"),
        _MOST_SECONDS,
        "a tick of the schedule",
    )
    stop_the_schedule(platform)
    assert platform.ends(nights[0], _MOST_SECONDS) == "SUCCESS", platform.errors_of(nights[0])

    release = asset(platform, "release", "release")
    assert release["run"] == nights[0]
    version = Releases(platform.home / "releases").current_version()
    assert release["said"]["version"] == version
    assert Path(release["said"]["folder"], "doing_with.duckdb").is_file()
    report = asset(platform, "reports", "report")
    assert report["run"] == nights[0]
    assert report["checks"]["critical"]["status"] == "SUCCEEDED"
    first_page = Path(release["said"]["report"]).read_text(encoding="utf-8")
    assert f'data-version="{version}"' in first_page
    assert alerts.texts == []


def test_a_refused_file_is_told_once_and_the_release_stays(
    platform: Deployment, alerts: Webhook
) -> None:
    # What arrived before the first night may have been taken in by the sensor as well.
    wait_for(
        lambda: all(run["status"] in ("SUCCESS", "FAILURE") for run in platform.runs()),
        _MOST_SECONDS,
        "nothing runs",
    )
    before = runs_started_by(platform, "dagster/sensor_name", "landing_zone")
    in_force = Releases(platform.home / "releases").current_version()
    spoilt = platform.folder / "landing" / SPOILT
    plant(spoilt, spoilt, "duplicate_key", row=3, column="NUMBER_OF_PATIENTS")

    def started() -> list[str]:
        found = runs_started_by(platform, "dagster/sensor_name", "landing_zone")
        return [run for run in found if run not in before]

    [run] = wait_for(started, _MOST_SECONDS, f"a tick of the sensor\n{platform.said()}")
    assert platform.ends(run, _MOST_SECONDS) == "SUCCESS", platform.errors_of(run)
    check = asset(platform, *REFUSED)["checks"]["critical"]
    assert (check["runId"], check["status"]) == (run, "FAILED")
    assert Path(SPOILT).stem in check["evaluation"]["description"] or "2025-09" in str(check)
    wait_for(lambda: alerts.texts, 60, "the alert")
    [alert] = alerts.texts
    assert alert.startswith("doing-with: reg_list_sizes broke (production, ")
    assert f"check critical of raw/reg_list_sizes, run {run}" in alert
    assert "next step: the last accepted edition stays in use; send the error report" in alert
    assert Releases(platform.home / "releases").current_version() == in_force
    # It goes on looking, and starts nothing for what it knows.
    assert started() == [run]


@pytest.fixture(scope="module")
def page(platform: Deployment) -> Iterator[Page]:
    """A browser as an engineer has it."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        opened = browser.new_page(
            base_url=f"http://127.0.0.1:{platform.ports['3000']}",
            viewport={"width": 1600, "height": 1000},
        )
        opened.set_default_timeout(_PAGE_MILLISECONDS)
        expect.set_options(timeout=_PAGE_MILLISECONDS)
        yield opened
        browser.close()


def graph(page: Page) -> Locator:
    """The drawing of a lineage, without the lists beside it."""
    return page.locator("svg:has(foreignObject)")


def test_the_lineage_shows_every_floor_of_the_house(page: Page) -> None:
    page.goto("/asset-groups", wait_until="domcontentloaded")
    for group in FLOORS:
        expect(graph(page).get_by_text(group, exact=True)).to_be_visible()
    arrows = graph(page).locator("path[marker-end]")
    expect(arrows.nth(len(FLOORS))).to_be_attached()


def test_the_lineage_of_a_table_leads_both_ways(page: Page) -> None:
    page.goto("/assets/marts/indicator_values?view=lineage", wait_until="domcontentloaded")
    for neighbour in ("int_values", "indicator_values", "latest_values", "candidate"):
        expect(graph(page).get_by_text(neighbour, exact=True)).to_be_visible()


def test_the_failed_check_says_which_rule_and_what_to_do(page: Page) -> None:
    page.goto(f"/assets/{'/'.join(REFUSED)}?view=checks&checkDetail=critical",
              wait_until="domcontentloaded")  # fmt: skip
    expect(page.get_by_text("No edition of this extract in the landing zone was refused.").first
           ).to_be_visible()  # fmt: skip
    expect(page.get_by_text("Failed", exact=True).first).to_be_visible()
    # The rule that does not hold stands first in its table, with its rows.
    expect(page.get_by_text("key_is_unique").first).to_be_visible()
    expect(page.get_by_text("row 3; row 4").first).to_be_visible()


def test_the_release_says_what_it_is_and_where(page: Page, platform: Deployment) -> None:
    version = Releases(platform.home / "releases").current_version()
    page.goto("/assets/release/release", wait_until="domcontentloaded")
    expect(page.get_by_text(str(version), exact=True).first).to_be_visible()
    expect(page.get_by_text(re.compile(f"{version}/report/index.html")).first).to_be_visible()
    expect(page.locator(f'a[href="{_SERVED}"]').first).to_be_visible()
    expect(page.get_by_text("data-engineering").first).to_be_visible()


def test_a_model_shows_its_columns_and_where_it_is_written(page: Page) -> None:
    page.goto("/assets/marts/indicator_values", wait_until="domcontentloaded")
    expect(page.get_by_text("hierarchy_basis", exact=True).first).to_be_visible()
    expect(page.get_by_text("Made of intermediate.int_values.area_code.").first).to_be_visible()
    expect(page.get_by_text("indicator_values.sql").first).to_be_visible()
