"""Which source a location is of."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from assets.extracts.arriving.landing import LandingZone
from assets.extracts.arriving.sources.https import HttpsFile, HttpsSource
from assets.extracts.arriving.sources.https_client import Retries, require_https
from assets.extracts.arriving.sources.object_storage import (
    OBJECT_STORAGE_SCHEMES,
    ObjectStorageSource,
)
from assets.extracts.arriving.sources.source import (
    MAX_BYTES,
    PermanentSourceError,
    Source,
    address_of,
)


def open_source(
    location: str | HttpsFile, max_bytes: int = MAX_BYTES, retries: Retries | None = None
) -> Source:
    """The source at a location: a folder, an https address, or a prefix in object storage.

    Args:
        location: a path, ``https://…``, ``s3://bucket/prefix``, ``abfs://container/prefix``, or
            what a contract says of a published file, which has its own ``max_bytes``.
        max_bytes: the largest file that is fetched.
        retries: how patient to be with an https server.

    Raises:
        PermanentSourceError: another kind of address, or one with credentials in it.
        LandingError: no such folder, or its declarations are not valid.
    """
    if isinstance(location, HttpsFile):
        return HttpsSource(location, retries)
    scheme = urlsplit(location).scheme.lower()
    if scheme == "":
        return LandingZone(Path(location), max_bytes)
    if scheme == "https":
        require_https(location, "the location")
        return HttpsSource(HttpsFile(url=location, max_bytes=max_bytes), retries)
    if scheme in OBJECT_STORAGE_SCHEMES:
        return ObjectStorageSource(location, max_bytes)
    raise PermanentSourceError(
        f"{address_of(location)}: {scheme} addresses are not fetched; give a folder, an https "
        "address, s3:// or abfs://"
    )
