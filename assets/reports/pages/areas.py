"""Pages of areas: one for each region, board, sub-ICB, network and practice, and their index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import batched
from typing import Any

from assets.reports import wording
from assets.reports.open_release import OpenRelease
from assets.reports.page import Page
from assets.reports.pages.area_facts import Facts, facts_of, read_facts
from assets.reports.pages.area_lines import Comparisons, comparisons, lines, newest_values
from assets.reports.records import LEVELS, Area, Value

# So many areas are read at a time: few enough to hold, enough to need few queries.
_AT_A_TIME = 400
# A longer list is folded, so that the page stays readable.
_FOLD_ABOVE = 40
