"""The end of a run: what came of it goes on record, and is told where something changed.

It hangs on the one resource that every run opens, so that nights from the UI, from a schedule and
from the command line end alike, with a daemon running or without.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from socket import gethostname
from typing import Literal

import dagster as dg
from dagster._core.storage.tags import (
    MAX_RETRIES_TAG,
    RETRY_ON_ASSET_OR_OP_FAILURE_TAG,
    RETRY_STRATEGY_TAG,
)

from assets.extracts.contract_model.contract import Contract
from assets.release.shelf.publication import Releases
from orchestration.alerts.channels import channels_of
from orchestration.alerts.telling import tell
from orchestration.nights.observing import (
    Observed,
    failed_run,
    fault_of,
    key_of_job,
    observe,
)
from orchestration.nights.records import (
    COMPLETED,
    NIGHTS,
    Outcome,
    RunRecord,
    RunRecords,
    Trouble,
    standing,
)
from orchestration.old_runs import forget_old_runs
from orchestration.room_on_disk import too_little_room
from orchestration.settings import Settings

# A run that waited six hours for a lock in vain is tried twice more: the night is over then.
_MOST_RETRIES = 2
_NO_FAILURES: frozenset[Outcome] = COMPLETED | {"done"}


@contextmanager
def on_record(
    settings: Settings, context: dg.InitResourceContext, contracts: Mapping[str, Contract]
) -> Iterator[None]:
    """Put on record what came of a run when its resource closes, whatever closes it.

    A resource outside a run leaves nothing.
    """
    run, instance = context.run, context.instance
    if run is None or instance is None:
        yield
        return
    say = context.log.warning if context.log else print
    ending = _Ending(settings, instance, run, contracts, datetime.now(UTC), say)
    try:
        yield
    except BaseException as error:
        ending.close(error)
        raise
    ending.close()


def record_killed(settings: Settings, instance: dg.DagsterInstance, run_id: str) -> None:
    """Put on record that a run held the lock and never gave it back, and tell it."""
    run = instance.get_run_record_by_id(run_id) if instance.has_run(run_id) else None
    if run is None:
        return
    _close_for(
        settings,
        run_id,
        run.dagster_run.job_name,
        run.create_timestamp.astimezone(UTC),
        "killed",
        "the process of this run was killed",
    )


def record_failed(
    settings: Settings, run_id: str, job: str, started_at: datetime, why: str
) -> tuple[str, ...]:
    """Put on record that a run failed, and tell it, where the run itself could not.

    Where Dagster cannot write what happens, as on a full disk, it ends a run and closes nothing,
    or nobody reads in its events that a step failed. A failure that is on record is left as it is.

    Gives what could not be written or told, in words.
    """
    return _close_for(settings, run_id, job, started_at, "failed", why, in_place_of=_NO_FAILURES)


def _close_for(
    settings: Settings,
    run_id: str,
    job: str,
    started_at: datetime,
    outcome: Literal["failed", "killed"],
    failure: str,
    *,
    in_place_of: Collection[Outcome] = (),
) -> tuple[str, ...]:
    """Close the record of a run that did not, unless it has one of another outcome than these."""
    records = RunRecords(settings.place.operations)
    with records.lock():
        known = records.of_run(run_id)
        if known is not None and known.outcome not in in_place_of:
            return ()
        latest, now = records.latest(), datetime.now(UTC)
        # What the next try would meet is a disk as full; of a kill, nothing is known.
        fault: Literal["permanent"] | None = "permanent" if outcome == "failed" else None
        failures = (*too_little_room(settings.place.folder), failure)
        trouble = failed_run(job, run_id, failures, fault, now)
        record = RunRecord(
            run_id=run_id,
            job=job,
            started_at=started_at,
            ended_at=now,
            outcome=outcome,
            release=Releases(settings.place.releases).current_version(),
            fault=fault,
            troubles=standing(latest.troubles if latest else (), {trouble.key: trouble}),
        )
        unwritten = _write(records, record)
    return (*unwritten, *(f"alert not sent by {text}" for text in _tell(settings, record)))


def _write(records: RunRecords, record: RunRecord) -> tuple[str, ...]:
    """Add a record; gives why it cannot be. Of all nights, one with a full disk has to be told."""
    try:
        records.add(record)
    except OSError as error:
        return (f"{records.path} cannot be written ({error.strerror})",)
    return ()


def _tell(settings: Settings, record: RunRecord) -> tuple[str, ...]:
    """Tell every channel what changed; gives what failed, which goes on record too."""
    operations = settings.place.operations
    untold = tell(
        operations,
        channels_of(settings.alerts, operations),
        f"{settings.environment or 'undeclared'}, {gethostname()}",
        record.run_id,
        record.troubles,
        record.ended_at,
    )
    if untold:
        records = RunRecords(operations)
        with records.lock():
            # On a full disk there is no record to add it to.
            if records.of_run(record.run_id) is not None:
                records.add(record.model_copy(update={"untold": untold}))
    return untold


class _Ending:
    """What is needed to close the record of a run."""

    def __init__(
        self,
        settings: Settings,
        instance: dg.DagsterInstance,
        run: dg.DagsterRun,
        contracts: Mapping[str, Contract],
        started_at: datetime,
        say: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._instance = instance
        self._run = run
        self._contracts = contracts
        self._started_at = started_at
        self._say = say

    def close(self, error: BaseException | None = None) -> None:
        """Write the record, and tell what changed."""
        now = datetime.now(UTC)
        observed = observe(self._instance, self._run.run_id, self._contracts, now)
        failures, fault = observed.failures, observed.fault
        if error is not None:
            failures = (*failures, f"{type(error).__name__}: {error}")
            fault = fault_of([kind.__name__ for kind in type(error).__mro__])
        if fault == "transient":
            self._try_again()
        records = RunRecords(self._settings.place.operations)
        with records.lock():
            latest = records.latest()
            before = latest.troubles if latest else ()
            of_jobs = self._of_jobs(before, failures, fault, now)
            record = RunRecord(
                run_id=self._run.run_id,
                job=self._run.job_name,
                started_at=self._started_at,
                ended_at=now,
                outcome=self._outcome(observed, failures),
                release=Releases(self._settings.place.releases).current_version(),
                fault=fault,
                troubles=standing(before, {**observed.seen, **of_jobs}),
            )
            for text in _write(records, record):
                self._say(text)
        for text in _tell(self._settings, record):
            self._say(f"alert not sent by {text}")
        if record.is_completed_night:
            forget_old_runs(self._instance, self._settings.keep_run_days, now)

    def _outcome(self, observed: Observed, failures: tuple[str, ...]) -> Outcome:
        if failures:
            return "failed"
        if observed.has_published:
            return "published"
        return "unchanged" if self._run.job_name in NIGHTS else "done"

    def _of_jobs(
        self,
        before: tuple[Trouble, ...],
        failures: tuple[str, ...],
        fault: Literal["transient", "permanent"] | None,
        now: datetime,
    ) -> dict[str, Trouble | None]:
        """Whether the job of the run is well; a night that is well does what all others do."""
        job = self._run.job_name
        if failures:
            # First, for of a full disk much is said that names none, and a long text is cut.
            failures = (*too_little_room(self._settings.place.folder), *failures)
            failed = failed_run(job, self._run.run_id, failures, fault, now)
            return {failed.key: failed}
        if job in NIGHTS:
            return {trouble.key: None for trouble in before if trouble.kind == "failed"}
        return {key_of_job(job): None}

    def _try_again(self) -> None:
        """Have Dagster's daemon start the run anew, from its first step."""
        self._instance.add_run_tags(
            self._run.run_id,
            {
                MAX_RETRIES_TAG: str(_MOST_RETRIES),
                RETRY_ON_ASSET_OR_OP_FAILURE_TAG: "true",
                RETRY_STRATEGY_TAG: "ALL_STEPS",
            },
        )
