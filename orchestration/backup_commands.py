"""What the command line does for backups: make one, verify one, put a home back as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from orchestration.backups import Backup, BackupError, back_up
from orchestration.instance import close_killed_run, open_instance
from orchestration.lock import HomeIsBusyError, hold
from orchestration.restoring import Restored, restore
from orchestration.settings import Settings

_HomeOption = Annotated[Path | None, typer.Option("--home", help="Where things are kept.")]
_JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for other programs.")]


def backup(
    into: Annotated[Path, typer.Argument(help="Folder for backups alone, on another disk.")],
    keep: Annotated[int, typer.Option(min=1, help="How many backups stay there.")] = 14,
    home: _HomeOption = None,
    as_json: _JsonOption = False,
) -> None:
    """Back up the archive, the build, the releases and all else that the platform keeps."""
    settings = _settings(home)
    place = settings.place
    with _errors(), hold(place.folder, "backup", settings.lock_wait_seconds, _say) as killed:
        if killed:
            with open_instance(place) as instance:
                close_killed_run(instance, killed)
        made = back_up(place.folder, into, keep, datetime.now(UTC))
        files = made.listed().files
    if as_json:
        _print_json({"backup": str(made.folder), "files": len(files)})
    else:
        typer.echo(f"{made.folder} holds {len(files):,} files.")


def verify_backup(
    backup: Annotated[Path, typer.Argument(help="Folder of one backup.")],
    as_json: _JsonOption = False,
) -> None:
    """Read every byte of a backup; exit code 1 when something is missing or damaged."""
    with _errors():
        wrong = Backup(backup).differences()
    if as_json:
        _print_json({"backup": str(backup), "differences": wrong})
    else:
        typer.echo("\n".join(wrong) or f"{backup} is whole.")
    raise typer.Exit(1 if wrong else 0)


def restore_backup(
    backup: Annotated[Path, typer.Argument(help="Folder of one backup.")],
    home: _HomeOption = None,
    as_json: _JsonOption = False,
) -> None:
    """Put everything back as a backup has it; what is there now is moved aside.

    Stop the code server, the daemon and the web servers first.
    """
    with _errors():
        restored = restore(_settings(home), Backup(backup), datetime.now(UTC), _say)
    if as_json:
        _print_json(vars(restored))
    else:
        _tell(restored)


def _tell(restored: Restored) -> None:
    typer.echo(
        f"Backup {restored.backup} is restored; "
        + (
            f"release {restored.in_force} is in force."
            if restored.in_force
            else "it has no release."
        )
    )
    for sha256 in restored.forgotten_again:
        typer.echo(f"forgotten again: {sha256}")
    if restored.moved_aside is not None:
        typer.echo(
            f"What was there before is in {restored.moved_aside}; remove it when all is well."
        )


@contextmanager
def _errors() -> Iterator[None]:
    """Say what is wrong with a backup or who holds the home; exit code 2."""
    try:
        yield
    except (BackupError, HomeIsBusyError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


def _settings(home: Path | None) -> Settings:
    return Settings().model_copy(update={"home": home} if home is not None else {})


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _print_json(found: object) -> None:
    typer.echo(json.dumps(found, indent=2, default=str))
