"""What the figures of one edition must say together: the rules of the field on each publication.

They run at the door, before an edition is used: what breaks a critical one is refused, and the
edition before stays in use. Rules that need another table are those of the build (``staging``).
"""

from __future__ import annotations

from collections.abc import Callable

from expectations.edition_figures import (
    appointment_rules,
    budget_rules,
    network_service_rules,
    outcomes_framework_rules,
    survey_rules,
)
from expectations.edition_reference import (
    age_band_rules,
    deprivation_rules,
    directory_rules,
    single_age_rules,
    small_area_rules,
    workforce_rules,
)
from expectations.edition_rule import EditionTable
from expectations.rules import Rule

_RULES: dict[str, Callable[[EditionTable], list[Rule]]] = {
    **{f"gpps_{level}": survey_rules for level in ("national", "region", "ics", "pcn", "practice")},
    "ncdes_counts": network_service_rules,
    "qof_achievement": outcomes_framework_rules,
    "gpad_crosstab": appointment_rules,
    "reg_quinary_age": age_band_rules,
    "reg_single_age": single_age_rules,
    "reg_lsoa": small_area_rules,
    "ods_practices": directory_rules,
    "pcnwf_staff": workforce_rules,
    "phb_counts": budget_rules,
    "iod_lsoa": deprivation_rules,
}


def content_rules(extract: str, table: str, owner: str, *, is_whole: bool) -> list[Rule]:
    """The rules on the figures of an edition of one extract, none for most.

    In: the table with the edition's rows, all text. Totals are asked of whole editions only.
    """
    made = _RULES.get(extract)
    return made(EditionTable(table, owner, is_whole)) if made else []
