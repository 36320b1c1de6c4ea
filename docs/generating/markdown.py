"""Text as it stands in Markdown without being taken for marks of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def escaped(text: str) -> str:
    """Text whose underscores, stars and brackets are shown as they are."""
    for mark in ("\\", "_", "*", "[", "]"):
        text = text.replace(mark, f"\\{mark}")
    return text.replace("<", "&lt;")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], indent: str = "") -> list[str]:
    """Lines of a table; cells are Markdown already, on one line each."""
    lines = [f"{indent}| {' | '.join(heads)} |", f"{indent}|{'---|' * len(heads)}"]
    for row in rows:
        cells = (" ".join(cell.split()).replace("|", "\\|") for cell in row)
        lines.append(f"{indent}| {' | '.join(cells)} |")
    return lines
