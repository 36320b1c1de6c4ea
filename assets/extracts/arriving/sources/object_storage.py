"""Object storage as a source: S3 and Azure through fsspec, credentials from the environment only.

S3 takes what AWS tools take (AWS_ACCESS_KEY_ID, AWS_PROFILE, AWS_ENDPOINT_URL, a machine's role);
Azure takes AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN,
or AZURE_STORAGE_CONNECTION_STRING, or the identity of the machine.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import fsspec
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from botocore.exceptions import BotoCoreError, NoCredentialsError, PartialCredentialsError

from assets.durable_files import hash_of
from assets.extracts.arriving.sources.fetch_state import FetchState
from assets.extracts.arriving.sources.private_files import (
    private_copy,
    private_path,
    too_large,
    write_limited,
)
from assets.extracts.arriving.sources.source import (
    MAX_BYTES,
    Fetched,
    PermanentSourceError,
    RemoteFile,
    SourceError,
    TransientSourceError,
    address_of,
)

OBJECT_STORAGE_SCHEMES = ("s3", "abfs", "abfss")

# Objects are read in pieces of this size, each by a request of its own.
_PIECE_BYTES = 1 << 24
_CONNECT_SECONDS = 10
_READ_SECONDS = 60

# What fsspec's file systems raise for faults of the storage; the libraries below them have
# errors of their own.
_FAULTS = (OSError, ValueError, BotoCoreError, AzureError)
_NO_ACCESS = (PermissionError, PartialCredentialsError)
# Nothing is configured, and the machine's role or identity gives nothing now: it is asked for
# over the network, which may be down tonight.
_NO_CREDENTIALS = (NoCredentialsError, ClientAuthenticationError)
_PASSING = {errno.EBUSY, errno.EIO, errno.EREMOTEIO, errno.ETIMEDOUT, errno.ECONNRESET}


class ObjectStorageSource:
    """Every object under a prefix, such as ``s3://bucket/landing`` or ``abfs://container/landing``.

    An Azure address may name the account: ``abfs://container@account.dfs.core.windows.net/landing``.
    """

    def __init__(self, location: str, max_bytes: int = MAX_BYTES) -> None:
        parts = urlsplit(location)
        if parts.scheme not in OBJECT_STORAGE_SCHEMES or not parts.netloc:
            raise PermanentSourceError(
                f"{address_of(location)} is not an address of object storage; write it as "
                "s3://bucket/prefix or abfs://container/prefix"
            )
        if parts.query or parts.password or (parts.scheme == "s3" and "@" in parts.netloc):
            raise PermanentSourceError(
                f"{address_of(location)}: the address holds credentials or a query; leave only "
                "bucket and prefix, and give credentials through the environment"
            )
        self.location = location.rstrip("/")
        self.max_bytes = max_bytes
        self._opened: Any = None

    @property
    def name(self) -> str:
        """The prefix."""
        return address_of(self.location)

    def listed(self) -> list[RemoteFile]:
        """Every object under the prefix, however deep, in name order; hidden ones left out.

        Raises:
            PermanentSourceError: no such bucket or container, or no access.
            TransientSourceError: the storage cannot be reached.
        """
        storage = _ask(self.name, self._storage)
        prefix = fsspec.core.strip_protocol(self.location).rstrip("/")
        found = _ask(self.name, storage.find, prefix, detail=True)
        if not found:
            # adlfs 2026.8.0 lists a container that does not exist as empty (seen 2026-11-23).
            _ask(self.name, storage.info, prefix.partition("/")[0])
        if not isinstance(found, dict):
            # adlfs 2026.8.0 returns names alone if the prefix is one object (seen 2026-11-23).
            found = {path: _ask(self.name, storage.info, path) for path in found}
        files = []
        for path, entry in found.items():
            below = path.removeprefix(prefix)
            name = below.strip("/") or path.rpartition("/")[2]
            is_hidden = any(part.startswith(".") for part in name.split("/"))
            if entry["type"] == "file" and not path.endswith("/") and not is_hidden:
                files.append(_described(entry, name, self.location + below))
        return sorted(files, key=lambda file: file.name)

    def fetch(self, file: RemoteFile, into: Path, known: FetchState | None = None) -> Fetched:
        """Download one object, unless its ETag is still that of ``known``.

        Raises:
            PermanentSourceError: the object is gone or too large, or there is no access.
            TransientSourceError: the storage cannot be reached, or the object was replaced while
                it was read.
        """
        address = address_of(file.location)
        storage = _ask(address, self._storage)
        path = fsspec.core.strip_protocol(file.location)
        before = _described(_ask(address, storage.info, path), file.name, file.location)
        size = before.size_bytes or 0
        unchanged = Fetched(
            name=file.name,
            location=file.location,
            url=address,
            path=None,
            sha256=known.sha256 if known else "",
            bytes=size,
            etag=before.etag,
            last_modified=before.last_modified,
            not_modified=True,
        )
        if known and known.etag and known.etag == before.etag:
            return unchanged
        if size > self.max_bytes:
            raise too_large(address, size, self.max_bytes)
        target = private_path(into, file.location, file.name)
        pieces = _pieces(address, storage, path, size)
        with private_copy(target) as copy:
            written = write_limited(copy, pieces, self.max_bytes, 0, address)
        after = _described(_ask(address, storage.info, path), file.name, file.location)
        if written != size or after != before:
            target.unlink()
            raise TransientSourceError(
                f"{address} was replaced while it was read; it is taken in by the next run"
            )
        return replace(unchanged, path=target, sha256=hash_of(target), not_modified=False)

    def _storage(self) -> Any:
        """The file system, opened once; it keeps no listing, so that none is ever stale."""
        if self._opened is None:
            timeouts: dict[str, Any]
            if self.location.startswith("s3:"):
                connection = {"connect_timeout": _CONNECT_SECONDS, "read_timeout": _READ_SECONDS}
                timeouts = {"config_kwargs": connection}
            else:
                timeouts = {"connection_timeout": _CONNECT_SECONDS, "read_timeout": _READ_SECONDS}
            self._opened, _ = fsspec.url_to_fs(
                self.location, use_listings_cache=False, skip_instance_cache=True, **timeouts
            )
        return self._opened


def _described(entry: dict[str, Any], name: str, location: str) -> RemoteFile:
    """An object as the listing of S3 or of Azure describes it."""
    modified = entry.get("LastModified") or entry.get("last_modified")
    return RemoteFile(
        name=name,
        location=location,
        size_bytes=int(entry["size"]),
        etag=entry.get("ETag") or entry.get("etag"),
        last_modified=modified.isoformat() if modified else None,
    )


def _pieces(address: str, storage: Any, path: str, size: int) -> Iterator[bytes]:
    for start in range(0, size, _PIECE_BYTES):
        end = min(start + _PIECE_BYTES, size)
        yield _ask(address, storage.cat_file, path, start=start, end=end)


def _ask(address: str, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Ask the storage something; its faults become errors that name the address."""
    try:
        return call(*arguments, **options)
    except _FAULTS as error:
        # Not chained, and not quoted: texts of the storage may repeat keys and signed requests.
        raise _fault(address, error) from None


def _fault(address: str, error: Exception) -> SourceError:
    kind = type(error).__name__
    status = error.status_code if isinstance(error, HttpResponseError) else None
    if isinstance(error, FileNotFoundError) or status == 404:
        return PermanentSourceError(
            f"{address}: no such bucket, container or object; check the address, and that it was "
            "not moved or deleted"
        )
    if isinstance(error, _NO_ACCESS) or status in {401, 403}:
        return PermanentSourceError(
            f"{address}: access is refused ({kind}); check the credentials in the environment, "
            "and that they may list and read there"
        )
    if isinstance(error, _NO_CREDENTIALS):
        return TransientSourceError(
            f"{address}: no credentials are to be had ({kind}); it is tried again by the next run. "
            "If the machine has a role or an identity, check its network; otherwise set the "
            "credentials in the environment"
        )
    if isinstance(error, ValueError) or (
        isinstance(error, OSError) and error.errno is not None and error.errno not in _PASSING
    ):
        return PermanentSourceError(
            f"{address}: the storage does not accept the request ({kind}); check the address, the "
            "region and the account in the environment"
        )
    return TransientSourceError(
        f"{address}: the storage cannot be reached or is busy ({kind}); it is tried again by the "
        "next run, check the network if it lasts"
    )
