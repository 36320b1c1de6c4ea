"""Ingests with contracts of a test's own: the look at every source, taking in, and the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import yaml

from assets.extracts.arriving.arrival_asset import ARRIVALS
from assets.extracts.assets import extract_assets
from assets.extracts.contract_model.contract_files import load_contracts
from orchestration.instance import open_instance
from orchestration.resources import build_resource
from orchestration.settings import Settings

# Well-known examples with a valid check digit.
NHS_NUMBERS = ("9434765919", "4010232137", "9434765870")
HEADER = "day_of_month,group_name,walkers\r\n"


def walks_contract(extract: str = "walks", fetch: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """The contract of an invented monthly extract, due 20 days after its month."""
    return {
        "extract": extract,
        "title": "Walking groups",
        "description": "Walkers of each walking group, invented for tests.",
        "publisher": "Ramblers of Example",
        "licence": "Open Government Licence v3.0",
        "attribution": "Invented",
        "owner": "reference data",
        "cadence": "monthly",
        "expected_lag_days": 20,
        "grain": "one row per group",
        "key": ["group_name"],
        "file_names": [f"{extract}*.csv"],
        "period_kind": "month",
        "period_from": {"columns": ["day_of_month"], "format": "%Y-%m-%d"},
        "fetch": list(fetch),
        "layouts": [
            {
                "name": "one sheet",
                "columns": [
                    {
                        "name": "day_of_month",
                        "description": "First day of the month.",
                        "type": "date",
                        "formats": ["%Y-%m-%d"],
                        "not_null": True,
                    },
                    {"name": "group_name", "description": "The group.", "not_null": True},
                    {"name": "walkers", "description": "Walkers.", "type": "integer"},
                ],
            }
        ],
    }


def walks(month: str, *walkers: int | str) -> bytes:
    """A file of walking groups: one group for each number of walkers."""
    rows = [f"{month}-01,Group {number},{count}\r\n" for number, count in enumerate(walkers)]
    return "".join([HEADER, *rows]).encode()


class Outcome:
    """What one ingest came to, as the UI and the ledger showed it then."""

    def __init__(self, result: dg.ExecuteInProcessResult, warehouse: Path) -> None:
        self.success = result.success
        self._events = result.all_events
        self._warehouse = warehouse
        # Read now: the next ingest writes the ledger anew.
        tables = self.query("select table_name from duckdb_tables() where schema_name = 'ledger'")
        self.files: dict[str, tuple[str | None, str]] = {}
        """Files that were looked at: what they were taken for, and the verdict."""
        self.late: list[str] = []
        """Extracts whose next edition should have been here."""
        self._editions: list[tuple[Any, ...]] = []
        if tables:
            found = self.query("select file_name, extracts, verdict from ledger.landing_files")
            self.files = {name: (extracts, verdict) for name, extracts, verdict in found}
            late = self.query("select extract from ledger.extracts where is_late order by all")
            self.late = [extract for (extract,) in late]
            self._editions = self.query(
                "select extract, submitter, edition_period, verdict, rows_loaded, is_in_use "
                "from ledger.editions order by all"
            )

    @property
    def failure(self) -> str:
        """What the UI shows of the steps that failed."""
        failed = [event.step_failure_data.error for event in self._events if event.is_step_failure]
        return "\n".join(error.to_string() for error in failed if error)

    @property
    def sources(self) -> tuple[bool, str]:
        """Whether every source could be had, and what was in the way."""
        [found] = [
            event.asset_check_evaluation_data
            for event in self._events
            if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
            and event.asset_check_evaluation_data.asset_key == ARRIVALS
        ]
        assert found.severity == dg.AssetCheckSeverity.WARN
        return found.passed, str(found.description)

    def check(self, name: str, extract: str = "walks") -> dg.AssetCheckEvaluation:
        """What a check of an extract showed."""
        [found] = [
            event.asset_check_evaluation_data
            for event in self._events
            if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
            and event.asset_check_evaluation_data.asset_key == dg.AssetKey(["raw", extract])
            and event.asset_check_evaluation_data.check_name == name
        ]
        return found

    def editions(
        self, extract: str = "walks", submitter: str = "publisher"
    ) -> list[tuple[str, str, int, bool]]:
        """Period, verdict, rows and use of every edition that a submitter sent of an extract."""
        return [tuple(it[2:]) for it in self._editions if it[:2] == (extract, submitter)]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the build as it is now, as the next step would."""
        with duckdb.connect(str(self._warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@dataclass
class Place:
    """A folder with contracts, a landing zone and a home."""

    folder: Path
    landing: str = ""
    as_of: str = "2026-11-23"
    fetch: bool = True

    def __post_init__(self) -> None:
        self.contracts.mkdir(parents=True)
        self.landing_folder.mkdir()
        self.landing = self.landing or str(self.landing_folder)

    @property
    def contracts(self) -> Path:
        return self.folder / "contracts"

    @property
    def landing_folder(self) -> Path:
        return self.folder / "landing"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def settings(self) -> Settings:
        return Settings.model_validate(
            {
                "landing": self.landing,
                "home": self.home,
                "contracts": self.contracts,
                "as_of": self.as_of,
                "fetch": self.fetch,
            }
        )

    def agree(self, contract: dict[str, Any]) -> None:
        """Write a contract, in place of the one of the same extract."""
        text = yaml.safe_dump(contract, sort_keys=False)
        (self.contracts / f"{contract['extract']}.yml").write_text(text, encoding="utf-8")

    def declare(self, **declared: Any) -> None:
        """Write the ``landing.yml`` of the landing folder."""
        text = yaml.safe_dump(declared, sort_keys=False)
        (self.landing_folder / "landing.yml").write_text(text, encoding="utf-8")

    def ingest(self) -> Outcome:
        """Look at every source, take in what came, write the ledger."""
        settings = self.settings
        with open_instance(settings.place) as instance:
            result = dg.materialize(
                extract_assets(load_contracts(settings.contracts)),
                instance=instance,
                resources={"build": build_resource(settings, "code")},
                raise_on_error=False,
            )
        return Outcome(result, settings.place.warehouse)

    def left_unscanned(self) -> list[str]:
        """Files that wait somewhere without having been scanned."""
        folders = [self.home / name for name in ("arrival", "arrival_incoming", "downloads")]
        kept = {"arrivals.json", "fetched.json"}
        return sorted(
            path.relative_to(self.home).as_posix()
            for folder in folders
            for path in folder.rglob("*")
            if path.is_file() and path.name not in kept
        )
