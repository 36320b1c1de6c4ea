"""Jobs over the assets: the night, its parts, and the same with more or less of a memory."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

INGEST_GROUPS = ("extracts",)
PUBLISH_GROUPS = ("release", "reports")

# Tags of a run that its resource reads.
FULL_REBUILD = "doing_with/full_rebuild"
FETCH = "doing_with/fetch"


def jobs() -> list[UnresolvedAssetJobDefinition]:
    """``nightly`` runs everything; ``ingest``, ``build`` and ``publish`` are its three parts."""
    ingest = dg.AssetSelection.groups(*INGEST_GROUPS)
    publish = dg.AssetSelection.groups(*PUBLISH_GROUPS)
    everything = dg.AssetSelection.all()
    return [
        dg.define_asset_job(
            "nightly",
            selection=everything,
            description="Take in, build, check, publish; ends early if nothing is new.",
        ),
        dg.define_asset_job(
            "full_rebuild",
            selection=everything,
            description=(
                "The night without what earlier ones left: the build is removed, every model is "
                "made anew of the editions in use, and what was proven before is proven again."
            ),
            tags={FULL_REBUILD: "true"},
        ),
        dg.define_asset_job(
            "ingest",
            selection=ingest,
            description="Take in what arrived: archive, editions, verdicts, ledger.",
        ),
        dg.define_asset_job(
            "fetch",
            selection=ingest,
            description="The job ingest, with files fetched from where contracts say they are.",
            tags={FETCH: "true"},
        ),
        dg.define_asset_job(
            "build",
            selection=everything - ingest - publish,
            description="Build indicators and marts from the editions in use, and check the marts.",
        ),
        dg.define_asset_job(
            "publish",
            selection=publish,
            description="Write, audit and publish a release of what was built and checked.",
        ),
    ]
