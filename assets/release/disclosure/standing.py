"""Years of indicators of which what was decided stands: nothing of them is read.

Most nights bring nothing new of most years. To read all counts of England and their relations, to
tie them and to find every block among those that are remembered took minutes (2026-11-28); to see
that nothing is new takes seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256

from assets.release.disclosure.earlier_releases import YearsDecided, YearsShown
from assets.release.disclosure.profile import Profile
from assets.release.disclosure.years_together import YearsTogether


def fingerprint(one: YearsTogether, profile: Profile, code: str) -> str:
    """SHA-256 of all that is decided by, but for what readers have.

    In: the set, the rules, and the identity of the code. Under new code nothing stands: a night
    reads everything, and proves what is not remembered (see ``_VERSION`` in ``tied_counts``).
    """
    return sha256(f"{code}\n{profile}\n{one.fingerprint}".encode()).hexdigest()


def seen_of(
    one: YearsTogether, records_of: Mapping[str, frozenset[str]] | None
) -> frozenset[str] | None:
    """Which records readers have of any of the years; None if nobody can tell."""
    if records_of is None:
        return None
    nothing = frozenset[str]()
    return nothing.union(*(records_of.get(year, nothing) for year in one.indicator_years))


def rows_of(one: YearsShown, rows: Mapping[str, str]) -> dict[str, str]:
    """The rows that the table has of any of the years (see ``rows_on_record``)."""
    return {year: rows[year] for year in one.indicator_years if year in rows}


def that_stand(
    sets: Iterable[YearsTogether],
    profile: Profile,
    code: str,
    decided: Iterable[YearsDecided],
    records_of: Mapping[str, frozenset[str]] | None,
    rows: Mapping[str, str],
    is_on_record: Callable[[str], bool],
) -> dict[YearsTogether, YearsDecided]:
    """The sets of years that stand, with what is to be noted of them tonight.

    In: all sets; tonight's rules and code; what was decided last time; which records readers have
    of each year (see ``EarlierReleases.records_of``); the rows of the table (see
    ``rows_on_record``); whether a record is there.

    To read and to decide would come to the same, so it need not be done:

    - All that is read is as it was, and so are rules and code: the ``fingerprint``. The same counts
      with the same numbers are tied in the same blocks.
    - Readers have the records that they had when it was decided, or these and the record of what
      was decided. For both cases the digest of every block was remembered as proven
      (``TiedCounts.digests``), and nothing that was revised goes by another name (``told``). Where
      a record is gone that was there, less is known and more has to be kept: that is decided.
    - The proof held, so that no block was left out. What was proven is still there: else nothing
      was ``decided``.
    - What was decided is in the table as it was written, and on record. In a new build nothing
      stands, not even years without counts.

    Whatever is in doubt is decided.
    """
    before = {frozenset(one.indicator_years): one for one in decided}
    if not rows:
        return {}
    standing = {}
    for one in sets:
        last, seen = before.get(one.indicator_years), seen_of(one, records_of)
        if last is None or last.seen is None or seen is None:
            continue
        if (
            last.holds
            and last.fingerprint == fingerprint(one, profile, code)
            and last.seen <= seen <= last.seen | {last.record}
            and last.rows == rows_of(last, rows)
            and is_on_record(last.record)
        ):
            standing[one] = last.model_copy(update={"seen": seen})
    return standing
