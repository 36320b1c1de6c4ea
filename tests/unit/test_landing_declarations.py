"""What a landing zone says of its files."""

from __future__ import annotations

from assets.extracts.arriving.landing import Declarations

TEXT = """
files:
- {match: 'gpps/*', period: '2023', synthetic: true}
- {match: 'gpps/a.csv', period: '2024', reason: by name}
- {match: 'gpps/[ab].csv', coverage: partial}
- {match: 'gpps/a.csv', period: '2025'}
- {match: 'gpps/mispelt.csv', period: '2026'}
- {match: 'qof/*', period: '2026'}
"""


def test_a_later_entry_wins_whether_it_names_files_or_a_pattern() -> None:
    said = Declarations(TEXT)
    named, other = said.of("gpps/a.csv"), said.of("gpps/c.csv", period="2022", reason="known")
    assert (named.period, named.reason, named.coverage) == ("2025", "by name", "partial")
    assert named.synthetic
    assert (other.period, other.reason, other.coverage) == ("2023", "known", "whole")
    assert Declarations(TEXT.replace("2025", "2021")).of("gpps/a.csv").period == "2021"


def test_entries_that_match_nothing_are_named() -> None:
    said = Declarations(TEXT)
    assert said.without_file(["gpps/a.csv"]) == ["gpps/mispelt.csv", "qof/*"]
    assert said.without_file(iter(["qof/x.csv", "gpps/c.csv"])) == [
        "gpps/a.csv",
        "gpps/[ab].csv",
        "gpps/a.csv",
        "gpps/mispelt.csv",
    ]
