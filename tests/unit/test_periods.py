"""Periods: how they are labelled, and the days they cover."""

from __future__ import annotations

from datetime import date

import pytest

from assets.extracts.contract_model.periods import (
    financial_year_of,
    parse_period,
    quarter_of,
    span_of,
)


@pytest.mark.parametrize(
    ("day", "quarter"),
    [
        (date(2025, 5, 1), "2025/26 Q1"),
        (date(2025, 3, 31), "2024/25 Q4"),
        (date(1999, 5, 1), "1999/00 Q1"),
        (date(2000, 1, 1), "1999/00 Q4"),
    ],
)
def test_the_quarter_of_a_day_holds_it(day: date, quarter: str) -> None:
    assert quarter_of(day) == quarter
    period = parse_period(quarter, "quarter")
    assert period.start <= day <= period.end


def test_a_year_of_the_last_century_is_its_own() -> None:
    assert financial_year_of(1998) == "1998/99"
    assert span_of(date(1998, 4, 1), date(1999, 3, 31)) == "1998/99"
