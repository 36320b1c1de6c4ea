"""The ledger says all of a night or nothing of it: models are built of what it says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from desk import Desk

from assets.extracts.arriving.arrival import Arrival
from assets.extracts.holding.ledger import write_ledger

SIZES = "gp-list-size/gp-reg-pat-prac-all_2025-09.csv"


class Unreadable(list[Arrival]):
    """What arrived, on a disk that fails."""

    def __iter__(self) -> Iterator[Arrival]:
        raise OSError(5, "Input/output error")


def ledger(desk: Desk) -> list[list[tuple[Any, ...]]]:
    return [
        desk.connection.execute(f"select {columns} from {table} order by all").fetchall()
        for table, columns in (
            ("ledger.editions", "extract, version, verdict, is_in_use"),
            ("ledger.extracts", "extract, latest_period"),
            ("raw.reg_list_sizes", "edition_id, source_row_number, patients"),
        )
    ]


def test_ledger_that_breaks_off_is_as_it_was(desk: Desk) -> None:
    """The job of the models may run alone after a night that was killed here."""
    held = (desk.connection, desk.contracts, desk.editions)
    write_ledger(*held, [], date(2025, 11, 1), "a run")
    before = ledger(desk)
    # A real edition, which sets all that is made up aside.
    *rows, _ = (desk.landing / SIZES).read_bytes().splitlines(keepends=True)
    desk.put(SIZES, b"".join(rows))
    desk.declare({"match": SIZES, "synthetic": False, "coverage": "partial"})
    desk.take_in("reg_list_sizes")
    taken_in = ledger(desk)

    with pytest.raises(OSError, match="Input/output"):
        write_ledger(*held, Unreadable(), date(2025, 11, 2), "another run")

    assert ledger(desk) == taken_in
    assert ledger(desk)[:2] == before[:2]
    write_ledger(*held, [], date(2025, 11, 2), "another run")
    after = ledger(desk)
    assert after[:2] != before[:2]
    assert after[2] != taken_in[2]
