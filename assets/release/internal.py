"""The internal release: what the public one holds, made once more for authorised analysts.

Sums have to add up for them, so nothing is rounded and only small counts are hidden. The second
half of the build runs again in a copy of the warehouse; the copy goes when the release is written.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from assets.home import Build
from assets.indicators.assets import AFTER_DISCLOSURE, UNIT_TESTS
from assets.indicators.dbt_run import build_models
from assets.release.assets import GROUP, OWNERS, RELEASE
from assets.release.auditing import rules_of_candidate
from assets.release.candidate.note import read_note
from assets.release.disclosure.control import hide_small_only
from assets.release.disclosure.people_counts import read_people_counts
from assets.release.disclosure.profile import INTERNAL
from assets.release.disclosure.released_table import write_released_counts
from assets.release.disclosure.years_together import in_parts, years_together
from assets.release.gate import BUILD_SUITE, rules_of_build
from assets.release.publishing import put_forward, put_in_force
from assets.reports.quality_page import write_run_page
from expectations import results
from expectations.checks import check_results, check_specs
from expectations.rules import Outcome
from expectations.validation import Validator

INTERNAL_RELEASE = dg.AssetKey(["release", "internal_release"])

# Suites about tables that are made again.
_MADE_AGAIN = ("disclosure", "candidate", "report")
# Of the memory, in which the second half is made; the build waits beside it.
_SHARE = Fraction(3, 4)
# Who may pass the folder of all internal releases; what is in it is read-only for everybody.
_OWN, _OWN_AND_GROUP = 0o700, 0o750


def internal_release_asset(manifest: Path, group: str | None) -> dg.AssetsDefinition:
    """The asset for a dbt project; ``group`` of the system may read what it publishes."""
    rules = [*rules_of_build(manifest, INTERNAL), *rules_of_candidate(INTERNAL)]
    keys = {rule.table: INTERNAL_RELEASE for rule in rules}

    @dg.asset(
        key=INTERNAL_RELEASE,
        group_name=GROUP,
        kinds={"duckdb", "parquet"},
        owners=OWNERS,
        deps=[RELEASE],
        description=(
            "The same tables for authorised analysts, outside the public releases: counts of "
            f"people are not rounded, and only those from 1 to {INTERNAL.most_hidden_count} are "
            "hidden. Checked and audited like the public release."
        ),
        check_specs=check_specs(rules, keys),
    )
    def internal_release(
        context: dg.AssetExecutionContext, build: dg.ResourceParam[Build]
    ) -> Iterator[Any]:
        """Make the second half of the build again, check it, and publish."""
        version = read_note(build.home.candidate_note).version
        with copied(build) as internal:
            of_build = _made_again(internal, context)
            open_shelf(internal.home.releases, group)
            internal.releases.sweep()
            put = put_forward(internal, version, context.run_id)
            page = write_run_page(internal.connection, internal.home.quality_pages, context.run_id)
            yield from check_results([*of_build, *put.outcomes], keys, page=page)
            published = put_in_force(internal, put.note, context.run_id)
        yield dg.MaterializeResult(
            metadata={
                "version": version,
                "folder": dg.MetadataValue.path(published.folder),
                "quality": dg.MetadataValue.path(published.folder / "quality" / "index.html"),
                "content_hash": put.note.facts.content_hash,
                "dagster/row_count": sum(table.rows for table in put.note.facts.tables),
                "removed": ", ".join(published.removed) or "none",
            }
        )

    return internal_release


@contextmanager
def copied(build: Build) -> Iterator[Build]:
    """A copy of a finished build for the internal release, gone at the end.

    It holds rows about persons like the build itself, and is as private.
    """
    home = build.home.for_analysts
    shutil.rmtree(home.build, ignore_errors=True)
    home.build.mkdir(mode=0o700)
    build.connection.execute("checkpoint")
    for name in ("warehouse", "ledger_identity", "built_identity"):
        # Not in this process: closing a file gives up the locks that it holds on it.
        source, target = getattr(build.home, name), getattr(home, name)
        subprocess.run(["cp", "--reflink=auto", str(source), str(target)], check=True)  # noqa: S603, S607
    try:
        with build.memory.beside(home.warehouse, _SHARE) as memory:
            connection = memory.connection
            connection.execute("drop schema if exists disclosure cascade")
            results.forget(connection, *_MADE_AGAIN)
            yield replace(
                build,
                connection=connection,
                memory_limit=memory.limit,
                home=home,
                validator=Validator(connection),
            )
    finally:
        shutil.rmtree(home.build)


def _made_again(internal: Build, context: dg.AssetExecutionContext) -> list[Outcome]:
    """Counts, values and marts for analysts; gives the outcomes of all rules on them."""
    hide_small_counts(internal)
    ran = build_models(internal, AFTER_DISCLOSURE.split(), [UNIT_TESTS], context.log.warning)
    if not ran.success:
        raise dg.Failure(f"internal release: {ran.what_failed()}", allow_retries=False)
    tables = [result.node for result in ran.nodes if result.node.resource_type in ("model", "seed")]
    made = {f"{node.schema}.{node.name}" for node in tables}
    rules = rules_of_build(internal.dbt_target / "manifest.json", internal.profile)
    outcomes = internal.validator.validate([rule for rule in rules if rule.table in made])
    results.record(internal.connection, context.run_id, BUILD_SUITE, outcomes)
    return outcomes


def hide_small_counts(internal: Build) -> None:
    """Write ``disclosure.released_counts`` as analysts may see it."""
    parts = (
        read_people_counts(internal.connection, internal.profile, part.indicator_years).cells
        for part in in_parts(years_together(internal.connection), internal.counts_together)
    )
    released = (
        hide_small_only(cells, internal.profile).with_columns(record=pl.lit(None, dtype=pl.String))
        for cells in parts
    )
    write_released_counts(internal.connection, map(internal.connection.from_arrow, released))


def open_shelf(folder: Path, group: str | None) -> None:
    """Let the group of analysts in, and nobody else."""
    folder.mkdir(mode=_OWN, exist_ok=True)
    if group is not None:
        shutil.chown(folder, group=group)
    folder.chmod(_OWN if group is None else _OWN_AND_GROUP)
