"""Reading all services of a feed: both page profiles, where the pages end, and repeated ids."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assets.extracts.arriving.open_referral.feed import Feed, FeedError
from assets.extracts.arriving.open_referral.fetching import PageFetcher
from assets.extracts.arriving.open_referral.services import (
    LIST_OF_SERVICES,
    SchemaVersion,
    Service,
    ServiceError,
    flat_service,
    id_of,
)


@dataclass
class FeedRead:
    """All that one pass over a feed's pages gave."""

    schema_version: SchemaVersion
    services: dict[str, Service] = field(default_factory=dict)
    """By id; of a repeated id the first is kept."""
    repeated_ids: int = 0
    """Entries whose id was seen before."""
    refused: list[str] = field(default_factory=list)
    """Entries that are not services, by page and place, with the reason."""
    refused_ids: set[str] = field(default_factory=set)
    """Ids of those of them that have one: the services are there, if not to be read."""
    announced: int | None = None
    """How many services the first page says there are."""

    @property
    def entries(self) -> int:
        """Entries on all pages: kept, repeated and refused."""
        return len(self.services) + self.repeated_ids + len(self.refused)


class _Page(BaseModel):
    """A page of Open Referral UK 3.0, numbered from 1."""

    model_config = ConfigDict(strict=True)

    total_items: int | None = None
    total_pages: int | None = None
    page_number: int | None = None
    first_page: bool | None = None
    last_page: bool | None = None
    empty: bool | None = None
    contents: list[Any]


class _PageV1(_Page):
    """A page of Open Referral UK 1.0: other names, and numbered from 0 or from 1."""

    total_items: int | None = Field(default=None, validation_alias="totalElements")
    total_pages: int | None = Field(default=None, validation_alias="totalPages")
    page_number: int | None = Field(default=None, validation_alias="number")
    first_page: bool | None = Field(default=None, validation_alias="first")
    last_page: bool | None = Field(default=None, validation_alias="last")
    contents: list[Any] = Field(validation_alias=LIST_OF_SERVICES["v1"])


_PROFILES: dict[SchemaVersion, type[_Page]] = {"v3": _Page, "v1": _PageV1}


def read_services(feed: Feed) -> FeedRead:
    """Read every page of a feed's list of services.

    Pages are counted here and not taken from what the feed says of itself: feeds number from 0
    or from 1. Reading stops at a page that says it is the last, at the announced number of
    pages, or at an empty page, whichever comes first.

    Raises:
        FeedError: when a page cannot be fetched or has another shape than its profile, when the
            feed ignores ``page``, or when it has more pages than ``max_pages``.
    """
    fetcher = PageFetcher(feed)
    requested = 1
    version, page = _read_first_page(fetcher, requested)
    if page.first_page is False:
        # The page asked for as number 1 says that it is not the first: the feed counts from 0.
        earlier = _read_page(fetcher, 0, version)
        if earlier.contents != page.contents:
            requested, page = 0, earlier
    read = FeedRead(version, announced=page.total_items)
    pages_read = 1
    _take(read, page, requested)
    while not _is_last(page, pages_read):
        if pages_read == feed.max_pages:
            told = f"{page.total_pages} pages" if page.total_pages else "no number of pages"
            raise FeedError(
                fetcher.describe(
                    requested,
                    f"there are more than max_pages = {feed.max_pages} pages (the feed "
                    f"announces {told}); look whether it ever ends, then raise max_pages",
                )
            )
        requested += 1
        previous, page = page, _read_page(fetcher, requested, version)
        if page.contents and page.contents == previous.contents:
            raise FeedError(
                fetcher.describe(
                    requested,
                    f"all {len(page.contents)} entries were on the page before already: the feed "
                    "ignores the page it is asked for; tell the publisher",
                )
            )
        pages_read += 1
        _take(read, page, requested)
    return read


def _read_first_page(fetcher: PageFetcher, number: int) -> tuple[SchemaVersion, _Page]:
    body = fetcher.fetch(number)
    is_v1 = isinstance(body, dict) and LIST_OF_SERVICES["v1"] in body
    version: SchemaVersion = "v1" if is_v1 else "v3"
    return version, _page_of(body, fetcher, number, version)


def _read_page(fetcher: PageFetcher, number: int, version: SchemaVersion) -> _Page:
    return _page_of(fetcher.fetch(number), fetcher, number, version)


def _page_of(body: Any, fetcher: PageFetcher, number: int, version: SchemaVersion) -> _Page:
    try:
        return _PROFILES[version].model_validate(body)
    except ValidationError as error:
        # The values stay out of the message: they may be somebody's details.
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'the answer'}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_url=False)
        )
        problem = f"not a page of Open Referral UK {version}: {faults}; tell the publisher"
        raise FeedError(fetcher.describe(number, problem)) from None


def _is_last(page: _Page, pages_read: int) -> bool:
    if page.last_page or page.empty or not page.contents:
        return True
    return page.total_pages is not None and pages_read >= page.total_pages


def _take(read: FeedRead, page: _Page, number: int) -> None:
    for place, entry in enumerate(page.contents, start=1):
        try:
            service = flat_service(entry)
        except ServiceError as error:
            read.refused.append(f"page {number}, entry {place}: {error}")
            read.refused_ids.update(id_of(entry))
            continue
        if service.id in read.services:
            read.repeated_ids += 1
        else:
            read.services[service.id] = service
