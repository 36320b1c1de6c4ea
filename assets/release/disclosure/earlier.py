"""What earlier releases showed of counts of people, for as long as they are kept.

Two releases that hide different counts can give both away, and so can a total before and after one
of its parts was revised. So what a release showed is kept with the true counts and with how they
hang together, outside the releases and private, and goes when the release goes.

A count that is the same today is one number with today's: both releases speak of it. One that was
revised, or is gone, is a number of its own, tied to those that stayed by the sums of its time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pyarrow.parquet

from assets.durable_files import copy_durably, sync
from assets.release.disclosure.profile import Profile

_BOUNDS = {"cell_id": pl.String, "lower": pl.Int64, "upper": pl.Int64}
_CELLS = {
    "cell_id": pl.String,
    "today": pl.String,
    "count": pl.Int64,
    "released_count": pl.Int64,
    "is_exact": pl.Boolean,
    "is_hidden": pl.Boolean,
    "is_primary": pl.Boolean,
}
_RELATIONS = {"relation_id": pl.String, "cell_id": pl.String, "weight": pl.Int64}
# What is kept of relations beside that: which counts can hang together.
_TIES = ("indicator_year", "tied_to")
# What is decided but not published yet, in the place of a version.
_ASIDE = "decided"
# Years of indicators stand together, and of the others no more than such a group is read.
_ROWS_IN_A_GROUP = 100_000


@dataclass(frozen=True)
class Earlier:
    """What readers have of earlier releases.

    ``bounds``: rows ``cell_id, lower, upper``, any number per cell, of counts in ``cells`` and of
    those that are the same today. ``cells``: one row per count that was another then: its name,
    what it is called ``today``, the true ``count``, and what was shown. ``relations``: sums that
    hold between these and with what stayed, in the form of today's.
    """

    bounds: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_BOUNDS))
    cells: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_CELLS))
    relations: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_RELATIONS))


def shown(cells: pl.DataFrame, people: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """What a release says of each cell, beside the true number.

    In: ``cell_id``, ``state``, ``rule``, ``released_count``, ``is_exact``; ``cell_id``,
    ``people``, ``indicator_year``. Out: one row per cell, ``cell_id``, ``people``,
    ``indicator_year``, ``released_count``, ``is_exact``, ``is_hidden``, ``is_primary``, and
    ``lower`` and ``upper``, null unless it is released.
    """
    lower, upper = bounds_on_record(profile)
    return (
        cells.join(people, on="cell_id")
        .select(
            "cell_id",
            "people",
            "indicator_year",
            "released_count",
            "is_exact",
            is_hidden=pl.col("state") == "hidden",
            is_primary=(pl.col("rule") == "primary").fill_null(value=False),
            lower=lower,
            upper=upper,
        )
        .sort("cell_id")
    )


def bounds_on_record(profile: Profile) -> tuple[pl.Expr, pl.Expr]:
    """Lowest and highest count that a ``released_count`` says (null of none), exact or rounded."""
    # Nobody is nobody: 1 to 7 are hidden and never rounded to 0.
    is_exact = pl.col("is_exact") | (pl.col("released_count") == 0)
    half = pl.when(is_exact).then(0).otherwise(profile.half_step)
    return pl.col("released_count") - half, pl.col("released_count") + half


@dataclass(frozen=True)
class Aside:
    """Takes in what is decided, part by part: the relations of counts, and what is ``shown``."""

    relations: Callable[[pl.DataFrame], None]
    cells: Callable[[pl.DataFrame], None]


class NothingDecidedError(RuntimeError):
    """Nothing says what a release shows; the message says what to do."""


@dataclass(frozen=True)
class EarlierReleases:
    """A private folder with two files for each release that is kept, and for what was decided."""

    folder: Path

    @contextmanager
    def putting_aside(self) -> Iterator[Aside]:
        """Write what is decided; it is there once all parts are."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (
            _written(self._relations(_ASIDE)) as write_relations,
            _written(self._cells(_ASIDE)) as write_cells,
        ):
            yield Aside(
                lambda relations: write_relations(relations.select(*_RELATIONS, *_TIES)),
                write_cells,
            )

    def keep(self, version: str) -> None:
        """Keep what was decided as what a release shows, before anybody can read it.

        Raises:
            NothingDecidedError: nothing was put aside.
        """
        # The cells last: whoever finds them finds the relations.
        for of in (self._relations, self._cells):
            if not of(_ASIDE).exists():
                raise NothingDecidedError(
                    f"{of(_ASIDE)} is missing, so it could not be kept what release {version} "
                    "shows; run a full rebuild, which decides everything again"
                )
            copy_durably(of(_ASIDE), of(version))

    def ties(self, versions: Collection[str]) -> set[tuple[str, str]]:
        """Which years of indicators hung together in these releases."""
        return {
            tie
            for version in sorted(versions)
            if self._cells(version).exists()
            for tie in _scan(self._relations(version)).select(*_TIES).unique().collect().iter_rows()
        }

    def told_by(
        self,
        versions: Collection[str],
        people: pl.DataFrame,
        relations: pl.DataFrame,
        indicator_years: Collection[str] | None = None,
    ) -> Earlier:
        """What these releases told, put beside the counts and relations of today.

        In: the releases that readers may still have; ``cell_id``, ``people`` of today; rows
        ``relation_id``, ``cell_id``, ``weight`` of today; the years of indicators that these are
        of, none for all.
        """
        kept = [version for version in sorted(versions) if self._cells(version).exists()]
        if not kept:
            return Earlier()
        names = people.select("cell_id", "people", name="cell_id")
        cells = []
        for version in kept:
            then = _read(self._cells(version), indicator_years)
            is_new = then.join(names, on=["cell_id", "people"], how="anti").select(
                "cell_id", "people", name=pl.col("cell_id") + f" in release {version}"
            )
            names = pl.concat([names, is_new])
            cells.append(then.join(names, on=["cell_id", "people"]))
        sums = []
        after = relations.with_columns(name="cell_id")
        for version, named in zip(reversed(kept), reversed(cells), strict=True):
            then = _read(self._relations(version), indicator_years).join(
                named.select("cell_id", "name"), on="cell_id"
            )
            sums.append(_other_sums(then, after, version))
            after = then
        # Older records have the same columns in another order.
        return _put_together(pl.concat(cells, how="diagonal"), pl.concat(sums))

    def not_on_record(self, versions: Collection[str]) -> list[str]:
        """Releases of which nothing is known here: what they showed goes into no proof."""
        return [version for version in sorted(versions) if not self._cells(version).exists()]

    def forget_all_but(self, versions: Collection[str]) -> None:
        """Remove what is known of releases that are gone, and what killed runs left."""
        if not self.folder.is_dir():
            return
        stay = (*versions, _ASIDE)
        kept = {of(version) for version in stay for of in (self._cells, self._relations)}
        for path in self.folder.iterdir():
            if path not in kept:
                path.unlink()

    def _cells(self, version: str) -> Path:
        return self.folder / f"{version}.cells.parquet"

    def _relations(self, version: str) -> Path:
        return self.folder / f"{version}.relations.parquet"


def _other_sums(then: pl.DataFrame, after: pl.DataFrame, version: str) -> pl.DataFrame:
    """What the relations of a release say beside those of the one after it.

    Where both have the same members, only by what they differ: a total grew by what its revised
    parts grew. It follows from the later one and this that the earlier one holds.
    """
    key = ["relation_id", "cell_id", "weight"]
    both = then.join(after.select(*key, name_after="name"), on=key)
    sizes = [
        table.group_by("relation_id").agg(pl.len().alias(f"size_{number}"))
        for number, table in enumerate((then, after, both))
    ]
    same = (
        sizes[0]
        .join(sizes[1], on="relation_id")
        .join(sizes[2], on="relation_id")
        .filter((pl.col("size_0") == pl.col("size_2")) & (pl.col("size_1") == pl.col("size_2")))
    )
    others = then.join(same, on="relation_id", how="anti")
    differ = both.join(same, on="relation_id", how="semi").filter(
        pl.col("name") != pl.col("name_after")
    )
    grown = differ.select("relation_id", "weight", cell_id="name_after").with_columns(
        -pl.col("weight")
    )
    return pl.concat(
        [
            table.select("relation_id", pl.col("weight").cast(pl.Int64), "cell_id")
            for table in (
                others.with_columns(cell_id="name"),
                differ.with_columns(cell_id="name"),
                grown,
            )
        ]
    ).with_columns(then=pl.col("relation_id") + f" in release {version}")


def _put_together(named: pl.DataFrame, sums: pl.DataFrame) -> Earlier:
    """Each count once, as shown if any release showed it, and each sum once."""
    bounds = named.filter(pl.col("released_count").is_not_null()).select(
        "lower", "upper", cell_id="name"
    )
    cells = (
        named.filter(pl.col("name") != pl.col("cell_id"))
        .join(sums, left_on="name", right_on="cell_id", how="semi")
        .sort("released_count", "name", nulls_last=True)
        .unique("name", keep="first", maintain_order=True)
        .rename({"cell_id": "today", "name": "cell_id", "people": "count"})
    )
    once = (
        sums.sort("then", "cell_id")
        .group_by("then", maintain_order=True)
        .agg("weight", "cell_id")
        .unique(["weight", "cell_id"], keep="first", maintain_order=True)
        .explode("weight", "cell_id")
        .rename({"then": "relation_id"})
    )
    return Earlier(
        bounds.select(*_BOUNDS).unique(maintain_order=True),
        cells.select(*_CELLS),
        once.select(*_RELATIONS).cast({"weight": pl.Int64}),
    )


def _read(path: Path, indicator_years: Collection[str] | None) -> pl.DataFrame:
    table = _scan(path)
    if indicator_years is not None:
        table = table.filter(pl.col("indicator_year").is_in(sorted(indicator_years)))
    return table.collect()


def _scan(path: Path) -> pl.LazyFrame:
    table = pl.scan_parquet(path)
    columns = table.collect_schema().names()
    if "indicator_year" in columns:
        return table
    # Put on record before 2026-11-27: only what counts and relations are called says it.
    table = table.with_columns(indicator_year=_indicator_year("cell_id"))
    if "relation_id" in columns:
        table = table.with_columns(tied_to=_indicator_year("relation_id"))
    return table


def _indicator_year(name: str) -> pl.Expr:
    """Indicator and financial year of a count or relation, from the keys that it is called by."""
    keys = pl.col(name).str.split("|")
    last_day = keys.list.get(5, null_on_oob=True).str.to_date(strict=False)
    began = last_day.dt.offset_by("-3mo").dt.year()
    next_year = (began + 1).cast(pl.String).str.slice(2)
    year = pl.concat_str(began.cast(pl.String), pl.lit("/"), next_year)
    return pl.concat_str(keys.list.first(), pl.lit(" "), year.fill_null(""))


@contextmanager
def _written(path: Path) -> Iterator[Callable[[pl.DataFrame], None]]:
    """A Parquet file to which tables are added; it is there once all are."""
    temporary = path.with_suffix(".tmp")
    with ExitStack() as opened:
        writer: pyarrow.parquet.ParquetWriter | None = None

        def add(table: pl.DataFrame) -> None:
            nonlocal writer
            rows = table.sort("indicator_year").to_arrow()
            if writer is None:
                created = pyarrow.parquet.ParquetWriter(temporary, rows.schema, compression="zstd")
                writer = opened.enter_context(created)
                temporary.chmod(0o600)
            writer.write_table(rows, row_group_size=_ROWS_IN_A_GROUP)

        yield add
    sync(temporary)
    temporary.replace(path)
    sync(path.parent)
