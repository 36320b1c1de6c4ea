"""Drift: what differs between an edition and the one before it, told with before and after.

A new column, a vanished one, another code list or an odd number of rows is no fault of a row;
somebody has to look whether the extract still means what it meant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.editions import Edition, EditionStore

# Monthly lists of practices move by one in a hundred; a tenth is another population or a cut
# file (reg_list_sizes of January 2021 against GPAD mapping of August 2025: 7 % in 4.5 years;
# 2026-11-23). Quarterly workforce files grew faster while roles were being recruited and show.
_ROWS_TOLERANCE = 0.1
_MOST_SHOWN = 20

Kind = Literal["new_column", "vanished_column", "changed_codes", "row_count"]


@dataclass(frozen=True)
class Change:
    """One difference between two editions of an extract."""

    kind: Kind
    column: str
    before: str
    after: str

    def sentence(self) -> str:
        """The difference in words."""
        match self.kind:
            case "new_column":
                return f"column {self.column!r} is new"
            case "vanished_column":
                return f"column {self.column!r} is gone"
            case "changed_codes":
                return f"codes of {self.column!r} changed: gone {self.before}; new {self.after}"
            case "row_count":
                return f"rows changed from {self.before} to {self.after}"


def changes_between(
    previous: Edition,
    edition: Edition,
    *,
    compare_rows: bool = True,
    shown: Callable[[str], str] = str,
) -> list[Change]:
    """Everything that differs, most basic first; ``shown`` says what a column is called."""
    before, after = _columns(previous), _columns(edition)
    new = [shown(name) for name in after if name not in before]
    gone = [shown(name) for name in before if name not in after]
    changes = [Change("new_column", name, "", name) for name in new]
    changes += [Change("vanished_column", name, name, "") for name in gone]
    codes_before, codes_after = _codes(previous), _codes(edition)
    for column in sorted(codes_before.keys() & codes_after.keys()):
        lost = codes_before[column] - codes_after[column]
        added = codes_after[column] - codes_before[column]
        if lost or added:
            changes.append(Change("changed_codes", column, _listed(lost), _listed(added)))
    was, now = previous.rows_in_file, edition.rows_in_file
    if compare_rows and abs(now - was) > _ROWS_TOLERANCE * was:
        changes.append(Change("row_count", "", f"{was:,}", f"{now:,}"))
    return changes


def latest_changes(
    contract: Contract, editions: EditionStore
) -> list[tuple[Edition, Edition, list[Change]]]:
    """The newest edition in use of each submitter, the one before it, and what differs."""
    newest: dict[str, Edition] = {}
    for edition in editions.in_use(contract.extract):
        newest[edition.submitter] = edition
    found = []
    for edition in newest.values():
        previous = editions.previous(edition)
        if previous is not None and edition.coverage == "whole":
            changes = changes_between(
                previous,
                edition,
                compare_rows=not contract.rows_vary,
                shown=partial(_shown, contract),
            )
            found.append((previous, edition, changes))
    return found


def _shown(contract: Contract, name: str) -> str:
    """Headers of what organisations send are content of the file, and are not repeated."""
    if contract.origin == "published" or name in contract.column_names:
        return name
    return "a column that the contract does not know"


def _columns(edition: Edition) -> list[str]:
    return list(dict.fromkeys(name for part in edition.parts for name in part.columns))


def _codes(edition: Edition) -> dict[str, set[str]]:
    codes: dict[str, set[str]] = {}
    for part in edition.parts:
        for column, values in part.codes.items():
            codes.setdefault(column, set()).update(values)
    return codes


def _listed(codes: set[str]) -> str:
    shown = ", ".join(sorted(codes)[:_MOST_SHOWN])
    return f"{shown}, …" if len(codes) > _MOST_SHOWN else shown or "none"
