"""Errors that nobody foresaw: told as what they are, so that one file cannot stop the others."""

from __future__ import annotations

import logging
import traceback

from assets.extracts.identifiers.detectors import redact


class DefectError(Exception):
    """An error of the platform met while it looked at one file; the message is for the verdict."""


def log_defect(
    log: logging.Logger, what: str, error: Exception, outcome: str = "it could not be judged"
) -> str:
    """Log an unforeseen error with its traceback, without identifiers that its message repeats.

    Args:
        log: of the module that met it.
        what: it was met at: a file, an edition, an address.
        error: that nobody foresaw.
        outcome: what follows from it.

    Returns:
        What is told of it elsewhere. Only its type: a message may repeat what stands in the file.
    """
    told = (
        f"{outcome} ({type(error).__name__}); this is a defect of the platform, please report it "
        "with the traceback in the log of the run"
    )
    log.error("%s: %s\n%s", what, told, redact("".join(traceback.format_exception(error))))
    return told
