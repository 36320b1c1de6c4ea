"""Every rule that can block: refuse a file, or keep a night from publishing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from assets.extracts.contract_model.contract import Contract
from assets.release.auditing import rules_of_candidate
from assets.release.disclosure.assets import RULES as DISCLOSURE_RULES
from assets.release.disclosure.profile import STD
from assets.release.gate import rules_of_build, rules_of_raw_tables
from assets.reports.assets import report_rules
from expectations.editions import EditionFacts, ReferencedColumn, edition_rules
from expectations.rules import Rule


@dataclass(frozen=True)
class Stage:
    """Where a night can stop; ``suite`` is what the outcomes of its rules are stored under."""

    name: str
    suite: str
    title: str
    what_follows: str


@dataclass(frozen=True)
class BlockingRule:
    """A critical rule, the stage it runs in and what it is about: a table, or an extract."""

    stage: Stage
    subject: str
    rule: Rule

    @property
    def asked_for(self) -> str:
        """What ``doing-with explain`` is given to show this rule alone, or this extract."""
        return self.subject if self.stage is FILES else f"{self.subject}.{self.rule.name}"


_STOPS = "The night stops here; the release in force stays in force. "
FILES = Stage(
    "files",
    "edition",
    "When a file arrives",
    "This file alone is refused, whole. The last accepted edition of the extract stays in use, "
    "every other file goes on, and the night publishes.",
)
RAW = Stage(
    "raw",
    "raw",
    "Raw tables",
    _STOPS + "dbt does not run on tables that are not what was accepted.",
)
DISCLOSURE = Stage(
    "disclosure",
    "disclosure",
    "Small numbers",
    _STOPS + "No value is made of counts of which it is not proven that they give nobody away.",
)
MODELS = Stage(
    "models",
    "mart",
    "Staging, intermediate and indicator models",
    _STOPS + "No candidate is written.",
)
MARTS = Stage(
    "marts",
    "mart",
    "The tables of a release, before they are written",
    _STOPS + "No candidate is written.",
)
RELEASE = Stage(
    "release",
    "candidate",
    "The release and the report as written",
    _STOPS + "The candidate stays where nobody looks.",
)
STAGES = (FILES, RAW, DISCLOSURE, MODELS, MARTS, RELEASE)


def blocking_rules(contracts: Mapping[str, Contract], manifest: Path) -> list[BlockingRule]:
    """Every critical rule in the order in which a night meets them.

    ``manifest`` is dbt's account of the project. Rules and thresholds are those of the public
    release.
    """
    found = [*_of_files(contracts)]
    found += [BlockingRule(RAW, r.table, r) for r in rules_of_raw_tables(contracts, date.min)]
    found += [BlockingRule(DISCLOSURE, r.table, r) for r in DISCLOSURE_RULES]
    found += [
        BlockingRule(MARTS if rule.table.startswith("marts.") else MODELS, rule.table, rule)
        for rule in rules_of_build(manifest, STD)
    ]
    found += [
        BlockingRule(RELEASE, rule.table, rule)
        for rule in (*rules_of_candidate(STD), *report_rules())
    ]
    return [blocking for blocking in found if blocking.rule.severity == "critical"]


def _of_files(contracts: Mapping[str, Contract]) -> Iterator[BlockingRule]:
    for contract in contracts.values():
        for rule in edition_rules(_whole_edition(contract, contracts)):
            yield BlockingRule(FILES, contract.extract, rule)


def _whole_edition(contract: Contract, contracts: Mapping[str, Contract]) -> EditionFacts:
    """A real, whole edition that refers to extracts of which something is held.

    Rules that only warn depend on more than this; the critical ones do not.
    """
    bounds = contract.rows_of_whole_edition([contract.layouts[0].name])
    return EditionFacts(
        table=contract.extract,
        repeated_keys="",
        extract=contract.extract,
        owner=contract.owner,
        key=contract.key,
        rows_at_least=bounds.at_least if bounds else None,
        rows_at_most=bounds.at_most if bounds else None,
        rows_reason=bounds.reason if bounds else "",
        is_whole=True,
        is_synthetic=False,
        previous_rows=None,
        has_wide_columns=any(layout.wide for layout in contract.layouts),
        shows_values=False,
        references=tuple(
            ReferencedColumn(
                column, extract, contracts[extract].title, known=extract, extract_column=referenced
            )
            for column, (extract, referenced) in contract.references.items()
        ),
        shares=(),
    )
