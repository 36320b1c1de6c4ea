"""What commands have in common: options, settings, and how they print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from orchestration.alerts.settings import AlertSettings
from orchestration.settings import Settings

HomeOption = Annotated[Path | None, typer.Option("--home", help="Where things are kept.")]
InternalOption = Annotated[
    bool, typer.Option("--internal", help="The releases for authorised analysts.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for other programs.")]


def settings_of(home: Path | None = None, **given: object) -> Settings:
    """The settings of the environment, with what the command line gives; None gives nothing."""
    asked = {"home": home, **given}
    try:
        settings = Settings()
    except ValidationError as error:
        prefix = "DOING_WITH_ALERT_" if error.title == AlertSettings.__name__ else "DOING_WITH_"
        for fault in error.errors():
            name = "_".join(str(part) for part in fault["loc"]).upper()
            # Never with the value, which may be a secret.
            said = f"{prefix}{name}: {fault['msg']}" if name else fault["msg"]
            typer.secho(said, err=True, fg="red")
        raise typer.Exit(2) from None
    return settings.model_copy(
        update={name: value for name, value in asked.items() if value is not None}
    )


def print_json(found: object) -> None:
    """Print for other programs."""
    typer.echo(json.dumps(found, indent=2, default=str))


def refuse(error: Exception | str) -> typer.Exit:
    """Say what is wrong; raise what is given: the command ends with code 2."""
    typer.secho(str(error), err=True, fg="red")
    return typer.Exit(2)
