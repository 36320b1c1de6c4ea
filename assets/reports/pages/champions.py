"""Practice champions by board: who takes part, what they give, and who is set beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from assets.reports.open_release import OpenRelease
from assets.reports.records import Area


@dataclass(frozen=True, slots=True)
class Champions:
    """One board in its newest quarter; None where nothing was sent or it is withheld.

    ``alike`` counts the practices without a programme that are set beside those with one: same
    board, deprivation fifth and third of list sizes.
    """

    practices: int
    in_programme: int
    active: int
    activity_withheld: int
    sessions: int | None
    champion_hours: float | None
    registered_patients: int | None
    alike: int
    alike_registered_patients: int | None
    without_alike: int
    warning: str
    period_start: date
    period_end: date


def read_champions(
    release: OpenRelease, boards: Sequence[Area]
) -> list[tuple[Area, Champions | None]]:
    """Every board with what it sent; None where no record was received."""
    found = {code: Champions(*row) for code, *row in release.rows(_CHAMPIONS)}
    return [(board, found.get(board.code)) for board in boards]


_CHAMPIONS = """
with newest as (
    select *
    from champion_programmes
    qualify rank() over (partition by icb_code order by period_end desc) = 1
),

-- A group is counted once, however many practices with a programme it is set beside.
groups as (
    select
        icb_code, comparison_group, any_value(comparison_practices) as practices,
        any_value(comparison_registered_patients) as registered_patients
    from newest
    where is_in_programme and comparison_group is not null
    group by icb_code, comparison_group
),

alike as (
    select
        icb_code, sum(practices) as practices,
        sum(registered_patients) as registered_patients
    from groups
    group by icb_code
)

select
    n.icb_code, count(*), count(*) filter (where n.is_in_programme),
    count(*) filter (where n.is_active_programme),
    count(*) filter (where n.is_in_programme and n.is_active_programme is null),
    cast(sum(n.sessions) as bigint), cast(sum(n.champion_hours) as double),
    cast(sum(n.registered_patients) filter (where n.is_in_programme) as bigint),
    cast(coalesce(any_value(a.practices), 0) as bigint),
    cast(any_value(a.registered_patients) as bigint),
    count(*) filter (
        where n.is_in_programme and coalesce(n.comparison_practices, 0) = 0
    ),
    any_value(n.warning), min(n.period_start), max(n.period_end)
from newest as n
left join alike as a on n.icb_code = a.icb_code
group by n.icb_code
having count(*) filter (where n.is_in_programme) > 0
"""
