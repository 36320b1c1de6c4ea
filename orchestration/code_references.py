"""Where each asset is written, for the links of the UI: files of this machine, or pages of a host.

A model names its SQL and its YAML (``assets/indicators/assets.py``), a family of pages where it is
declared, an extract its contract, and everything but pages the function that does the work.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias, cast

import dagster as dg
from dagster._core.definitions.metadata.source_code import CodeReferencesMetadataSet

from orchestration.settings import PROJECT

_Asset: TypeAlias = dg.AssetsDefinition | dg.AssetSpec


def with_code_references(assets: Sequence[_Asset], contracts: Path, address: str) -> list[_Asset]:
    """The assets with references to their code.

    ``contracts`` is the folder of the contracts. ``address`` is where the files of this project
    can be read in a browser; without it they are named as they lie on this machine.
    """
    found = cast("Sequence[_Asset]", dg.with_source_code_references(assets))
    return list(dg.map_asset_specs(lambda spec: _referring(spec, contracts, address), found))


def _referring(spec: dg.AssetSpec, contracts: Path, address: str) -> dg.AssetSpec:
    known = CodeReferencesMetadataSet.extract(spec.metadata).code_references
    references = list(known.code_references) if known else []
    if spec.key.path[0] == "raw":
        contract = contracts / f"{spec.key.path[-1]}.yml"
        references.insert(
            0, dg.LocalFileCodeReference(file_path=str(contract), label=contract.name)
        )
    if address:
        references = [_page_of(reference, address) for reference in references]
    value = dg.CodeReferencesMetadataValue(code_references=references)
    return spec.merge_attributes(metadata={"dagster/code_references": value})


def _page_of(
    reference: dg.LocalFileCodeReference | dg.UrlCodeReference, address: str
) -> dg.LocalFileCodeReference | dg.UrlCodeReference:
    """The page of a file of this project; contracts of somebody's own may lie elsewhere."""
    if isinstance(reference, dg.UrlCodeReference):
        return reference
    path = Path(reference.file_path)
    if not path.is_relative_to(PROJECT):
        return reference
    line = f"#L{reference.line_number}" if reference.line_number else ""
    page = f"{address.rstrip('/')}/{path.relative_to(PROJECT).as_posix()}{line}"
    return dg.UrlCodeReference(url=page, label=reference.label or path.name)
