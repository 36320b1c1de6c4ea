"""Faults in raw tables: rows that are not those of the editions in use."""

from __future__ import annotations

from gate_fault import by_sql, in_one_row

_RAW = "raw.ncdes_counts"

FAULTS_OF_RAW_TABLES = (
    by_sql(
        "every row of a file twice",
        f"insert into {_RAW} select * from {_RAW} where edition_id = (select edition_id "
        f"from {_RAW} order by {{pick}} limit 1)",
        f"{_RAW}.rows_are_those_of_the_ledger",
        view=_RAW,
    ),
    by_sql(
        "rows of a file lost",
        f"delete from {_RAW} where rowid in (select rowid from {_RAW} order by {{pick}} limit 3)",
        f"{_RAW}.rows_are_those_of_the_ledger",
        view=_RAW,
    ),
    in_one_row(
        _RAW, "a row from nowhere", "source_sha256 = null", "true", "lineage_is_filled", view=True
    ),
    by_sql(
        "two editions of one month",
        f"update {_RAW} set edition_id = edition_id || 'b' where source_row_number % 2 = 0",
        f"{_RAW}.one_edition_of_a_period",
        f"{_RAW}.rows_are_those_of_the_ledger",
        view=_RAW,
    ),
    in_one_row(
        _RAW,
        "an edition of the next decade",
        "edition_period_start = date '2035-01-01', edition_period_end = date '2035-01-31'",
        "true",
        "period_has_begun",
        view=True,
    ),
    by_sql(
        "a list of patients that came to nothing",
        "delete from raw.reg_list_sizes",
        "raw.reg_list_sizes.has_rows",
        view="raw.reg_list_sizes",
    ),
    in_one_row(
        _RAW,
        "an edition that ends before it begins",
        "edition_period_end = edition_period_start - 1",
        "true",
        "period_has_an_order",
        view=True,
    ),
    in_one_row(
        _RAW,
        "a row before the first of its file",
        "source_row_number = 0",
        "true",
        "row_numbers_count_from_one",
        view=True,
    ),
    in_one_row(
        "restricted.sp_referrals",
        "a submission drawn in the next decade",
        "extracted_at = '2036' || substr(extracted_at, 5)",
        "true",
        "was_extracted_by_now",
        view=True,
    ),
)
