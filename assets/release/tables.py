"""Which tables a release holds, under which names and in which order of rows.

Their keys are declared in keys.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PublishedSchema = Literal["main", "quality"]


@dataclass(frozen=True, kw_only=True)
class PublishedTable:
    """One table of a release.

    ``sort_by`` is the canonical order of its rows. ``volatile_columns`` say when or by whom
    something was done and are left out of its hash; a table that is not ``in_content_hash``
    is of one run alone and does not count in the hash of the release.
    """

    name: str
    sort_by: tuple[str, ...]
    source_schema: Literal["marts", "quality", "release"] = "marts"
    published_schema: PublishedSchema = "main"
    volatile_columns: tuple[str, ...] = ()
    in_content_hash: bool = True


_VALUE_AREA = ("indicator_id", "area_type", "area_code", "hierarchy_basis")
_VALUE_SERIES = ("series_id", "category_type", "category")

PUBLISHED_TABLES: tuple[PublishedTable, ...] = (
    PublishedTable(
        name="indicator_values",
        sort_by=(
            "indicator_id",
            "area_type",
            "area_code",
            "hierarchy_basis",
            "hierarchy_version",
            "period_start",
            "period_end",
            "series_id",
            "sex",
            "age",
            "category_type",
            "category",
        ),
    ),
    PublishedTable(
        name="latest_values",
        sort_by=(*_VALUE_AREA, "period_start", "period_end", *_VALUE_SERIES),
    ),
    PublishedTable(
        name="england_values",
        sort_by=(*_VALUE_AREA, "period_start", "period_end", *_VALUE_SERIES),
    ),
    PublishedTable(
        name="indicator_trends",
        sort_by=(*_VALUE_AREA, *_VALUE_SERIES, "period_end"),
    ),
    PublishedTable(
        name="spc_points",
        sort_by=(*_VALUE_AREA, "series_id", "period_start"),
    ),
    PublishedTable(
        name="inequalities",
        sort_by=(*_VALUE_AREA, "period_end", *_VALUE_SERIES),
    ),
    PublishedTable(name="practice_profile", sort_by=("practice_code",)),
    PublishedTable(
        name="engagement_typology", sort_by=("area_type", "area_code", "period_end", "class")
    ),
    PublishedTable(name="champion_programmes", sort_by=("practice_code", "period_end")),
    PublishedTable(name="what_changed", sort_by=("submitter_org_id", "engagement_id")),
    PublishedTable(
        name="context_values",
        sort_by=("measure", "area_type", "area_code", "sex", "age", "period"),
    ),
    PublishedTable(name="indicators", sort_by=("indicator_id",)),
    PublishedTable(name="areas", sort_by=("area_type", "area_code")),
    PublishedTable(
        name="area_relationships",
        sort_by=(
            "child_type",
            "child_code",
            "parent_type",
            "parent_code",
            "from_date",
            "to_date",
            "source_extract",
        ),
    ),
    PublishedTable(
        name="extract_editions",
        sort_by=(
            "extract",
            "submitter",
            "edition_period",
            "edition_id",
            "version",
            "file_name",
            "sha256",
        ),
        # A record of what arrived: a refused file changes it, not the data.
        in_content_hash=False,
    ),
    PublishedTable(name="extracts", sort_by=("extract",)),
    PublishedTable(name="landing_files", sort_by=("file_name", "sha256"), in_content_hash=False),
    PublishedTable(
        name="value_lineage", sort_by=("lineage_id", "edition_id", "file_name", "sha256")
    ),
    PublishedTable(name="reconciliation", sort_by=("source", "fixture", "published", "ours")),
    PublishedTable(
        name="expectation_results",
        sort_by=("run_id", "suite", "table_name", "rule", "severity"),
        source_schema="quality",
        published_schema="quality",
        in_content_hash=False,
    ),
)

# Tables about the others, which are made from the candidate once those are written.
DATA_DICTIONARY = PublishedTable(
    name="data_dictionary",
    sort_by=("table_name", "position"),
    source_schema="release",
    in_content_hash=False,
)
RELEASE_CHANGES = PublishedTable(
    name="release_changes",
    sort_by=(
        "aspect",
        "indicator_id",
        "area_type",
        "area_code",
        "table_name",
        "column_name",
        "hierarchy_basis",
        "series_id",
        "category_type",
        "category",
        "period_start",
        "period_end",
        "value_state",
        "what",
    ),
    source_schema="release",
    # Of two releases with the same data one was compared with another release.
    in_content_hash=False,
)
DERIVED_TABLES = (DATA_DICTIONARY, RELEASE_CHANGES)
