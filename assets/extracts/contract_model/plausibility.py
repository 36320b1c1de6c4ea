"""What a whole edition should look like: told if it does not, whatever its rows say one by one."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RowsExpected(_Strict):
    """How many rows there should be, with the date and evidence of the bounds."""

    at_least: int
    at_most: int
    reason: str


class FollowUps(_Strict):
    """How often a first row about somebody should be followed by a later one.

    Of the rows that ``first`` describes (``{timepoint: [baseline]}``), at least the share
    ``at_least`` should have one that ``later`` describes, which says the same in the columns
    ``same`` and is dated (column ``date``) within ``days`` of it. Only rows whose time is up count.
    ``each`` names one of ``same``: every value of it has a share of its own, and some of them days
    of their own (``days_of: {MYCAW: [28, 182]}``).
    """

    first: dict[str, tuple[str, ...]] = Field(min_length=1)
    later: dict[str, tuple[str, ...]] = Field(min_length=1)
    same: tuple[str, ...] = Field(min_length=1)
    date: str
    days: tuple[int, int]
    each: str | None = None
    days_of: dict[str, tuple[int, int]] = Field(default_factory=dict)
    at_least: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _each_is_the_same(self) -> FollowUps:
        if self.each is not None and self.each not in self.same:
            raise ValueError(f"each names {self.each}, which is not among same")
        if self.days_of and self.each is None:
            raise ValueError("days_of needs each, the column whose values it names")
        return self

    @property
    def columns(self) -> frozenset[str]:
        """Every column that is looked at."""
        return frozenset({*self.first, *self.later, *self.same, self.date})
