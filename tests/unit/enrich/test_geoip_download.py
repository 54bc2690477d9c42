"""Downloads: what is encrypted stays so on the way to another host."""

from email.message import Message
from io import BytesIO
from urllib.error import URLError
from urllib.request import Request

import pytest

from chalicelib.enrich.geoip_download import _HttpsOnlyRedirects


@pytest.mark.parametrize(
    ("asked", "sent_to", "followed"),
    [
        ("https://download.example.com/a", "https://files.example.net/b", True),
        ("https://download.example.com/a", "http://files.example.net/b", False),
        ("https://download.example.com/a", "file:///etc/passwd", False),
        ("http://127.0.0.1:8000/a", "http://127.0.0.1:8000/b", True),
    ],
)
def test_a_redirection_is_followed_only_to_where_it_is_as_safe(asked: str, sent_to: str, followed: bool) -> None:
    request = Request(asked)
    request.add_unredirected_header("Authorization", "Basic secret")
    try:
        onward = _HttpsOnlyRedirects().redirect_request(request, BytesIO(), 302, "Found", Message(), sent_to)
    except URLError:
        assert not followed
        return
    assert followed
    assert onward is not None
    assert onward.full_url == sent_to
    assert not onward.has_header("Authorization")
