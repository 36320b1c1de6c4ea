"""One feed on one day: read it, decide whether to believe it, and keep what changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from assets.extracts.arriving.open_referral.feed import Feed, FeedError
from assets.extracts.arriving.open_referral.paging import FeedRead, read_services
from assets.extracts.arriving.open_referral.services import Service
from assets.extracts.arriving.open_referral.snapshots import History, HistoryError, Snapshot

# More services gone in a day than this is a failing feed, not a shrinking offer (DOMAIN of the
# platform 3.7, decided 2026-11-23; no published feed's history was at hand to measure against).
MOST_GONE_PERCENT = 20

_REFUSED_SHOWN = 3


@dataclass(frozen=True)
class FeedOutcome:
    """What became of one feed on one day."""

    feed: str
    taken_on: date
    services_before: int = 0
    """Services at the end of the day before."""
    services_after: int = 0
    """Services of the last good snapshot after this pull."""
    added: int = 0
    changed: int = 0
    removed: int = 0
    repeated_ids: int = 0
    """Entries whose id another entry of the same pull had."""
    refused: tuple[str, ...] = ()
    """Entries of the feed that are not services, with place and reason."""
    held: bool = False
    """Whether the pull was not believed, and the last good snapshot stays."""
    warnings: tuple[str, ...] = ()
    error: str | None = None
    """Why the feed could not be read or kept; the last good snapshot stays."""
    change_file: Path | None = None
    """The day's differences; none when nothing changed. Empty when an earlier look at the same
    day found some that are there no longer."""


def pull(feed: Feed, store: Path, taken_on: date) -> FeedOutcome:
    """Read a feed and add the day to its history in ``store / feed.name``.

    A feed that cannot be read, comes empty, lost more than a fifth of its services in a day, or
    lost some and holds fewer than it announces, leaves its history as it is. Faults of the feed
    or of its history are told in the outcome and not raised, so that the next feed is read all
    the same.
    """
    history = History(store / feed.name)
    before: dict[str, Service] = {}
    latest: dict[str, Service] = {}
    try:
        before, latest = history.before(taken_on), history.latest()
        read = read_services(feed)
        for identifier in read.refused_ids & latest.keys() - read.services.keys():
            # An entry that cannot be read is no entry that was taken out.
            read.services[identifier] = latest[identifier]
        warnings = _doubts(feed, read)
        # On its very first day a feed is compared with what was taken earlier that day.
        reason = _reason_to_hold(feed, before or latest, read, taken_on)
        if reason is not None:
            return FeedOutcome(
                feed.name,
                taken_on,
                services_before=len(before),
                services_after=len(latest),
                repeated_ids=read.repeated_ids,
                refused=tuple(read.refused),
                held=True,
                warnings=(reason, *warnings),
            )
        taken = Snapshot(
            feed=feed.name,
            url=feed.url,
            schema_version=read.schema_version,
            taken_on=taken_on,
            services=read.services,
        )
        kept = history.keep(taken, read.repeated_ids)
    except (FeedError, HistoryError) as error:
        return FeedOutcome(
            feed.name,
            taken_on,
            services_before=len(before),
            services_after=len(latest),
            error=str(error),
        )
    return FeedOutcome(
        feed.name,
        taken_on,
        services_before=len(before),
        services_after=len(read.services),
        added=kept.added,
        changed=kept.changed,
        removed=kept.removed,
        repeated_ids=read.repeated_ids,
        refused=tuple(read.refused),
        warnings=warnings,
        change_file=kept.change_file,
    )


def _reason_to_hold(
    feed: Feed, known: dict[str, Service], read: FeedRead, taken_on: date
) -> str | None:
    if not read.services:
        return (
            f"feed {feed.name}: the feed is empty, before {len(known)} services; the last snapshot "
            "is kept; if the feed has ended, take it out of landing.yml"
        )
    gone = len(known.keys() - read.services.keys())
    accepted = feed.shrink_accepted_until is not None and taken_on <= feed.shrink_accepted_until
    if accepted or not gone:
        return None
    if read.announced is not None and read.entries < read.announced:
        return (
            f"feed {feed.name}: it announces {read.announced} services, its pages hold "
            f"{read.entries}, and {gone} of {len(known)} services are gone: part of the feed is "
            "missing; the last snapshot is kept; if the publisher confirms, set "
            f"shrink_accepted_until: {taken_on} for this feed in landing.yml and run again"
        )
    if 100 * gone <= MOST_GONE_PERCENT * len(known):
        return None
    return (
        f"feed {feed.name}: {gone} of {len(known)} services are gone, over {MOST_GONE_PERCENT} % "
        f"in a day (before {len(known)}, now {len(read.services)}); the last snapshot is kept; if "
        f"the publisher confirms, set shrink_accepted_until: {taken_on} for this feed in "
        "landing.yml and run again"
    )


def _doubts(feed: Feed, read: FeedRead) -> tuple[str, ...]:
    """What is worth telling the publisher although the feed can be used."""
    doubts = []
    if read.announced is not None and read.announced != read.entries:
        doubts.append(
            f"feed {feed.name}: it announces {read.announced} services and its pages hold "
            f"{read.entries}; tell the publisher"
        )
    if read.repeated_ids:
        doubts.append(
            f"feed {feed.name}: entries that repeat the id of an earlier one: "
            f"{read.repeated_ids}; the first of each is kept; tell the publisher"
        )
    if read.refused:
        shown = "; ".join(read.refused[:_REFUSED_SHOWN])
        more = "; …" if len(read.refused) > _REFUSED_SHOWN else ""
        doubts.append(
            f"feed {feed.name}: entries that are not services and are left out: "
            f"{len(read.refused)} ({shown}{more}); tell the publisher"
        )
    return tuple(doubts)
