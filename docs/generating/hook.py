"""What MkDocs calls when it builds the site: puts in the pages that are made of the code.

Nothing of them is kept in the repository, so that none can say what the code no longer does.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from assets.extracts.contract_model.contract_files import load_contracts
from assets.indicators.manifest import current_manifest
from docs.generating import (
    data_flow,
    decision_list,
    extract_pages,
    governance_tables,
    indicator_catalogue,
    release_tables,
)
from docs.generating.blocking import FILES, STAGES, blocking_rules
from docs.generating.runbook import entries, index_tables, read_causes, stage_page

_PROJECT = Path(__file__).resolve().parents[2]
_CHECKS = "<!-- checks -->"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add every generated page to those that are written by hand."""
    for address, text in _generated(Path(config.docs_dir)):
        if written := files.get_file_from_path(address):
            files.remove(written)
        files.append(File.generated(config, address, content=text))
    return files


def _generated(docs: Path) -> Iterator[tuple[str, str]]:
    """Address and text of every page that is made of the code."""
    contracts = load_contracts(_PROJECT / "assets" / "extracts" / "contracts")
    project = _PROJECT / "dbt_project"
    # A place of its own: whoever runs the platform meanwhile parses into target itself.
    manifest = current_manifest(project, project / "target" / "documentation")
    found = entries(blocking_rules(contracts, manifest), read_causes())
    opening = (docs / "runbook" / "index.md").read_text(encoding="utf-8")
    yield "runbook/index.md", opening.replace(_CHECKS, index_tables(found))
    refusals = (docs / "runbook" / "before-any-rule.md").read_text(encoding="utf-8")
    for stage in STAGES:
        own = [entry for entry in found if entry.stage is stage]
        before = refusals if stage is FILES else ""
        yield f"runbook/{stage.name}.md", stage_page(stage, own, before)
    tables = release_tables.tables_of_release(project / "models" / "marts")
    yield "dictionary/release.md", release_tables.page(tables)
    yield "dictionary/extracts.md", extract_pages.index_page(contracts.values())
    for contract in contracts.values():
        yield f"dictionary/extracts/{contract.extract}.md", extract_pages.page(contract)
    governance = (docs / "governance.md").read_text(encoding="utf-8")
    yield "governance.md", governance_tables.filled(governance, list(contracts.values()))
    yield "dictionary/indicators.md", indicator_catalogue.page(manifest)
    yield "decisions/index.md", decision_list.page(docs / "decisions")
    yield "images/data-flow.svg", data_flow.drawing()
