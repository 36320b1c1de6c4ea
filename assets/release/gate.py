"""The rules of a build as Dagster checks: on the raw tables before dbt runs, on all it made after.

Which rules there are follows from the contracts and from the meta data of the indicators.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import dagster as dg

from assets.extracts.assets import LEDGER_TABLES
from assets.extracts.contract_model.contract import Contract
from assets.home import Build
from assets.release.disclosure.profile import STD, Profile
from assets.reports.quality_page import write_run_page
from expectations import results
from expectations.checks import check_results, check_specs
from expectations.indicators import IndicatorModel, indicator_rules
from expectations.intermediate import intermediate_rules
from expectations.marts import mart_rules
from expectations.marts_across import rules_across_marts
from expectations.raw import RawTable, raw_rules
from expectations.references import reference_rules
from expectations.rules import Rule
from expectations.small_numbers import SmallNumbers
from expectations.staging import staging_rules
from expectations.staging_across import rules_across_staging
from expectations.staging_local import staging_local_rules

RAW_SUITE = "raw"
BUILD_SUITE = "mart"
# The asset of an extract has checks named critical and warning, on what arrived.
_RAW_PREFIX = "table_"
_MANIFEST = "manifest.json"
# Of broken rules in the message of a failed run; the page has all.
_MOST_TOLD = 20


def rules_of_raw_tables(contracts: Mapping[str, Contract], as_of: date) -> list[Rule]:
    """The rules on the raw tables of all extracts, on the day that a run is about."""
    return raw_rules([_raw_table(contract) for contract in contracts.values()], as_of)


def rules_of_build(manifest: Path, profile: Profile) -> list[Rule]:
    """The rules on everything that dbt makes; ``manifest`` is dbt's account of the project."""
    return [
        *staging_rules(),
        *staging_local_rules(),
        *rules_across_staging(),
        *intermediate_rules(),
        *indicator_rules(_indicator_models(manifest)),
        *mart_rules(),
        *rules_across_marts(small_numbers_of(profile)),
        *reference_rules(),
    ]


def small_numbers_of(profile: Profile) -> SmallNumbers:
    """What a profile lets nobody see, as the rules know it."""
    return SmallNumbers(profile.most_hidden_count, profile.round_to)


def expected_of_build(build: Build) -> list[tuple[str, Rule]]:
    """Every rule that must have run on a build before it is published, with its suite."""
    raw = rules_of_raw_tables(build.contracts, build.as_of)
    made = rules_of_build(build.dbt_target / _MANIFEST, build.profile)
    return [*((RAW_SUITE, rule) for rule in raw), *((BUILD_SUITE, rule) for rule in made)]


def gate_checks(
    contracts: Mapping[str, Contract], manifest: Path
) -> tuple[dg.AssetChecksDefinition, dg.AssetChecksDefinition]:
    """The checks before dbt and those after it."""
    raw = rules_of_raw_tables(contracts, date.min)
    raw_keys = {c.raw_table: dg.AssetKey(["raw", c.extract]) for c in contracts.values()}
    made = rules_of_build(manifest, STD)
    made_keys = {rule.table: dg.AssetKey(rule.table.split(".")) for rule in made}

    @dg.multi_asset_check(
        name="raw_rules",
        specs=check_specs(
            raw,
            raw_keys,
            _RAW_PREFIX,
            # The ledger points the raw tables at the editions in use.
            [dg.AssetKey(["ledger", table]) for table in LEDGER_TABLES],
            may_block=False,
        ),
    )
    def raw_checks(
        context: dg.AssetCheckExecutionContext, build: dg.ResourceParam[Build]
    ) -> Iterator[dg.AssetCheckResult]:
        """Rules on the raw tables, run by Great Expectations inside DuckDB."""
        rules = rules_of_raw_tables(build.contracts, build.as_of)
        yield from _checked(context.run.run_id, build, RAW_SUITE, rules, raw_keys, _RAW_PREFIX)

    of_marts = [rule for rule in made if rule.table.startswith("marts.")]
    of_models = [rule for rule in made if not rule.table.startswith("marts.")]

    @dg.multi_asset_check(
        name="build_rules",
        specs=[
            *check_specs(of_marts, made_keys),
            # dbt makes the marts of them in the same step, before any rule runs.
            *check_specs(of_models, made_keys, may_block=False),
        ],
    )
    def build_checks(
        context: dg.AssetCheckExecutionContext, build: dg.ResourceParam[Build]
    ) -> Iterator[dg.AssetCheckResult]:
        """Rules on models and marts, run by Great Expectations inside DuckDB."""
        yield from _checked(context.run.run_id, build, BUILD_SUITE, made, made_keys, "")

    return raw_checks, build_checks


def _checked(
    run_id: str,
    build: Build,
    suite: str,
    rules: Sequence[Rule],
    keys: Mapping[str, dg.AssetKey],
    prefix: str,
) -> Iterator[dg.AssetCheckResult]:
    outcomes = build.validator.validate(rules)
    results.record(build.connection, run_id, suite, outcomes)
    page = write_run_page(build.connection, build.home.quality_pages, run_id)
    yield from check_results(outcomes, keys, prefix, page)
    broken = [outcome for outcome in outcomes if outcome.blocks]
    if broken:
        told = "; ".join(f"{o.rule.id}: {o.sentence()}" for o in broken[:_MOST_TOLD])
        more = f"; and {len(broken) - _MOST_TOLD} more" if len(broken) > _MOST_TOLD else ""
        raise dg.Failure(
            f"{len(broken)} critical rules do not hold: {told}{more}. All of them: {page}",
            allow_retries=False,
        )


def _raw_table(contract: Contract) -> RawTable:
    has_several_senders = contract.submitter_from is not None or contract.submitter_from_file
    return RawTable(
        extract=contract.extract,
        table=contract.raw_table,
        owner=contract.owner,
        is_required=contract.required,
        has_wide_columns=any(layout.wide for layout in contract.layouts),
        is_one_series=contract.origin == "published" and not has_several_senders,
        says_when_extracted="extracted_at" in contract.columns,
    )


def _indicator_models(manifest: Path) -> list[IndicatorModel]:
    nodes = json.loads(manifest.read_bytes())["nodes"].values()
    return sorted(
        (
            IndicatorModel(
                table=f"{node['config']['schema']}.{node['name']}",
                indicator_id=node["config"]["meta"]["indicator_id"],
                unit=node["config"]["meta"]["unit"],
            )
            for node in nodes
            if node["resource_type"] == "model" and "indicator_id" in node["config"]["meta"]
        ),
        key=lambda model: model.table,
    )
