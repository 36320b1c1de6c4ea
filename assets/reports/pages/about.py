"""About the report: what it can say, sources and licences, how to cite, how to tell the team."""

from __future__ import annotations

from collections.abc import Iterator

from assets.reports.open_release import OpenRelease
from assets.reports.page import Page

OGL = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
OPEN_LICENCE = "Open Government Licence v3.0"


def pages(release: OpenRelease) -> Iterator[Page]:
    """The page about the report."""
    in_use = [extract for extract in release.extracts if extract.editions_in_use]
    licences: dict[str, dict[str, list[str]]] = {}
    for extract in in_use:
        of_licence = licences.setdefault(extract.licence, {})
        of_licence.setdefault(extract.attribution, []).append(extract.title)
    unreviewed = [i for i in release.catalogue.values() if not i.reviewed_with_people]
    yield Page(
        address="about.html",
        title="About this report",
        family="about",
        data_to=release.data_to,
        next_expected=release.next_expected,
        body={
            "licences": sorted(licences.items(), key=lambda item: item[0] != OPEN_LICENCE),
            "owners": sorted({extract.owner for extract in in_use}),
            "unreviewed": len(unreviewed),
            "ogl": OGL,
            "open_licence": OPEN_LICENCE,
        },
        trail=(("index.html", "England"),),
    )
