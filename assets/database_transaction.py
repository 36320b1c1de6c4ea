"""One transaction of the build's database: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb


@contextmanager
def one_transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """What is written inside is there once all of it is; if it ends in an error, none of it.

    Raises:
        duckdb.TransactionException: the connection is inside a transaction already.
    """
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
