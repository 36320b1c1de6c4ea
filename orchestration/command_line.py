"""The command line: run the nightly job and say what came of it; look after releases."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from assets.extracts.holding.forgetting import UnknownSubmissionError
from assets.extracts.providers.templates import write_templates
from assets.release.shelf.publication import ReleaseError
from orchestration.backup_commands import backup, restore_backup, verify_backup
from orchestration.forgetting import forget_everywhere
from orchestration.instance import dagster_home, open_instance
from orchestration.lock import HomeIsBusyError
from orchestration.releases import diff_releases, list_releases, roll_back, shelf
from orchestration.settings import PROJECT, Settings

# Step events are for the UI; the terminal shows what a person would want to know.
_QUIET = {"loggers": {"console": {"config": {"log_level": "INFO"}}}}

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Personalised care and coproduction data.",
)


@app.callback()
def main() -> None:
    """Personalised care and coproduction data."""


@app.command()
def run(
    landing: Annotated[
        str | None,
        typer.Option(
            help="Folder of extracts, or s3:// or abfs:// prefix; without it a synthetic sample."
        ),
    ] = None,
    fetch: Annotated[
        bool, typer.Option(help="Fetch files whose contract says where they are published.")
    ] = False,
    home: Annotated[Path | None, typer.Option(help="Where to keep things.")] = None,
) -> None:
    """Run the nightly job: take in, build, check, publish."""
    asked = {"landing": landing, "home": home, "fetch": fetch or None}
    given = {name: value for name, value in asked.items() if value is not None}
    settings = Settings().model_copy(update=given)
    is_folder = settings.landing is not None and "://" not in settings.landing
    if is_folder and not Path(settings.landing_zone).is_dir():
        typer.echo(f"landing zone {settings.landing} is not a folder", err=True)
        raise typer.Exit(2)
    sys.exit(run_nightly(settings))


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="Port on loopback.")] = 3000,
) -> None:
    """Open the Dagster UI on loopback, with the daemon that ticks schedules."""
    settings = Settings()
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(dagster_home(settings.place)),
        "DOING_WITH_HOME": str(settings.place.folder),
    }
    dagster = Path(sys.executable).with_name("dagster")
    arguments = [str(dagster), "dev", "-w", str(PROJECT / "workspace.yaml")]
    arguments += ["--host", "127.0.0.1", "--port", str(port)]
    os.chdir(PROJECT)
    os.execve(dagster, arguments, environment)  # noqa: S606  (becomes the server)


@app.command()
def forget(
    submission: Annotated[
        str, typer.Argument(help="Submission id, edition id, or SHA-256 of a file.")
    ],
    landing: Annotated[
        Path | None, typer.Option(help="Landing folder; the file is deleted there too.")
    ] = None,
    home: Annotated[Path | None, typer.Option(help="Where things are kept.")] = None,
) -> None:
    """Take a submission out of everywhere it went; the next run builds without it."""
    given = {"home": home} if home is not None else {}
    settings = Settings().model_copy(update=given)
    folder = landing
    if folder is None and "://" not in settings.landing_zone:
        folder = Path(settings.landing_zone)
    try:
        forgotten = forget_everywhere(settings, submission, folder)
    except UnknownSubmissionError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    for edition_id in forgotten.editions:
        typer.echo(f"forgotten: {edition_id}")
    for name in forgotten.landing_files:
        typer.echo(f"deleted from the landing zone: {name}")
    for edition_id in forgotten.back_in_use:
        typer.echo(
            f"in use again: {edition_id}, which the forgotten one had replaced; if it is not to "
            "count either, forget it too"
        )
    typer.echo(
        "Run the nightly job: it publishes without it. Not touched: histories of feeds (feeds/), "
        "notes on downloads (downloads/), landing zones in object storage, releases that are "
        "published with the counts they were made of (disclosure/), and backups; purge the file "
        "there apart."
    )


@app.command()
def templates(
    folder: Annotated[Path, typer.Argument(help="Folder for the templates; made if missing.")],
) -> None:
    """Write the template and data dictionary of every community extract."""
    for path in write_templates(folder, Settings().contracts):
        typer.echo(str(path))


_HomeOption = Annotated[Path | None, typer.Option("--home", help="Where things are kept.")]
_InternalOption = Annotated[
    bool, typer.Option("--internal", help="The releases for authorised analysts.")
]
_JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for other programs.")]


@app.command()
def releases(
    home: _HomeOption = None, internal: _InternalOption = False, as_json: _JsonOption = False
) -> None:
    """List the releases, newest first; a star marks the one in force."""
    found = list_releases(shelf(_settings(home), internal=internal))
    if as_json:
        _print_json(found)
        return
    for one in found:
        mark = "*" if one["is_in_force"] else " "
        if "error" in one:
            typer.echo(f"{mark} {one['version']}  damaged: {one['error']}")
        else:
            made_up = "  MADE UP" if one["is_synthetic"] else ""
            typer.echo(
                f"{mark} {one['version']}  as of {one['as_of']}  {one['values'] or 0:,} values"
                + made_up
            )
    if not found:
        typer.echo("No release has been published yet.")


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="Version to compare with.")],
    now: Annotated[str, typer.Argument(help="Version that is compared.")],
    home: _HomeOption = None,
    internal: _InternalOption = False,
    as_json: _JsonOption = False,
) -> None:
    """Say what one release has that another had not; nothing is changed by it."""
    with _release_errors():
        found = diff_releases(shelf(_settings(home), internal=internal), before, now)
    if as_json:
        _print_json({"comparison": vars(found.comparison), "changes": found.rows})
    else:
        typer.echo(found.page)


@app.command()
def rollback(
    version: Annotated[str, typer.Argument(help="Version to put in force.")],
    home: _HomeOption = None,
    internal: _InternalOption = False,
    as_json: _JsonOption = False,
) -> None:
    """Put another release in force, once every byte of it is verified; it is on record."""
    settings = _settings(home)
    with _release_errors():
        manifest = roll_back(
            settings,
            shelf(settings, internal=internal),
            version,
            lambda text: typer.echo(text, err=True),
        )
    if as_json:
        _print_json({"version": manifest.version, "content_hash": manifest.content_hash})
    else:
        typer.echo(f"Release {manifest.version} is in force.")


@contextmanager
def _release_errors() -> Iterator[None]:
    """Say what is wrong with a release, or who holds the home; nothing was done then."""
    try:
        yield
    except (ReleaseError, HomeIsBusyError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


def _settings(home: Path | None) -> Settings:
    return Settings().model_copy(update={"home": home} if home is not None else {})


def _print_json(found: object) -> None:
    typer.echo(json.dumps(found, indent=2, default=str))


def run_nightly(settings: Settings) -> int:
    """Run the nightly job in this process; 0 when it ended well, else 1."""
    from orchestration.definitions import build_definitions  # noqa: PLC0415  (takes seconds)
    from orchestration.summary import summary_lines  # noqa: PLC0415

    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    before = _current_version(settings)
    with open_instance(settings.place) as instance:
        job = build_definitions(settings).resolve_job_def("nightly")
        result = job.execute_in_process(instance=instance, raise_on_error=False, run_config=_QUIET)
    for line in summary_lines(settings, result, before):
        typer.echo(line)
    return 0 if result.success else 1


def _current_version(settings: Settings) -> str | None:
    link = settings.place.releases / "current"
    return os.readlink(link) if link.is_symlink() else None


app.command()(backup)
app.command()(verify_backup)
app.command("restore")(restore_backup)


if __name__ == "__main__":
    app()
