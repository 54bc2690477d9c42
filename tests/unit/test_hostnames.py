"""Hosts: kept in one form, shown in Unicode where nobody can be taken in."""

import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.hostnames import normal_host
from chalicelib.report.idn import shown_host, shown_url

HOSTS = st.text(max_size=80) | st.text(alphabet="aé.-_%[]:0xn🙂\u200bßı1ノ", max_size=40)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("Example.COM.", "example.com"),
        ("MÜNCHEN.example", "xn--mnchen-3ya.example"),
        ("mu\u0308nchen.example", "xn--mnchen-3ya.example"),
        ("XN--MNCHEN-3YA.example", "xn--mnchen-3ya.example"),
        ("m%C3%BCnchen.example", "xn--mnchen-3ya.example"),
        ("straße.de", "xn--strae-oqa.de"),
        ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
        ("日本語。jp", "xn--wgv71a119e.jp"),
        ("i❤.ws", "xn--i-7iq.ws"),
        ("a_b.example", "a_b.example"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("fe80::1%eth0", None),
        ("v1.[", None),
        ("[::1]", None),
        ("exa mple.com", None),
        ("a\ud800b", None),
        ("...", None),
        ("", None),
        ("a" * 254, None),
        ("ä" * 254, None),
    ],
)
def test_a_host_has_one_form_whoever_wrote_it(text: str, host: str | None) -> None:
    assert normal_host(text) == host


@given(HOSTS)
def test_the_one_form_is_ascii_stays_as_it_is_and_fits_a_url(text: str) -> None:
    host = normal_host(text)
    if host is None:
        return
    assert host.isascii()
    assert host == host.lower()
    assert normal_host(host) == host
    bracketed = f"[{host}]" if ":" in host else host
    assert urlsplit(f"https://user@{bracketed}:8080/path").hostname == host


@pytest.mark.parametrize(
    "host",
    [
        "münchen.example", "bücher.de", "smörgås.se", "česko.cz", "viện.vn", "alışveriş.com", "col·legi.cat",
        "日本語.jp", "東京tower.jp", "ラーメン.jp", "한국.kr", "пример.рф", "москва.ru", "сахар.ru", "ελλάδα.gr",
        "ουζερί.com", "שלום.co.il", "مثال.com", "ไทย.com", "हिन्दी.in", "www.müller.example",
    ],
)  # fmt: skip
def test_a_host_in_one_script_is_shown_in_it(host: str) -> None:
    kept = normal_host(host)
    assert kept is not None
    assert kept != host
    assert shown_host(kept) == host


@pytest.mark.parametrize(
    "host",
    [
        "gооgle.com",  # Cyrillic о
        "аррӏе.com", "сахар.com", "οικος.com", "ɢoogle.com", "lifehacĸer.com", "facébook.com", "äpple.de", "paypaı.com",
        "tノest.com", "日é.jp", "i❤.ws", "яndex.ru", "пaypal.com", "google१.com", "२०.com", "a\u0331\u0332b.com",
    ],
)  # fmt: skip
def test_a_host_that_could_pass_for_another_stays_as_it_is_kept(host: str) -> None:
    kept = normal_host(host)
    assert kept is not None
    assert kept.startswith("xn--")
    assert shown_host(kept) == kept


@pytest.mark.parametrize("host", ["xn--", "xn--a.com", "xn--abc-.com", "xn--99999999.de", "xn--mnchen-3yA.example"])
def test_what_no_browser_would_have_made_is_shown_as_it_is(host: str) -> None:
    assert shown_host(host) == host


@given(HOSTS)
def test_what_is_shown_leads_back_to_what_is_kept(text: str) -> None:
    host = normal_host(text)
    if host is not None and ":" not in host:
        assert normal_host(shown_host(host)) == host
    shown_host(text)
    shown_url(text)


def test_of_a_url_only_the_host_is_shown_otherwise() -> None:
    assert (
        shown_url("https://xn--mnchen-3ya.example:8080/xn--mnchen-3ya") == "https://münchen.example:8080/xn--mnchen-3ya"
    )
    assert shown_url("xn--mnchen-3ya.example") == "münchen.example"
    assert shown_url("android-app://org.example.reader") == "android-app://org.example.reader"
    assert shown_host("xn--mnchen-3ya.localhost:8000") == "münchen.localhost:8000"


def test_a_host_in_ascii_waits_for_no_library() -> None:
    code = (
        "import sys; from chalicelib.hostnames import normal_host as n; n('Example.com'); print('idna' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
