"""Values that a contract names beside those it allows: each must be one that can occur.

A value that no row can have would be waited for in silence.
"""

from __future__ import annotations

from collections.abc import Iterator

from assets.extracts.contract_model.contract import Contract


def values_that_never_occur(contract: Contract) -> list[str]:
    """What is said of values that no row can have: one sentence each with field, value, remedy."""
    return [*_of_shares(contract), *_of_blanks(contract), *_of_follow_ups(contract)]


def _of_shares(contract: Contract) -> Iterator[str]:
    for name, column in contract.columns.items():
        for value in column.share_at_most:
            yield from _if_not_allowed(contract, f"share_at_most of {name}", name, value)


def _of_blanks(contract: Contract) -> Iterator[str]:
    for name, value in contract.blank_counts_as.items():
        limited = contract.columns[name].share_at_most
        if value not in limited:
            yield (
                f"blank_counts_as of {name} names {value!r}, and share_at_most of that column "
                f"limits {_listed(limited) or 'no value'}: name a value that it limits, or give "
                f"the column a share_at_most for {value!r}"
            )


def _of_follow_ups(contract: Contract) -> Iterator[str]:
    wanted = contract.follow_ups
    if wanted is None:
        return
    said = {"first": wanted.first, "later": wanted.later}
    if wanted.each is not None:
        said["days_of"] = {wanted.each: tuple(wanted.days_of)}
    for field, columns in said.items():
        for name, values in columns.items():
            for value in values:
                yield from _if_not_allowed(contract, f"follow_ups.{field}", name, value)


def _if_not_allowed(contract: Contract, field: str, name: str, value: str) -> Iterator[str]:
    columns = (column for layout in contract.layouts for column in layout.columns)
    lists = [column.allowed for column in columns if column.name == name]
    # A layout without a list takes every value.
    if lists and all(lists) and not any(value in allowed for allowed in lists):
        every = dict.fromkeys(text for allowed in lists for text in allowed)
        yield (
            f"{field} names {value!r}, and column {name} allows {_listed(every)}: name one of "
            f"these, or add {value!r} to allowed"
        )


def _listed(values: dict[str, float] | dict[str, None]) -> str:
    return ", ".join(map(repr, values))
