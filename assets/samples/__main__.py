"""``python -m assets.samples FOLDER [--practices N]``: write a landing folder to try out."""

import argparse
from pathlib import Path

from assets.samples.community.volumes import OF_A_BOARD, OF_ENGLAND
from assets.samples.country.places import LATEST_MONTH, MAX_PRACTICES, MIN_PRACTICES
from assets.samples.landing import write_landing
from assets.samples.periods import few_periods, many_periods


def main() -> None:
    """Read the command line, write the files and print one path per line."""
    parser = argparse.ArgumentParser(
        prog="python -m assets.samples",
        description="Write synthetic extracts in the official layouts for a made-up country.",
    )
    parser.add_argument("folder", type=Path, help="where to write; made when missing")
    parser.add_argument(
        "--practices",
        type=int,
        default=60,
        help=f"{MIN_PRACTICES} (one network) to {MAX_PRACTICES}; England has 6300 (default 60)",
    )
    parser.add_argument("--seed", type=int, default=20240401)
    parser.add_argument(
        "--until",
        default=LATEST_MONTH,
        metavar="YYYY-MM",
        help=f"last month of the monthly extracts (default {LATEST_MONTH})",
    )
    parser.add_argument(
        "--history",
        action="store_true",
        help="years of editions and as much in them as a national team holds, instead of a few",
    )
    asked = parser.parse_args()
    try:
        periods = (many_periods if asked.history else few_periods)(asked.until)
        written = write_landing(
            asked.folder,
            practices=asked.practices,
            seed=asked.seed,
            until=asked.until,
            periods=periods,
            volumes=OF_ENGLAND if asked.history else OF_A_BOARD,
        )
    except ValueError as error:
        parser.error(str(error))
    for path in written:
        print(path)


if __name__ == "__main__":
    main()
