"""What an area's page says of deprivation where there is no fifth: each reason in its own words."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from report_pages import small_release
from report_release import NETWORK, PRACTICES

from assets.reports.pages.area_facts import facts_of, read_facts

_FIRST = PRACTICES[0]


@pytest.mark.parametrize(
    ("code", "change", "words"),
    [
        (_FIRST, "deprivation_score = null", "not available: no score is held"),
        (_FIRST, "registered_patients = 99", "none: under 100 people on its list"),
        (_FIRST, "registered_patients = null", "none: under 100 people on its list"),
        (
            _FIRST,
            "registered_patients = 100",
            "not available: too few practices have a score",
        ),
        (NETWORK, "registered_patients = 99", "not available: no practice is in a fifth"),
        (NETWORK, "deprivation_score = null", "not available: no score is held"),
    ],
)
def test_no_fifth_says_why(tmp_path: Path, code: str, change: str, words: str) -> None:
    def without_fifth(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(
            "update practice_profile set deprivation_quintile = null, deprivation_score = 30"
        )
        connection.execute(f"update practice_profile set {change}")

    with small_release(tmp_path, without_fifth) as release:
        facts = dict(facts_of(release.areas[code], read_facts(release), release))
    assert facts["Deprivation"] == words
