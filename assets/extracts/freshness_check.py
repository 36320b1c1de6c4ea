"""The check of each extract that its data are as fresh as its contract promises."""

from collections.abc import Iterator, Mapping
from datetime import date

import dagster as dg

from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.freshness import Freshness, editions_in_use, freshness_of
from assets.home import Build

FRESHNESS = "freshness"


def freshness_check(contracts: Mapping[str, Contract]) -> dg.AssetChecksDefinition:
    """One check per extract, in every run that takes in, also when nothing else is new."""
    keys = {name: dg.AssetKey(["raw", name]) for name in contracts}

    @dg.multi_asset_check(
        name="freshness_of_extracts",
        specs=[
            dg.AssetCheckSpec(
                FRESHNESS,
                asset=keys[name],
                description=(
                    f"The period in use is no older than cadence ({contract.cadence}) and expected "
                    f"lag ({contract.expected_lag_days} days) promise."
                ),
            )
            for name, contract in contracts.items()
        ],
        # One extract can be taken in alone.
        can_subset=True,
    )
    def check(
        context: dg.AssetCheckExecutionContext, build: dg.ResourceParam[Build]
    ) -> Iterator[dg.AssetCheckResult]:
        """By the period that the data describe, never by when they came."""
        used = editions_in_use(build.contracts, build.editions)
        asked = {key.asset_key for key in context.selected_asset_check_keys}
        for name, contract in build.contracts.items():
            if keys[name] not in asked:
                continue
            freshness = freshness_of(contract, used, build.as_of)
            if freshness.is_late:
                context.log.warning(f"late: {name}: {_sentence(freshness, build.as_of)}")
            yield _result(keys[name], contract, freshness, build.as_of)

    return check


def _result(
    key: dg.AssetKey, contract: Contract, freshness: Freshness, as_of: date
) -> dg.AssetCheckResult:
    latest, due = freshness.latest, freshness.expected_by
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=FRESHNESS,
        passed=not freshness.is_late,
        severity=dg.AssetCheckSeverity.WARN,
        description=_sentence(freshness, as_of),
        metadata={
            "latest_period": latest.period if latest else "none",
            "expected_by": due.isoformat() if due else "no calendar",
            "days_late": (as_of - due).days if freshness.is_late and due else 0,
            "cadence": contract.cadence,
            "expected_lag_days": contract.expected_lag_days,
        },
    )


def _sentence(freshness: Freshness, as_of: date) -> str:
    if freshness.latest is None:
        return "no edition is in use yet"
    held = f"{freshness.latest.period} is held"
    if freshness.expected_by is None:
        return f"{held}; it has no calendar"
    day = freshness.expected_by.isoformat()
    if not freshness.is_late:
        return f"{held}; the next is due by {day}"
    return f"{held}; the next was due by {day}, {(as_of - freshness.expected_by).days} days ago"
