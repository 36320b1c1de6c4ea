"""Extracts as Dagster assets: one asset per extract, and the ledger over all of them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import dagster as dg

from assets.extracts.arriving.arrival_asset import ARRIVALS, GROUP, arrivals
from assets.extracts.contract_model.contract import Contract
from assets.extracts.holding.editions import UNRESOLVED, Edition
from assets.extracts.holding.ledger import query_in_build, write_ledger
from assets.extracts.judging.drift import Change, latest_changes
from assets.home import Build
from assets.identity import identity_of, note_identity, noted_identity
from expectations import results

LEDGER_TABLES = ("editions", "extracts", "landing_files")
# Where to look for the rows of an edition that is not in use.
_IN_NO_TABLE = "its rows are in no table: see the error report of the edition"
# Of differences from the edition before; the rest is in the table of the check.
_MOST_TOLD = 20


def extract_assets(contracts: Mapping[str, Contract]) -> list[dg.AssetsDefinition]:
    """All assets of this floor, from the contracts."""
    of_extracts = [_extract_asset(contract) for contract in contracts.values()]
    return [arrivals, *of_extracts, _ledger(list(contracts))]


def _extract_asset(contract: Contract) -> dg.AssetsDefinition:
    key = dg.AssetKey(["raw", contract.extract])

    @dg.asset(
        key=key,
        group_name=GROUP,
        kinds={"duckdb", "parquet"},
        owners=[f"team:{contract.owner.replace(' ', '-')}"],
        description=f"{contract.description.strip()} Grain of the file: {contract.grain}.",
        deps=[ARRIVALS, *(dg.AssetKey(["raw", needed]) for needed in contract.depends_on)],
        tags={"publisher": _tag(contract.publisher), "cadence": contract.cadence},
        metadata={
            "publisher": contract.publisher,
            "licence": contract.licence,
            "dagster/column_schema": _column_schema(contract),
        },
        check_specs=[
            dg.AssetCheckSpec(
                "critical",
                asset=key,
                description="No edition of this extract in the landing zone was refused.",
            ),
            dg.AssetCheckSpec(
                "warning",
                asset=key,
                description="Editions in use have no remarks: no quarantined row, no odd volume.",
            ),
            dg.AssetCheckSpec(
                "drift",
                asset=key,
                description="Columns, code lists and rows are as in the edition before.",
            ),
        ],
    )
    def take_in(
        context: dg.AssetExecutionContext, build: dg.ResourceParam[Build]
    ) -> dg.MaterializeResult:
        evaluated = build.intake.take_in(contract.extract)
        for edition in evaluated:
            context.log.info(f"{edition.edition_id} {edition.verdict}: {edition.reason or 'clean'}")
        in_use = build.editions.in_use(contract.extract)
        # What every night says again is read by nobody: the ledger has the whole history.
        shown = _of_interest(build.editions.latest_evaluations(contract.extract), evaluated)
        [(rows,)] = build.connection.execute(
            f"select count(*) from {contract.raw_table}"
        ).fetchall()
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": rows,
                "editions_in_use": len(in_use),
                "evaluated_now": len(evaluated),
                "rows_quarantined": sum(edition.rows_quarantined for edition in in_use),
                "editions": _editions_table(shown),
                "error_reports": _error_reports(build, shown),
            },
            check_results=[
                _critical(key, build, contract, evaluated, shown),
                _warning(key, build, contract, _of_interest(in_use, evaluated)),
                _drift(key, build, contract, evaluated),
            ],
        )

    return take_in


def _of_interest(editions: list[Edition], evaluated: list[Edition]) -> list[Edition]:
    """Editions that were evaluated now, and the newest one of each submitter."""
    now = {edition.folder_name for edition in evaluated}
    newest = {edition.submitter: edition.folder_name for edition in _by_period(editions)}
    wanted = now | set(newest.values())
    return [edition for edition in editions if edition.folder_name in wanted]


def _by_period(editions: list[Edition]) -> list[Edition]:
    return sorted(
        editions, key=lambda edition: (edition.period_end or date.min, edition.recorded_in)
    )


def _tag(text: str) -> str:
    allowed = "".join(c if c.isascii() and c.isalnum() else "_" for c in text)
    return allowed.strip("_")[:63]


def _column_schema(contract: Contract) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(name=name, type="text", description=column.description)
            for name, column in contract.columns.items()
        ]
    )


def _editions_table(editions: list[Edition]) -> dg.TableMetadataValue:
    records = [
        dg.TableRecord(
            {
                "period": edition.period,
                "verdict": edition.verdict,
                "file": ", ".join(part.file_name for part in edition.parts),
                "rows_in_file": edition.rows_in_file,
                "rows_loaded": edition.rows_loaded,
                "rows_quarantined": edition.rows_quarantined,
                "reason": edition.reason,
            }
        )
        for edition in editions
    ]
    empty = dg.TableRecord({"period": "", "verdict": "no edition arrived yet", "file": ""})
    return dg.MetadataValue.table(records or [empty])


def _error_reports(build: Build, editions: list[Edition]) -> dg.TableMetadataValue:
    """Where the workbook lies that tells each provider what to put right."""
    paths = {edition.edition_id: build.editions.error_report_path(edition) for edition in editions}
    records = [
        dg.TableRecord({"edition": edition_id, "report": str(path)})
        for edition_id, path in paths.items()
        if path.exists()
    ]
    none = dg.TableRecord({"edition": "nothing was set aside or refused", "report": ""})
    return dg.MetadataValue.table(records or [none])


def _critical(
    key: dg.AssetKey,
    build: Build,
    contract: Contract,
    evaluated: list[Edition],
    shown: list[Edition],
) -> dg.AssetCheckResult:
    landed = {arrival.sha256 for arrival in build.arrivals.listed()}
    newest = build.editions.latest_by_key(key.path[-1])
    refused = [
        edition
        for edition in build.editions.latest_evaluations(key.path[-1])
        if edition.verdict != "accepted"
        and (edition in newest or edition.period == UNRESOLVED)
        and any(part.sha256 in landed for part in edition.parts)
    ]
    # A defect of the platform may have kept a file from being judged without leaving a record.
    refused += [e for e in evaluated if e.is_of_a_defect and e not in refused]
    return dg.AssetCheckResult(
        asset_key=key,
        check_name="critical",
        passed=not refused,
        severity=dg.AssetCheckSeverity.ERROR,
        description="; ".join(edition.reason for edition in refused) or "nothing was refused",
        metadata={
            "rules": _rules_table(
                build, contract, [*shown, *(e for e in refused if e not in shown)]
            )
        },
    )


def _warning(
    key: dg.AssetKey, build: Build, contract: Contract, in_use: list[Edition]
) -> dg.AssetCheckResult:
    remarks = [f"{edition.edition_id}: {edition.reason}" for edition in in_use if edition.reason]
    return dg.AssetCheckResult(
        asset_key=key,
        check_name="warning",
        passed=not remarks,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(remarks) or "no remarks",
        metadata={"rules": _rules_table(build, contract, in_use)},
    )


def _drift(
    key: dg.AssetKey, build: Build, contract: Contract, evaluated: list[Edition]
) -> dg.AssetCheckResult:
    compared = latest_changes(contract, build.editions, evaluated)
    if any(after.synthetic and changes for _, after, changes in compared) and _has_real(build):
        # Made-up editions are set aside beside real ones; how they differ concerns nobody.
        compared = [pair for pair in compared if not pair[1].synthetic]
    differing = [
        (before, after, change) for before, after, changes in compared for change in changes
    ]
    records = [
        dg.TableRecord(
            {
                "edition_before": before.edition_id,
                "edition": after.edition_id,
                "what": change.kind,
                "column": change.column,
                "before": change.before,
                "after": change.after,
            }
        )
        for before, after, change in differing
    ]
    same = dg.TableRecord({"what": "nothing differs" if compared else "nothing to compare with"})
    return dg.AssetCheckResult(
        asset_key=key,
        check_name="drift",
        passed=not differing,
        severity=dg.AssetCheckSeverity.WARN,
        description=_sentences(differing),
        metadata={"before_and_after": dg.MetadataValue.table(records or [same])},
    )


def _sentences(differing: Sequence[tuple[Edition, Edition, Change]]) -> str:
    told = [
        f"{after.edition_id}: {change.sentence()}" for _, after, change in differing[:_MOST_TOLD]
    ]
    more = len(differing) - len(told)
    if more:
        told.append(f"{more} more in the table")
    return "; ".join(told) or "no drift"


def _has_real(build: Build) -> bool:
    """Whether any extract has real data, or gets some in this run."""
    return any(
        arrival.extracts and not arrival.declaration.synthetic
        for arrival in build.arrivals.listed()
    ) or any(
        not edition.synthetic
        for extract in build.contracts
        for edition in build.editions.in_use(extract)
    )


def _rules_table(
    build: Build, contract: Contract, editions: list[Edition]
) -> dg.TableMetadataValue:
    in_use = {edition.folder_name for edition in build.editions.in_use(contract.extract)}
    records = [
        dg.TableRecord(
            {
                "edition": edition.edition_id,
                "rule": rule.rule,
                "severity": rule.severity,
                "passed": rule.passed,
                "what_must_hold": rule.description,
                "observed": rule.observed,
                "failing_rows": rule.failing_rows,
                "examples": rule.examples,
                "failing_rows_query": (
                    (query_in_build(contract, edition, rule.query) or "")
                    if edition.folder_name in in_use
                    else _IN_NO_TABLE
                ),
                "owner": rule.owner,
                "reason": rule.reason,
            }
        )
        # What is broken stands first: that is what somebody came to see.
        for rule, edition in sorted(
            ((rule, edition) for edition in editions for rule in edition.rules),
            key=lambda pair: pair[0].passed,
        )
    ]
    return dg.MetadataValue.table(records or [dg.TableRecord({"rule": "no rule ran"})])


def _ledger(extracts: list[str]) -> dg.AssetsDefinition:
    raw = [dg.AssetKey(["raw", extract]) for extract in extracts]
    described = {
        "editions": "One row per edition with its verdict, reason and whether it is in use.",
        "extracts": "One row per extract: latest period, when the next is due, whether it is late.",
        "landing_files": "One row per file of the landing zone and what it was taken for.",
    }

    @dg.multi_asset(
        name="ledger",
        specs=[
            dg.AssetSpec(
                dg.AssetKey(["ledger", table]),
                deps=raw,
                group_name=GROUP,
                kinds={"duckdb"},
                owners=["team:data-engineering"],
                description=described[table],
                skippable=True,
            )
            for table in LEDGER_TABLES
        ],
    )
    def ledger(
        context: dg.AssetExecutionContext, build: dg.ResourceParam[Build]
    ) -> Iterator[dg.MaterializeResult]:
        holdings = write_ledger(
            build.connection,
            build.contracts,
            build.editions,
            build.arrivals.listed(),
            build.as_of,
            context.run_id,
        )
        build.arrivals.discard_copies()
        identity = identity_of(holdings, build.code)
        note_identity(build.home.ledger_identity, identity)
        if noted_identity(build.home.built_identity) != identity:
            # What the stored verdicts are about is no longer what would be published.
            results.forget(build.connection, "raw", "mart", "candidate", "report")
        if build.is_published(identity, context.log.info):
            return
        for table in LEDGER_TABLES:
            [(rows,)] = build.connection.execute(f"select count(*) from ledger.{table}").fetchall()
            yield dg.MaterializeResult(
                asset_key=dg.AssetKey(["ledger", table]),
                metadata={"dagster/row_count": rows, "identity": identity},
            )

    return ledger
