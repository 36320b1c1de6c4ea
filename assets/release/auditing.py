"""Audits a candidate as it was written: every rule on its files, whoever it is for."""

from __future__ import annotations

from pathlib import Path

from assets.home import Build
from assets.release.candidate.facts import CandidateFacts
from assets.release.candidate.reading import as_an_analyst, compare_as_written
from assets.release.changes.comparison import Comparison
from assets.release.disclosure.profile import Profile
from assets.release.formats.central_metrics.tables import differences_as_written
from assets.release.gate import small_numbers_of
from assets.release.keys import key_rules
from assets.release.shelf.manifest import Manifest
from assets.release.shelf.publication import ReleaseError
from assets.release.volumes import compare_volumes
from expectations.candidate import (
    AS_WRITTEN,
    CENTRAL_METRICS_AS_WRITTEN,
    CHANGES_TOLD,
    candidate_rules,
    outcome_of,
)
from expectations.rules import Outcome, Rule
from expectations.validation import Validator
from expectations.volumes import accepted_change_rules, volume_rules

_VOLUME_RULES = [*volume_rules(), *accepted_change_rules()]


def rules_of_candidate(profile: Profile) -> list[Rule]:
    """Every rule that a candidate is held against."""
    return [
        *_rules_inside(profile),
        *_VOLUME_RULES,
        AS_WRITTEN,
        CENTRAL_METRICS_AS_WRITTEN,
        CHANGES_TOLD,
    ]


def _rules_inside(profile: Profile) -> list[Rule]:
    return [*candidate_rules(small_numbers_of(profile)), *key_rules()]


def told(comparison: Comparison) -> Outcome:
    """Whether it could be found out what changed; the differences themselves are no fault."""
    return Outcome(CHANGES_TOLD, not comparison.is_error, comparison.sentence())


def audit(build: Build, folder: Path, facts: CandidateFacts) -> list[Outcome]:
    """Outcomes of every rule on the candidate's files as they lie on disk."""
    inside = _rules_inside(build.profile)
    written = outcome_of(AS_WRITTEN, compare_as_written(build.connection, folder, facts))
    if not written.passed:
        reason = "did not run: the files are not as built"
        rules = [CENTRAL_METRICS_AS_WRITTEN, *inside, *_VOLUME_RULES]
        return [written, *(Outcome(rule, False, reason) for rule in rules)]
    metrics = differences_as_written(build.connection, folder)
    with as_an_analyst(build.memory, folder, facts) as connection:
        of_files = Validator(connection).validate(inside)
    of_volumes = compare_volumes(
        build.connection, build.validator, folder, facts, _in_force(build), build.as_of
    )
    return [written, outcome_of(CENTRAL_METRICS_AS_WRITTEN, metrics), *of_files, *of_volumes]


def _in_force(build: Build) -> tuple[Path, Manifest] | None:
    """Folder and manifest of the release in force; a damaged one is replaced, not compared with."""
    try:
        current = build.releases.current()
    except ReleaseError:
        return None
    return (build.home.releases / current.version, current) if current else None
