"""The command that looks at the machine."""

from __future__ import annotations

from dataclasses import asdict

import typer

from orchestration.command_line.options import HomeOption, JsonOption, print_json, settings_of

_MARKS = {"well": ("ok", "green"), "warning": ("look", "yellow"), "fault": ("FAULT", "red")}


def doctor(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Look whether this machine can run the platform; exit code 1 if it cannot."""
    from orchestration.doctor import examine  # noqa: PLC0415  (loads DuckDB)

    findings = examine(settings_of(home))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            mark, colour = _MARKS[finding.state]
            step = f" ({finding.next_step})" if finding.next_step else ""
            typer.secho(f"{mark:<6}", fg=colour, nl=False)
            typer.echo(f"{finding.subject:<16}{finding.said}{step}")
    raise typer.Exit(1 if any(finding.state == "fault" for finding in findings) else 0)
