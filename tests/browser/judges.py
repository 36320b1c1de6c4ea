"""Who judges pages besides us: axe-core for WCAG 2.2 AA, html-validate for HTML; both from npm."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

HERE = Path(__file__).parent
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
HTML_VALIDATE = HERE / "node_modules" / "html-validate" / "bin" / "html-validate.mjs"
NODE = shutil.which("node")
needs_judges = pytest.mark.skipif(
    NODE is None or not AXE.exists() or not HTML_VALIDATE.exists(),
    reason="axe-core and html-validate are not installed: install npm, then make test",
)
# Levels A and AA of WCAG 2.0 to 2.2, and what axe-core's makers advise besides.
STANDARD = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def violations(page: Page, *rules: str) -> list[str]:
    """What axe-core finds wrong with a page as it stands, by these rules or by the standard."""
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": STANDARD}
    found: list[dict[str, Any]] = page.evaluate(
        "only => axe.run(document, {runOnly: only, resultTypes: ['violations']})"
        ".then(all => all.violations)",
        only,
    )
    return [
        f"{one['id']}: {node['target']} {node['html'][:200]}"
        for one in found
        for node in one["nodes"]
    ]


def html_faults(paths: Sequence[Path]) -> list[str]:
    """What html-validate finds wrong with files, all in one process."""
    ran = subprocess.run(
        [str(NODE), HTML_VALIDATE, "--config", HERE / "htmlvalidate.cjs", "-f", "json", *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in (0, 1), ran.stderr
    return [
        f"{Path(file['filePath']).name}:{fault['line']}: {fault['ruleId']}: {fault['message']}"
        for file in json.loads(ran.stdout)
        for fault in file["messages"]
    ]
