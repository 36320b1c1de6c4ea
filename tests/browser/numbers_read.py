"""Numbers and words as a reader sees them on a page, held against the rows of the release.

Nothing of the report's own wording is used: what is read is turned back into numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from playwright.sync_api import Page

_NUMBER = re.compile("(\N{MINUS SIGN})?£?(\\d[\\d,]*)(\\.\\d+)?(%)?")
# Where a page of each family says a number's interval: in the row, the cell or the card.
_SHOWN = """
() => [...document.querySelectorAll('[data-of]')].map(cell => {
  const row = cell.closest('tr'), card = cell.closest('.card');
  const place = row ? row.querySelector('[data-is="95% interval"]')
                      || (cell.parentElement.matches('td:nth-of-type(1)')
                          && cell.parentElement.querySelector('small'))
                    : card && cell.closest('.big') && card.querySelector('p.small');
  return [cell.dataset.of, cell.innerText, place ? place.innerText : null];
})
"""


@dataclass(frozen=True)
class Held:
    """One row of ``indicator_values`` as far as pages show it."""

    value: float | None
    lower: float | None
    upper: float | None
    state: str


def held_rows(database: Path) -> dict[str, Held]:
    """Every row of the release by the words that name it on a page."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "select indicator_id, area_code, coalesce(series_id, ''), period_end, area_type, "
            "hierarchy_basis, category_type, category, value, lower_95, upper_95, value_state "
            "from indicator_values"
        ).fetchall()
    found = {}
    for indicator, area, series, end, kind, basis, by, category, *held in rows:
        parts = [indicator, area, series, str(end)]
        parts += [kind] if kind in ("organisation", "programme") else []
        parts += [basis] if basis != "not_applicable" else []
        parts += [by, category] if by != "all" else []
        found[" ".join(parts)] = Held(*held)
    return found


def numbers_in(words: str) -> list[tuple[float, float]]:
    """The numbers that words say, each with how far rounding may have moved it."""
    found = []
    for sign, whole, rest, percent in _NUMBER.findall(words):
        value = float(whole.replace(",", "") + rest) * (-1 if sign else 1)
        half = 0.5 * 10.0 ** -(len(rest) - 1 if rest else 0)
        scale = 100 if percent else 1
        found.append((value / scale, half / scale))
    return found


def is_said(words: str, numbers: Sequence[float]) -> bool:
    """Whether words begin with these numbers, each rounded no further than its decimals say."""
    said = numbers_in(words)[: len(numbers)]
    return len(said) == len(numbers) and all(
        abs(told - number) <= half * (1 + 1e-9) + 1e-12
        for (told, half), number in zip(said, numbers, strict=True)
    )


def differences(page: Page, held: Mapping[str, Held]) -> tuple[int, list[str]]:
    """How many numbers and intervals a page says, and those that are not the release's."""
    shown: list[list[Any]] = page.evaluate(_SHOWN)
    checked, wrong = 0, []
    for of, words, interval in shown:
        row = held[of]
        checked += 1
        if row.value is None or not is_said(words, [row.value]):
            wrong.append(f"{of}: {words!r} is not {row.value}")
        if ("a true zero" in words) != (row.state == "zero"):
            wrong.append(f"{of}: {words!r} is {row.state}")
        if interval is None:
            continue
        limits = re.sub(r"^95% interval: ", "", interval)
        if row.lower is None or row.upper is None:
            if not limits.startswith("no interval"):
                wrong.append(f"{of}: {limits!r} although there is no interval")
        else:
            checked += 1
            if not is_said(limits, [row.lower, row.upper]):
                wrong.append(f"{of}: {limits!r} is not {row.lower} to {row.upper}")
    return checked, wrong
