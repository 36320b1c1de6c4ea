"""Forgetting a submission in a home: under its lock, and with the warehouse that knew it."""

from __future__ import annotations

import shutil
from pathlib import Path

import typer

from assets.extracts.arriving.arrival import ArrivalArea
from assets.extracts.contract_model.contract_files import load_contracts
from assets.extracts.holding.archive import Archive
from assets.extracts.holding.editions import EditionStore
from assets.extracts.holding.forgetting import Forgotten, forget, intend
from orchestration.instance import (
    close_killed_run,
    dagster_home,
    open_instance,
    postgres_of,
)
from orchestration.lock import hold
from orchestration.run_records import take_out, take_out_of_postgres
from orchestration.settings import Settings


def forget_everywhere(settings: Settings, submission: str, landing: Path | None) -> Forgotten:
    """Take a submission out of a home; its warehouse is made anew by the next run.

    A forgetting that was killed is finished by asking for the same again.

    Raises:
        UnknownSubmissionError: when nothing is held of it.
        OSError: when something cannot be removed; what is left is removed by asking again.
    """
    home = settings.place
    editions, archive = EditionStore(home.editions), Archive(home.archive)
    with hold(home.folder, "forget", settings.lock_wait_seconds, typer.echo) as killed:
        if killed:
            with open_instance(home) as instance:
                close_killed_run(instance, killed)
        # What a killed run moved aside is there again, and is forgotten too.
        editions.sweep()
        contracts = load_contracts(settings.contracts)
        intent = intend(submission, contracts, editions, archive, settings.day)
        # A deleted row stays in the bytes of a database file until it is overwritten.
        if home.build.exists():
            shutil.rmtree(home.build)
        texts = {*intent.texts, submission.strip()}
        take_out(dagster_home(home), texts)
        if (url := postgres_of(home)) is not None:
            take_out_of_postgres(url, texts)
        where = landing if landing and landing.is_dir() else None
        return forget(intent, editions, archive, ArrivalArea(home.arrival), where)
