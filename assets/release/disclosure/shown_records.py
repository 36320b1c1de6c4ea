"""What was shown of years of indicators that hang together, in files named by their content.

Most years are shown alike in many releases, one after the other; they share one record.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import polars as pl

from assets.durable_files import hash_of, sync
from assets.release.disclosure.cells import NUMBER

_RELATIONS = {
    "relation_id": pl.Int64,
    NUMBER: pl.Int64,
    "weight": pl.Int64,
    "indicator_year": pl.String,
}


class UnreadableRecordError(ValueError):
    """A file that does not say what a release showed; the message says what to do."""


@dataclass(frozen=True)
class BegunRecord:
    """How counts hang together, on record before it is decided what is shown of them."""

    relations: Path


@dataclass(frozen=True)
class ShownRecords:
    """A private folder with two files for each record, both called after the hash of the two."""

    folder: Path

    def begin(self, relations: pl.DataFrame) -> BegunRecord:
        """Put on record how counts hang together (``PeopleCounts.relations``)."""
        table = relations.select(pl.col(name).cast(kind) for name, kind in _RELATIONS.items())
        return BegunRecord(self._written(table.sort(pl.all())))

    def finish(self, begun: BegunRecord, cells: pl.DataFrame) -> str:
        """Put on record what is ``shown`` of them.

        Out: the name of the record, which others of the same content have as well.
        """
        written = self._written(cells.sort("cell_id")), begun.relations
        record = _name_of(written)
        for path, target in zip(written, self._files(record), strict=True):
            path.replace(target)
        sync(self.folder)
        return record

    def is_there(self, record: str) -> bool:
        """Whether all of it is."""
        return all(path.exists() for path in self._files(record))

    def refuse_damaged(self, records: Collection[str]) -> None:
        """See that records that are there say what they said when they got their names.

        Raises:
            UnreadableRecordError: one does not.
        """
        for record in sorted(records):
            files = self._files(record)
            if _name_of(files) != record:
                raise UnreadableRecordError(
                    f"{files[0]} or {files[1].name}: damaged, for they are called after what was "
                    "in them; bring both back from a backup, or remove both and run the job "
                    "nightly: their years are decided anew, and where a release showed them so, "
                    "the proof does without it, and says so"
                )

    def read(
        self, records: Collection[str], indicator_years: Collection[str] | None
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Cells and relations of some records together, of some years of indicators or all.

        They share no numbers but those of the same count: all are of one release.

        Raises:
            UnreadableRecordError: one is damaged.
        """
        self.refuse_damaged(records)
        cells, relations = zip(*(self._files(record) for record in sorted(records)), strict=True)
        return _read(cells, indicator_years), _read(relations, indicator_years)

    def remove_all_but(self, records: Collection[str]) -> None:
        """Remove the other records, and what killed runs left."""
        stay = {path for record in records for path in self._files(record)}
        for path in self.folder.iterdir() if self.folder.is_dir() else ():
            if path not in stay:
                path.unlink()

    def _files(self, record: str) -> tuple[Path, Path]:
        name = self.folder / record
        return name.with_suffix(".cells.parquet"), name.with_suffix(".relations.parquet")

    def _written(self, table: pl.DataFrame) -> Path:
        """A new file, for its owner alone."""
        for folder in (self.folder.parent, self.folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(suffix=".tmp", dir=self.folder)
        os.close(descriptor)
        path = Path(name)
        table.write_parquet(path, compression="zstd")
        sync(path)
        return path


def _name_of(files: Iterable[Path]) -> str:
    return sha256("\n".join(map(hash_of, files)).encode()).hexdigest()


def _read(paths: Collection[Path], indicator_years: Collection[str] | None) -> pl.DataFrame:
    table = pl.scan_parquet(list(paths))
    if indicator_years is not None:
        table = table.filter(pl.col("indicator_year").is_in(sorted(indicator_years)))
    return table.collect()
