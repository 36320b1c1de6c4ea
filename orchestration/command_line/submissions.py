"""Commands about what local organisations send: templates for it, and forgetting it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.command_line.options import (
    HomeOption,
    JsonOption,
    print_json,
    refuse,
    settings_of,
)


def forget(
    submission: Annotated[
        str, typer.Argument(help="Submission id, edition id, or SHA-256 of a file.")
    ],
    landing: Annotated[
        Path | None, typer.Option(help="Landing folder; the file is deleted there too.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a submission out of everywhere it went; the next run builds without it."""
    from assets.extracts.holding.forgetting import (  # noqa: PLC0415  (takes seconds)
        UnknownSubmissionError,
    )
    from orchestration.forgetting import forget_everywhere, told  # noqa: PLC0415

    settings = settings_of(home)
    try:
        forgotten = forget_everywhere(settings, submission, landing or settings.landing_folder)
    except UnknownSubmissionError as error:
        raise refuse(error) from error
    if as_json:
        print_json(vars(forgotten))
        return
    for line in told(forgotten):
        typer.echo(line)


def templates(
    folder: Annotated[Path, typer.Argument(help="Folder for the templates; made if missing.")],
    as_json: JsonOption = False,
) -> None:
    """Write the template and data dictionary of every community extract."""
    from assets.extracts.providers.templates import write_templates  # noqa: PLC0415

    written = [str(path) for path in write_templates(folder, settings_of().contracts)]
    if as_json:
        print_json(written)
        return
    for path in written:
        typer.echo(path)
