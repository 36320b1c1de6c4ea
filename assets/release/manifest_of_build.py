"""What a release of this build says of itself in its manifest."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from assets.home import Build
from assets.release.built_from import holdings_of_build, identity_of_build
from assets.release.candidate.facts import DATABASE_FILE
from assets.release.candidate.note import CandidateNote
from assets.release.shelf.git_commit import git_commit
from assets.release.shelf.manifest import (
    EditionEntry,
    Manifest,
    RuleCount,
    UnrecognisedFile,
    software_versions,
    suppression_of,
)
from assets.release.shelf.retention import made_at
from expectations import results

# Version of the tables' schema: a column is deprecated for one release before it goes.
SCHEMA_VERSION = "1.2"


def manifest_of(build: Build, note: CandidateNote) -> Manifest:
    """The manifest of the candidate that a note is about; files are listed as it is published."""
    facts = note.facts
    holdings = holdings_of_build(build)
    counted = build.connection.execute(
        f"select suite, severity, passed, count(*) from {results.RESULTS} group by all"
    ).fetchall()
    tally: Counter[tuple[str, str, bool]] = Counter()
    for suite, severity, passed, number in counted:
        tally[(suite, severity, passed)] += number
    pairs = sorted({(suite, severity) for suite, severity, _ in tally})
    strangers = build.connection.execute(
        "select file_name, sha256, reason from ledger.landing_files "
        "where verdict = 'not_recognised' order by file_name"
    ).fetchall()
    return Manifest(
        version=note.version,
        created_at=made_at(note.version),
        identity=identity_of_build(build),
        content_hash=facts.content_hash,
        as_of=build.as_of,
        is_synthetic=facts.is_synthetic,
        schema_version=SCHEMA_VERSION,
        database_bytes=facts.database_bytes,
        tables=facts.tables,
        editions=tuple(
            EditionEntry(
                extract=edition.extract,
                period=edition.period,
                sha256s=tuple(part.sha256 for part in edition.parts),
                period_start=edition.period_start,
                period_end=edition.period_end,
                submitter=edition.submitter or None,
            )
            for edition in holdings.in_use
        ),
        unrecognised=tuple(
            UnrecognisedFile(file_name=name, sha256=sha256, reason=reason or "")
            for name, sha256, reason in strangers
        ),
        rules=tuple(
            RuleCount(
                suite=suite,
                severity=severity,
                passed=tally[(suite, severity, True)],
                failed=tally[(suite, severity, False)],
            )
            for suite, severity in pairs
        ),
        software=software_versions(),
        git=git_commit(Path(__file__).resolve().parents[2]),
        suppression=suppression_of(build.releases.staging(note.version) / DATABASE_FILE),
        compared_with=note.compared_with,
        timings=build.release_timings.read(),
    )
