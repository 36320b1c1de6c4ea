"""The page that the benchmark of the models writes, from a small example by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from benchmarks.models import Build, Node, machine, summary, table, write

TESTS = [Node("data tests", name, 0.5, None) for name in ("is_unique", "is_known")]


def page_of(*builds: Build) -> list[str]:
    words = "Linux, 2 cores"
    return table(summary(3.0, list(builds)), date(2026, 11, 26), words).splitlines()


def test_the_dearest_models_come_first_with_their_share() -> None:
    nodes = [Node("marts", "cheap", 1.0, 5), Node("marts", "dear", 6.0, 5), *TESTS]
    page = page_of(Build(7.5, 9.0, nodes))
    assert page[4:7] == [
        "- Day: 2026-11-26",
        "- Machine: Linux, 2 cores",
        "- dbt build of the default sample, one build: 7.5 s, within the target of 60 s",
    ]
    assert page[-4:] == [
        "| `marts.dear` | 6.00 | 75.0 % |",
        "| `marts.cheap` | 1.00 | 12.5 % |",
        "| 0 others | 0.00 | 0.0 % |",
        "| 2 data tests | 1.00 | 12.5 % |",
    ]


def test_twenty_five_models_are_named_and_the_rest_added_up() -> None:
    nodes = [Node("staging", f"model_{n:02}", float(n), None) for n in range(1, 28)]
    page = page_of(Build(60.1, 70.0, nodes))
    named = [line for line in page if line.startswith("| `")]
    assert len(named) == 25
    assert named[0].startswith("| `staging.model_27` | 27.00 |")
    assert named[-1].startswith("| `staging.model_03` | 3.00 |")
    assert page[-2] == "| 2 others | 3.00 | 0.8 % |"
    assert "60.1 s, over the target of 60 s" in page[6]


def test_of_several_builds_the_page_has_the_median() -> None:
    builds = [
        Build(seconds, seconds, [Node("marts", "one", seconds, 1), *TESTS])
        for seconds in (9.0, 3.0, 4.0)
    ]
    page = page_of(*builds)
    assert "median of 3 builds: 4.0 s" in page[6]
    assert "| `marts.one` | 4.00 | 80.0 % |" in page


def test_the_machine_is_told_by_what_matters_for_speed() -> None:
    assert "cores" in machine()
    assert "GB of memory" in machine()


def test_the_page_is_written_as_of_today(tmp_path: Path) -> None:
    page = tmp_path / "models.md"
    write(summary(3.0, [Build(7.5, 9.0, [Node("marts", "one", 1.0, 5)])]), page)
    text = page.read_text(encoding="utf-8")
    assert f"- Day: {datetime.now(UTC).date().isoformat()}\n" in text
    assert f"- Machine: {machine()}\n" in text
    assert "| `marts.one` | 1.00 | 100.0 % |\n" in text
