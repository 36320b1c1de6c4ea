"""Completes a candidate once its tables are written: what changed, the formats of other tools.

Everything here is made from the candidate's own files, so each profile of a release is completed
by the same call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from assets.database_memory import DatabaseMemory
from assets.release.candidate.facts import CandidateFacts
from assets.release.candidate.timings import Timings
from assets.release.candidate.writing import add_tables
from assets.release.changes.comparison import Comparison, Side, compare_releases, not_compared
from assets.release.changes.page import read_changes, write_changes_page
from assets.release.changes.table import CHANGES_TABLE
from assets.release.disclosure.profile import Audience
from assets.release.formats.central_metrics.tables import write_central_metrics
from assets.release.formats.datapackage import Source, write_datapackage
from assets.release.formats.declared import Declared
from assets.release.formats.descriptions import describe_tables
from assets.release.formats.dictionary import describe_derived, fill_dictionary, write_dictionary
from assets.release.shelf.publication import ReleaseError, Releases
from assets.release.tables import DERIVED_TABLES


@dataclass(frozen=True)
class Occasion:
    """What a candidate's files cannot say: its version, when, of which schema, for whom."""

    version: str
    created_at: datetime
    schema_version: str
    audience: Audience = "public"


@dataclass(frozen=True)
class Completed:
    """The facts of all tables, and what came of the comparison with the release in force."""

    facts: CandidateFacts
    comparison: Comparison


def complete(
    memory: DatabaseMemory,
    folder: Path,
    facts: CandidateFacts,
    occasion: Occasion,
    releases: Releases,
    declared: Declared,
    sources: Sequence[Source],
    timings: Timings,
) -> Completed:
    """Add changes, dictionary, Central Metrics Library and data package to a candidate.

    In: the build with its memory, outside a transaction; a folder that ``write_candidate`` wrote,
    with its facts; the shelf whose release in force it is compared with. The comparison never
    blocks: an error in it is told in the table, and by ``Comparison.is_error``.
    """
    connection = memory.connection
    with timings.of("changes"):
        now = Side(occasion.version, occasion.schema_version, folder, facts.tables)
        comparison = _compare(connection, releases, now)
        write_changes_page(
            folder,
            occasion.version,
            comparison,
            read_changes(connection),
            is_synthetic=facts.is_synthetic,
        )
    with timings.of("dictionary"):
        described = describe_tables(facts.tables, declared)
        described.append(describe_derived(CHANGES_TABLE))
        fill_dictionary(connection, described)
        facts = add_tables(connection, folder, facts, DERIVED_TABLES)
        described = describe_tables(facts.tables, declared)
        write_dictionary(folder, occasion.version, described, is_synthetic=facts.is_synthetic)
    with timings.of("central_metrics"):
        write_central_metrics(
            memory,
            folder,
            published_at=occasion.created_at,
            is_synthetic=facts.is_synthetic,
            audience=occasion.audience,
        )
    with timings.of("datapackage"):
        write_datapackage(
            folder,
            version=occasion.version,
            created_at=occasion.created_at,
            facts=facts,
            declared=declared,
            sources=sources,
        )
    return Completed(facts, comparison)


def side_of(releases: Releases, version: str) -> Side:
    """A published release as one side of a comparison; raises ``ReleaseError`` if damaged."""
    manifest = releases.manifest(version)
    return Side(version, manifest.schema_version, releases.folder / version, manifest.tables)


def _compare(connection: duckdb.DuckDBPyConnection, releases: Releases, now: Side) -> Comparison:
    version = releases.current_version()
    if version is None:
        return compare_releases(connection, None, now)
    try:
        return compare_releases(connection, side_of(releases, version), now)
    except (ReleaseError, duckdb.Error) as error:
        return not_compared(connection, version, str(error).splitlines()[0])
