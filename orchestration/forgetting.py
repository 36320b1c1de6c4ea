"""Forgetting a submission in a home: under its lock, and with the warehouse that knew it."""

from __future__ import annotations

import shutil
from pathlib import Path

import typer

from assets.extracts.arriving.arrival import ArrivalArea
from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.holding.archive import Archive
from assets.extracts.holding.editions import EditionStore
from assets.extracts.holding.forgetting import Forgotten, forget
from orchestration.lock import hold
from orchestration.settings import Settings


def forget_everywhere(settings: Settings, submission: str, landing: Path | None) -> Forgotten:
    """Take a submission out of a home; its warehouse is made anew by the next run.

    Raises:
        UnknownSubmissionError: when nothing is held of it.
    """
    home = settings.place
    with hold(home.folder, "forget", settings.lock_wait_seconds, typer.echo):
        editions = EditionStore(home.editions)
        # What a killed run moved aside is there again, and is forgotten too.
        editions.sweep()
        forgotten = forget(
            submission,
            load_contracts(settings.contracts),
            editions,
            Archive(home.archive),
            ArrivalArea(home.arrival),
            landing if landing and landing.is_dir() else None,
            settings.day,
        )
        # A deleted row stays in the bytes of a database file until it is overwritten.
        shutil.rmtree(home.build, ignore_errors=True)
    return forgotten
