"""Data scripts carry the rows of figures exactly, whatever is in them, and say nothing twice."""

import json
from typing import Any

import pytest

from assets.reports.data_script import data_script
from assets.reports.figures.figure import Column, Figure

COLUMNS = (Column("area", "Area"), Column("value", "Value"), Column("state", "State"))


def figure(key: str, rows: tuple[tuple[Any, ...], ...], **settings: Any) -> Figure:
    return Figure("trend", key, "Title", "Text", COLUMNS, rows, settings)


def unpacked(script: str) -> dict[str, dict[str, Any]]:
    """What ``static/site.js`` makes of a script."""
    packed = json.loads(script.removeprefix("doingWith.rows(").removesuffix(");\n"))

    def cell(place: int, row: int) -> Any:
        cells = packed["cells"][place]
        if isinstance(cells, list):
            return cells[row]
        return packed["texts"][cells["texts"][row]] if "texts" in cells else cells["one"]

    return {
        key: {
            "columns": group["columns"],
            "rows": [[cell(place, row) for place in places] for row in range(count)],
            "settings": packed["settings"][group["settings"]] | packed["settings"][own],
        }
        for group in packed["groups"]
        for key, (count, own, places) in group["figures"].items()
    }


@pytest.mark.parametrize(
    "rows",
    [
        (("A", 0.1, "reported"),),
        (("A", 0.1, "reported"), ("B", None, "late"), ("C", 0.0, "zero")),
        (("A", 1, "x"), ("A", True, "x"), ("A", 1.0, "x")),
        ((None, None, None), (None, None, None)),
        (("<script>\"'</script>\u2028\u2029\\", 1e-12, "é"), ("B", 2, "é")),
    ],
)
def test_rows_arrive_as_they_were(rows: tuple[tuple[Any, ...], ...]) -> None:
    found = unpacked(data_script([figure("one", rows, unit="proportion")]))["one"]
    # True is 1 to Python and not to the browser.
    assert json.dumps(found["rows"]) == json.dumps([list(row) for row in rows])
    assert found["columns"] == [["area", "Area"], ["value", "Value"], ["state", "State"]]
    assert found["settings"] == {"unit": "proportion"}


def test_each_figure_keeps_its_own_settings() -> None:
    rows = (("A", 0.1, "reported"),)
    figures = [figure("one", rows, unit="score", best=1), figure("two", rows, unit="score")]
    found = unpacked(data_script(figures))
    assert found["one"]["settings"] == {"unit": "score", "best": 1}
    assert found["two"]["settings"] == {"unit": "score"}


def test_nothing_is_said_twice() -> None:
    rows = tuple((f"Area number {place}", place / 7, "reported") for place in range(20))
    once = len(data_script([figure("one", rows)]))
    many = len(data_script([figure(f"figure-{place}", rows) for place in range(10)]))
    assert many < once + 10 * 40


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        data_script([figure("one", (("A", float("nan"), "x"), ("B", 1.0, "y")))])
