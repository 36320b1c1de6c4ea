"""Dagster's embedded storage, with an event log that keeps open what it writes.

Dagster 1.13.27 makes an SQLAlchemy engine and a connection for every event: a sample night of 2,800
events spent 26 of its 140 seconds on that, compiling the same statements again and again (profile,
2026-11-26).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Self

from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from filelock import FileLock
from sqlalchemy import Connection, Engine, create_engine

# Each run has a file of its own, beside the index of all. A web server reads hundreds of them in
# its life and may not hold all open.
_OPEN_FILES = 4
# Services that start together on a new home would each make the tables and mark their version:
# marked twice, they are refused by all of Dagster from then on.
_LOCK = "making-tables.lock"


class EventLogStorage(SqliteEventLogStorage):
    """Dagster's event log in SQLite; what it compiled for one event serves for the next."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        # By shard, the one used last at the end.
        self._engines: dict[str, Engine] = {}
        self._tables_found: set[str] = set()
        # While a batch is stored: what ends its transactions, and these by shard.
        self._batch: ExitStack | None = None
        self._connections: dict[str, Connection] = {}
        super().__init__(base_dir, inst_data)
        # A batch holds it, and each event of it again.
        self._db_lock: Any = RLock()

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events in one transaction of each file, where each has up to three of its own.

        If one cannot be stored none is, and Dagster stores them one by one. Were the index changed
        and the file of the run not, it would have them twice.
        """
        with self._db_lock, ExitStack() as batch:
            self._batch, self._connections = batch, {}
            try:
                super().store_event_batch(events)
            finally:
                self._batch, self._connections = None, {}

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if self._batch is None:
                with self._begun(shard) as connection:
                    yield connection
                return
            if shard not in self._connections:
                self._connections[shard] = self._batch.enter_context(self._begun(shard))
            yield self._connections[shard]

    @contextmanager
    def _begun(self, shard: str) -> Iterator[Connection]:
        """A transaction of a file, which is made and has its tables by then."""
        engine = self._engine(shard)
        if shard not in self._initialized_dbs:
            with FileLock(Path(self._base_dir) / _LOCK):
                self._initdb(engine)
            self._initialized_dbs.add(shard)
        with engine.begin() as connection:
            yield connection

    def _engine(self, shard: str) -> Engine:
        engine = self._engines.pop(shard, None) or create_engine(
            self.conn_string_for_shard(shard),
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS},
        )
        self._engines[shard] = engine
        if len(self._engines) > _OPEN_FILES:
            self._engines.pop(next(iter(self._engines))).dispose()
        return engine

    def has_table(self, table_name: str) -> bool:
        """Whether there is such a table, which is looked up until there is.

        Dagster asks with each event of a check, and opens the file for it: a twentieth of a night
        with nothing new (profile, 2026-11-28).
        """
        if table_name not in self._tables_found and super().has_table(table_name):
            self._tables_found.add(table_name)
        return table_name in self._tables_found

    def delete_events(self, run_id: str) -> None:
        """Remove the file of a run as well; Dagster empties it and leaves it as large as it was."""
        super().delete_events(run_id)
        with self._db_lock:
            if engine := self._engines.pop(run_id, None):
                engine.dispose()
            self._initialized_dbs.discard(run_id)
            for path in Path(self._base_dir).glob(f"{run_id}.db*"):
                path.unlink()

    def dispose(self) -> None:
        """Close the files and stop watching them."""
        super().dispose()
        while self._engines:
            self._engines.popitem()[1].dispose()


class Storage(DagsterSqliteStorage):
    """Runs and schedules as Dagster keeps them in SQLite, events in ``EventLogStorage``."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        with FileLock(Path(base_dir) / _LOCK):
            super().__init__(base_dir, inst_data)
        made: Any = self._event_log_storage
        self._event_log_storage = EventLogStorage(made._base_dir)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        """The storage below ``base_dir``, the folder of the instance."""
        return cls.from_local(inst_data=inst_data, **config_value)
