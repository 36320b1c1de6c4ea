"""Extract contracts: the one place that knows an extract's layout, period and cadence.

A contract is one YAML file in ``contracts/``; this module gives it its shape and loads it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from assets.extracts.headers import normalise_header

CONTRACTS_FOLDER = Path(__file__).parent / "contracts"

# Columns that every edition carries beside those of its contract, so that any later number can
# be traced to the row of the file it came from.
LINEAGE_COLUMNS = (
    "edition_id",
    "edition_period",
    "edition_period_start",
    "edition_period_end",
    "edition_coverage",
    "source_file_name",
    "source_sha256",
    "source_row_number",
)

ColumnType = Literal["string", "integer", "decimal", "date"]
PeriodKind = Literal["year", "month", "financial_year"]


class ContractError(ValueError):
    """A contract file that cannot be used; the message names the file, the field and the rule."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Strict):
    """One column of a layout: its canonical name, how it is spelt in files, what it may hold."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    description: str
    headers: tuple[str, ...] = ()
    type: ColumnType = "string"
    required: bool = True
    not_null: bool = False
    allowed: tuple[str, ...] = ()
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    formats: tuple[str, ...] = ()
    null_tokens: tuple[str, ...] = ()
    sentinels: dict[str, str] = Field(default_factory=dict)
    references: str | None = None

    @model_validator(mode="after")
    def _dates_have_formats(self) -> Column:
        if self.type == "date" and not self.formats:
            raise ValueError(f"date column {self.name} needs formats")
        return self


class WideColumns(_Strict):
    """Columns whose names carry data: each becomes a row with the parts of its name as columns.

    ``pattern`` is a regular expression with named groups; ``keep`` lists, per group, the values
    that are read (the rest stays in the archive); ``value`` describes the cell.
    """

    pattern: str
    keep: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    groups: dict[str, str]
    value: Column


class Layout(_Strict):
    """One way the publisher has laid the file out."""

    name: str
    encoding: Literal["utf-8", "cp1252"] = "utf-8"
    header: bool = True
    sheets: tuple[str, ...] = ()
    columns: tuple[Column, ...]
    column_count: int | None = None
    wide: WideColumns | None = None


class PeriodSource(_Strict):
    """Where the period of a file is found when ``landing.yml`` does not declare it."""

    file_name: str | None = None
    columns: tuple[str, ...] = ()
    format: str | None = None


class RowsExpected(_Strict):
    """How many rows a whole edition has, with the date and evidence of the bounds."""

    at_least: int
    at_most: int
    reason: str


class Recognition(_Strict):
    """Content that tells this extract from others of the same layout."""

    column: str
    values: tuple[str, ...]


class Contract(_Strict):
    """Everything the platform knows about one extract."""

    extract: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    description: str
    publisher: str
    licence: str
    attribution: str
    owner: str
    cadence: Literal["monthly", "quarterly", "annual", "irregular"]
    expected_lag_days: int = Field(ge=0)
    required: bool = False
    grain: str
    key: tuple[str, ...] = ()
    submitter: str = "publisher"
    file_names: tuple[str, ...]
    period_kind: PeriodKind
    period_from: PeriodSource = PeriodSource()
    parts_by: Literal["one_file"] = "one_file"
    retention_months: int | None = None
    allowed_identifiers: tuple[str, ...] = ()
    rejection_tolerance: float = Field(default=0.05, ge=0, le=1)
    rows_expected: RowsExpected | None = None
    recognise: Recognition | None = None
    layouts: tuple[Layout, ...] = Field(min_length=1)
    content_hash: str = ""

    @model_validator(mode="after")
    def _names_agree(self) -> Contract:
        names = set(self.column_names)
        unknown = [column for column in self.key if column not in names]
        if unknown:
            raise ValueError(f"key columns {unknown} are in no layout")
        return self

    @property
    def column_names(self) -> tuple[str, ...]:
        """Canonical columns of all layouts, in order of first appearance."""
        names: dict[str, None] = {}
        for layout in self.layouts:
            for column in layout.columns:
                names[column.name] = None
            if layout.wide:
                names.update(dict.fromkeys(layout.wide.groups.values()))
                names[layout.wide.value.name] = None
        return tuple(names)

    @property
    def columns(self) -> dict[str, Column]:
        """Canonical name to its description, the first layout that has it winning."""
        found: dict[str, Column] = {}
        for layout in self.layouts:
            for column in layout.columns:
                found.setdefault(column.name, column)
            if layout.wide:
                found.setdefault(layout.wide.value.name, layout.wide.value)
                for name in layout.wide.groups.values():
                    described = f"Part of the published column name: {name}."
                    found.setdefault(name, Column(name=name, description=described))
        return found

    @property
    def references(self) -> dict[str, tuple[str, str]]:
        """Column to the (extract, column) it must be found in."""
        pairs = {c.name: c.references.split(".") for c in self.columns.values() if c.references}
        return {name: (extract, column) for name, (extract, column) in pairs.items()}

    @property
    def depends_on(self) -> tuple[str, ...]:
        """Extracts that must be taken in before this one can be checked."""
        return tuple(sorted({extract for extract, _ in self.references.values()}))


def load_contract(path: Path) -> Contract:
    """Read one contract file.

    Raises:
        ContractError: when the file is not valid; names the file and every field at fault.
    """
    text = path.read_text(encoding="utf-8")
    try:
        contract = Contract.model_validate(yaml.safe_load(text))
    except (ValidationError, yaml.YAMLError) as error:
        raise ContractError(f"{path.name} is not a valid extract contract: {error}") from error
    if contract.extract != path.stem:
        raise ContractError(f"{path.name} describes {contract.extract}; names must agree")
    for layout in contract.layouts:
        spellings = [
            normalise_header(header)
            for column in layout.columns
            for header in (column.headers or (column.name,))
        ]
        twice = sorted({spelling for spelling in spellings if spellings.count(spelling) > 1})
        if twice:
            raise ContractError(f"{path.name}: layout {layout.name!r} claims {twice} twice")
    digest = hashlib.sha256(text.encode()).hexdigest()
    return contract.model_copy(update={"content_hash": digest})


def load_contracts(folder: Path = CONTRACTS_FOLDER) -> dict[str, Contract]:
    """Read every contract of a folder, by extract name, referenced extracts first.

    Raises:
        ContractError: for an invalid file, or a reference to an extract that has no contract.
    """
    contracts = {path.stem: load_contract(path) for path in sorted(folder.glob("*.yml"))}
    for contract in contracts.values():
        for extract, column in contract.references.values():
            if extract not in contracts or column not in contracts[extract].column_names:
                raise ContractError(
                    f"{contract.extract}.yml refers to {extract}.{column}, which no contract has"
                )
    ordered: dict[str, Contract] = {}

    def place(name: str, waiting: tuple[str, ...] = ()) -> None:
        if name in waiting:
            raise ContractError(f"contracts refer to each other in a circle: {(*waiting, name)}")
        for needed in contracts[name].depends_on:
            if needed not in ordered and needed != name:
                place(needed, (*waiting, name))
        ordered[name] = contracts[name]

    for name in contracts:
        if name not in ordered:
            place(name)
    return ordered
