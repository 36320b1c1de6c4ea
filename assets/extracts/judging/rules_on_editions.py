"""The rules on one edition, run on its rows before it is accepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.editions import ROWS, Edition, EditionStore
from assets.extracts.sql_text import identifier, literal
from expectations.editions import EditionFacts, ReferencedColumn, ShareLimit, edition_rules
from expectations.rules import Outcome
from expectations.validation import Validator

_CHECKED = "checking.edition"
_REPEATED = "checking.repeated_keys"


def apply_rules(
    connection: duckdb.DuckDBPyConnection,
    validator: Validator,
    contracts: Mapping[str, Contract],
    edition: Edition,
    editions: EditionStore,
    prepared: Path,
    *,
    may_repeat_keys: bool,
) -> list[Outcome]:
    """Run the rules of an edition on the rows that were prepared for it.

    Without ``may_repeat_keys`` it is known that no key stands twice, and it is not asked again.
    """
    paths = ", ".join(literal(str(path)) for path in sorted(prepared.glob(f"{ROWS}_*.parquet")))
    connection.execute("create schema if not exists checking")
    connection.execute(
        f"create or replace view {_CHECKED} as "
        f"select * from read_parquet([{paths}], union_by_name=true)"
    )
    key = contracts[edition.extract].key if may_repeat_keys else ()
    connection.execute(f"create or replace table {_REPEATED} as {_rows_of_repeated_keys(key)}")
    outcomes = validator.validate(edition_rules(_facts(contracts, edition, editions)))
    connection.execute(f"drop view {_CHECKED}")
    connection.execute(f"drop table {_REPEATED}")
    return outcomes


def _rows_of_repeated_keys(key: Sequence[str]) -> str:
    """SQL of the row numbers under a key that stands more than once; nulls count as equal."""
    if not key:
        return f"select source_row_number from {_CHECKED} where false"
    names = [f"k{number}" for number in range(len(key))]
    cells = [f"trim({identifier(column)})" for column in key]
    keys = ", ".join(f"{cell} as {name}" for cell, name in zip(cells, names, strict=True))
    same = " and ".join(
        f"{cell} is not distinct from repeated.{name}"
        for cell, name in zip(cells, names, strict=True)
    )
    return (
        f"select source_row_number from {_CHECKED} where exists (select 1 from "
        f"(select {keys} from {_CHECKED} group by all having count(*) > 1) as repeated "
        f"where {same}) order by 1"
    )


def _facts(
    contracts: Mapping[str, Contract], edition: Edition, editions: EditionStore
) -> EditionFacts:
    contract = contracts[edition.extract]
    bounds = contract.rows_expected
    earlier = editions.previous(edition)
    return EditionFacts(
        table=_CHECKED,
        repeated_keys=_REPEATED,
        extract=contract.extract,
        owner=contract.owner,
        key=contract.key,
        rows_at_least=bounds.at_least if bounds else None,
        rows_at_most=bounds.at_most if bounds else None,
        rows_reason=bounds.reason if bounds else "",
        is_whole=edition.coverage == "whole",
        is_synthetic=edition.synthetic,
        previous_rows=earlier.rows_loaded if earlier and not contract.rows_vary else None,
        has_wide_columns=any(layout.wide for layout in contract.layouts),
        shows_values=contract.origin == "published" and not contract.person_level,
        references=tuple(
            ReferencedColumn(column, extract, contracts[extract].raw_table, referenced)
            for column, (extract, referenced) in contract.references.items()
        ),
        shares=tuple(
            ShareLimit(name, None, column.blank_at_most)
            for name, column in contract.columns.items()
            if column.blank_at_most is not None
        )
        + tuple(
            ShareLimit(name, value, share)
            for name, column in contract.columns.items()
            for value, share in column.share_at_most.items()
        ),
    )
