"""Errors that nobody foresaw: told as what they are, so that one file cannot stop the others."""

from __future__ import annotations

import logging
import traceback

from assets.extracts.identifiers.detectors import redact


class DefectError(Exception):
    """An error of the platform met while it looked at one file; the message is for the verdict."""


def defect(error: Exception) -> str:
    """What a verdict says of an unforeseen error.

    Only its type: a message may repeat what stands in the file. The log has the traceback.
    """
    return (
        f"it could not be judged ({type(error).__name__}); this is a defect of the platform, "
        "please report it with the traceback in the log of the run"
    )


def log_defect(log: logging.Logger, what: str, error: Exception) -> None:
    """Log an unforeseen error with its traceback, without identifiers that its message repeats."""
    told = redact("".join(traceback.format_exception(error)))
    log.error("%s: %s\n%s", what, defect(error), told)
