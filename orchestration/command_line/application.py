"""The program ``doing-with``: which commands there are."""

from __future__ import annotations

import typer

from orchestration.command_line import nights, releases, submissions

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Personalised care and coproduction data.",
)


@app.callback()
def main() -> None:
    """Personalised care and coproduction data."""


app.command()(nights.run)
app.command()(nights.status)
app.command()(nights.ui)
app.command()(releases.releases)
app.command()(releases.diff)
app.command()(releases.rollback)
app.command()(submissions.forget)
app.command()(submissions.templates)
