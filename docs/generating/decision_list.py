"""The list of decisions, newest first, from the headings of their pages."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

_LENGTH_OF_A_DAY = len("2026-11-26")


class DecisionHeadingError(ValueError):
    """A decision whose page does not begin with a heading; the message names the file."""


def page(folder: Path) -> str:
    """Every decision of a folder; names of files begin with the day of the decision."""
    paths = sorted((p for p in folder.glob("*.md") if p.stem != "index"), reverse=True)
    lines = ["# Decisions", "", "What was decided and why, one decision to a page.", ""]
    for day, of_day in groupby(paths, key=lambda path: path.name[:_LENGTH_OF_A_DAY]):
        lines += [f"## {day}", ""]
        lines += [f"- [{_heading(path)}]({path.name})" for path in sorted(of_day)]
        lines.append("")
    return "\n".join(lines)


def _heading(path: Path) -> str:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    if not first.startswith("# "):
        raise DecisionHeadingError(f"{path}: a decision begins with a heading (# …), not {first!r}")
    return first.removeprefix("# ")
