"""The platform on real published files: every printed figure comes out of the release."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

PROJECT = Path(__file__).resolve().parents[2]
EXTRACTS = PROJECT.parent / "shared" / "extracts"

pytestmark = [
    # A whole night on 60 MB of files.
    pytest.mark.slow,
    pytest.mark.skipif(
        not (EXTRACTS / "landing.yml").exists(),
        reason="../shared/extracts (real published files) is not there",
    ),
]

# England 2025 as printed in the national file of the GP Patient Survey.
PRINTED = {
    "PC-SDM-01": 0.911671217,
    "PC-SDM-02": 0.868947638,
    "PC-PCSP-01": 0.424305507,
    "PC-PCSP-02": 0.449013265,
    "PC-PCSP-04": 0.934209613,
    "PC-CHO-01": 0.542221984,
    "PC-CHO-02": 0.394313776,
    "PC-CHO-03": 0.399515027,
    "PC-SSM-01": 0.779224481,
    "PC-SSM-02": 0.685928183,
    "PC-OUT-01": 0.899380236,
    "PC-OUT-02": 0.087543366,
}


def run(home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "orchestration.command_line", "run"]
    return subprocess.run(
        [*command, "--landing", str(EXTRACTS), "--home", str(home)],
        cwd=PROJECT,
        env={**os.environ, "DOING_WITH_INTERNAL_RELEASE": "no"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real")
    result = run(folder)
    assert result.returncode == 0, result.stdout[-3000:]
    assert "Published release" in result.stdout
    return folder


@pytest.fixture
def release(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    path = home / "releases" / "current" / "doing_with.duckdb"
    connection = duckdb.connect(str(path), read_only=True)
    yield connection
    connection.close()


def england(release: duckdb.DuckDBPyConnection, indicator: str) -> float:
    [(value,)] = release.execute(
        "select value from indicator_values where indicator_id = ? and area_type = 'england' "
        "and category = 'all' and period_end = date '2025-03-31'",
        [indicator],
    ).fetchall()
    return float(value)


@pytest.mark.parametrize("indicator", PRINTED)
def test_england_survey_values_are_the_printed_ones(
    release: duckdb.DuckDBPyConnection, indicator: str
) -> None:
    assert england(release, indicator) == pytest.approx(PRINTED[indicator], abs=1e-9)


def test_plan_coverage_is_not_the_routed_question(release: duckdb.DuckDBPyConnection) -> None:
    assert england(release, "PC-PCSP-03") == pytest.approx(0.1894980802, abs=1e-10)


@pytest.mark.parametrize(
    ("indicator", "fte"),
    [("PC-WF-01", 2046.990533), ("PC-WF-02", 577.756533), ("PC-WF-03", 1894.502133)],
)
def test_england_full_time_equivalents_of_september_2022(
    release: duckdb.DuckDBPyConnection, indicator: str, fte: float
) -> None:
    [(numerator, value, state, reason)] = release.execute(
        "select numerator, value, value_state, value_reason from indicator_values "
        "where indicator_id = ? and area_type = 'england' and period_end = date '2022-09-30'",
        [indicator],
    ).fetchall()
    assert numerator == pytest.approx(fte, abs=1e-6)
    assert (value, state) == (None, "cannot_calculate")
    assert reason == "no list size within twelve months of the census"


def test_every_published_fixture_is_reproduced(release: duckdb.DuckDBPyConnection) -> None:
    rows = release.execute("select fixture, agrees from reconciliation").fetchall()
    assert len(rows) == 65
    # The files at hand have row numbers in place of person identifiers; the table says so.
    differing = {fixture for fixture, agrees in rows if not agrees}
    assert differing == {
        "Care coordinator heads September 2022",
        "Health and wellbeing coach heads September 2022",
        "Link worker heads September 2022",
    }
    [(active,)] = release.execute(
        "select ours from reconciliation where fixture = 'Active GP practices December 2023'"
    ).fetchall()
    assert active == 6750


def test_printed_practice_limits_stay_and_recomputed_ones_stand_beside_them(
    release: duckdb.DuckDBPyConnection,
) -> None:
    [row] = release.execute(
        "select lower_95, upper_95, lower_95_recomputed, upper_95_recomputed, ci_basis, dq_flags "
        "from indicator_values where indicator_id = 'PC-SDM-01' and area_code = 'A84036' "
        "and category = 'all'"
    ).fetchall()
    assert row[:2] == pytest.approx((0.260178485, 0.992108541))
    # n_eff 46.269 as in the method vectors (gpps_neff_3).
    assert 0.7 < row[2] < row[3] < 0.95
    assert row[4:] == ("printed", "comparison_on_recomputed_limits")


def test_levels_without_a_survey_row_say_why(release: duckdb.DuckDBPyConnection) -> None:
    rows = release.execute(
        "select area_type, value_reason, count(*) from indicator_values "
        "where indicator_id = 'PC-SDM-01' and hierarchy_basis <> 'as_is' "
        "and value_state = 'not_available' group by all order by 1"
    ).fetchall()
    assert [(area_type, reason) for area_type, reason, _ in rows] == [
        ("icb", "the survey file held is partial and has no row for this area"),
        ("pcn", "the survey file for this level is not held"),
        ("practice", "the survey file held is partial and has no row for this area"),
        ("region", "the survey file for this level is not held"),
    ]


def test_every_edition_is_held_with_all_its_rows(release: duckdb.DuckDBPyConnection) -> None:
    rows = release.execute(
        "select extract, edition_period, rows_in_file, rows_loaded + rows_quarantined, verdict "
        "from extract_editions order by all"
    ).fetchall()
    # NHS England publishes the submissions, and Open Referral UK its examples, as synthetic; one
    # of these repeats one service 127 times.
    others = Counter((extract, verdict) for extract, *_, verdict in rows if verdict != "accepted")
    assert others == {
        ("ncdes_counts", "set_aside"): 2,
        ("oruk_services", "set_aside"): 3,
        ("oruk_services", "refused"): 1,
    }
    [repeated] = [row for row in rows if (row[0], row[-1]) == ("oruk_services", "refused")]
    assert repeated[2:4] == (128, 128)
    assert all(in_file == accounted for _, _, in_file, accounted, _ in rows)
    counted = {(extract, period): in_file for extract, period, in_file, _, _ in rows}
    assert counted[("pcnwf_staff", "2022-09")] == 17239
    assert counted[("qof_prevalence", "2020/21")] == 137991
    assert counted[("ods_pcn_memberships", "2024-10")] == 7705
    assert counted[("gpps_practice", "2025")] == 25
    assert counted[("payments_practices", "2018/19")] == 7279
    assert counted[("fingertips_indicators", "2018")] == 4536
    assert sum(verdict == "accepted" for *_, verdict in rows) == 40


def test_files_of_no_contract_are_listed_with_the_reason(
    release: duckdb.DuckDBPyConnection,
) -> None:
    rows = dict(
        release.execute(
            "select file_name, reason from landing_files where verdict = 'not_recognised'"
        ).fetchall()
    )
    assert rows["ods-reference/LAD_to_Region_2022-12.csv"] == "its headers fit no contract"
    assert len(rows) == 12
    assert all(rows.values())


def test_every_value_leads_to_the_file_it_came_from(release: duckdb.DuckDBPyConnection) -> None:
    rows = release.execute(
        "select distinct file_name from indicator_values join value_lineage "
        "using (lineage_id) where indicator_values.indicator_id = 'PC-WF-01' "
        "and area_type = 'england' "
        "and indicator_values.period_end = date '2021-12-31' order by 1"
    ).fetchall()
    assert [name for (name,) in rows] == [
        "gp-list-size/gp-reg-pat-prac-all_2021-01.csv",
        "ods-reference/ePCN_2024-10.xlsx",
        "pcn-workforce/PCN_individual_level_2021-12.csv",
    ]


def test_a_second_run_says_that_nothing_changed(home: Path) -> None:
    before = (home / "releases" / "current").readlink()
    result = run(home)
    assert result.returncode == 0
    assert "Nothing changed since release" in result.stdout
    assert (home / "releases" / "current").readlink() == before
