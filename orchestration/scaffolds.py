"""The first draft of a new extract or indicator, in which only what nobody can guess is left open.

What is open is called ``FILL_IN``; neither contracts nor indicators are used while any is left.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Literal

from assets.placeholders import FILL_IN

Source = Literal["survey", "qof", "sql"]

_EXTRACT = re.compile(r"[a-z][a-z0-9_]*")
_INDICATOR_ID = re.compile(r"([A-Z]{2})-([A-Z0-9]+)-\d{2}")
_HEADER_BYTES = 1 << 20

_OF_PRACTICES = {
    "grains": "[practice, pcn, icb, england]",
    "method": "wilson",
    "rolls_up_from": "practice",
    "minimum_coverage": "0.95",
    "disclosure_class": "as_published",
}
_BY_SOURCE: dict[Source, dict[str, str]] = {
    "survey": {
        "grains": "[practice, icb, england]",
        "method": "survey_wilson",
        "rolls_up_from": "published",
        "minimum_coverage": "0",
        "disclosure_class": "survey",
    },
    "qof": _OF_PRACTICES,
    "sql": _OF_PRACTICES,
}


class ScaffoldError(ValueError):
    """A draft that cannot be written; the message says why and what to do."""


@dataclass(frozen=True)
class Draft:
    """Files to be written, by path."""

    files: dict[Path, str]

    def write(self) -> None:
        """Write every file, or none if one of them is there already.

        Raises:
            ScaffoldError: a file is there already; nothing is written over.
        """
        there = [str(path) for path in self.files if path.exists()]
        if there:
            raise ScaffoldError(f"{', '.join(there)} is there already; nothing is written over it")
        for path, content in self.files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")

    @property
    def open_lines(self) -> list[str]:
        """Where something is left to be filled in: file, line and what stands there."""
        return [
            f"{path}:{number}: {line.strip()}"
            for path, content in self.files.items()
            for number, line in enumerate(content.splitlines(), start=1)
            if FILL_IN in line
        ]


def draft_extract(extract: str, contracts: Path, example: Path | None = None) -> Draft:
    """The contract of a new extract; its columns are those of an example, if there is one.

    Raises:
        ScaffoldError: a name that is none, or an example that has no header.
    """
    if not _EXTRACT.fullmatch(extract):
        raise ScaffoldError(
            f"{extract!r} is no name of an extract: small letters, digits and underscores, such as "
            "walks_groups (publisher, thing)"
        )
    headers = _headers_of(example) if example else ["FILL_IN"]
    names = _names_of(headers)
    columns = "\n".join(
        _column(name, header, is_key=number == 0)
        for number, (name, header) in enumerate(zip(names, headers, strict=True))
    )
    content = _filled("extract.yml", extract=extract, key=names[0], columns=columns)
    return Draft({contracts / f"{extract}.yml": content})


def _headers_of(example: Path) -> list[str]:
    try:
        with example.open(encoding="utf-8-sig", newline="") as file:
            start = file.read(_HEADER_BYTES)
    except (OSError, UnicodeDecodeError) as error:
        raise ScaffoldError(
            f"{example} cannot be read as a CSV in UTF-8 ({error}); leave --example out and write "
            "the columns down"
        ) from error
    headers = [header.strip() for header in next(csv.reader(start.splitlines()), [])]
    if not headers or not all(headers):
        raise ScaffoldError(
            f"{example}: the first line is no header; leave --example out and write the columns "
            "down"
        )
    return headers


def _names_of(headers: Sequence[str]) -> list[str]:
    names: list[str] = []
    for header in headers:
        name = re.sub(r"[^a-z0-9]+", "_", header.lower()).strip("_") or "column"
        name = name if name[0].isalpha() else f"column_{name}"
        number = sum(known == name or known.startswith(f"{name}_") for known in names)
        names.append(f"{name}_{number + 1}" if name in names else name)
    return names


def _column(name: str, header: str, *, is_key: bool) -> str:
    spelt = header.replace("'", "''")
    lines = [f"      - name: {name}", f"        description: {FILL_IN}"]
    lines.append(f"        headers: ['{spelt}']")
    if is_key:
        lines.append("        not_null: true")
    return "\n".join(lines)


def draft_indicator(
    indicator_id: str, short_name: str, source: Source, project: Path, today: date
) -> Draft:
    """The SQL and the YAML of a new indicator, beside others of its component.

    Raises:
        ScaffoldError: names that are none, or a component without a folder.
    """
    found = _INDICATOR_ID.fullmatch(indicator_id)
    if found is None:
        raise ScaffoldError(f"{indicator_id!r} is no identifier of an indicator, such as PC-OUT-09")
    if not _EXTRACT.fullmatch(short_name):
        raise ScaffoldError(
            f"{short_name!r} is no short name: small letters, digits and underscores, such as "
            "good_overall_experience"
        )
    folder = _folder_of(project, found[1].lower(), found[2].lower())
    model = f"{indicator_id.lower().replace('-', '_')}_{short_name}"
    told = {"model": model, "indicator_id": indicator_id, "component": found[2]}
    days = {
        "today": today.isoformat(),
        "next_review": today.replace(year=today.year + 1, day=min(today.day, 28)).isoformat(),
    }
    rows = _filled(f"{source}.rows").rstrip()
    return Draft(
        {
            folder / f"{model}.sql": _filled(f"{source}.sql", **told),
            folder / f"{model}.yml": _filled(
                "indicator.yml", **told, **days, **_BY_SOURCE[source], rows=rows
            ),
        }
    )


def _filled(draft: str, **values: str) -> str:
    """A draft of this package with what is known put in."""
    text = files("orchestration").joinpath("drafts", f"{draft}.draft").read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def _folder_of(project: Path, prefix: str, component: str) -> Path:
    indicators = project / "models" / "indicators"
    folders = {
        path.parent
        for path in indicators.glob(f"*/{prefix}_{component}_[0-9][0-9]_*.sql")
        if path.parent.name != "derived"
    }
    if len(folders) != 1:
        raise ScaffoldError(
            f"no folder of {indicators} holds indicators of {prefix}_{component}; make the first "
            "pair by hand (docs/guides/adding-an-indicator.md)"
        )
    return folders.pop()
