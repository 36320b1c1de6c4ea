"""What earlier releases showed of counts of people, for as long as they are kept.

Two releases that hide different counts can give both away. So what a release showed is kept with
the true counts, outside the releases and private, and goes when the release goes.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.release.disclosure.profile import Profile

_SHOWN = {"cell_id": pl.String, "lower": pl.Int64, "upper": pl.Int64}


def shown(cells: pl.DataFrame, people: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """What a release says of each released cell, beside the true number.

    In: ``cell_id``, ``released_count``, ``is_exact``; ``cell_id``, ``people``. Out: one row per
    released cell, ``cell_id``, ``people``, ``lower``, ``upper``.
    """
    # Nobody is nobody: 1 to 7 are hidden and never rounded to 0.
    is_exact = pl.col("is_exact") | (pl.col("released_count") == 0)
    half = pl.when(is_exact).then(0).otherwise(profile.half_step)
    return (
        cells.filter(pl.col("released_count").is_not_null())
        .join(people, on="cell_id")
        .select(
            "cell_id",
            "people",
            lower=pl.col("released_count") - half,
            upper=pl.col("released_count") + half,
        )
        .sort("cell_id")
    )


@dataclass(frozen=True)
class EarlierReleases:
    """A private folder with one file for each release that is kept."""

    folder: Path

    def keep(self, version: str, shown_cells: pl.DataFrame) -> Path:
        """Keep what a release shows, before anybody can read it."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._path(version)
        temporary = path.with_suffix(".tmp")
        shown_cells.write_parquet(temporary)
        temporary.chmod(0o600)
        descriptor = os.open(temporary, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
        return path

    def still_true(self, versions: Collection[str], people: pl.DataFrame) -> pl.DataFrame:
        """What these releases showed of counts that are the same today.

        In: the releases that readers may still have; ``cell_id``, ``people`` of today. Out: one
        row per release and cell, ``cell_id``, ``lower``, ``upper``. A count that was revised since
        is another number, of which an old release says nothing.
        """
        frames = [
            pl.read_parquet(self._path(version))
            .join(people, on=["cell_id", "people"])
            .select(*_SHOWN)
            for version in sorted(versions)
            if self._path(version).exists()
        ]
        return pl.concat(frames) if frames else pl.DataFrame(schema=_SHOWN)

    def forget_all_but(self, versions: Collection[str]) -> None:
        """Remove what is known of releases that are gone, and what killed runs left."""
        if not self.folder.is_dir():
            return
        kept = {self._path(version) for version in versions}
        for path in self.folder.iterdir():
            if path not in kept:
                path.unlink()

    def _path(self, version: str) -> Path:
        return self.folder / f"{version}.parquet"
