"""Where readers say what is wrong: an e-mail address or a page, refused when it is neither."""

import pytest
from pydantic import ValidationError
from report_release import PUBLISHED

from assets.reports.open_release import Edition
from orchestration.settings import Settings


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("", ""),
        ("https://example.org/say?about=report", "https://example.org/say?about=report"),
        ("https://example.org/@team", "https://example.org/@team"),
        ("report@example.org", "mailto:report@example.org?subject=Report%2C%20release%20v1"),
    ],
)
def test_an_address_becomes_a_link(
    monkeypatch: pytest.MonkeyPatch, address: str, link: str
) -> None:
    monkeypatch.setenv("DOING_WITH_FEEDBACK", address)
    assert Edition("v1", PUBLISHED, Settings().feedback).feedback_link == link


@pytest.mark.parametrize("address", ["the team", "http://example.org", "javascript:alert(1)@a.b"])
def test_what_no_reader_can_follow_is_refused(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DOING_WITH_FEEDBACK", address)
    with pytest.raises(ValidationError, match="mend DOING_WITH_FEEDBACK"):
        Settings()
