"""``python -m assets.samples FOLDER [--practices N]``: write a landing folder to try out."""

import argparse
from pathlib import Path

from assets.samples.landing import write_landing


def main() -> None:
    """Read the command line, write the files and print one path per line."""
    parser = argparse.ArgumentParser(
        prog="python -m assets.samples",
        description="Write synthetic extracts in the official layouts for a made-up board.",
    )
    parser.add_argument("folder", type=Path, help="where to write; made when missing")
    parser.add_argument("--practices", type=int, default=60, help="20 to 600 (default 60)")
    parser.add_argument("--seed", type=int, default=20240401)
    asked = parser.parse_args()
    for path in write_landing(asked.folder, practices=asked.practices, seed=asked.seed):
        print(path)


if __name__ == "__main__":
    main()
