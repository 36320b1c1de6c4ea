"""Telling each channel what it was not told yet; what it knows is kept in the home."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from filelock import FileLock
from pydantic import BaseModel, ConfigDict

from assets.durable_files import write_atomically
from orchestration.alerts.changes import Alert, changes_between
from orchestration.alerts.channels import Channel, ChannelError
from orchestration.nights.records import Trouble

TOLD_FILE = "told.json"
# Longer than all channels together take to give up.
_LOCK_SECONDS = 180.0


class Told(BaseModel):
    """What each channel was told and is not over, by name of the channel and key of the trouble."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    channels: dict[str, dict[str, Trouble]] = {}


def tell(
    operations: Path,
    channels: Sequence[Channel],
    platform: str,
    run_id: str,
    troubles: Sequence[Trouble],
    now: datetime,
) -> tuple[str, ...]:
    """Tell every channel what changed since it was last told; nothing if nothing did.

    A channel that fails is told all of it at the next run. What came and went in the meantime is
    no change for who was not told of it.

    Gives what failed, one text for each channel.
    """
    path = operations / TOLD_FILE
    failed = []
    with FileLock(operations / ".alerts.lock", timeout=_LOCK_SECONDS):
        told = Told.model_validate_json(path.read_bytes()) if path.exists() else Told()
        # Channels that are no longer set are forgotten.
        known = {channel.name: told.channels.get(channel.name, {}) for channel in channels}
        for channel in channels:
            changes = changes_between(known[channel.name], troubles)
            if changes:
                try:
                    channel.send(Alert(now, platform, run_id, changes))
                except ChannelError as error:
                    failed.append(f"{channel.name}: {error}; the next run tries again")
                    continue
                known[channel.name] = {trouble.key: trouble for trouble in troubles}
                # At once: a kill between two channels tells neither of them twice.
                failed += _keep(path, known)
        if known != told.channels:
            failed += _keep(path, known)
    return tuple(dict.fromkeys(failed))


def _keep(path: Path, known: dict[str, dict[str, Trouble]]) -> list[str]:
    """Note what was told; what is in the way. A full disk must not keep the other channels mute."""
    try:
        write_atomically(path, Told(channels=known).model_dump_json(indent=1), is_private=True)
    except OSError as error:
        return [f"{path} cannot be written ({error.strerror}): the next run tells it again"]
    return []
