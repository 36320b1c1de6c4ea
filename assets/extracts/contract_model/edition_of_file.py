"""What makes a file a part of one edition: its period, its part, and that it is this extract's."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, field_validator, model_validator


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PeriodSource(_Strict):
    """Where the period of a file is found when ``landing.yml`` does not declare it.

    ``columns``: one column that holds it (with ``format`` if it is a day written in none of the
    column's formats, or a ``pattern``), the year and the month, or the first and the last day.
    ``latest`` takes the last of several periods in a file. ``preamble`` is looked for in the
    lines above the header, ``file_name`` (one pattern or several) in the name of the file and
    then in its whole path. Patterns are regular expressions with the groups year, month, quarter
    or day. ``otherwise`` is the period of a file that nowhere says one; with ``arrival`` it is
    the day on which the file came.
    """

    columns: tuple[str, ...] = ()
    format: str | None = None
    pattern: str | None = None
    latest: bool = False
    preamble: str | None = None
    file_name: tuple[str, ...] = ()
    otherwise: str | None = None
    arrival: bool = False

    @field_validator("file_name", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class PartsBy(_Strict):
    """How several files make one edition: by a group of the file name, or by a column's values.

    ``file_name`` is looked for in the name of the file and then in its whole path. ``expected``
    lists the parts without which the edition is not complete; ``or_whole`` says that one file
    that names no part is complete too.
    """

    file_name: str | None = None
    column: str | None = None
    expected: tuple[str, ...] = ()
    or_whole: bool = False

    @model_validator(mode="after")
    def _one_source(self) -> PartsBy:
        if (self.file_name is None) == (self.column is None):
            raise ValueError("parts_by needs either file_name or column")
        if self.file_name is not None and "(?P<part>" not in self.file_name:
            raise ValueError("parts_by.file_name needs a group (?P<part>…)")
        return self


class Recognition(_Strict):
    """Content that tells this extract from others of the same layout."""

    column: str
    values: tuple[str, ...]
