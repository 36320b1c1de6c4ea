"""Drift: what differs between an edition and the one before it, told with before and after.

An edition is compared with the version it supersedes and with the period before it.

A new column, a vanished one, another code list or an odd number of rows is no fault of a row;
somebody has to look whether the extract still means what it meant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.editions import Edition, EditionStore, PartRecord

# Monthly lists of practices move by one in a hundred; a tenth is another population or a cut
# file (reg_list_sizes of January 2021 against GPAD mapping of August 2025: 7 % in 4.5 years;
# 2026-11-23). Quarterly workforce files grew faster while roles were being recruited and show.
_ROWS_TOLERANCE = 0.1
_MOST_SHOWN = 20

Kind = Literal[
    "new_part", "vanished_part", "new_column", "vanished_column", "changed_codes", "row_count"
]
_KINDS: dict[str, tuple[Kind, Kind]] = {
    "part": ("new_part", "vanished_part"),
    "column": ("new_column", "vanished_column"),
}


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
            case "new_part":
                return f"part {self.column!r} is new"
            case "vanished_part":
                return f"part {self.column!r} is missing"
            case "new_column":
                return f"column {self.column!r} is new"
            case "vanished_column":
                return f"column {self.column!r} is gone"
            case "changed_codes":
                return f"codes of {self.column!r} changed: gone {self.before}; new {self.after}"
            case "row_count":
                return f"rows changed from {self.before} to {self.after}"


def changes_between(contract: Contract, previous: Edition, edition: Edition) -> list[Change]:
    """Everything that differs, most basic first.

    Columns and codes are compared of the parts that both editions have; the number of rows only
    of editions that cover alike.
    """
    parts_before, parts_after = _by_part(previous), _by_part(edition)
    changes = []
    if not _parts_are_content(contract):
        changes = _came_and_went("part", parts_before, parts_after)
    shared = parts_before.keys() & parts_after.keys()
    before = [parts_before[name] for name in sorted(shared)] or list(previous.parts)
    after = [parts_after[name] for name in sorted(shared)] or list(edition.parts)
    columns = _came_and_went("column", _columns(before), _columns(after))
    changes += [_shown(contract, change) for change in columns]
    changes += _changed_wide_columns(_wide_columns(before), _wide_columns(after))
    changes += _changed_codes(before, after)
    was, now = previous.rows_in_file, edition.rows_in_file
    compare_rows = not contract.rows_vary and previous.coverage == edition.coverage
    if compare_rows and abs(now - was) > _ROWS_TOLERANCE * was:
        changes.append(Change("row_count", "", f"{was:,}", f"{now:,}"))
    return changes


def latest_changes(
    contract: Contract, editions: EditionStore, evaluated: Iterable[Edition] = ()
) -> list[tuple[Edition, Edition, list[Change]]]:
    """Editions beside the ones before them, and what differs.

    Args:
        contract: of the extract.
        editions: all that are held.
        evaluated: those judged in this run; the ones that are new are looked at beside the
            newest of each submitter.
    """
    # An edition that is judged again under other rules keeps its place, and is not new.
    new = {e.folder_name for e in evaluated if e.accepted_in == e.recorded_in}
    in_use = editions.in_use(contract.extract)
    newest = {edition.submitter: edition.folder_name for edition in in_use}
    looked_at = new | set(newest.values())
    held = editions.latest_evaluations(contract.extract)
    return [
        (previous, edition, changes_between(contract, previous, edition))
        for edition in in_use
        if edition.folder_name in looked_at
        for previous in _predecessors(contract, edition, held, in_use)
    ]


def _predecessors(
    contract: Contract, edition: Edition, held: Sequence[Edition], in_use: Sequence[Edition]
) -> Iterator[Edition]:
    """The version that an edition supersedes, then the edition in use before it in time."""

    def is_alike(other: Edition) -> bool:
        shares = _by_part(other).keys() & _by_part(edition).keys()
        return (
            other.verdict == "accepted"
            and other.submitter == edition.submitter
            and other.synthetic == edition.synthetic
            and (bool(shares) or not _parts_are_content(contract))
        )

    replaced = [
        other
        for other in held
        if other.key == edition.key
        and other.accepted_in < edition.accepted_in
        and other.version != edition.version
        and is_alike(other)
    ]
    yield from replaced[-1:]
    start = edition.period_start or date.min
    earlier = [
        other
        for other in in_use
        if other.key != edition.key
        and (other.period_start or date.min) <= start
        and is_alike(other)
    ]
    as_whole = [other for other in earlier if other.coverage == edition.coverage]
    yield from (as_whole or earlier)[-1:]


def _parts_are_content(contract: Contract) -> bool:
    """Whether a part is what a file is about, so that parts come and go by nature."""
    return contract.parts_by is not None and contract.parts_by.column is not None


def _by_part(edition: Edition) -> dict[str, PartRecord]:
    return {part.part: part for part in edition.parts}


def _came_and_went(
    what: Literal["part", "column"], before: Collection[str], after: Collection[str]
) -> list[Change]:
    new, gone = _KINDS[what]
    return [
        *(Change(new, name, "", name) for name in after if name not in before),
        *(Change(gone, name, name, "") for name in before if name not in after),
    ]


def _columns(parts: Iterable[PartRecord]) -> list[str]:
    return list(dict.fromkeys(name for part in parts for name in part.columns))


def _wide_columns(parts: Iterable[PartRecord]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for part in parts:
        for start, endings in part.wide_columns.items():
            # A header without an ending is one empty text.
            found[start].update(endings.split(" "))
    return found


def _changed_wide_columns(
    before: Mapping[str, set[str]], after: Mapping[str, set[str]]
) -> list[Change]:
    """Repeated columns that came and went: whole families, then alike endings together."""
    if not before or not after:
        return []
    whole_before = [_family(start, before[start]) for start in before if start not in after]
    whole_after = [_family(start, after[start]) for start in after if start not in before]
    changes = _came_and_went("column", whole_before, whole_after)
    both = sorted(before.keys() & after.keys())
    lost = {start: before[start] - after[start] for start in both}
    gained = {start: after[start] - before[start] for start in both}
    return changes + _came_and_went("column", _alike(lost), _alike(gained))


def _shown(contract: Contract, change: Change) -> Change:
    """Headers of what organisations send are content of the file, and are not repeated."""
    if contract.origin == "published" or change.column in contract.column_names:
        return change
    unknown = "a column that the contract does not know"
    before, after = (unknown if said else "" for said in (change.before, change.after))
    return replace(change, column=unknown, before=before, after=after)


def _alike(endings: Mapping[str, set[str]]) -> list[str]:
    """Families that differ by the same endings, told as one."""
    starts: dict[str, list[str]] = defaultdict(list)
    for start, found in endings.items():
        starts[" ".join(sorted(ending or "the bare name" for ending in found))].append(start)
    return [f"{found} of {_listed(of)}" for found, of in starts.items() if found]


def _family(start: str, endings: Collection[str]) -> str:
    if len(endings) == 1:
        return f"{start}{next(iter(endings))}"
    return f"{start}… ({len(endings)} columns)"


def _changed_codes(before: Iterable[PartRecord], after: Iterable[PartRecord]) -> list[Change]:
    codes_before, codes_after = _codes(before), _codes(after)
    others_before, others_after = _other_codes(before), _other_codes(after)
    changes = []
    for column in sorted(codes_before.keys() & codes_after.keys()):
        gone = codes_before[column] - codes_after[column]
        new = codes_after[column] - codes_before[column]
        was, now = others_before.get(column, 0), others_after.get(column, 0)
        if gone or new or was != now:
            left, came = _listed(gone), _listed(new)
            if was != now:
                left, came = _with_others(gone, was), _with_others(new, now)
            changes.append(Change("changed_codes", column, left, came))
    return changes


def _codes(parts: Iterable[PartRecord]) -> dict[str, set[str]]:
    codes: dict[str, set[str]] = {}
    for part in parts:
        for column, values in part.codes.items():
            codes.setdefault(column, set()).update(values)
    return codes


def _other_codes(parts: Iterable[PartRecord]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for part in parts:
        for column, number in part.other_codes.items():
            counts[column] += number
    return counts


def _with_others(codes: Collection[str], others: int) -> str:
    words = f"{others} values of no list" if others != 1 else "1 value of no list"
    return f"{_listed(codes)} and {words}" if codes else words


def _listed(codes: Collection[str]) -> str:
    shown = ", ".join(sorted(codes)[:_MOST_SHOWN])
    return f"{shown}, …" if len(codes) > _MOST_SHOWN else shown or "none"
