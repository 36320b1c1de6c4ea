"""The runbook: one entry for each check that can block, with what it asks and what to do.

What a rule asks, of which tables, whose it is and why stands with the rule; what is usually behind
it when it does not hold stands in ``causes.yml``. A critical rule without a cause stops the build
of the site.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

from docs.generating.blocking import STAGES, BlockingRule, Stage
from docs.generating.markdown import escaped, table
from orchestration.explaining import next_step

CAUSES = Path(__file__).with_name("causes.yml")
_GUIDE = re.compile(r"docs/guides/([a-z-]+)\.md")
# Subjects that an entry names in a line; more are folded away.
_MOST_IN_A_LINE = 3


class UnexplainedRuleError(ValueError):
    """A critical rule of which nobody wrote down what is behind it; the message names the file."""


@dataclass(frozen=True)
class Entry:
    """All critical rules of one name in one stage, and what is usually behind them."""

    stage: Stage
    name: str
    blocking: tuple[BlockingRule, ...]
    cause: str

    @property
    def anchor(self) -> str:
        """Where the entry stands on the page of its stage."""
        return self.name.replace("*", "column")


def read_causes(path: Path = CAUSES) -> dict[str, dict[str, str]]:
    """Stage to rule, or a pattern of rules, to what is usually behind it."""
    causes: dict[str, dict[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return causes


def entries(rules: Iterable[BlockingRule], causes: Mapping[str, Mapping[str, str]]) -> list[Entry]:
    """One entry for each stage and name of a rule; patterns of causes gather several names.

    Raises:
        UnexplainedRuleError: when no cause is written down for a rule.
    """
    grouped: dict[tuple[str, str], list[BlockingRule]] = {}
    for rule in rules:
        known = causes.get(rule.stage.name, {})
        name = next((name for name in known if fnmatchcase(rule.rule.name, name)), None)
        if name is None:
            raise UnexplainedRuleError(
                f"{CAUSES.name}: critical rule {rule.rule.name} of stage {rule.stage.name} has no "
                "cause; say in a line what is usually behind it when it does not hold"
            )
        grouped.setdefault((rule.stage.name, name), []).append(rule)
    stages = {stage.name: stage for stage in STAGES}
    return [
        Entry(stages[stage], name, tuple(found), causes[stage][name])
        for (stage, name), found in grouped.items()
    ]


def stage_page(stage: Stage, found: Sequence[Entry], before: str = "") -> str:
    """The page of one stage; ``before`` is Markdown that stands above its entries."""
    lines = [f"# {stage.title}", "", stage.what_follows, ""]
    if before:
        lines += [before, ""]
    for entry in found:
        lines += _entry(entry)
    return "\n".join(lines)


def index_tables(found: Sequence[Entry]) -> str:
    """A table of the stages, then every check by name with a link to its entry."""
    own = {stage.name: [entry for entry in found if entry.stage is stage] for stage in STAGES}
    stages = table(
        ("where", "checks", "when one does not hold"),
        (
            (
                f"[{stage.title}]({stage.name}.md)",
                f"{len(own[stage.name])}, as "
                f"{sum(len(entry.blocking) for entry in own[stage.name]):,} rules",
                stage.what_follows,
            )
            for stage in STAGES
        ),
    )
    by_name = sorted(found, key=lambda entry: (entry.name.lstrip("*"), STAGES.index(entry.stage)))
    checks = table(
        ("check", "what it asks"),
        (
            (
                f"[`{entry.name}`]({entry.stage.name}.md#{entry.anchor}) ({entry.stage.name})",
                escaped(entry.blocking[0].rule.description),
            )
            for entry in by_name
        ),
    )
    return "\n".join([*stages, "", "## Every check by name", "", *checks])


def _entry(entry: Entry) -> Iterator[str]:
    rules = entry.blocking
    descriptions = list(dict.fromkeys(blocking.rule.description for blocking in rules))
    reasons = list(dict.fromkeys(b.rule.reason for b in rules if b.rule.reason))
    owners = list(dict.fromkeys(blocking.rule.owner for blocking in rules))
    subjects = list(dict.fromkeys(blocking.subject for blocking in rules))
    yield f"## `{entry.name}` {{#{entry.anchor}}}"
    yield ""
    yield f"- **Asks:** {escaped(descriptions[0])}" + (
        ", and the like of the others below." if len(descriptions) > 1 else "."
    )
    yield f"- **When it does not hold:** {entry.cause}"
    yield f"- **What to do:** {_linked(next_step(entry.stage.suite, rules[0].rule.table))}."
    yield f"- **See the rows:** `doing-with explain {rules[0].asked_for}`"
    if reasons:
        yield f"- **Why:** {escaped('; '.join(reasons))}"
    yield f"- **Owner:** {', '.join(owners)}"
    if len(descriptions) == 1 and len(subjects) <= _MOST_IN_A_LINE:
        yield f"- **On:** {', '.join(f'`{subject}`' for subject in subjects)}"
        yield ""
        return
    yield ""
    yield f'??? note "On {len(subjects)} tables or extracts"'
    yield ""
    if len(descriptions) == 1:
        yield "    " + ", ".join(f"`{subject}`" for subject in subjects)
    else:
        yield from table(
            ("on", "asks"),
            ((f"`{b.subject}`", escaped(b.rule.description)) for b in rules),
            indent="    ",
        )
    yield ""


def _linked(text: str) -> str:
    """Text of the command line, in which guides are named by their path, with links to them."""
    return _GUIDE.sub(r"[\1](../guides/\1.md)", escaped(text))
