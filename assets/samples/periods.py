"""Which editions of each extract are written: a few by default, or years of them."""

import re
from dataclasses import dataclass

from assets.samples.country.places import LATEST_MONTH
from assets.samples.months import later, span

# Personalised-care counts of the Network Contract DES end with March 2025 (DOMAIN trap 7).
_LAST_NETWORK_SERVICE_MONTH = "2025-03"
_QUARTERS = ("03", "06", "09", "12")
# The neighbourhood counts come in January, April, July and October, and directories are kept of
# these months and the latest.
_FIRST_MONTHS = ("01", "04", "07", "10")


@dataclass(frozen=True, slots=True)
class Periods:
    """Editions by extract.

    Months are YYYY-MM; for snapshots the first day counts. ``survey_years`` are calendar years
    of the series that began in 2024, ``older_survey_years`` those of 2018 to 2023.
    ``quality_years`` and ``payment_years`` are financial years by their first calendar year, and
    ``budget_quarters`` pairs of such a year and a quarter (1 to 4).
    """

    list_months: tuple[str, ...]
    map_months: tuple[str, ...]
    age_months: tuple[str, ...]
    single_age_months: tuple[str, ...]
    lsoa_months: tuple[str, ...]
    directory_months: tuple[str, ...]
    lookup_months: tuple[str, ...]
    appointment_map_months: tuple[str, ...]
    appointment_months: tuple[str, ...]
    network_service_months: tuple[str, ...]
    workforce_months: tuple[str, ...]
    survey_years: tuple[int, ...]
    older_survey_years: tuple[int, ...]
    quality_years: tuple[int, ...]
    payment_years: tuple[int, ...]
    budget_quarters: tuple[tuple[int, int], ...]
    community_months: tuple[str, ...]
    local_count_months: tuple[str, ...]


def few_periods(until: str = LATEST_MONTH) -> Periods:
    """Return the editions of the small sample; later ones than September 2025 up to ``until``.

    Raises ValueError where ``until`` is not a month (YYYY-MM) from September 2025 on.
    """
    _check(until)
    new = span(later(LATEST_MONTH, 1), until)
    newest = new[-1:]
    quarters = tuple(month for month in new if month[5:] in _QUARTERS)
    return Periods(
        list_months=("2025-03", "2025-06", "2025-09", *new),
        map_months=("2025-09", *new),
        age_months=("2025-09", *newest),
        single_age_months=("2025-09", *newest),
        lsoa_months=("2025-07", *(month for month in new if month[5:] in _FIRST_MONTHS)),
        directory_months=("2025-03", "2025-09", *quarters),
        lookup_months=("2025-04", *(month for month in new if month == "2026-04")),
        appointment_map_months=("2025-09", *newest),
        appointment_months=("2025-07", "2025-08", *(later(month, -1) for month in newest)),
        network_service_months=span("2023-04", _LAST_NETWORK_SERVICE_MONTH),
        workforce_months=("2025-03", "2025-06", "2025-09", *quarters),
        survey_years=tuple(range(2024, _last_year(until, "07") + 1)),
        older_survey_years=(2021, 2022, 2023),
        quality_years=tuple(range(2024, _last_year(until, "08"))),
        payment_years=tuple(range(2024, max(2025, _last_year(until, "11")))),
        budget_quarters=_budget_quarters((2024, 1), until),
        community_months=("2025-08", "2025-09", *newest),
        local_count_months=("2025-08", "2025-09", *newest),
    )


def many_periods(until: str = LATEST_MONTH) -> Periods:
    """Return years of editions, as a national team holds them.

    Five years of monthly list sizes and age bands, three years of the survey, five of QOF, 36
    months of Network Contract DES and of community providers, 12 of appointments and of local
    counts, 24 of the workforce. Raises as above.
    """
    _check(until)
    five_years, year = span(later(until, -59), until), span(later(until, -12), later(until, -1))
    few = few_periods(until)
    first_months = tuple(month for month in five_years[-24:] if month[5:] in _FIRST_MONTHS)
    last_quality_year = _last_year(until, "08") - 1
    return Periods(
        list_months=five_years,
        map_months=five_years[-12:],
        age_months=five_years,
        single_age_months=five_years[-3:],
        lsoa_months=first_months,
        directory_months=tuple(sorted({*few.directory_months, *first_months[-4:], until})),
        lookup_months=few.lookup_months,
        appointment_map_months=few.appointment_map_months,
        appointment_months=year,
        network_service_months=span("2022-04", _LAST_NETWORK_SERVICE_MONTH),
        workforce_months=five_years[-24:],
        survey_years=few.survey_years,
        older_survey_years=tuple(range(2018, 2024)),
        quality_years=tuple(range(last_quality_year - 4, last_quality_year + 1)),
        payment_years=few.payment_years,
        budget_quarters=_budget_quarters((2021, 3), until),
        community_months=five_years[-36:],
        local_count_months=five_years[-12:],
    )


def _check(until: str) -> None:
    """Refuse what is not a month from September 2025 on: everything before stays as it is."""
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", until) or until < LATEST_MONTH:
        raise ValueError(f"until must be a month from {LATEST_MONTH} on, not {until!r}")


def _last_year(until: str, published_in: str) -> int:
    """Last calendar year whose month of publication is past."""
    return int(until[:4]) - (until[5:] < published_in)


def _budget_quarters(first: tuple[int, int], until: str) -> tuple[tuple[int, int], ...]:
    """Quarters from the first one whose three months and the next three are past."""
    made = []
    for year in range(first[0], int(until[:4]) + 1):
        for quarter in range(1, 5):
            # Quarter 1 ends in June and is out by September.
            out = later(f"{year}-06", 3 * quarter)
            if (year, quarter) >= first and out <= until:
                made.append((year, quarter))
    return tuple(made)
