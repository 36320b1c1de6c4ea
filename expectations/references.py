"""Rules on what tables refer to: areas and their parents, editions, files and their periods."""

from __future__ import annotations

from expectations.mart_rule import VALUES, no_rows
from expectations.rules import NoRowsWhere, Rule

# Sources whose rows are about the period that their file is about. What organisations send is
# about people or events of months that the file need not end in (2026-11-26).
_PERIOD_OF_THE_FILE = ("gpad", "gpps_%", "ncdes_%", "pcnwf_fte", "phb_ytd", "qof")
# Directories and maps, which say what is and count nothing: a quarter in which nobody opened or
# moved leaves them as they were, and that is no fault (made-up England, five years, 2026-11-26).
_MAY_STAND_STILL = (
    "gpad_mapping", "ods_%", "ons_sub_icb_lookup", "qof_%_map", "reg_practice_map",
)  # fmt: skip


def reference_rules() -> list[Rule]:
    """Every rule on geography and sources."""
    return [*_geography_rules(), *_source_rules()]


# Codes of areas (DOMAIN 8.1): boards have five characters since April 2026, and U alone is none.
_CODE_FORMS = {
    "practice": r"[A-HJ-NPV-Y]\d{5}",
    "pcn": r"U\d{5}",
    "sub_icb": r"\d{2}[A-Z]|[A-Z0-9]{5}",
    "icb": r"Q[A-Z0-9]{2}|[A-Z]\d[A-Z]\d[A-Z]",
    "region": r"Y\d{2}",
}


def _geography_rules() -> list[Rule]:
    odd = " or ".join(
        f"(area_type = '{area_type}' and not regexp_full_match(area_code, '{form}'))"
        for area_type, form in _CODE_FORMS.items()
    )
    return [
        NoRowsWhere(
            table="marts.areas",
            name="codes_have_their_form",
            description="codes of practices, networks, locations, boards and regions look like it",
            severity="warning",
            owner="reference data",
            reason="DOMAIN 8.1: holds for all 9,792 areas of the files held (2026-11-26)",
            condition=odd,
            identify_by=("area_type", "area_code"),
        ),
        no_rows(
            "marts.areas",
            "open_practice_has_parents",
            "every open practice is in a location, a board and a region today, or in a board until "
            "that ended",
            "select practices.area_code, wanted.parent_type from (select area_code "
            "from marts.areas where area_type = 'practice' and status = 'open') as practices "
            "cross join (values ('sub_icb'), ('icb'), ('region')) as wanted (parent_type) "
            "where not exists (select 1 from marts.area_relationships as placed "
            "where placed.child_type = 'practice' and placed.child_code = practices.area_code "
            "and placed.parent_type = wanted.parent_type and (placed.is_current "
            # only a list made after its end tells where the practices of a split board went
            "or exists (select 1 from marts.areas as boards where boards.area_type = 'icb' "
            "and placed.parent_type = 'icb' and placed.parent_code = boards.area_code "
            "and boards.status = 'closed' and placed.to_date = boards.close_date)))",
            "area_code",
            "parent_type",
        ),
        no_rows(
            "marts.area_relationships",
            "both_ends_are_known",
            "child and parent of every relationship are in the table of areas",
            "select placed.* from marts.area_relationships as placed "
            "left join marts.areas as children on placed.child_type = children.area_type "
            "and placed.child_code = children.area_code "
            "left join marts.areas as parents on placed.parent_type = parents.area_type "
            "and placed.parent_code = parents.area_code "
            "where children.area_code is null or parents.area_code is null",
            "child_code",
            "parent_type",
            "parent_code",
        ),
        NoRowsWhere(
            table="marts.area_relationships",
            name="dates_are_in_order",
            description="a relationship does not end before it begins",
            owner="reference data",
            condition="to_date < from_date",
            identify_by=("child_code", "parent_type", "from_date"),
        ),
        no_rows(
            "marts.area_relationships",
            "hierarchy_is_one",
            "a practice is in the region that its board is in",
            "select boards.child_code, boards.parent_code from marts.area_relationships as boards "
            "join marts.area_relationships as regions on boards.child_type = 'practice' "
            "and regions.child_type = 'practice' and boards.child_code = regions.child_code "
            "and boards.parent_type = 'icb' and regions.parent_type = 'region' "
            "join marts.area_relationships as above on above.child_type = 'icb' "
            "and above.parent_type = 'region' and above.child_code = boards.parent_code "
            "where boards.is_current and regions.is_current and above.is_current "
            "and above.parent_code <> regions.parent_code",
            "child_code",
            "parent_code",
        ),
    ]


def _source_rules() -> list[Rule]:
    alike = " or ".join(f"extract like '{extract}'" for extract in _MAY_STAND_STILL)
    may_stand_still = f"({alike})"
    of_files = " or ".join(f"area_values.series_id like '{like}'" for like in _PERIOD_OF_THE_FILE)
    return [
        no_rows(
            VALUES,
            "period_is_that_of_its_editions",
            "a published figure is about the period that its newest file is about",
            f"select area_values.* from {VALUES} as area_values join (select lineage_id, "
            "min(period_start) as first_day, max(period_end) as last_day "
            "from marts.value_lineage group by lineage_id) as sources "
            "on area_values.lineage_id = sources.lineage_id where area_values.value is not null "
            f"and ({of_files}) and (area_values.period_end > last_day(sources.last_day) "
            "or area_values.period_end < sources.first_day)",
        ),
        no_rows(
            VALUES,
            "period_has_begun",
            "what lies after the newest edition is marked as incomplete",
            f"select * from {VALUES} where coalesce(dq_flags, '') not like '%incomplete%' "
            "and period_start > (select max(period_end) from marts.extract_editions "
            "where is_in_use)",
        ),
        no_rows(
            "marts.value_lineage",
            "editions_are_in_use",
            "every source of a value is an edition in use",
            "select * from marts.value_lineage where edition_id not in "
            "(select edition_id from marts.extract_editions where is_in_use)",
            "lineage_id",
            "edition_id",
        ),
        no_rows(
            "marts.extract_editions",
            "one_file_is_one_period",
            "no file of counts stands for two periods: an old one under a new name",
            _of_several_periods(f"not {may_stand_still}"),
            "extract",
            "sha256",
            "periods",
        ),
        no_rows(
            "marts.extract_editions",
            "directories_change",
            "no directory or map stands for two periods: nothing changed, or it is an old one",
            _of_several_periods(may_stand_still),
            "extract",
            "sha256",
            "periods",
            severity="warning",
            reason="2026-11-26: made-up England of five years, where small ones stand still",
        ),
    ]


def _of_several_periods(condition: str) -> str:
    """Files of some extracts that stand for more than one period."""
    return (
        "select extract, sha256, count(distinct edition_period) as periods "
        f"from marts.extract_editions where is_in_use and {condition} "
        "group by extract, sha256 having count(distinct edition_period) > 1"
    )
