"""What the marts were built from, which a release of them must say and must not differ from."""

from __future__ import annotations

from assets.extracts.holding.ledger import Holdings
from assets.home import Build
from assets.identity import noted_identity


class StaleBuildError(RuntimeError):
    """Marts that are not about the editions in use must not be published."""


def identity_of_build(build: Build) -> str:
    """The identity of the ledger, which the marts must have been built from.

    Raises:
        StaleBuildError: when the marts were built from something else, or not to their end.
    """
    identity = noted_identity(build.home.ledger_identity)
    if identity is None or noted_identity(build.home.built_identity) != identity:
        raise StaleBuildError(
            "the marts were not built from the editions now in use: run the job build, or nightly"
        )
    return identity


def holdings_of_build(build: Build) -> Holdings:
    """Editions in use as the ledger of this build says, for steps that run on their own."""
    rows = build.connection.execute(
        "select extract, edition_id, is_synthetic from ledger.editions where is_in_use"
    ).fetchall()
    used = {(extract, edition_id) for extract, edition_id, _ in rows}
    in_use = tuple(
        edition
        for extract in build.contracts
        for edition in build.editions.in_use(extract)
        if (extract, edition.edition_id) in used
    )
    late = build.connection.execute(
        "select extract from ledger.extracts where is_late order by extract"
    ).fetchall()
    return Holdings(in_use, any(row[2] for row in rows), tuple(name for (name,) in late))
