"""What may be told of an offending row: keys that lead to it, and no more.

Outcomes of rules are published, so what they show must need no disclosure control. Which columns
lead to a row and say nothing else is decided here, for every rule alike, whatever columns the
rule itself names: a count of people or the key of a person can never get into an example.
"""

from __future__ import annotations

import re

from expectations.rules import Rule

# Columns that say where a row stands: no counts, no values, no keys of persons.
KEY_COLUMNS = frozenset(
    """
    achievement_date age appointment_month area_code area_type basis category category_type cadence
    census_date child_code child_type class column_name component component_code
    deprivation_quintile edition_id edition_period engagement_id extract file_name from_date
    grant_id group_code hierarchy_basis hierarchy_version index_year indicator_code indicator_id
    lineage_id lsoa_code measure method meeting_id month_end org_code organisation_code parent_code
    parent_type pcn_code period period_end period_start practice_code question rule series_id
    service_id sex snapshot_date source source_row_number source_sha256 sub_icb_code submitter
    submitter_org_id suite survey_year table_name to_date unit value_state verdict
    """.split()  # noqa: SIM905  (a list of eighty quotation marks reads worse)
)
# Of rows about persons, only where they stand in the file.
_OF_PERSONS = frozenset(
    {"source_file_name", "source_row_number", "edition_id", "edition_period", "extract"}
)
# Tables without counts of people: their values may be told. Of an edition that is being judged,
# its contract decides which columns a rule may name.
_OPEN_SCHEMAS = ("checking", "ledger")
_OPEN_TABLES = (
    "marts.extract_editions",
    "marts.extracts",
    "marts.landing_files",
    "marts.reconciliation",
    "quality.accepted_changes",
    "quality.table_volumes",
    "quality.value_volumes",
)
_RESTRICTED = re.compile(r"\brestricted\.")
# Errors about the SQL itself. Others quote the value that could not be converted or summed.
_ABOUT_SQL = ("Binder Error", "Catalog Error", "Parser Error", "IO Error")


def shown_columns(rule: Rule) -> tuple[str, ...]:
    """The columns of an offending row that its outcome may show, of those that the rule names."""
    if _RESTRICTED.search(f"{rule.table}. {rule.failing_rows_query() or ''}"):
        return tuple(column for column in rule.identify_by if column in _OF_PERSONS)
    if rule.table.split(".")[0] in _OPEN_SCHEMAS or rule.table in _OPEN_TABLES:
        return rule.identify_by
    return tuple(column for column in rule.identify_by if column in KEY_COLUMNS)


def shown_error(message: str) -> str:
    """What may be told of an error: one about the SQL in full, of others only their kind."""
    first = (message.strip().splitlines() or [""])[0]
    kinds = re.findall(r"\b([A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+)? (?:Error|Exception))\b", first)
    if any(kind in first for kind in _ABOUT_SQL) or not re.search(r"['\"0-9]", first):
        return first
    kind = kinds[-1] if kinds else first.split(":", maxsplit=1)[0]
    return f"{kind} (its text may quote a value and is not kept)"
