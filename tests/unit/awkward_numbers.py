"""Numbers that break formulas, and batches of them for property tests of the statistics macros."""

import math
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

NAN, INFINITY, LARGEST = math.nan, math.inf, 1.7976931348623157e308
AWKWARD: list[float | None] = [
    *(None, NAN, INFINITY, -INFINITY, LARGEST, -LARGEST, 5e-324, 1e-160),
    *(-1.0, -0.0, 0.0, 0.5, 1.0, 2.5, 9.0, 9.999999, 10.0, 10.5, 1e17),
]
anything = st.one_of(
    st.sampled_from(AWKWARD), st.floats(), st.integers(min_value=0, max_value=100).map(float)
)

# one example is a whole list, evaluated in one query: thousands of cases in a few dozen queries;
# a failure names its row, and shrinking whole lists would take minutes to say no more
batches = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def batch_of(*columns: st.SearchStrategy[Any]) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    """In: a strategy per column. Out: a strategy of lists of rows."""
    return st.lists(st.tuples(*columns), min_size=40, max_size=80)


def column(rows: list[tuple[Any, ...]], position: int) -> list[Any]:
    return [row[position] for row in rows]


def finite(*numbers: float | None) -> bool:
    return all(number is not None and math.isfinite(number) for number in numbers)
