"""Commands about releases: list them, compare two, put another one in force."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from orchestration.command_line.options import (
    HomeOption,
    InternalOption,
    JsonOption,
    print_json,
    refuse,
    settings_of,
)
from orchestration.lock import HomeIsBusyError


def releases(
    home: HomeOption = None, internal: InternalOption = False, as_json: JsonOption = False
) -> None:
    """List the releases, newest first; a star marks the one in force."""
    from orchestration.releases import list_releases, shelf  # noqa: PLC0415  (loads Dagster)

    found = list_releases(shelf(settings_of(home), internal=internal))
    if as_json:
        print_json(found)
        return
    for one in found:
        mark = "*" if one["is_in_force"] else " "
        if "error" in one:
            typer.secho(f"{mark} {one['version']}  damaged: {one['error']}", fg="red")
        else:
            made_up = "  MADE UP" if one["is_synthetic"] else ""
            typer.secho(
                f"{mark} {one['version']}  as of {one['as_of']}  {one['values'] or 0:,} values"
                + made_up,
                bold=one["is_in_force"],
            )
    if not found:
        typer.echo("No release has been published yet.")


def diff(
    before: Annotated[str, typer.Argument(help="Version to compare with.")],
    now: Annotated[str, typer.Argument(help="Version that is compared.")],
    home: HomeOption = None,
    internal: InternalOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say what one release has that another had not; nothing is changed by it."""
    from orchestration.releases import diff_releases, shelf  # noqa: PLC0415

    with _release_errors():
        found = diff_releases(shelf(settings_of(home), internal=internal), before, now)
    if as_json:
        print_json({"comparison": vars(found.comparison), "changes": found.rows})
    else:
        typer.echo(found.page)


def rollback(
    version: Annotated[str, typer.Argument(help="Version to put in force.")],
    home: HomeOption = None,
    internal: InternalOption = False,
    as_json: JsonOption = False,
) -> None:
    """Put another release in force, once every byte of it is verified; it is on record."""
    from orchestration.releases import roll_back, shelf  # noqa: PLC0415

    settings = settings_of(home)
    with _release_errors():
        manifest = roll_back(
            settings,
            shelf(settings, internal=internal),
            version,
            lambda text: typer.echo(text, err=True),
        )
    if as_json:
        print_json({"version": manifest.version, "content_hash": manifest.content_hash})
    else:
        typer.secho(f"Release {manifest.version} is in force.", fg="green")


@contextmanager
def _release_errors() -> Iterator[None]:
    """Say what is wrong with a release, or who holds the home; nothing was done then."""
    from assets.release.shelf.publication import ReleaseError  # noqa: PLC0415

    try:
        yield
    except (ReleaseError, HomeIsBusyError) as error:
        raise refuse(error) from error
