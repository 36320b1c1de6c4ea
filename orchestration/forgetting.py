"""Forgetting a submission in a home: under its lock, and with the warehouse that knew it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
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
        for records in (dagster_home(home), home.operations):
            take_out(records, texts)
        if (url := postgres_of(home)) is not None:
            take_out_of_postgres(url, texts)
        where = landing if landing and landing.is_dir() else None
        return forget(intent, editions, archive, ArrivalArea(home.arrival), where)


def told(forgotten: Forgotten) -> Iterator[str]:
    """What was forgotten, what is in use instead, and what is left to do, in lines."""
    for edition_id in forgotten.editions:
        yield f"forgotten: {edition_id}"
    for name in forgotten.landing_files:
        yield f"deleted from the landing zone: {name}"
    for edition_id in forgotten.back_in_use:
        yield (
            f"in use again: {edition_id}, which the forgotten one had replaced; if it is not to "
            "count either, forget it too"
        )
    yield (
        "Run the nightly job: it publishes without it. Not touched: histories of feeds (feeds/), "
        "notes on downloads (downloads/), landing zones in object storage, releases that are "
        "published with the counts they were made of (disclosure/), alerts that were sent, and "
        "backups; purge the file there apart."
    )
