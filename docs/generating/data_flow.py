"""The picture of the data flow: what a night makes of what arrived, and where it can stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

_WIDTH, _MARGIN, _GAP = 420, 12, 22
_LINE, _TITLE, _PADDING = 18, 22, 12
_FILLS = {
    "outside": ("#f3f4f6", "#6b7280"),
    "private": ("#e8f1fb", "#1d4ed8"),
    "gate": ("#fff4d6", "#b45309"),
    "public": ("#e7f6ec", "#15803d"),
}


@dataclass(frozen=True)
class Step:
    """One box: who sees it (or that it is a gate), what it is called, what is in it."""

    kind: Literal["outside", "private", "gate", "public"]
    title: str
    lines: tuple[str, ...]

    @property
    def height(self) -> int:
        """Height of the box."""
        return 2 * _PADDING + _TITLE + _LINE * len(self.lines)


STEPS = (
    Step("outside", "Files", ("a folder, object storage,", "published addresses, feeds")),
    Step("private", "Arrival", ("hashed, recognised by what is in them,", "read by nobody")),
    Step("gate", "Scan for identifiers", ("three, or one in a header: nothing is kept",)),
    Step("private", "Archive", ("byte for byte, named by SHA-256",)),
    Step(
        "private",
        "Edition",
        ("one extract, submitter and period, as text;", "bad rows to quarantine"),
    ),
    Step("gate", "Rules on the edition", ("a refused file stops no other",)),
    Step(
        "private",
        "raw and restricted",
        ("views over the editions in use;", "rows about persons in restricted alone"),
    ),
    Step("gate", "Rules on raw tables", ("the tables are what was accepted",)),
    Step("private", "staging, intermediate: counts", ("types, states, geography by date",)),
    Step(
        "gate",
        "Disclosure control and its proof",
        ("small counts hidden, others rounded,", "and no way back"),
    ),
    Step(
        "private",
        "indicators, marts",
        ("values, limits, comparisons, trends;", "of released counts alone"),
    ),
    Step("gate", "Rules on models and marts", ("Great Expectations, inside DuckDB",)),
    Step("private", "Candidate", ("tables and report in a folder", "where nobody looks")),
    Step("gate", "Rules on files as written", ("every stored verdict is read again",)),
    Step(
        "public",
        "Release",
        ("a folder that is never written again;", "last of all the link current moves"),
    ),
    Step("public", "Readers", ("DuckDB, Parquet, CSV, the report",)),
)


def drawing(steps: tuple[Step, ...] = STEPS) -> str:
    """The steps from top to bottom as SVG: one that a telephone shows at its own size."""
    parts: list[str] = []
    top = _MARGIN
    for step in steps:
        if parts:
            parts.append(_arrow(top - _GAP))
        parts.append(_box(step, top))
        top += step.height + _GAP
    height = top - _GAP + _MARGIN
    said = "; ".join(f"{step.title}: {' '.join(step.lines)}" for step in steps)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" role="img" font-family="sans-serif">'
        f"<title>Data flow</title><desc>{escape(said)}</desc>"
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


def _box(step: Step, top: int) -> str:
    fill, line = _FILLS[step.kind]
    # A gate is narrower and dashed, so that colour is not the only difference.
    inset = 30 if step.kind == "gate" else 0
    dashes = ' stroke-dasharray="6 4"' if step.kind == "gate" else ""
    width = _WIDTH - 2 * (_MARGIN + inset)
    middle = _WIDTH // 2
    baseline = top + _PADDING + 15
    texts = [
        f'<text x="{middle}" y="{baseline}" text-anchor="middle" font-size="16" '
        f'font-weight="bold" fill="#111827">{escape(step.title)}</text>'
    ]
    texts += [
        f'<text x="{middle}" y="{baseline + _TITLE + _LINE * number}" text-anchor="middle" '
        f'font-size="14" fill="#1f2937">{escape(text)}</text>'
        for number, text in enumerate(step.lines)
    ]
    return (
        f'<rect x="{_MARGIN + inset}" y="{top}" width="{width}" height="{step.height}" rx="8" '
        f'fill="{fill}" stroke="{line}" stroke-width="1.5"{dashes}/>{"".join(texts)}'
    )


def _arrow(top: int) -> str:
    middle, tip = _WIDTH // 2, top + _GAP - 3
    return (
        f'<path d="M{middle} {top + 3} V{tip} M{middle - 5} {tip - 6} L{middle} {tip} '
        f'L{middle + 5} {tip - 6}" fill="none" stroke="#4b5563" stroke-width="1.5"/>'
    )
