"""What the command line tells and drafts, as jobs for the UI: the answer is metadata of the step.

They change nothing of a home and take no lock, so that one may run beside a night where the queue
lets several in; drafts are files beside the code, for a machine where somebody works on it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import dagster as dg

from orchestration.doctor import examine
from orchestration.explaining import explain
from orchestration.nights.health import health_of, parse_age
from orchestration.releases import diff_releases, list_releases, shelf
from orchestration.scaffolds import Draft, draft_extract, draft_indicator
from orchestration.settings import Settings


class Age(dg.Config):
    """How old the last night that completed may be: 26h, 90m, 2d."""

    max_age: str = "26h"


class Shelf(dg.Config):
    """Whose releases: everybody's, or those of authorised analysts."""

    internal: bool = False


class TwoReleases(dg.Config):
    """Two versions, and whose releases they are."""

    before: str
    now: str
    internal: bool = False


class Check(dg.Config):
    """A rule, a table with or without it, an edition or an extract."""

    check: str


class NewExtract(dg.Config):
    """Publisher and thing (walks_groups), and a CSV whose header names the columns."""

    name: str
    example: str | None = None


class NewIndicator(dg.Config):
    """Identifier and short name of an indicator, and what it is made of."""

    indicator_id: str
    short_name: str
    source: Literal["survey", "qof", "sql"] = "sql"


def inquiry_jobs(settings: Settings) -> list[dg.JobDefinition]:
    """The jobs ``status``, ``releases``, ``diff``, ``explain``, ``doctor`` and the two drafts."""

    @dg.op(description="How things stand; fails when no night completed lately.")
    def how_things_stand(context: dg.OpExecutionContext, config: Age) -> None:
        health = health_of(settings.place, parse_age(config.max_age))
        context.add_output_metadata({"status": health.line()})
        if not health.is_healthy:
            raise dg.Failure(health.line(), allow_retries=False)

    @dg.op(description="Every release, newest first.")
    def all_releases(context: dg.OpExecutionContext, config: Shelf) -> None:
        found = list_releases(shelf(settings, internal=config.internal))
        context.add_output_metadata({"releases": _table(found)})

    @dg.op(description="What one release has that another had not.")
    def differences(context: dg.OpExecutionContext, config: TwoReleases) -> None:
        releases = shelf(settings, internal=config.internal)
        found = diff_releases(releases, config.before, config.now)
        context.add_output_metadata({"changes": dg.MetadataValue.md(found.page)})

    @dg.op(description="What a check asks for, what it found, whose it is and what to do.")
    def explanation(context: dg.OpExecutionContext, config: Check) -> None:
        told = [
            {name: text for name, text in asdict(one).items() if name != "rows"}
            for one in explain(settings, config.check)
        ]
        context.add_output_metadata({"checks": _table(told)})

    @dg.op(description="Whether this machine can run the platform; fails when it cannot.")
    def look_at_machine(context: dg.OpExecutionContext) -> None:
        findings = examine(settings)
        told = {"findings": _table(map(asdict, findings))}
        faults = [finding.said for finding in findings if finding.state == "fault"]
        if faults:
            raise dg.Failure("; ".join(faults), metadata=told, allow_retries=False)
        context.add_output_metadata(told)

    @dg.op(description="One YAML, all that a new extract takes.")
    def draft_of_extract(context: dg.OpExecutionContext, config: NewExtract) -> None:
        example = Path(config.example) if config.example else None
        _write(context, draft_extract(config.name, settings.contracts, example))

    @dg.op(description="One SQL file and one YAML.")
    def draft_of_indicator(context: dg.OpExecutionContext, config: NewIndicator) -> None:
        _write(
            context,
            draft_indicator(
                config.indicator_id,
                config.short_name,
                config.source,
                settings.dbt_project,
                settings.day,
            ),
        )

    return [
        _job("status", how_things_stand, "Say in one line how things stand."),
        _job("releases", all_releases, "List the releases."),
        _job("diff", differences, "Compare two releases; nothing is changed by it."),
        _job("explain", explanation, "Explain a check that refused or remarked on something."),
        _job("doctor", look_at_machine, "Look whether this machine can run the platform."),
        _job("new_extract", draft_of_extract, "Write the draft of a contract beside the others."),
        _job("new_indicator", draft_of_indicator, "Write the draft of an indicator's two files."),
    ]


def _job(name: str, step: dg.OpDefinition, description: str) -> dg.JobDefinition:
    return dg.GraphDefinition(name=name, node_defs=[step], description=description).to_job(
        executor_def=dg.in_process_executor
    )


def _table(rows: Iterable[Mapping[str, Any]]) -> dg.MetadataValue:
    """Rows as a table: every name that any row has, texts as they are told."""
    told = list(rows)
    names = list(dict.fromkeys(name for row in told for name in row))
    records = [
        dg.TableRecord({name: "" if row.get(name) is None else str(row[name]) for name in names})
        for row in told
    ]
    columns = [dg.TableColumn(name) for name in names]
    return dg.MetadataValue.table(records, schema=dg.TableSchema(columns=columns))


def _write(context: dg.OpExecutionContext, draft: Draft) -> None:
    draft.write()
    context.add_output_metadata(
        {
            "files": "\n".join(str(path) for path in draft.files),
            "left to be filled in": "\n".join(draft.open_lines),
        }
    )
