"""Whether the models of a build were made by the code that is loaded.

Models that are built edition by edition keep rows of earlier nights. Those are right only as long
as models, macros, seeds and engines are what they were made by.
"""

from __future__ import annotations

from assets.home import Build
from assets.identity import note_identity, noted_identity


def is_of_other_code(build: Build) -> bool:
    """Whether some model may be of other code, so that all are to be made anew.

    If so it stays so until ``note_code``: a run that is killed, or makes a few models, leaves some
    that are of other code.
    """
    if noted_identity(build.home.built_by) == build.code:
        return False
    build.home.built_by.unlink(missing_ok=True)
    return True


def note_code(build: Build) -> None:
    """Say that every model is of this code."""
    note_identity(build.home.built_by, build.code)
