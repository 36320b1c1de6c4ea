"""The command line: run the nightly job, and say what came of it."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from orchestration.instance import dagster_home, open_instance
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
        Path | None, typer.Option(help="Folder of extracts; without it a synthetic sample.")
    ] = None,
    home: Annotated[Path | None, typer.Option(help="Where to keep things.")] = None,
) -> None:
    """Run the nightly job: take in, build, check, publish."""
    given = {name: p for name, p in {"landing": landing, "home": home}.items() if p is not None}
    settings = Settings().model_copy(update=given)
    if settings.landing is not None and not settings.landing.is_dir():
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


if __name__ == "__main__":
    app()
