"""The release for authorised analysts: sums that add up, small numbers out, nobody else let in."""

from __future__ import annotations

import grp
import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from night import Night
from pydantic import ValidationError
from typer.testing import CliRunner

from assets.home import Home
from assets.release.internal import open_shelf
from assets.release.shelf.publication import Releases
from orchestration.command_line import app
from orchestration.settings import Settings

pytestmark = pytest.mark.slow

_COUNTS_OF_PEOPLE = (
    "disclosure_class = 'std' and area_type <> 'england' and method not in ('mean_t', "
    "'paired_change') and series_id not like '%_monthly_flow'"
)
_KEY = (
    "indicator_id, area_type, area_code, hierarchy_basis, series_id, category_type, category, "
    "period_start, period_end"
)


@pytest.fixture(scope="module")
def both(baseline: Night) -> Iterator[duckdb.DuckDBPyConnection]:
    """The public and the internal release of one night, as ``public`` and ``internal``."""
    home = Home(baseline.home)
    with duckdb.connect() as connection:
        for name, shelf in (("public", home), ("internal", home.for_analysts)):
            database = shelf.releases / "current" / "doing_with.duckdb"
            connection.execute(f"attach '{database}' as {name} (read_only)")
        yield connection


def test_it_is_of_the_same_version_and_whole(baseline: Night) -> None:
    home = Home(baseline.home)
    public, internal = Releases(home.releases), Releases(home.for_analysts.releases)
    assert internal.current_version() == public.current_version() == baseline.current()
    manifest = internal.verify(baseline.current())
    assert [table.name for table in manifest.tables] == [
        table.name for table in public.manifest(baseline.current()).tables
    ]
    assert not (internal.folder / "current" / "report").exists()


def test_counts_are_as_they_are(both: duckdb.DuckDBPyConnection) -> None:
    [(as_public, not_rounded, shown_here_only, other)] = both.execute(
        f"""
        select
            count(*) filter (public.numerator = 5 * floor((internal.numerator + 2) / 5)),
            count(*) filter (internal.numerator % 5 <> 0),
            count(*) filter (public.numerator is null and internal.numerator is not null),
            count(*) filter (public.numerator <> 5 * floor((internal.numerator + 2) / 5))
        from (select * from internal.indicator_values where {_COUNTS_OF_PEOPLE}) as internal
        inner join public.indicator_values as public using ({_KEY})
        """
    ).fetchall()
    assert as_public > 1000
    assert not_rounded > 1000
    assert shown_here_only > 100
    assert other == 0


def test_small_counts_are_not_there(both: duckdb.DuckDBPyConnection) -> None:
    smallest = both.execute(
        f"select distinct numerator from internal.indicator_values where {_COUNTS_OF_PEOPLE} "
        "and numerator < 8 order by numerator"
    ).fetchall()
    assert [int(count) for (count,) in smallest] == [0, 5, 6, 7]
    [(beside,)] = both.execute(
        "select count(*) from internal.indicator_values where value_state = 'suppressed' "
        "and coalesce(value, numerator, denominator) is not null"
    ).fetchall()
    assert beside == 0


def test_parts_add_up_to_their_whole(both: duckdb.DuckDBPyConnection) -> None:
    """Practices of a board, where every one of them is shown, come to the board's own number."""
    boards = both.execute(
        f"""
        with counts as (
            select indicator_values.*
            from internal.indicator_values
            where {_COUNTS_OF_PEOPLE} and category = 'all' and indicator_id = 'PC-SP-01'
              and series_id like '%_ytd' and hierarchy_basis in ('as_is', 'not_applicable')
        ),
        practices as (
            select period_start, period_end, series_id, sum(numerator) as people,
                bool_and(numerator is not null) as is_whole
            from counts where area_type = 'practice' group by all
        )
        select boards.numerator, practices.people
        from counts as boards
        inner join practices using (period_start, period_end, series_id)
        where boards.area_type = 'icb' and practices.is_whole
        """
    ).fetchall()
    assert boards
    assert [board for board, _ in boards] == [practices for _, practices in boards]


def test_only_the_platform_may_pass(baseline: Night) -> None:
    home = Home(baseline.home)
    shelf = home.for_analysts.releases
    assert stat.S_IMODE(shelf.stat().st_mode) == stat.S_IRWXU
    assert home.releases not in shelf.parents
    # The copy it was made in holds rows about persons.
    assert not home.for_analysts.build.exists()


def test_its_group_may_read_it(tmp_path: Path) -> None:
    shelf = tmp_path / "releases_internal"
    group = grp.getgrgid(os.getgid()).gr_name
    open_shelf(shelf, group)
    assert stat.S_IMODE(shelf.stat().st_mode) == stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP
    assert shelf.group() == group
    open_shelf(shelf, None)
    assert stat.S_IMODE(shelf.stat().st_mode) == stat.S_IRWXU


def test_a_group_that_is_not_there_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOING_WITH_INTERNAL_GROUP", "nobody-of-that-name")
    with pytest.raises(ValidationError, match="no group nobody-of-that-name: add it"):
        Settings()


def test_the_metrics_say_whom_they_are_for(baseline: Night) -> None:
    for home, category in (
        (Home(baseline.home), "MI published"),
        (Home(baseline.home).for_analysts, "MI internal"),
    ):
        metadata = home.releases / "current" / "cml" / "metadata.parquet"
        assert duckdb.sql(
            f"select distinct available_metric_category from read_parquet('{metadata}')"
        ).fetchall() == [(category,)]


def test_the_command_line_knows_both_shelves(
    baseline: Night, night: Callable[[], Night], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = night()
    monkeypatch.setenv("DOING_WITH_HOME", str(made.home))
    for more in ([], ["--internal"]):
        answer = CliRunner().invoke(app, ["releases", "--json", *more])
        assert answer.exit_code == 0, answer.output
        [release] = json.loads(answer.output)
        assert release["version"] == baseline.current()
        assert release["is_in_force"]
