"""The list behind the search box: every area and indicator with its name, in one script."""

from __future__ import annotations

import json

from assets.reports import wording
from assets.reports.open_release import OpenRelease
from assets.reports.records import LEVELS

ADDRESS = "data/search.js"
_INDICATOR = "Indicator"


def search_script(release: OpenRelease) -> str:
    """The script that ``static/search.js`` loads: code, name, kind and board of each entry."""
    within = {"": 0}
    rows: list[list[str | int]] = []
    for level_place, level in enumerate(LEVELS):
        of_level = [area for area in release.areas.values() if area.area_type == level]
        for area in sorted(of_level, key=lambda area: (area.name.casefold(), area.code)):
            board = release.areas.get(area.parents.get("icb", ""))
            name = wording.short_area(board.name) if board else ""
            place = within.setdefault(name, len(within))
            rows.append([area.code, area.name, level_place, place])
    rows += [[i.indicator_id, i.title, len(LEVELS), 0] for i in release.catalogue.values()]
    kinds = [(wording.LEVELS[level][0], "areas/") for level in LEVELS]
    data = {"kinds": [*kinds, (_INDICATOR, "indicators/")], "within": list(within), "rows": rows}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"doingWith.areas({text.replace(chr(0x2028), '').replace(chr(0x2029), '')});\n"
