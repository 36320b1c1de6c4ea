"""The board's list of organisations that other community files name and no directory places."""

from pathlib import Path

import polars as pl

from assets.samples.community.directory_services import FEED
from assets.samples.community.envelope import Period, Submission, enveloped
from assets.samples.community.grants import COUNCIL, FOUNDATION, HARDSHIP_FUND
from assets.samples.community.organisations import PROGRAMME, TRUST
from assets.samples.community.submissions import (
    ACTIVATION_PROVIDER,
    COPRODUCTION_TEAM,
    PRACTICES_HUB,
    TIME_BANK,
    WELLBEING_PROVIDER,
    write_text,
)
from assets.samples.country.places import LATEST_MONTH

ORGANISATION_COLUMNS = (
    "organisation_code", "organisation_name", "organisation_type", "icb_code", "valid_from",
    "valid_to", "source", "reviewed_by", "date_reviewed",
)  # fmt: skip

_ORGANISATIONS = (
    (COPRODUCTION_TEAM, "NHS Example Vale Integrated Care Board", "board"),
    (TRUST, "Example Vale Hospitals", "trust"),
    (PROGRAMME, "Example Vale Practice Champions", "programme"),
    (TIME_BANK, "Example Vale Time Bank", "time_bank"),
    (PRACTICES_HUB, "Example Vale Practices Hub", "other"),
    (WELLBEING_PROVIDER, "Example Vale Wellbeing", "charity"),
    (ACTIVATION_PROVIDER, "Example Coast Link Workers", "charity"),
    (COUNCIL.identifier, COUNCIL.name, "funder"),
    (FOUNDATION.identifier, FOUNDATION.name, "funder"),
    (HARDSHIP_FUND.identifier, HARDSHIP_FUND.name, "funder"),
    (FEED, "Example Vale Community Directory", "directory"),
)


def write_local_organisations(folder: Path) -> Path:
    """Write X-ORG of the made-up board into ``folder/community`` and return the path.

    The list is the same for every size and seed of the sample: so are the organisations.
    """
    period = Period.month(LATEST_MONTH)
    listed = pl.DataFrame(_ORGANISATIONS, ORGANISATION_COLUMNS[:3], orient="row").with_columns(
        pl.lit(COPRODUCTION_TEAM).alias("icb_code"),
        pl.lit("2022-07-01").alias("valid_from"),
        pl.lit(None, pl.String).alias("valid_to"),
        pl.lit("made-up list of the sample").alias("source"),
        pl.lit("coproduction team").alias("reviewed_by"),
        pl.lit(period.end).alias("date_reviewed"),
    )
    submission = Submission.of(COPRODUCTION_TEAM, "X-ORG", period, 0)
    path = folder / "community" / f"X-ORG_{COPRODUCTION_TEAM}_{period.name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(enveloped(listed, "X-ORG", submission, ORGANISATION_COLUMNS), path)
    return path
