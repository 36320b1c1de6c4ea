"""Jobs over the assets: the night, its parts, and the same with more or less of a memory."""

from collections.abc import Iterable

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

INGEST_GROUPS = ("extracts",)
PUBLISH_GROUPS = ("release", "reports")

# Tags of a run that its resource reads.
FULL_REBUILD = "doing_with/full_rebuild"
FETCH = "doing_with/fetch"
# Which home a run works on: where several share a queue, it lets one run in at a time for each.
HOME = "doing_with/home"


def jobs(home: str) -> list[UnresolvedAssetJobDefinition]:
    """``nightly`` runs everything; ``ingest``, ``build`` and ``publish`` are its three parts.

    ``home`` is the folder they work on.
    """
    ingest = dg.AssetSelection.groups(*INGEST_GROUPS)
    publish = dg.AssetSelection.groups(*PUBLISH_GROUPS)
    everything = dg.AssetSelection.all()
    return [
        dg.define_asset_job(
            "nightly",
            selection=everything,
            description="Take in, build, check, publish; ends early if nothing is new.",
            tags={HOME: home},
        ),
        dg.define_asset_job(
            "full_rebuild",
            selection=everything,
            description=(
                "The night without what earlier ones left: the build is removed, every model is "
                "made anew of the editions in use, and what was proven before is proven again."
            ),
            tags={HOME: home, FULL_REBUILD: "true"},
        ),
        dg.define_asset_job(
            "ingest",
            selection=ingest,
            description="Take in what arrived: archive, editions, verdicts, ledger.",
            tags={HOME: home},
        ),
        dg.define_asset_job(
            "fetch",
            selection=ingest,
            description="The job ingest, with files fetched from where contracts say they are.",
            tags={HOME: home, FETCH: "true"},
        ),
        dg.define_asset_job(
            "build",
            selection=everything - ingest - publish,
            description="Build indicators and marts from the editions in use, and check the marts.",
            tags={HOME: home},
        ),
        dg.define_asset_job(
            "publish",
            selection=publish,
            description="Write, audit and publish a release of what was built and checked.",
            tags={HOME: home},
        ),
    ]


def jobs_of_extracts(
    home: str, extracts: Iterable[str], of_all_raw_tables: dg.AssetChecksDefinition
) -> list[UnresolvedAssetJobDefinition]:
    """A job for each extract: what arrived of it and of those it refers to, and the ledger.

    Rules that are judged over all raw tables at once are left to the night.
    """
    ledger = dg.AssetSelection.key_prefixes("ledger")
    return [
        dg.define_asset_job(
            f"ingest_{extract}",
            selection=(dg.AssetSelection.assets(dg.AssetKey(["raw", extract])).upstream() | ledger)
            - dg.AssetSelection.checks(of_all_raw_tables),
            description=f"Take in what arrived of {extract} alone; the next night publishes it.",
            tags={HOME: home},
        )
        for extract in extracts
    ]
