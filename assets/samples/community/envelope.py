"""Who sends what for which period, and the envelope columns that say so in front of every row."""

import calendar
import datetime as dt
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import polars as pl

SCHEMA_VERSION = "1.0.0"
ENVELOPE = (
    "submission_id", "submitter_org_id", "extract_code", "schema_version", "period_start",
    "period_end", "extracted_at",
)  # fmt: skip

# Extracts are taken six weeks after the period, so that most first contacts are in them.
EXTRACTED_AFTER = dt.timedelta(days=42)
# Outcomes are taken when the time for a follow-up is over for everybody of the month: 182 days
# after the first answer. Before that no change is shown.
OUTCOMES_EXTRACTED_AFTER = dt.timedelta(days=190)
# Each resubmission is taken four weeks after the one before.
RESUBMITTED_AFTER = dt.timedelta(days=28)

_EPOCH = dt.date(1970, 1, 1)
_IDENTITY = uuid.uuid5(uuid.NAMESPACE_URL, "https://example.org/doing-with/synthetic-submissions")


def day_number(day: dt.date) -> int:
    """Turn a day into days since 1970-01-01."""
    return (day - _EPOCH).days


@dataclass(frozen=True, slots=True)
class Period:
    """A month or a quarter, first and last day included."""

    start: dt.date
    end: dt.date

    @classmethod
    def month(cls, month: str) -> Self:
        """Return the period of a month (YYYY-MM).

        Raises:
            ValueError: when the text is no month.
        """
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
            raise ValueError(f"a month is written YYYY-MM such as 2025-08, not {month!r}")
        start = dt.date.fromisoformat(f"{month}-01")
        days = calendar.monthrange(start.year, start.month)[1]
        return cls(start, start.replace(day=days))

    @classmethod
    def quarter_ended_by(cls, month: str) -> Self:
        """Return the last quarter (January to March and so on) complete when a month ends."""
        last = cls.month(month).end
        over = last.month // 3 * 3
        year, closing = (last.year, over) if over else (last.year - 1, 12)
        first = cls.month(f"{year}-{closing - 2:02d}").start
        return cls(first, cls.month(f"{year}-{closing:02d}").end)

    @property
    def name(self) -> str:
        """The last month of the period as YYYY-MM, as file names carry it."""
        return f"{self.end:%Y-%m}"

    @property
    def quarter(self) -> str:
        """The quarter the period ends in, such as 2025-Q2."""
        return f"{self.end.year}-Q{(self.end.month + 2) // 3}"

    @property
    def first_day(self) -> int:
        """First day as days since 1970-01-01."""
        return day_number(self.start)

    @property
    def last_day(self) -> int:
        """Last day as days since 1970-01-01."""
        return day_number(self.end)

    def months(self) -> tuple[dt.date, ...]:
        """First day of each month of the period."""
        first, last = self.start.year * 12 + self.start.month, self.end.year * 12 + self.end.month
        return tuple(dt.date((n - 1) // 12, (n - 1) % 12 + 1, 1) for n in range(first, last + 1))


@dataclass(frozen=True, slots=True)
class Submission:
    """One file of one submitter: ``edition`` 0 is the first, 1 its first resubmission."""

    submitter: str
    name: str
    period: Period
    edition: int
    extracted_on: dt.date

    @classmethod
    def of(
        cls, submitter: str, name: str, period: Period, edition: int,
        after: dt.timedelta = EXTRACTED_AFTER,
    ) -> Self:  # fmt: skip
        """Return a submission taken ``after`` the period's end, later for each edition."""
        return cls(
            submitter, name, period, edition, period.end + after + RESUBMITTED_AFTER * edition
        )

    @property
    def submission_id(self) -> str:
        """The identifier: the same for the same submitter, file, period and edition."""
        said = f"{self.submitter}|{self.name}|{self.period.start}|{self.period.end}|{self.edition}"
        return str(uuid.uuid5(_IDENTITY, said))

    @property
    def seen_until(self) -> int:
        """Day of extraction as days since 1970-01-01: nothing later can be in the file."""
        return day_number(self.extracted_on)


def enveloped(
    frame: pl.DataFrame, extract_code: str, submission: Submission, columns: Sequence[str]
) -> pl.DataFrame:
    """Put the seven envelope columns in front of the extract's own, in the order of the layout."""
    taken = dt.datetime.combine(submission.extracted_on, dt.time(6), tzinfo=dt.UTC)
    envelope = (
        submission.submission_id, submission.submitter, extract_code, SCHEMA_VERSION,
        submission.period.start, submission.period.end, taken,
    )  # fmt: skip
    said = [pl.lit(value).alias(name) for name, value in zip(ENVELOPE, envelope, strict=True)]
    return frame.select(*said, *columns)
