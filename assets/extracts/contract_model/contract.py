"""Extract contracts: the one place that knows an extract's layout, period and cadence.

This module gives a contract its shape; ``contract_files`` reads them from YAML.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assets.extracts.arriving.sources.https import HttpsFile

# Columns that every edition carries beside those of its contract, so that any later number can
# be traced to the row of the file it came from.
LINEAGE_COLUMNS = (
    "edition_id",
    "edition_period",
    "edition_period_start",
    "edition_period_end",
    "edition_coverage",
    "edition_submitter",
    "source_file_name",
    "source_sha256",
    "source_row_number",
)

# A date format for days counted since 30 December 1899, as spreadsheets store them.
EXCEL_SERIAL = "excel_serial"

ColumnType = Literal["string", "integer", "decimal", "date", "timestamp", "boolean"]
PeriodKind = Literal["day", "month", "quarter", "year", "financial_year", "span"]
FileFormat = Literal["csv", "parquet", "workbook", "json"]
Origin = Literal["published", "community"]

# A number, a day, or the name of another column of the same row; several bounds all hold.
Bound = int | float | date | str
Bounds = Bound | tuple[Bound, ...]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Strict):
    """One column of a layout: its canonical name, how it is spelt in files, what it may hold.

    ``minimum`` and ``maximum`` are a number, a day, or the name of another column of the row
    (``minimum: referral_date`` on the first contact keeps dates in order). ``only_if`` names
    another column and the values of it with which this one may be filled. ``constant`` columns
    say the same in every row of a file. ``refuses_row`` marks a column whose mere presence
    means that the row must not be kept at all, and says why; it stands for every column that one
    of its headers fits, not for the first alone.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    description: str
    headers: tuple[str, ...] = ()
    type: ColumnType = "string"
    required: bool = True
    not_null: bool = False
    allowed: tuple[str, ...] = ()
    pattern: str | None = None
    check_digit: Literal["snomed"] | None = None
    minimum: Bounds | None = None
    maximum: Bounds | None = None
    formats: tuple[str, ...] = ()
    null_tokens: tuple[str, ...] = ()
    sentinels: dict[str, str] = Field(default_factory=dict)
    only_if: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    constant: bool = False
    free_text: bool = False
    watched: bool = False
    refuses_row: str | None = None
    references: str | None = None
    blank_at_most: float | None = Field(default=None, ge=0, le=1)
    share_at_most: dict[str, float] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _dates_have_formats(self) -> Column:
        if self.type == "date" and not self.formats:
            raise ValueError(f"date column {self.name} needs formats")
        return self

    @property
    def spelt(self) -> str:
        """The header as publishers spell it, as far as it is always the same."""
        return next((header for header in self.headers if not header.startswith("^")), self.name)

    @property
    def lowest(self) -> int | float | date | None:
        """The least value that is allowed whatever the rest of the row says."""
        return _fixed(self.minimum)

    @property
    def highest(self) -> int | float | date | None:
        """The greatest value that is allowed whatever the rest of the row says."""
        return _fixed(self.maximum)

    @property
    def compares_with(self) -> tuple[str, ...]:
        """Other columns of the row that the rules of this one look at."""
        bounds = (*bounds_of(self.minimum), *bounds_of(self.maximum))
        return (*(bound for bound in bounds if isinstance(bound, str)), *self.only_if)


def bounds_of(bounds: Bounds | None) -> tuple[Bound, ...]:
    """The bounds one by one."""
    if bounds is None:
        return ()
    return bounds if isinstance(bounds, tuple) else (bounds,)


def _fixed(bounds: Bounds | None) -> int | float | date | None:
    return next((bound for bound in bounds_of(bounds) if not isinstance(bound, str)), None)


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
    """One way the publisher has laid the file out.

    ``preamble`` says that lines of text may stand above the header. ``records`` is, for JSON,
    the path to the list of records (``""`` for a document that is one record).
    """

    name: str
    formats: tuple[FileFormat, ...] = ("csv",)
    encoding: Literal["utf-8", "cp1252"] = "utf-8"
    header: bool = True
    preamble: bool = False
    sheets: tuple[str, ...] = ()
    records: str | None = None
    columns: tuple[Column, ...]
    column_count: int | None = None
    wide: WideColumns | None = None

    @model_validator(mode="after")
    def _formats_agree(self) -> Layout:
        if self.sheets and "workbook" not in self.formats:
            raise ValueError(f"layout {self.name!r} names sheets but not the format workbook")
        if (self.formats == ("json",)) != (self.records is not None):
            raise ValueError(
                f"layout {self.name!r}: records is for the format json, which stands alone"
            )
        names = {column.name for column in self.columns}
        for column in self.columns:
            unknown = sorted(set(column.compares_with) - names)
            if unknown:
                raise ValueError(f"column {column.name} compares with {unknown}, not in the layout")
        return self


class PeriodSource(_Strict):
    """Where the period of a file is found when ``landing.yml`` does not declare it.

    ``columns``: one column that holds it (with ``format`` if it is a day), the year and the
    month, or the first and the last day. ``latest`` takes the last of several periods in a file.
    """

    file_name: str | None = None
    columns: tuple[str, ...] = ()
    format: str | None = None
    latest: bool = False


class PartsBy(_Strict):
    """How several files make one edition: by a group of the file name, or by a column's values.

    ``expected`` lists the parts without which the edition is not complete.
    """

    file_name: str | None = None
    column: str | None = None
    expected: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_source(self) -> PartsBy:
        if (self.file_name is None) == (self.column is None):
            raise ValueError("parts_by needs either file_name or column")
        if self.file_name is not None and "(?P<part>" not in self.file_name:
            raise ValueError("parts_by.file_name needs a group (?P<part>…)")
        return self


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
    """Everything the platform knows about one extract.

    ``origin`` community marks what local organisations send: it carries the envelope, is scanned
    for every kind of identifier, and gets a template and an error report. ``person_level``
    extracts live in the schema ``restricted`` and go no further. With ``rows_vary`` the editions
    differ in size by nature, and the number of rows is not compared.
    """

    extract: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    extract_code: str | None = None
    title: str
    description: str
    publisher: str
    licence: str
    attribution: str
    owner: str
    origin: Origin = "published"
    person_level: bool = False
    cadence: Literal["monthly", "quarterly", "annual", "irregular"]
    expected_lag_days: int = Field(ge=0)
    required: bool = False
    grain: str
    key: tuple[str, ...] = ()
    submitter: str = "publisher"
    submitter_from: str | None = None
    file_names: tuple[str, ...]
    fetch: tuple[HttpsFile, ...] = ()
    period_kind: PeriodKind
    period_from: PeriodSource = PeriodSource()
    parts_by: PartsBy | None = None
    retention_months: int | None = None
    allowed_identifiers: tuple[str, ...] = ()
    rejection_tolerance: float = Field(default=0.05, ge=0, le=1)
    rows_expected: RowsExpected | None = None
    rows_vary: bool = False
    recognise: Recognition | None = None
    layouts: tuple[Layout, ...] = Field(min_length=1)
    content_hash: str = ""

    @model_validator(mode="after")
    def _names_agree(self) -> Contract:
        names = set(self.column_names)
        named = {"key": self.key, "period_from": self.period_from.columns}
        if self.submitter_from:
            named["submitter_from"] = (self.submitter_from,)
        for where, columns in named.items():
            unknown = [column for column in columns if column not in names]
            if unknown:
                raise ValueError(f"{where} columns {unknown} are in no layout")
        return self

    @property
    def schema_name(self) -> str:
        """Schema of the raw table: ``restricted`` for person-level rows."""
        return "restricted" if self.person_level else "raw"

    @property
    def raw_table(self) -> str:
        """Schema and name of the raw table."""
        return f"{self.schema_name}.{self.extract}"

    @property
    def quarantine_table(self) -> str:
        """Schema and name of the table of rows that broke the contract."""
        if self.person_level:
            return f"restricted.quarantine_{self.extract}"
        return f"quarantine.{self.extract}"

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
        needed = {extract for extract, _ in self.references.values()}
        return tuple(sorted(needed - {self.extract}))
