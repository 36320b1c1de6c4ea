"""Settings of a run, from the environment (``DOING_WITH_…``) with defaults that just work."""

from __future__ import annotations

import grp
import re
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from assets.folders import Home
from assets.release.shelf.retention import Retention
from orchestration.alerts.settings import AlertSettings

PROJECT = Path(__file__).resolve().parents[1]
TIME_ZONE = "Europe/London"


class Settings(BaseSettings):
    """Where things are and how much of the machine a run may use.

    ``environment`` is one of those declared in ``environments.py``; servers do not start without,
    and ``nightly_cron`` takes the place of its hour (London time). The landing zone is looked at
    every ``landing_look_seconds``, and a file is taken in that looked the same for
    ``landing_settled_seconds``.

    ``landing`` is a folder, or a prefix in object storage (``s3://…``, ``abfs://…``). With
    ``fetch``, files are fetched whose contract says where they are published.
    ``home`` defaults to ``data/sample`` without a landing zone and to ``data/live`` with one, so
    that made-up data never share an archive with real ones. A release is removed when it is
    neither among the newest ``keep_releases`` nor younger than ``keep_days``.
    Dagster's records of a run are removed after ``keep_run_days``.
    ``memory_limit`` is DuckDB's. What does not fit goes to disk: beside its file, or into a folder
    of its own in ``temporary``.
    Beside it, disclosure control decides about ``counts_together`` counts of people at once: in one
    process for each quarter of a million, of up to a gigabyte each (all of England, 2026-11-28), no
    more than there are cores, nor than four. What is released does not depend on it.
    ``internal_release`` says whether there is one for authorised analysts beside every public one,
    and ``internal_group`` which group of the system may read it beside the platform's own user.
    ``feedback`` is where readers of the report say what is wrong: an e-mail address or a page
    (``https://…``); without it the report names the owners of the data.
    ``report_address`` is where the report of the release in force is served, for a link in the UI.
    ``source_address`` is where this version of the code can be read in a browser, for the links of
    the UI (``https://git.example.nhs.uk/doing-with/blob/1.2``); without it they name its files.
    ``job_per_extract`` adds a job for each extract that takes it in alone.
    Where ``alerts`` go is set by variables of their own, ``DOING_WITH_ALERT_…``.
    """

    model_config = SettingsConfigDict(
        env_prefix="DOING_WITH_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    environment: str | None = None
    nightly_cron: str | None = None
    landing_look_seconds: PositiveInt = 60
    landing_settled_seconds: NonNegativeInt = 120
    landing: str | None = None
    fetch: bool = False
    home: Path | None = None
    as_of: date | None = None
    dbt_project: Path = PROJECT / "dbt_project"
    contracts: Path = PROJECT / "assets" / "extracts" / "contracts"
    memory_limit: str = "4GB"
    temporary: Path | None = None
    counts_together: PositiveInt = 500_000
    lock_wait_seconds: float = 6 * 3600
    keep_releases: PositiveInt = 30
    keep_days: NonNegativeInt = 90
    keep_run_days: NonNegativeInt = 90
    internal_release: bool = True
    internal_group: str | None = None
    feedback: str = ""
    report_address: str = ""
    source_address: str = ""
    job_per_extract: bool = False
    alerts: AlertSettings = Field(default_factory=AlertSettings)

    @field_validator("feedback")
    @classmethod
    def _can_be_followed(cls, address: str) -> str:
        """Refuse what a reader could not follow."""
        if address and not re.fullmatch(r"https://\S+|[^@\s:/]+@[^@\s:/]+\.[^@\s:/]+", address):
            raise ValueError(
                f"{address} is neither an e-mail address nor a page that begins with https://: "
                "mend DOING_WITH_FEEDBACK, or leave it out"
            )
        return address

    @field_validator("internal_group")
    @classmethod
    def _is_a_group(cls, name: str | None) -> str | None:
        """Refuse at the start what would otherwise fail after the public release is out."""
        try:
            if name is not None:
                grp.getgrnam(name)
        except KeyError:
            raise ValueError(
                f"this machine has no group {name}: add it, or leave DOING_WITH_INTERNAL_GROUP out"
            ) from None
        return name

    @property
    def place(self) -> Home:
        """The platform's home."""
        default = PROJECT / "data" / ("live" if self.landing else "sample")
        return Home((self.home or default).resolve())

    @property
    def spilt(self) -> Path | None:
        """Where the database puts what does not fit into memory, for this home alone; if told."""
        if self.temporary is None:
            return None
        of_home = sha256(str(self.place.folder).encode()).hexdigest()[:12]
        return self.temporary.resolve() / f"doing-with-{of_home}"

    @property
    def landing_zone(self) -> str:
        """The landing zone; without one, the synthetic sample of the home."""
        if self.landing is None:
            return str(self.place.folder / "landing")
        return self.landing if "://" in self.landing else str(Path(self.landing).resolve())

    @property
    def landing_folder(self) -> Path | None:
        """The landing zone if it is a folder, None for object storage."""
        return None if "://" in self.landing_zone else Path(self.landing_zone)

    @property
    def uses_sample(self) -> bool:
        """Whether the run works on synthetic extracts that it makes itself."""
        return self.landing is None

    @property
    def day(self) -> date:
        """The day the run is as of, in London."""
        return self.as_of or datetime.now(ZoneInfo(TIME_ZONE)).date()

    @property
    def retention(self) -> Retention:
        """How long releases stay."""
        return Retention(self.keep_releases, self.keep_days)

    @property
    def dbt_target(self) -> Path:
        """Where dbt puts what it parses and compiles."""
        return self.dbt_project / "target"
