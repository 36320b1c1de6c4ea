"""Extract contracts: the one place that knows an extract's layout, period and cadence.

This module gives a contract its shape; ``contract_files`` reads them from YAML.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assets.extracts.arriving.sources.https import HttpsFile
from assets.extracts.contract_model.edition_of_file import PartsBy, PeriodSource, Recognition
from assets.extracts.contract_model.plausibility import FollowUps, RowsExpected

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
    say the same in every row of a file. A ``month_end`` is the last day of a month;
    ``in_year_of`` names the column whose text ends in the digits of the financial year that the
    day lies in (NCD2425). ``refuses_row`` marks a column whose mere presence means that the row
    must not be kept at all, and says why; it stands for every column that one of its headers
    fits, not for the first alone. Drift compares the codes of columns with a list
    (``allowed``) and of ``watched`` ones.

    ``form`` says in words what ``pattern`` asks for, and ``example`` is a value that keeps all
    rules; ``shape: own_number`` takes pattern, form and example from ``column_sets/shapes.yml``.
    ``zoned`` moments need a time of day and a time zone.

    What sets no row aside but is told to whoever sent it: ``not_after`` names a column of the row
    that this day should not lie behind, ``reviewed`` lists the codes that somebody has looked at.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    description: str
    headers: tuple[str, ...] = ()
    type: ColumnType = "string"
    required: bool = True
    not_null: bool = False
    allowed: tuple[str, ...] = ()
    pattern: str | None = None
    form: str | None = None
    example: str | None = None
    check_digit: Literal["snomed"] | None = None
    minimum: Bounds | None = None
    maximum: Bounds | None = None
    formats: tuple[str, ...] = ()
    zoned: bool = False
    month_end: bool = False
    in_year_of: str | None = None
    null_tokens: tuple[str, ...] = ()
    sentinels: dict[str, str] = Field(default_factory=dict)
    only_if: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    constant: bool = False
    free_text: bool = False
    watched: bool = False
    refuses_row: str | None = None
    references: str | None = None
    not_after: str | None = None
    reviewed: tuple[str, ...] = ()
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
        others = (*(bound for bound in bounds if isinstance(bound, str)), *self.only_if)
        return (*others, self.in_year_of) if self.in_year_of else others


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
    that are read (the rest stays in the archive); ``value`` describes the cell. ``maximum`` gives,
    per group, the greatest value of cells whose name has one of its values (``measure: {pct: 1}``).
    """

    pattern: str
    keep: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    groups: dict[str, str]
    value: Column
    maximum: dict[str, dict[str, int | float]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _groups_are_there(self) -> WideColumns:
        named = set(re.compile(self.pattern).groupindex)
        unknown = sorted({*self.keep, *self.groups, *self.maximum} - named)
        if unknown or not set(self.maximum) <= set(self.groups):
            raise ValueError(f"keep, groups and maximum need groups of the pattern: {unknown}")
        return self


class RowCase(_Strict):
    """What some columns may hold in the rows in which others hold certain values.

    ``when: {instrument: [ONS4]}, minimum: {value: 0}, maximum: {value: 10}`` bounds the answers to
    one questionnaire; ``allowed`` lists values in the same way.
    """

    when: dict[str, tuple[str, ...]] = Field(min_length=1)
    allowed: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    minimum: dict[str, int | float] = Field(default_factory=dict)
    maximum: dict[str, int | float] = Field(default_factory=dict)

    @property
    def columns(self) -> frozenset[str]:
        """Every column that is looked at."""
        return frozenset({*self.when, *self.allowed, *self.minimum, *self.maximum})


class Layout(_Strict):
    """One way the publisher has laid the file out.

    ``preamble`` says that lines of text may stand above the header. ``records`` is, for JSON,
    the path to the list of records (``""`` for a document that is one record); with
    ``may_be_empty`` a list without records says that there is nothing, and is an edition too.
    ``cases`` are rules on rows that depend on what other columns say. ``rows_expected`` goes
    before that of the contract, where a layout is of one census, say.
    """

    name: str
    formats: tuple[FileFormat, ...] = ("csv",)
    encoding: Literal["utf-8", "cp1252"] = "utf-8"
    header: bool = True
    preamble: bool = False
    sheets: tuple[str, ...] = ()
    records: str | None = None
    may_be_empty: bool = False
    columns: tuple[Column, ...]
    cases: tuple[RowCase, ...] = ()
    column_count: int | None = None
    wide: WideColumns | None = None
    rows_expected: RowsExpected | None = None

    @model_validator(mode="after")
    def _formats_agree(self) -> Layout:
        if self.sheets and "workbook" not in self.formats:
            raise ValueError(f"layout {self.name!r} names sheets but not the format workbook")
        if (self.formats == ("json",)) != (self.records is not None):
            raise ValueError(
                f"layout {self.name!r}: records is for the format json, which stands alone"
            )
        if self.may_be_empty and self.records is None:
            raise ValueError(f"layout {self.name!r}: may_be_empty is for the format json")
        names = {column.name for column in self.columns}
        for column in self.columns:
            compared = {*column.compares_with, *((column.not_after,) if column.not_after else ())}
            unknown = sorted(compared - names)
            if unknown:
                raise ValueError(f"column {column.name} compares with {unknown}, not in the layout")
        for case in self.cases:
            if case.columns - names:
                unknown = sorted(case.columns - names)
                raise ValueError(f"a case of layout {self.name!r} names {unknown}, not in it")
        return self


class Contract(_Strict):
    """Everything the platform knows about one extract.

    ``origin`` community marks what local organisations send: it carries the envelope, is scanned
    for every kind of identifier, and gets a template and an error report. ``person_level``
    extracts live in the schema ``restricted`` and go no further. With ``rows_vary`` the editions
    differ in size by nature, and the number of rows is not compared. The submitter is declared,
    or said by the column ``submitter_from``; with ``submitter_from_file`` each file is a source of
    its own, known by its name without the period.

    A file is refused whole if more of its rows break a rule than the share ``rejection_tolerance``
    and the number ``rejection_floor`` allow, or all of them do. The floor is 3 rows for community
    extracts, of which some have five rows a month, and none for published ones, which are a
    publisher's finished work.

    ``blank_counts_as`` gives, per column, the value that a blank adds to where ``share_at_most``
    limits it: who left out their ethnic group has not stated it either. ``rarely_repeats`` lists
    columns that seldom say the same together in two rows;
    ``rows_a_month`` is what all submitters of a board send together in a month.
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
    submitter_from_file: bool = False
    file_names: tuple[str, ...]
    fetch: tuple[HttpsFile, ...] = ()
    period_kind: PeriodKind
    period_from: PeriodSource = PeriodSource()
    parts_by: PartsBy | None = None
    retention_months: int | None = None
    allowed_identifiers: tuple[str, ...] = ()
    rejection_tolerance: float = Field(default=0.05, ge=0, le=1)
    rejection_floor: int | None = Field(default=None, ge=0)
    blank_counts_as: dict[str, str] = Field(default_factory=dict)
    rarely_repeats: tuple[tuple[str, ...], ...] = ()
    follow_ups: FollowUps | None = None
    rows_expected: RowsExpected | None = None
    rows_a_month: RowsExpected | None = None
    rows_vary: bool = False
    recognise: Recognition | None = None
    layouts: tuple[Layout, ...] = Field(min_length=1)
    content_hash: str = ""

    @model_validator(mode="after")
    def _names_agree(self) -> Contract:
        names = set(self.column_names)
        named = {
            "key": self.key,
            "period_from": self.period_from.columns,
            "blank_counts_as": tuple(self.blank_counts_as),
        }
        if self.submitter_from:
            named["submitter_from"] = (self.submitter_from,)
        if self.follow_ups:
            named["follow_ups"] = tuple(self.follow_ups.columns)
        for columns in self.rarely_repeats:
            named[f"rarely_repeats {columns}"] = columns
        for where, columns in named.items():
            unknown = [column for column in columns if column not in names]
            if unknown:
                raise ValueError(f"{where} columns {unknown} are in no layout")
        return self

    @property
    def tolerated_rows(self) -> int:
        """How many bad rows a file may always have, as long as it has good ones too."""
        if self.rejection_floor is not None:
            return self.rejection_floor
        return 3 if self.origin == "community" else 0

    def tolerates(self, bad_rows: int, rows: int) -> bool:
        """Whether a file is taken in although some of its rows break a rule."""
        if bad_rows <= self.rejection_tolerance * rows:
            return True
        return bad_rows <= self.tolerated_rows and bad_rows < rows

    def rows_of_whole_edition(self, layouts: Collection[str | None]) -> RowsExpected | None:
        """How many rows a whole edition should have whose files are laid out so."""
        own = [layout.rows_expected for layout in self.layouts if layout.name in layouts]
        return own[0] if len(own) == 1 and own[0] else self.rows_expected

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
