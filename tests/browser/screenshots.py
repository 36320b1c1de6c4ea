"""Takes the pictures of docs/images anew, from the UI and the report of a home.

    python tests/browser/screenshots.py --home data/sample

``make screenshots`` does it. The home needs a release in force, and a file that was refused for the
picture of a failed check. Nothing in it is changed.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "integration")]

import httpx  # noqa: E402
from chromium import ARGUMENTS, CHROMIUM  # noqa: E402
from playwright.sync_api import FloatRect, Page, ViewportSize, sync_playwright  # noqa: E402
from postgres_server import free_port  # noqa: E402

from orchestration.nights.records import RunRecords  # noqa: E402

IMAGES = ROOT / "docs" / "images"
_MOST_BYTES = 200_000
_SIZE: ViewportSize = {"width": 1280, "height": 800}
# The graph of all groups in a larger window, without what is around it.
_WIDE: ViewportSize = {"width": 1600, "height": 1000}
_GRAPH: FloatRect = {"x": 570.0, "y": 300.0, "width": 985.0, "height": 430.0}
_RUNS: FloatRect = {"x": 240.0, "y": 0.0, "width": 1040.0, "height": 330.0}
_MOST_SECONDS = 600


@contextmanager
def web_server(home: Path) -> Iterator[str]:
    """A web server on the records of a home that can change nothing; its address."""
    port = free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DAGSTER_HOME": str(home / "dagster"),
        "DOING_WITH_HOME": str(home),
        "DOING_WITH_ENVIRONMENT": "local",
    }
    program = Path(sys.executable).with_name("dagster-webserver")
    command = [str(program), "--host", "127.0.0.1", "--port", str(port), "--read-only"]
    process = subprocess.Popen(
        [*command, "-w", str(ROOT / "workspace.yaml")], cwd=ROOT, env=environment,
        start_new_session=True,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    until = time.monotonic() + _MOST_SECONDS
    try:
        while time.monotonic() < until and not _answers(address):
            time.sleep(1)
        yield address
    finally:
        # Its code server is of the same group.
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/server_info", timeout=5).is_success
    except httpx.HTTPError:
        return False


class Camera:
    """Takes pictures of one page, each once what it is to show is there."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def take(
        self, name: str, address: str, *shown: str, settle_seconds: float = 1,
        size: ViewportSize = _SIZE, clip: FloatRect | None = None,
    ) -> None:  # fmt: skip
        """Open an address, wait for texts, and write ``docs/images/<name>.png``."""
        self._page.set_viewport_size(size)
        self._page.goto(address, wait_until="domcontentloaded")
        for text in shown:
            self._page.get_by_text(text).first.wait_for()
        self._page.wait_for_timeout(settle_seconds * 1000)
        path = IMAGES / f"{name}.png"
        self._page.screenshot(path=path, clip=clip)
        print(f"{path}: {path.stat().st_size:,} bytes")
        if path.stat().st_size > _MOST_BYTES:
            raise SystemExit(f"{path} has more than {_MOST_BYTES:,} bytes: show less of the page")


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    home = parser.parse_args().home.resolve()
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport=_SIZE, color_scheme="light")
        page.set_default_timeout(_MOST_SECONDS * 1000)
        camera = Camera(page)
        _report(camera, home / "releases" / "current" / "report")
        with web_server(home) as address:
            _dagster(camera, address, _refused(home))
        browser.close()


def _refused(home: Path) -> str:
    """The extract of a home that has a refused file."""
    latest = RunRecords(home / "operations").latest()
    refused = [t.subject for t in latest.troubles if t.kind == "refused"] if latest else []
    if not refused:
        raise SystemExit(f"no file of {home} was refused: spoil one in its landing zone, and run")
    return refused[0]


def _report(camera: Camera, report: Path) -> None:
    camera.take("report-england", (report / "index.html").as_uri(), "England")
    board = next((report / "areas").glob("Q*.html"))
    camera.take("report-board", board.as_uri(), "Example Vale")


def _dagster(camera: Camera, address: str, refused: str) -> None:
    checks = f"{address}/assets/raw/{refused}?view=checks&checkDetail=critical"
    camera.take("ui-lineage", f"{address}/asset-groups", "extracts", "reports", settle_seconds=8,
                size=_WIDE, clip=_GRAPH)  # fmt: skip
    camera.take("ui-asset", f"{address}/assets/marts/indicator_values", "indicator_values.sql",
                "Row count", "One row per indicator", settle_seconds=10)  # fmt: skip
    camera.take("ui-failed-check", checks, "Evaluation result", "what_must_hold",
                "No edition of this extract", settle_seconds=5)  # fmt: skip
    camera.take("ui-release", f"{address}/assets/release/release", "content_hash", settle_seconds=5)
    camera.take("ui-runs", f"{address}/runs", "nightly", settle_seconds=5, clip=_RUNS)


if __name__ == "__main__":
    main()
