"""What a night decides about counts of people in parts is what it decides about them as one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from night import AS_OF, Night, copy_home, make_writable

from assets.home import Build, Home
from assets.identity import noted_identity
from assets.release.disclosure import tonight
from assets.release.disclosure.assets import RELEASED_COUNTS, released_counts
from assets.release.internal import copied, hide_small_counts
from orchestration.resources import build_resource
from orchestration.settings import Settings

AS_ONE, IN_PARTS = 500_000, 500
_RELEASED = "select * from disclosure.released_counts order by cell_id"


@dataclass(frozen=True)
class Decided:
    """What a night of one size of parts decided and keeps, and what it says of that."""

    public: list[tuple[Any, ...]]
    for_analysts: list[tuple[Any, ...]]
    shown: dict[tuple[str, ...], str]
    proven: str
    says: dict[str, Any]


@dg.asset(deps=[RELEASED_COUNTS])
def counts_for_analysts(build: dg.ResourceParam[Build]) -> list[Any]:
    """What the internal release makes of the same counts."""
    with copied(build) as internal:
        hide_small_counts(internal)
        return internal.connection.execute(_RELEASED).fetchall()


def with_build(baseline: Night, place: Path) -> Home:
    """A home after a night, with its build."""
    home = Home(copy_home(baseline.home, place))
    shutil.copytree(Home(baseline.home).build, home.build)
    return home


def settings_of(baseline: Night, home: Home, counts_together: int) -> Settings:
    return Settings(
        landing=str(baseline.landing),
        home=home.folder,
        dbt_project=baseline.dbt_project,
        as_of=date.fromisoformat(AS_OF),
        counts_together=counts_together,
    )


def decided(baseline: Night, place: Path, counts_together: int) -> Decided:
    """The step of a night, with a release before it to reckon with and nothing remembered."""
    home = with_build(baseline, place)
    home.proven_blocks.unlink()
    with duckdb.connect(str(home.warehouse)) as warehouse:
        warehouse.execute("drop schema disclosure cascade")
    settings = settings_of(baseline, home, counts_together)
    night = dg.materialize(
        [released_counts, counts_for_analysts],
        resources={"build": build_resource(settings, "code")},
    )
    [checked] = night.asset_materializations_for_node("disclosure__released_counts")
    assert [check.passed for check in night.get_asset_check_evaluations()] == [True, True]
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        public = warehouse.execute(_RELEASED).fetchall()
    shown = {one.indicator_years: one.record for one in home.shown_before.decided()}
    make_writable(place)
    return Decided(
        public,
        night.output_for_node("counts_for_analysts"),
        shown,
        home.proven_blocks.read_text(encoding="utf-8"),
        {name: value.value for name, value in checked.metadata.items()},
    )


@pytest.fixture(scope="module")
def as_one(baseline: Night, tmp_path_factory: pytest.TempPathFactory) -> Decided:
    return decided(baseline, tmp_path_factory.mktemp("as_one") / "home", AS_ONE)


@pytest.fixture(scope="module", params=["in this process", "in two others"])
def in_parts(
    request: pytest.FixtureRequest, baseline: Night, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Decided]:
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "in two others":
            patch.setattr(tonight, "_WORTH_A_PROCESS", 0)
            patch.setattr(tonight, "_MOST_PROCESSES", 2)
            patch.setattr(tonight, "_COUNTS_OF_A_PROCESS", IN_PARTS // 2)
        yield decided(baseline, tmp_path_factory.mktemp("in_parts") / "home", IN_PARTS)


def test_the_same_counts_are_released(as_one: Decided, in_parts: Decided) -> None:
    assert (as_one.says["parts"], in_parts.says["parts"] > 3) == (1, True)
    assert as_one.says["hidden"] > 100
    assert in_parts.public == as_one.public
    assert in_parts.for_analysts == as_one.for_analysts != as_one.public


def test_the_same_is_known_of_them_the_night_after(as_one: Decided, in_parts: Decided) -> None:
    assert in_parts.shown == as_one.shown
    assert in_parts.proven == as_one.proven
    assert in_parts.proven


def test_the_operator_is_told_the_same(as_one: Decided, in_parts: Decided) -> None:
    differ = {"seconds", "parts", "rounds"}
    for name in as_one.says.keys() - differ:
        assert in_parts.says[name] == as_one.says[name], name


def test_a_night_with_nothing_new_says_the_same_and_reads_nothing(
    baseline: Night, as_one: Decided, tmp_path: Path
) -> None:
    home = with_build(baseline, tmp_path / "home")
    with duckdb.connect(str(home.warehouse)) as warehouse:
        before = warehouse.execute(_RELEASED).fetchall()
        years = {year for _, year, *_ in before}
    code = noted_identity(home.built_by)
    assert code is not None
    resources = {"build": build_resource(settings_of(baseline, home, AS_ONE), code)}
    for _ in range(2):
        night = dg.materialize([released_counts], resources=resources)
        [checked] = night.asset_materializations_for_node("disclosure__released_counts")
        says = {name: value.value for name, value in checked.metadata.items()}
        assert [check.passed for check in night.get_asset_check_evaluations()] == [True, True]
        assert (says["parts"], says["years_that_stand"]) == (0, len(years))
        assert says["blocks_remembered"] == says["blocks"]
        differ = {"seconds", "parts", "rounds", "blocks_remembered", "years_that_stand"}
        for name in says.keys() - differ:
            assert says[name] == as_one.says[name], name
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        assert warehouse.execute(_RELEASED).fetchall() == before
    make_writable(tmp_path)


def test_a_part_that_contradicts_itself_changes_nothing(baseline: Night, tmp_path: Path) -> None:
    home = with_build(baseline, tmp_path / "home")
    counts = "intermediate.int_people_counts"
    with duckdb.connect(str(home.warehouse)) as warehouse:
        before = warehouse.execute(_RELEASED).fetchall()
        [(cell_id,)] = warehouse.execute(
            f"select cell_id from {counts} where measure <> 'complement' order by all desc limit 1"
        ).fetchall()
        warehouse.execute(f"insert into {counts} from {counts} where cell_id = ?", [cell_id])
    resources = {"build": build_resource(settings_of(baseline, home, IN_PARTS), "code")}
    night = dg.materialize([released_counts], resources=resources, raise_on_error=False)
    [failure] = night.get_step_failure_events()
    assert cell_id in str(failure.event_specific_data.error.cause)
    with duckdb.connect(str(home.warehouse), read_only=True) as warehouse:
        assert warehouse.execute(_RELEASED).fetchall() == before
    # True counts are left by none of it.
    assert not home.parts_to_decide.exists()
    make_writable(tmp_path)
