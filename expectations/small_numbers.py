"""What a released count of people must not look like, whatever hid and rounded it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SmallNumbers:
    """Counts from 1 to ``most_hidden_count`` are hidden, others are multiples of ``round_to``."""

    most_hidden_count: int
    round_to: int

    @property
    def description(self) -> str:
        """What must hold, in words."""
        hidden = f"1 to {self.most_hidden_count} are not shown"
        if self.round_to == 1:
            return f"local counts of people: {hidden}"
        return f"local counts of people are rounded to {self.round_to}, and {hidden}"

    @property
    def shown(self) -> str:
        """SQL condition on a table of values: a row that shows what must not be seen.

        England is shown to the last person (DOMAIN 7.3 and 7.4), the denominator of a rate is a
        public list, and a month's flow is the difference of two released counts.
        """
        step = self.round_to
        return (
            f"disclosure_class = 'std' and area_type <> 'england' and (numerator % {step} <> 0 "
            f"or (unit = 'proportion' and denominator % {step} <> 0) "
            f"or (numerator between 1 and {self.most_hidden_count} "
            "and series_id not like '%_monthly_flow'))"
        )
