"""Five nights of the soak, one with a fault; make campaign-soak runs fifty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from night import make_writable
from soak import soaking
from soak_verdict import Seen, page, what_is_wrong

pytestmark = pytest.mark.campaign


@pytest.fixture(scope="module")
def nights(
    tmp_path_factory: pytest.TempPathFactory, sample_landing: Path, dbt_project: Path
) -> Iterator[list[Seen]]:
    folder = tmp_path_factory.mktemp("soak")
    with soaking(folder / "soak", sample_landing, dbt_project) as soak:
        seen = [soak.night(number) for number in range(1, 6)]
    yield seen
    make_writable(folder)


def test_five_nights_do_as_they_should_and_nothing_leaks(nights: list[Seen]) -> None:
    wrong = what_is_wrong(nights)
    print(page(nights, wrong))
    assert wrong == []
    assert [night.number for night in nights if night.fault] == [3]


def test_the_services_were_seen(nights: list[Seen]) -> None:
    for night in nights:
        assert set(night.use) == {"code", "daemon", "web"}
        assert all(use.memory_mb > 20 and use.handles > 5 for use in night.use.values())
