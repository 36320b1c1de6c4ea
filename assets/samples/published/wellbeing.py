"""Personal well-being by local authority, as the subnational indicators of the ONS give it.

Four measures are four files; five lines of description come before each header.
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assets.samples.country.places import stream
from assets.samples.country.small_areas import SmallAreas

YEAR = 2022
# File name, name of the indicator, header of the value, usual mean and what deprivation adds.
_MEASURES = (
    ("Life_satisfaction", "Average life satisfaction rating",
     "Mean satisfaction with your life nowadays scored 0 (not at all) - 10 (completely)",
     7.38, -0.012),
    ("Worthwhile", "Average feeling that things done in life are worthwhile rating",
     "Mean feeling things done in life are worthwhile scored 0 (not at all) - 10 (completely)",
     7.70, -0.009),
    ("Happiness", "Average happiness rating",
     "Mean happiness yesterday scored 0 (not at all) - 10 (completely)", 7.31, -0.010),
    ("Anxiety", "Average anxiety rating",
     "Mean anxiety yesterday scored 0 (not at all) - 10 (completely)", 3.32, 0.013),
)  # fmt: skip
# Places of the other nations share the files; a district that is no more has no value but a note.
_OTHERS = (
    ("S12999901", "Highland Example"),
    ("N09999901", "Armagh Example, Banbridge Example and Sample"),
    ("W06999901", "Welsh Example"),
)
_OBSOLETE = ("E07999999", "Former Specimen District")


def write_wellbeing(folder: Path, areas: SmallAreas, seed: int) -> list[Path]:
    """Write the four files; one row per local authority."""
    draw = stream(seed, 24)
    count = len(areas.districts)
    people = np.bincount(areas.district_of, areas.people, count)
    deprivation = np.bincount(areas.district_of, areas.people * areas.scores, count) / people
    written = []
    for name, indicator, header, usual, rise in _MEASURES:
        means = usual + rise * (deprivation - 22.0) + draw.normal(0.0, 0.12, count)
        others = usual + draw.normal(0.0, 0.12, len(_OTHERS))
        rows = [
            ("Indicator:", indicator, "(Back to data dictionary)", "", ""),
            ("Date:", "04/2020-03/2021", "", "", ""),
            ("Coverage:", "UK", "", "", ""),
            ("Geography:", "Local Authority Districts and Unitary Authorities, 2019", "", "", ""),
            ("", "", "", "", ""),
            ("Area Code", "Area", header, "Notes", ""),
            *(
                (district.code, district.name, f"{mean:.2f}", "", "")
                for district, mean in zip(areas.districts, means, strict=True)
            ),
            (*_OBSOLETE, "na", f"Obsolete code since 2021 (replaced by {areas.districts[0].code} "
             f"{areas.districts[0].name})\n", ""),
            *((*other, f"{mean:.2f}", "", "") for other, mean in zip(_OTHERS, others, strict=True)),
        ]  # fmt: skip
        written.append(_write(folder / "community" / f"ons_subnational_{YEAR}_{name}.csv", rows))
    return written


def _write(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    """Write rows as the real files are: without a line ending after the last."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().removesuffix("\r\n").encode())
    return path
