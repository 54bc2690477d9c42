"""What a new site may be called, where it may live, and in which time zone."""

from __future__ import annotations

import pytest

from chalicelib.accounts.sites import new_site
from chalicelib.errors import BadRequest

WRONG_TYPES = [None, 1, 1.5, True, [], ["x"], {}, {"a": 1}]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("A", "A"),
        ("  My blog ", "My blog"),
        ("x" * 100, "x" * 100),
        ("👩‍💻 Ü", "👩‍💻 Ü"),
        ("می‌خواهم", "می‌خواهم"),
        ("🏴\U000e0067\U000e007f", "🏴\U000e0067\U000e007f"),
        ("\u0e01\u0e33", "\u0e01\u0e33"),
    ],
)
def test_names(given: str, name: str) -> None:
    assert new_site.site_name(given) == name


@pytest.mark.parametrize(
    "given",
    [
        "",
        "   ",
        "x" * 101,
        "a\x00b",
        "a\nb",
        "a\x7fb",
        "a\u2028b",
        "\ud800",
        "a\u202eb",
        "\u2066x",
        "\u200b",
        "\u200d\u200d",
        "\u2060 \ufeff",
        "\u00ad",
        "\u3164",
        "\uffa0\u115f",
        "\u2800",
        "\ufe0f",
        "\u0301",
        "\u034f",
        "\U000e0020\U000e007f",
        "\ue000",
        "\U000effff",
        "\u180e",
        "\u17b4",
        *WRONG_TYPES,
    ],
)
def test_names_that_will_not_do(given: object) -> None:
    with pytest.raises(BadRequest) as refusal:
        new_site.site_name(given)
    assert refusal.value.field == "name"


@pytest.mark.parametrize(
    ("given", "domain"),
    [
        ("example.com", "example.com"),
        (" Example.COM ", "example.com"),
        ("www.example.com.", "www.example.com"),
        ("https://example.com", "example.com"),
        ("HTTP://Example.com/", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example.", "xn--bcher-kva.example"),
        ("हिन्दी.example", "xn--j2bd4cyah0f.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ("faß.de", "xn--fa-hia.de"),
        ("my_app.example.com", "my_app.example.com"),
        ("localhost", "localhost"),
        ("localhost:8000", "localhost:8000"),
        ("http://localhost:8000/", "localhost:8000"),
        ("app.localhost:8000", "app.localhost:8000"),
        ("127.0.0.1:8000", "127.0.0.1:8000"),
        ("192.0.2.7", "192.0.2.7"),
    ],
)
def test_domains(given: str, domain: str) -> None:
    assert new_site.domain(given) == domain


@pytest.mark.parametrize(
    "given",
    [
        "",
        " ",
        "example",
        "exa mple.com",
        "example..com",
        ".example.com",
        "-example.com",
        "example-.com",
        "a" * 64 + ".com",
        ".".join(["a" * 60] * 5),
        "x" * 10_000,
        "ftp://example.com",
        "javascript:alert(1)",
        "//example.com",
        "https://",
        "https:///x",
        "example.com/blog",
        "https://example.com/?a=b",
        "example.com?",
        "example.com#x",
        "user@example.com",
        "https://user:password@example.com",
        "example.com:8080",
        "example.com:x",
        "localhost:99999",
        "300.1.1.1",
        "1.2.3",
        "example.123",
        "[::1]",
        "http://[::1",
        "exa\x00mple.com",
        "exa\nmple.com",
        "ex%41mple.com",
        "ex<b>.com",
        "\ud800.com",
        "👩\u200d.example\u200d",
        *WRONG_TYPES,
    ],
)
def test_domains_that_will_not_do(given: object) -> None:
    with pytest.raises(BadRequest) as refusal:
        new_site.domain(given)
    assert refusal.value.field == "domain"
    assert refusal.value.message.startswith("domain ")


@pytest.mark.parametrize("given", ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/Argentina/Buenos_Aires"])
def test_time_zones(given: str) -> None:
    assert new_site.timezone(given) == given


@pytest.mark.parametrize(
    "given",
    ["", "Mars/Olympus", "europe/berlin", "+02:00", "../../etc/passwd", "/etc/localtime", "UTC\x00", *WRONG_TYPES],
)
def test_time_zones_that_will_not_do(given: object) -> None:
    with pytest.raises(BadRequest) as refusal:
        new_site.timezone(given)
    assert refusal.value.field == "timezone"
