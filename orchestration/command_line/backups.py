"""Commands about backups: make one, verify one, put a home back as it was."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
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
    from orchestration.restoring import Restored


def backup(
    into: Annotated[Path, typer.Argument(help="Folder for backups alone, on another disk.")],
    keep: Annotated[int, typer.Option(min=1, help="How many backups stay there.")] = 14,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Back up the archive, the build, the releases and all else that the platform keeps."""
    from orchestration.backups import BackupError, back_up  # noqa: PLC0415  (takes seconds)
    from orchestration.instance import close_killed_run, open_instance  # noqa: PLC0415
    from orchestration.lock import HomeIsBusyError, hold  # noqa: PLC0415

    settings = settings_of(home)
    place = settings.place
    try:
        with hold(place.folder, "backup", settings.lock_wait_seconds, _say) as killed:
            if killed:
                with open_instance(place) as instance:
                    close_killed_run(instance, killed)
            made = back_up(place.folder, into, keep, datetime.now(UTC))
            files = made.listed().files
    except (BackupError, HomeIsBusyError) as error:
        raise refuse(error) from error
    if as_json:
        print_json({"backup": str(made.folder), "files": len(files)})
    else:
        typer.echo(f"{made.folder} holds {len(files):,} files.")


def verify_backup(
    backup: Annotated[Path, typer.Argument(help="Folder of one backup.")],
    as_json: JsonOption = False,
) -> None:
    """Read every byte of a backup; exit code 1 when something is missing or damaged."""
    from orchestration.backups import Backup, BackupError  # noqa: PLC0415

    try:
        wrong = Backup(backup).differences()
    except BackupError as error:
        raise refuse(error) from error
    if as_json:
        print_json({"backup": str(backup), "differences": wrong})
    else:
        typer.echo("\n".join(wrong) or f"{backup} is whole.")
    raise typer.Exit(1 if wrong else 0)


def restore(
    backup: Annotated[Path, typer.Argument(help="Folder of one backup.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put everything back as a backup has it; what is there now is moved aside.

    Stop the code server, the daemon and the web servers first.
    """
    from orchestration import restoring  # noqa: PLC0415
    from orchestration.backups import Backup, BackupError  # noqa: PLC0415
    from orchestration.lock import HomeIsBusyError  # noqa: PLC0415

    try:
        restored = restoring.restore(settings_of(home), Backup(backup), datetime.now(UTC), _say)
    except (BackupError, HomeIsBusyError) as error:
        raise refuse(error) from error
    if as_json:
        print_json(vars(restored))
    else:
        _tell(restored)


def _tell(restored: Restored) -> None:
    what = f"release {restored.in_force} is in force" if restored.in_force else "it has no release"
    typer.echo(f"Backup {restored.backup} is restored; {what}.")
    for sha256 in restored.forgotten_again:
        typer.echo(f"forgotten again: {sha256}")
    if restored.moved_aside is not None:
        typer.echo(
            f"What was there before is in {restored.moved_aside}; remove it when all is well."
        )


def _say(text: str) -> None:
    typer.echo(text, err=True)
