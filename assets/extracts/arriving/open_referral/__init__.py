"""Open Referral UK feeds: read over HTTP, page by page, and kept as daily differences."""
