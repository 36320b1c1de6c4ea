"""A page of the report, and how it becomes HTML and a data script that need no server."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assets.reports import wording
from assets.reports.figures.figure import Figure
from assets.reports.open_release import OpenRelease

TEMPLATES = Path(__file__).parent / "templates"
# The families of pages that the bar at the top of each page leads to.
NAVIGATION = (
    ("index.html", "England"),
    ("areas/index.html", "Areas"),
    ("indicators/index.html", "Indicators"),
    ("coproduction.html", "Coproduction"),
    ("inequalities.html", "Inequalities"),
    ("context.html", "Context"),
    ("quality.html", "Data quality"),
    ("downloads.html", "Downloads"),
    ("about.html", "About"),
)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the site; ``address`` is relative to the site, as in ``areas/QHM.html``.

    The template is the family's, ``data_to`` and ``next_expected`` are in words, ``body`` is what
    the template shows, and ``trail`` leads here from England: addresses and names.
    """

    address: str
    title: str
    family: str
    data_to: str
    next_expected: str
    body: Mapping[str, Any]
    figures: tuple[Figure, ...] = ()
    trail: tuple[tuple[str, str], ...] = ()

    @property
    def script(self) -> str:
        """Address of the script with the page's own data; empty for a page without figures."""
        own = any(figure.chunk is None for figure in self.figures)
        return f"data/{self.address.removesuffix('.html')}.js" if own else ""


@cache
def environment() -> Environment:
    """The templates, escaping everything and accepting no name that nobody gave."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.globals["words"] = wording
    made.globals["navigation"] = NAVIGATION
    return made


def html_of(page: Page, release: OpenRelease) -> str:
    """The page as HTML."""

    def link(address: str) -> str:
        return relative(page.address, address)

    template = environment().get_template(f"{page.family}.html.j2")
    text = template.render({**page.body, "page": page, "release": release, "link": link})
    # Templates are written to be read; what is sent need not keep their indentation.
    return "\n".join(line for line in map(str.strip, text.splitlines()) if line) + "\n"


def relative(from_address: str, to_address: str) -> str:
    """How a page of the site links to another address of it, from disk or from a server."""
    return _from_folder(posixpath.dirname(from_address) or ".", to_address)


@lru_cache(maxsize=20_000)
def _from_folder(folder: str, address: str) -> str:
    target, mark, anchor = address.partition("#")
    return (posixpath.relpath(target, folder) if target else "") + mark + anchor
