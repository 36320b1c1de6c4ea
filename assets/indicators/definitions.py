"""What the YAML beside an indicator model has to say, looked at before dbt parses.

dbt takes any ``meta`` there is: a key that is missing would become a null or a 0 in the catalogue,
and a method that nobody knows a rate without limits.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from assets.placeholders import lines_left_open

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Area = Literal[
    "practice", "pcn", "neighbourhood", "place", "sub_icb", "icb", "region", "england",
    "organisation", "programme",
]  # fmt: skip


class IndicatorDefinitionError(ValueError):
    """An indicator file that cannot be used; the message names the file, the key and the rule."""


class IndicatorDefinition(BaseModel):
    """The keys of ``meta``; what each means stands in docs/guides/adding-an-indicator.md."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    indicator_id: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}-[A-Z0-9]+-\d{2}$")]
    title: Words
    component: Literal[
        "SDM", "PCSP", "CHO", "SP", "SSM", "PHB", "WF", "OUT", "INQ", "E1", "E2", "E3", "E4", "TYP"
    ]
    definition: Words
    why_it_matters: Words
    numerator_description: Words
    denominator_description: Words
    unit: Literal[
        "proportion", "per_1000", "per_10000", "per_100000", "score", "gbp_per_1000", "slope",
        "slope_pp",
    ]  # fmt: skip
    multiplier: Annotated[float, Field(gt=0)]
    polarity: Literal["high", "low", "none"]
    grains: Annotated[list[Area], Field(min_length=1)]
    cadence: Literal["annual", "quarterly", "monthly"]
    method: Literal[
        "survey_wilson", "survey_wilson_derived", "wilson", "rate_byar", "rate_noci", "mean_t",
        "mean_noci", "paired_change", "sii_log", "sii_logit", "dissimilarity",
    ]  # fmt: skip
    benchmark: Literal["england", "none"]
    rolls_up_from: Literal[
        "practice", "pcn", "icb", "organisation", "programme", "published", "derived"
    ]
    minimum_coverage: Annotated[float, Field(ge=0, le=1)]
    minimum_base: Annotated[int, Field(ge=0)]
    disclosure_class: Literal["survey", "as_published", "std", "exempt"]
    status: Literal["live", "historic", "local", "optional"]
    source: Words
    authored_by: Words
    # Empty until somebody has.
    checked_by: str
    reviewed_with_people: str
    date_reviewed: date
    next_review: date
    change_log: Annotated[list[Words], Field(min_length=1)]
    complete_enumeration: bool = False
    spc_series: list[Words] = []


def check_definitions(project: Path) -> None:
    """Look at the YAML beside every indicator model of a dbt project.

    Raises:
        IndicatorDefinitionError: when one is missing or wrong; names every file and key at fault.
    """
    faults: list[str] = []
    files_by_id: dict[str, str] = {}
    for path in sorted((project / "models" / "indicators").rglob("*.sql")):
        file = path.with_suffix(".yml")
        name = file.relative_to(project).as_posix()
        faults += _left_open(project, path, file)
        try:
            definition = _definition_of(path.stem, file)
        except ValidationError as error:
            faults += [f"{name}: {_in_words(fault)}" for fault in error.errors()]
        except (OSError, ValueError, yaml.YAMLError) as error:
            faults.append(f"{name}: {error}")
        else:
            first = files_by_id.setdefault(definition.indicator_id, name)
            if first != name:
                faults.append(f"{name}: indicator_id {definition.indicator_id} is that of {first}")
    if faults:
        raise IndicatorDefinitionError("indicators cannot be built:\n" + "\n".join(faults))


def _left_open(project: Path, *files: Path) -> list[str]:
    """What a draft has left to be filled in, by file."""
    return [
        f"{file.relative_to(project).as_posix()}: fill in what is open in "
        f"lines {', '.join(map(str, lines))}"
        for file in files
        if file.exists() and (lines := lines_left_open(file.read_text(encoding="utf-8")))
    ]


def _definition_of(model: str, file: Path) -> IndicatorDefinition:
    if not file.exists():
        raise ValueError(f"there is no such file beside {model}.sql")
    # libyaml's safe loader: sixty files take a tenth of the time.
    content = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    models = content.get("models") if isinstance(content, dict) else None
    names = [entry.get("name") for entry in models or [] if isinstance(entry, dict)]
    if names != [model]:
        raise ValueError(f"models has to describe {model} and nothing else")
    meta = ((models or [{}])[0].get("config") or {}).get("meta")
    if not isinstance(meta, dict):
        raise ValueError("config.meta is missing")
    return IndicatorDefinition.model_validate(meta)


def _in_words(fault: Any) -> str:
    key = ".".join(str(part) for part in fault["loc"])
    match fault["type"]:
        case "missing":
            return f"{key} is missing"
        case "extra_forbidden":
            return f"{key} is no key of an indicator"
        case _:
            told = fault["msg"].removeprefix("Input ").removeprefix("String ")
            return f"{key} {told}, not {fault['input']!r}"
