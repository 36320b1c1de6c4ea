"""What stands while files or the table are edited, damaged, lost or brought back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from nights_of_counts import PRACTICES, YEARS, Nights, nights_in, write_counts

ONE = YEARS[2]


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[Nights]:
    """A home in which everything was decided and published once."""
    with nights_in(tmp_path / "home") as nights:
        write_counts(nights.build.connection, PRACTICES)
        nights.decide()
        nights.publish("1")
        yield nights


@pytest.mark.parametrize(
    "edit",
    [
        "state = 'released'",
        "rule = 'secondary'",
        "released_count = 4",
        "is_exact = not is_exact",
        "cell_id = cell_id || 'x'",
        "record = null",
    ],
)
def test_what_somebody_edited_in_the_table_is_decided_anew(nights: Nights, edit: str) -> None:
    released = nights.released()
    nights.build.connection.execute(
        f"update disclosure.released_counts set {edit} where cell_id = '{ONE}|n11'"
    )
    assert nights.decide().years_that_stand == len(YEARS) - 1
    assert nights.released() == released
    assert nights.decide().years_that_stand == len(YEARS)
