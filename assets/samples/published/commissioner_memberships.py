"""epcmem: which commissioner each practice belonged to when, without a header."""

from pathlib import Path

from assets.samples.country.places import Places, Practice
from assets.samples.months import first_of
from assets.samples.periods import Periods
from assets.samples.published.published_csv import write_csv

# Health authorities until March 2001 (from 1974), primary care trusts until March 2013, then
# clinical commissioning groups, whose codes the sub-ICB locations kept.
_TRUSTS_FROM, _TRUSTS_UNTIL = "20010401", "20130331"
_GROUPS_FROM, _AUTHORITIES_UNTIL = "20130401", "20010331"


def write_commissioner_memberships(folder: Path, places: Places, periods: Periods) -> list[Path]:
    """Write an edition for each month of the directory."""
    return [_write_edition(folder, places, month) for month in periods.directory_months]


def _write_edition(folder: Path, places: Places, month: str) -> Path:
    """One row per practice and commissioner known on the first of the month."""
    today = first_of(month)
    practices = [p for p in (*places.former, *places.practices) if p.opened <= today]
    rows = [spell for practice in practices for spell in _spells(practice, today)]
    path = folder / "ods-reference" / f"epcmem_{month}.csv"
    return write_csv(path, rows, quote_all=True)


def _spells(practice: Practice, today: str) -> list[tuple[str, ...]]:
    """Rows of a practice: practice, commissioner, its type, joined, left, amended."""
    code = practice.sub_icb.code
    closed = practice.closed if practice.closed and practice.closed <= today else ""
    spells = []
    if practice.opened < _TRUSTS_FROM:
        spells.append((f"4Z{code[-1]}99", practice.opened, _AUTHORITIES_UNTIL))
    if practice.opened < _GROUPS_FROM:
        spells.append((f"5Z{code[-1]}", max(practice.opened, _TRUSTS_FROM), _TRUSTS_UNTIL))
    spells.append((code, max(practice.opened, _GROUPS_FROM), closed))
    return [(practice.code, held_by, "W", joined, left, "0") for held_by, joined, left in spells]
