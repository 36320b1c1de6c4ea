"""What a run found, read from its own events in Dagster: the same however it was started."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import dagster as dg
from dagster._core.events.log import EventLogEntry
from dagster_shared.error import SerializableErrorInfo

from assets.extracts.arriving.arrival_asset import ARRIVALS
from assets.extracts.contract_model.contract import Contract
from assets.extracts.freshness_check import FRESHNESS
from assets.release.assets import RELEASE
from assets.transient_faults import names_of_transient_faults
from orchestration.nights.records import Kind, Trouble

GUIDE = "docs/guides/running-every-night.md"
# Long enough for file, rule and rows; the UI has the rest.
_MOST_CHARACTERS = 600
_PLATFORM = "data engineering"

_EVENTS = {
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
    dg.DagsterEventType.ASSET_MATERIALIZATION,
}


@dataclass(frozen=True)
class Observed:
    """What a run found: how it failed, if it did, whether it published, what it looked at.

    ``seen`` has a trouble, or None for what is well, by the key of the trouble.
    """

    failures: tuple[str, ...]
    fault: Literal["transient", "permanent"] | None
    has_published: bool
    seen: Mapping[str, Trouble | None]


def observe(
    instance: dg.DagsterInstance, run_id: str, contracts: Mapping[str, Contract], now: datetime
) -> Observed:
    """Read the events of a run that has done its last step."""
    failures: list[str] = []
    faults: set[str] = set()
    seen: dict[str, Trouble | None] = {}
    has_published = False
    for entry in instance.all_logs(run_id, of_type=_EVENTS):
        event = entry.get_dagster_event()
        if event.is_step_failure:
            error = event.step_failure_data.error
            failures.append(f"{event.step_key}: {_first_line(error)}")
            faults.add(fault_of(_class_names(error)))
        elif event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
            has_published |= event.asset_key == RELEASE
        else:
            seen |= _seen_by_check(entry, contracts, run_id, now)
    # One permanent fault is enough for another try to end the same way.
    fault: Literal["transient", "permanent"] | None = None
    if faults:
        fault = "transient" if faults == {"transient"} else "permanent"
    return Observed(tuple(failures), fault, has_published, seen)


def fault_of(class_names: Iterator[str] | list[str]) -> Literal["transient", "permanent"]:
    """Of what kind a fault is, by the classes of the errors that led to it."""
    transient = names_of_transient_faults()
    return "transient" if any(name in transient for name in class_names) else "permanent"


def failed_run(
    job: str, run_id: str, failures: tuple[str, ...], fault: str | None, now: datetime
) -> Trouble:
    """A run that failed, as a trouble of its job."""
    passes = fault == "transient"
    return Trouble(
        key=key_of_job(job),
        kind="failed",
        subject=job,
        what=shortened("; ".join(failures) or "the run was stopped before its end"),
        where=f"run {run_id} in the Dagster UI",
        since=now,
        owner=_PLATFORM,
        next_step=(
            "none yet: the fault may pass, and the run is tried again; if the next night fails "
            "too, look at the network and at who holds the home (doing-with status)"
            if passes
            else f"the last good release stays in force; open the run, then {GUIDE}"
        ),
    )


def key_of_job(job: str) -> str:
    """The key of the trouble that a job failed."""
    return f"failed {job}"


def shortened(text: str) -> str:
    """A text that fits into a message, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _MOST_CHARACTERS else f"{line[:_MOST_CHARACTERS]} …"


def _seen_by_check(
    entry: EventLogEntry, contracts: Mapping[str, Contract], run_id: str, now: datetime
) -> dict[str, Trouble | None]:
    check = entry.get_dagster_event().asset_check_evaluation_data
    extract = check.asset_key.path[-1] if check.asset_key.path[0] == "raw" else None
    contract = contracts.get(extract) if extract else None
    if contract is not None and check.check_name == "critical":
        kind: Kind = "refused"
        next_step = (
            "the last accepted edition stays in use; send the error report (asset "
            f"raw/{extract}, error_reports) to whoever sent the file, and put a corrected one into "
            "the landing zone"
        )
    elif contract is not None and check.check_name == FRESHNESS:
        kind = "late"
        next_step = (
            f"look whether {contract.publisher} has published; put the file into the landing zone, "
            "or correct cadence and lag in the contract"
        )
    elif check.asset_key == ARRIVALS:
        kind = "source"
        next_step = "do what the message says of each address; the next run tries again"
    else:
        return {}
    subject = extract or check.asset_key.to_user_string()
    key = f"{kind} {subject}"
    if check.passed:
        return {key: None}
    trouble = Trouble(
        key=key,
        kind=kind,
        subject=subject,
        what=shortened(check.description or ""),
        where=f"check {check.check_name} of {check.asset_key.to_user_string()}, run {run_id}",
        since=now,
        owner=contract.owner if contract else _PLATFORM,
        next_step=next_step,
    )
    return {key: trouble}


def _chain(error: SerializableErrorInfo | None) -> Iterator[SerializableErrorInfo]:
    while error is not None:
        yield error
        error = error.cause


def _class_names(error: SerializableErrorInfo | None) -> Iterator[str]:
    return (one.cls_name for one in _chain(error) if one.cls_name)


def _first_line(error: SerializableErrorInfo | None) -> str:
    """What the step itself raised; Dagster wraps it once."""
    told = (error.cause or error).message.strip() if error else ""
    return told.splitlines()[0] if told else "no message"
