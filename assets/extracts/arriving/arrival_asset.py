"""The look at every place that files come from, as a Dagster asset."""

from pathlib import Path

import dagster as dg

from assets.extracts.arriving.arrival import Arrival
from assets.extracts.arriving.landing import Declarations, LandingZone
from assets.extracts.arriving.pulling import Pulled, Puller, pull_feeds
from assets.extracts.arriving.sources.source import address_of
from assets.extracts.holding.archive import Archive
from assets.extracts.holding.editions import EditionStore
from assets.extracts.holding.forgetting import forgotten_hashes
from assets.extracts.holding.retention import expire
from assets.home import Build

ARRIVALS = dg.AssetKey(["landing", "arrivals"])
GROUP = "extracts"
_SOURCES = "sources"


@dg.asset(
    key=ARRIVALS,
    group_name=GROUP,
    kinds={"file"},
    owners=["team:data-engineering"],
    description=(
        "Every file of the landing zone, of published addresses and of feeds, brought to a "
        "private place, hashed and recognised by its content. Files that fit no contract are "
        "listed with the reason and left where they are."
    ),
    check_specs=[
        dg.AssetCheckSpec(
            _SOURCES,
            asset=ARRIVALS,
            description="Every published file and every feed that was asked for could be had.",
        )
    ],
)
def arrivals(
    context: dg.AssetExecutionContext, build: dg.ResourceParam[Build]
) -> dg.MaterializeResult:
    """Look at the landing zone, fetch what is published, read the feeds."""
    clear_up(build.editions, build.archive)
    for contract in build.contracts.values():
        # Before the look: what may not be kept any more is not held either, and is told so.
        for expired in expire(contract, build.editions, build.archive, build.as_of):
            context.log.warning(f"{expired.edition_id}: its retention is over, it was taken out")
    zone, declarations, pulled = _bring(build)
    received = build.arrivals.receive(
        zone,
        build.contracts,
        pulled.deliveries,
        forgotten_hashes(build.archive),
        build.archive.holds_whole,
    )
    strangers = [arrival for arrival in received if arrival.reason]
    for arrival in strangers:
        context.log.info(f"not recognised: {arrival.file_name}: {arrival.reason}")
    for pattern in declarations.without_file(arrival.file_name for arrival in received):
        context.log.info(f"landing.yml declares {pattern!r} but no file is called that")
    for problem in pulled.problems:
        context.log.warning(problem)
    return dg.MaterializeResult(
        metadata={
            "files": len(received),
            "not_recognised": len(strangers),
            "landing_zone": address_of(build.landing),
            "what_arrived": dg.MetadataValue.table(
                [_arrival_record(arrival) for arrival in received]
                or [dg.TableRecord({"file": "nothing", "extract": "", "reason": ""})]
            ),
        },
        check_results=[
            dg.AssetCheckResult(
                asset_key=ARRIVALS,
                check_name=_SOURCES,
                passed=not pulled.problems,
                severity=dg.AssetCheckSeverity.WARN,
                description="; ".join(pulled.problems) or "nothing was in the way",
            )
        ],
    )


class LostEditionsError(RuntimeError):
    """The archive holds files but no edition is on record; the message says what to do."""


def clear_up(editions: EditionStore, archive: Archive) -> None:
    """Remove what a killed run left in the editions and the archive.

    Raises:
        LostEditionsError: when files are held but no edition is on record, which is no kill but
            a folder that was lost or is not mounted; nothing is removed then.
    """
    editions.sweep()
    named = editions.hashes()
    if not named and archive.holds_confirmed():
        raise LostEditionsError(
            f"the archive holds files, but no edition of them is on record in {editions.folder}: "
            "the folder was lost or is not mounted; mount it or restore it from a backup. To start "
            f"anew, move {archive.folder} away as well"
        )
    archive.sweep(named)


def _bring(build: Build) -> tuple[LandingZone | None, Declarations, Pulled]:
    """The landing folder, if it is one, what is declared, and what came from elsewhere."""
    incoming = build.arrivals.incoming
    puller = Puller(incoming, build.home.downloads, build.archive)
    puller.discard_leftovers()
    if "://" in build.landing:
        zone = None
        declarations, pulled = puller.landing_zone(build.landing)
    else:
        zone = LandingZone(Path(build.landing))
        declarations, pulled = zone.declarations, Pulled()
    pulled += puller.problems
    if build.fetches:
        pulled += puller.published(build.contracts.values(), declarations)
    pulled += pull_feeds(declarations, build.home.feeds, incoming, build.as_of)
    return zone, declarations, pulled


def _arrival_record(arrival: Arrival) -> dg.TableRecord:
    broken = dict(arrival.broken)
    return dg.TableRecord(
        {
            "file": arrival.file_name,
            "extract": ", ".join(arrival.extracts or tuple(broken)) or "none",
            "reason": arrival.reason or "; ".join(broken.values()),
        }
    )
