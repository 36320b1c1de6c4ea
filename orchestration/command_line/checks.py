"""The command that explains a check."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.command_line.options import (
    HomeOption,
    JsonOption,
    print_json,
    refuse,
    settings_of,
)

if TYPE_CHECKING:
    from orchestration.explaining import Explanation


def explain(
    check: Annotated[
        str, typer.Argument(help="A rule, a table with or without it, an edition or an extract.")
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a check asks for, what it found and where, whose it is and what to do."""
    from orchestration.explaining import (  # noqa: PLC0415  (takes seconds)
        BuildIsBusyError,
        UnknownCheckError,
    )
    from orchestration.explaining import explain as explained  # noqa: PLC0415

    try:
        found = explained(settings_of(home), check)
    except (UnknownCheckError, BuildIsBusyError) as error:
        raise refuse(error) from error
    if as_json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        _print(one)


def _print(one: Explanation) -> None:
    verdict = "holds" if one.passed else f"FAILED ({one.severity})"
    typer.secho(f"{one.check}  {verdict}", bold=True, fg="green" if one.passed else "red")
    facts = {
        "must hold": one.rule,
        "why": one.reason,
        "found": one.observed,
        "rows": ": ".join(filter(None, [f"{one.failing_rows:,}", one.examples]))
        if one.failing_rows
        else "",
        "file": one.files,
        "report": one.error_report,
        "owner": one.owner,
        "to do": one.next_step,
        "query": one.query,
    }
    for name, text in facts.items():
        if text:
            typer.echo(f"  {name:<10}{text}")
    for row in one.rows:
        told = ", ".join(f"{name}={value}" for name, value in row.items() if value is not None)
        typer.echo(f"    {told}")
