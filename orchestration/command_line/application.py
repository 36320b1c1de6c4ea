"""The program ``doing-with``: which commands there are."""

from __future__ import annotations

import typer

from orchestration.command_line import (
    backups,
    checks,
    drafts,
    machine,
    nights,
    releases,
    submissions,
)

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
app.command()(nights.fetch)
app.command()(nights.ui)
app.command()(releases.releases)
app.command()(releases.diff)
app.command()(releases.rollback)
app.command()(submissions.forget)
app.command()(submissions.templates)
app.command()(checks.explain)
app.command("new-extract")(drafts.new_extract)
app.command("new-indicator")(drafts.new_indicator)
app.command()(machine.doctor)
app.command()(backups.backup)
app.command("verify-backup")(backups.verify_backup)
app.command()(backups.restore)
