"""Clean nights by seed: writes docs/quality/seeds.md.

    python tests/integration/seed_campaign.py --nights 50

``make campaign-seeds`` does it. The nightly job runs on that many samples of other seeds, about a
minute each, as many at a time as there are cores; each must publish.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from night import ROOT, make_writable

from assets.samples.landing import write_landing

PAGE = ROOT / "docs" / "quality" / "seeds.md"


def main() -> None:
    """Run the nights and write their page; ends with 1 when one did not publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=50)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        failed = _failed(Path(name), asked.nights)
    listed = f" (not seed {', '.join(map(str, failed))})" if failed else ""
    page = [
        "# Clean nights by seed",
        "",
        "Written by `make campaign-seeds` (tests/integration/seed_campaign.py); not by hand.",
        "",
        f"- {datetime.now(UTC):%Y-%m-%d}: {asked.nights} whole nights on samples of other seeds: "
        f"{asked.nights - len(failed)} published{listed}.",
        "",
    ]
    PAGE.write_text("\n".join(page), encoding="utf-8")
    sys.exit(1 if failed else 0)


def _failed(place: Path, number: int) -> list[int]:
    """Seeds of samples on which the nightly job did not publish."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        ended = list(pool.map(lambda seed: _publishes(place, seed), range(1, number + 1)))
    return [seed for seed, is_published in enumerate(ended, start=1) if not is_published]


def _publishes(place: Path, seed: int) -> bool:
    """Whether a night on the sample of a seed publishes; what it said is printed if it does not."""
    landing, home = place / f"landing-{seed}", place / f"home-{seed}"
    write_landing(landing, seed=seed)
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "orchestration.command_line", "run"),
            *("--landing", str(landing), "--home", str(home)),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "DOING_WITH_AS_OF": "2025-11-01",
            "DOING_WITH_INTERNAL_RELEASE": "no",
        },
        check=False,
        capture_output=True,
        text=True,
    )
    if ended.returncode:
        print(f"seed {seed}: {(ended.stdout + ended.stderr)[-3000:]}", file=sys.stderr)
    make_writable(home)
    shutil.rmtree(landing)
    shutil.rmtree(home)
    return ended.returncode == 0


if __name__ == "__main__":
    main()
