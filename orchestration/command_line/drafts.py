"""Commands that write the first draft of a new extract or indicator."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orchestration.command_line.options import JsonOption, print_json, refuse, settings_of
from orchestration.scaffolds import Draft, ScaffoldError, draft_extract, draft_indicator


class Source(StrEnum):
    """What an indicator is made of."""

    survey = "survey"
    qof = "qof"
    sql = "sql"


def new_extract(
    name: Annotated[str, typer.Argument(help="Publisher and thing: walks_groups.")],
    example: Annotated[
        Path | None, typer.Option(help="A CSV whose header names the columns.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the draft of a contract, one YAML: all that a new extract takes."""
    try:
        draft = draft_extract(name, settings_of().contracts, example)
        draft.write()
    except ScaffoldError as error:
        raise refuse(error) from error
    _told(draft, "docs/guides/adding-an-extract.md", as_json=as_json)


def new_indicator(
    indicator_id: Annotated[str, typer.Argument(help="Such as PC-OUT-09; never used again.")],
    short_name: Annotated[str, typer.Argument(help="Such as good_overall_experience.")],
    source: Annotated[
        Source, typer.Option(help="GP Patient Survey, QOF, or SQL of your own.")
    ] = Source.sql,
    as_json: JsonOption = False,
) -> None:
    """Write the draft of an indicator, one SQL file and one YAML."""
    settings = settings_of()
    try:
        draft = draft_indicator(
            indicator_id, short_name, source.value, settings.dbt_project, settings.day
        )
        draft.write()
    except ScaffoldError as error:
        raise refuse(error) from error
    _told(draft, "docs/guides/adding-an-indicator.md", as_json=as_json)


def _told(draft: Draft, guide: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"files": [str(path) for path in draft.files], "open": draft.open_lines})
        return
    for path in draft.files:
        typer.secho(f"written: {path}", fg="green")
    typer.echo(f"Left to be filled in (what it all means: {guide}):")
    for line in draft.open_lines:
        typer.echo(f"  {line}")
