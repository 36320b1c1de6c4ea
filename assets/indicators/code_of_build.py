"""Whether the models of a build were made by the code that is in force.

Models that are built edition by edition keep rows of earlier nights. Those are right only as long
as models, macros, seeds and engines are what they were made by.
"""

from __future__ import annotations

from assets.home import Build
from assets.identity import identity_of_code, note_identity, noted_identity


def code_in_force(build: Build) -> str:
    """The identity of the code: asked for before models are built, it may change meanwhile."""
    return identity_of_code(build.dbt_project, build.lock_file)


def is_of_other_code(build: Build, code: str) -> bool:
    """Whether some model may be of other code than this, so that all are to be made anew.

    If so it stays so until ``note_code``: a run that is killed, or makes a few models, leaves some
    that are of other code.
    """
    if noted_identity(build.home.built_by) == code:
        return False
    build.home.built_by.unlink(missing_ok=True)
    return True


def note_code(build: Build, code: str) -> None:
    """Say that every model is of this code."""
    note_identity(build.home.built_by, code)
