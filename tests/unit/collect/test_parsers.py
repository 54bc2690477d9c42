"""All that reads what strangers send: whatever comes, it is read or refused by name, and nothing else happens."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib import catalogue, config
from chalicelib.accounts.sites import site_settings
from chalicelib.aggregate.duckdb_engine import engine
from chalicelib.collect import client_ip, custom_events, origins, prefetch, site_rules, validation
from chalicelib.collect.event import Event, decode, encode, encode_all
from chalicelib.collect.referrer import read_referrer
from chalicelib.collect.urls import read_location
from chalicelib.collect.visitor import normal_address, truncated, visitor_key
from chalicelib.enrich import device
from chalicelib.enrich.channel import channel
from chalicelib.enrich.source import read_source
from chalicelib.enrich.user_agent import parse_agent
from chalicelib.errors import BadRequest
from chalicelib.report import periods
from chalicelib.report.filter_sql import json_pointer
from chalicelib.report.visits import _Cursor
from chalicelib.store import rollups
from chalicelib.store.records import Record
from chalicelib.store.sites import Site, read_id
from chalicelib.web import Request

# Any text that JSON can say: half characters and NUL too.
texts = st.text(st.characters(), max_size=60)
# Texts that are nearly what is looked for.
urls = st.one_of(
    texts,
    st.lists(
        st.sampled_from(
            ["http", "https", "app", "data", "://", "//", "user:pw@", "example.com", "EXAMPLE.", "[::1]", "[", "]",
             ":443", ":99999", ":", "/", "/a/b", "\0", "\n", "\ud800", "😀", "%", "%00", "%zz", "?", "q=1", "&",
             "utm_source=", "ref=a@b", "gclid=x", "#", "#/p", "#!/p", " ", "..", "\u2028", "ß", "%F0%9F"]
        ),
        max_size=12,
    ).map("".join),
)  # fmt: skip
addresses = st.one_of(
    texts,
    st.ip_addresses().map(str),
    st.ip_addresses(v=6).map(lambda address: f"[{address}]:443"),
    st.ip_addresses(v=4).map(lambda address: f"{address}:80"),
    st.sampled_from(["", ",", "unknown", "::ffff:1.2.3.4", "fe80::1%eth0", "1.2.3.4.5", "[", "[]:", "0x7f.1", "1"]),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.sampled_from([10**400, -(10**400)]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def whole(text: str) -> bool:
    """Whether every store and every encoding takes it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


@contextmanager
def refused_by_name(*names: str) -> Iterator[None]:
    """Inside, what will not do may be refused, if the field that is named is one of these, or a part of one."""
    try:
        yield
    except BadRequest as error:
        if not (error.field or "").startswith(names):
            raise


# ── pages ──


@given(urls, st.booleans(), st.booleans())
@example("https://user:pw@example.com:443/a?utm_source=x#/b", True, False)
@example("http://[::ffff:1.2.3.4%25eth0]/", False, False)
def test_of_any_url_a_clean_page_is_kept_or_it_is_refused(url: str, hash_routing: bool, apps: bool) -> None:
    kept = frozenset({"q"})
    with refused_by_name("location"):
        read = read_location(url, "location", kept=kept, hash_routing=hash_routing, apps=apps)
        assert read.page.startswith("/")
        assert len(read.page) <= config.MAX_PAGE_CHARS
        for text in (read.host, read.page, read.utm_source or "", read.source_tag or "", read.utm_term or ""):
            assert whole(text)
        host = f"[{read.host}]" if ":" in read.host else read.host
        again = read_location(f"https://{host}{read.page}", "cleaned", kept=kept, hash_routing=hash_routing)
        assert (again.host, again.page) == (read.host, read.page)


@given(urls)
@example("android-app://org.example.reader/path")
def test_of_any_referrer_a_clean_url_is_kept_or_nothing(url: str) -> None:
    read = read_referrer(url)
    if read is not None:
        assert whole(read[0])
        assert whole(read[1])
        assert "@" not in read[1].split("/")[2]
        assert read_referrer(read[1]) == read


# ── fields ──


@given(values)
def test_a_field_of_any_value_is_read_or_refused_by_name(value: object) -> None:
    for read in (
        validation.text,
        validation.number,
        validation.load_time,
        validation.engagement,
        validation.percent,
        validation.hit_id,
    ):
        with refused_by_name("hits[0].x"):
            read(value, "hits[0].x")
    with refused_by_name("x"):
        assert isinstance(validation.flag(default=True)(value, "x"), bool)


@given(texts)
def test_an_identifier_is_clean_and_stays_as_it_is(text: str) -> None:
    with refused_by_name("identifier"):
        read = validation.identifier(text)
        assert read is None or (whole(read) and validation.identifier(read) == read)


@given(values, values, st.sampled_from(["1e999999999", "-1e-999999999", "NaN", "sNaN1", "1" * 5000, "٣", "1_0"]))
@example({"\ud800": {}}, {}, "1")
def test_an_event_is_read_or_refused_by_name(one: object, other: object, amount: str) -> None:
    for value in (one, other, {"a": one}):
        with refused_by_name("props"):
            props = custom_events.read_props(value)
            assert props is None or (whole(props) and custom_events.read_props(json.loads(props)) == props)
    for value in (one, {"amount": one, "currency": "EUR"}, {"amount": amount, "currency": other},
                  {"amount": amount, "currency": "eur"}):  # fmt: skip
        with refused_by_name("revenue"):
            micros, currency = custom_events.read_revenue(value)
            assert (micros is None) == (currency is None)
            assert abs(micros or 0) <= config.MAX_AMOUNT * config.MICROS
    with refused_by_name("event"):
        name = custom_events.read_name(one)
        assert whole(name)
        assert custom_events.read_name(name) == name


# ── addresses ──


@given(
    st.sampled_from(["", "1", "2", "5", *client_ip.PRESETS]), addresses, st.lists(addresses, max_size=4), st.booleans()
)
def test_any_forwarding_headers_give_an_address_or_none(
    proxies: str, source: str, chain: list[str], edge: bool
) -> None:
    headers = {"x-forwarded-for": ", ".join(chain), "cf-connecting-ip": source, "cloudfront-viewer-address": source}
    if edge:
        headers["x-amz-cf-id"] = "x"
    address = normal_address(client_ip.client_address(proxies, source, headers))
    assert address == normal_address(address)
    assert truncated(address) == truncated(truncated(address))
    assert len(visitor_key(b"salt", address, source)) == 16
    if address:
        assert site_rules.is_ignored("0.0.0.0/0 ::/0", address)


@given(urls, st.sampled_from(["*", "example.com", "*.example.com https://a.example:8443", "[::1]", "x,y"]))
def test_any_origin_is_allowed_or_not(origin: str, allowed: str) -> None:
    for name in ("origin", "referer"):
        assert origins.origin_allowed(allowed, {name: origin}) in (True, False)
    assert prefetch.read_hint({"purpose": origin}) in (None, "prefetch", "preview")


@given(values)
def test_any_setting_is_refused_by_name_or_one_that_the_collector_can_use(value: object) -> None:
    for name, (_, read) in site_settings._PARSERS.items():
        if name == "hide_referrer_regex":
            continue  # DuckDB reads it, see test_settings
        with refused_by_name(name):
            kept = read(value, name)
            if name == "proxies":
                client_ip.client_address(kept, "192.0.2.1", {"x-forwarded-for": "192.0.2.7"})
            elif name == "ignored_ips":
                site_rules.is_ignored(kept, "192.0.2.1")
            elif name == "origins":
                origins.origin_allowed(kept, {"origin": "https://example.com"})
            assert not isinstance(kept, str) or name == "script_inject" or whole(kept)


@pytest.mark.parametrize("text", ["00", "0000", "0009", "6", "-1", "1 ", "٣"])
def test_a_number_of_proxies_has_one_spelling(text: str) -> None:
    with pytest.raises(BadRequest):
        site_settings._proxies(text, "proxies")


@given(texts)
@example("7F0C5A8E-6A6B-4A51-9F52-1D6F0A3F7B11")
@example("{7f0c5a8e-6a6b-4a51-9f52-1d6f0a3f7b11}")
@example("urn:uuid:7f0c5a8e-6a6b-4a51-9f52-1d6f0a3f7b11")
@example("7f0c5a8e6a6b4a519f521d6f0a3f7b11")
@example("٧f0c5a8e-6a6b-4a51-9f52-1d6f0a3f7b11")
def test_a_site_id_has_one_form_in_any_case(text: str) -> None:
    read = read_id(text)
    assert read is None or (read == text.lower() and len(read) == 36 and read.isascii())


# ── bodies and answers ──


@given(st.binary(max_size=80) | values.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")))
@example(b"\xef\xbb\xbf{}")
@example(b"1" * 5000)
@example(b'{"a":1e400}')
@example(b'{"a":' + b"1" * 5000 + b"}")
@example(b"[" * 100_000)
def test_any_body_is_an_object_or_refused(body: bytes) -> None:
    with refused_by_name(""):
        assert isinstance(Request("POST", "/api/event", {}, {}, {}, body, "", "").json(10**6), dict)


@given(texts)
def test_an_answer_can_repeat_whatever_it_was_sent(text: str) -> None:
    from chalicelib.web import reply_json

    body = reply_json(BadRequest(f"What is {text}?", field=text).as_json()).body
    assert set(json.loads(body)["error"]) == {"code", "message", "field"}


# ── the queue and the tables ──

NOON = 1_795_521_600_000  # of 2026-11-24, in UTC
_TEXT = st.text(st.characters(codec="utf-8"), max_size=30)


def _event(t: int, **fields: Any) -> Event:
    return Event(t=t, day=datetime.fromtimestamp(t / 1000, UTC).date().isoformat(), **fields)


events = st.builds(
    _event,
    kind=st.sampled_from(["view", "leave", "event"]),
    site=st.just("7f0c5a8e-6a6b-4a51-9f52-1d6f0a3f7b11"),
    hour=st.integers(0, 25),
    visitor=st.text("abcXYZ019_-", min_size=1, max_size=16),
    id=st.text("abcXYZ019_-.:", max_size=64),
    t=st.integers(0, config.LATEST_T),
    agent=_TEXT,
    address=_TEXT,
    tracker=_TEXT,
    page=st.none() | _TEXT,
    load_time=st.none() | st.integers(0, config.MAX_LOAD_TIME_MS),
    props=st.none() | st.dictionaries(_TEXT, _TEXT, max_size=3).map(json.dumps),
    amount=st.none() | st.integers(-(10**18), 10**18),
    interactive=st.booleans(),
)


@given(st.lists(events, max_size=4))
def test_events_survive_the_queue(sent: list[Event]) -> None:
    assert decode(encode(sent)) == (sent, [])
    assert [event for message in encode_all(sent) for event in decode(message)[0]] == sent


def test_many_events_make_messages_that_the_queue_takes() -> None:
    props = json.dumps({"x": "😀" * (config.MAX_PROPS_CHARS - 8)}, ensure_ascii=False)
    small = _event(NOON, kind="event", id="a", site="s", hour=3, visitor="v", agent="", address="", tracker="api")
    large = replace(small, props=props)
    messages = encode_all([large] * 45)
    assert max(map(len, messages)) < 256 * 1024
    assert sum(len(decode(message)[0]) for message in messages) == 45
    assert [len(decode(message)[0]) for message in encode_all([small] * 45)] == [20, 20, 5]


@pytest.mark.parametrize(
    "change",
    [{"t": 1 << 80}, {"t": -1}, {"load_time": 1 << 40}, {"engagement": -5}, {"scroll": 300}, {"amount": 10**30},
     {"page": "\ud800"}, {"day": "20261124"}, {"day": "2026-W48-2"}, {"site": ""}, {"site": "s" * 3000},
     {"visitor": "a\nb"}, {"id": "\0"}, {"interactive": None}],
)  # fmt: skip
def test_what_no_table_could_hold_is_poison_not_a_fault(change: dict[str, object]) -> None:
    good = _event(NOON, kind="view", id="a", site="s", hour=3, visitor="v", agent="", address="", tracker="script")
    message = json.loads(encode([good]))
    message["events"][0].update(change)
    events, (unreadable,) = decode(json.dumps(message))
    assert not events
    assert unreadable.why.reason == "not_an_event"


@given(events)
def test_a_record_is_one_text_and_the_same_when_it_is_read(event: Event) -> None:
    from chalicelib.enrich.worker import record

    packed = record(event).pack()
    assert Record.unpack(packed) == record(event)
    assert Record.unpack(packed).pack() == packed


# ── what the worker reads ──


@given(texts, st.none() | texts, st.none() | texts, st.none() | texts, st.booleans())
def test_any_agent_referrer_and_tags_have_a_name(
    agent: str, referrer: str | None, source: str | None, medium: str | None, ad: bool
) -> None:
    read = parse_agent(agent)
    assert read.device_type in {*device.TYPES, "robot"}
    kept = read_referrer(referrer)
    found = read_source(kept[1] if kept else None, source, "google" if ad else None)
    name = channel(found.name if found else None, found.category if found else None, medium, source, ad, bool(kept))
    assert name.isprintable()


# ── what the API reads ──


@given(
    st.dictionaries(
        st.sampled_from(["period", "from", "to"]),
        texts
        | st.dates().map(date.isoformat)
        | st.sampled_from([*catalogue.PERIODS, "9999-12-31", "0001-01-01", "2026-11-24T00:00"]),
    )
)
def test_any_period_is_one_or_refused_by_name(query: dict[str, str]) -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    first_day = patch.object(rollups, "first_day", return_value=date(1990, 1, 1))
    with refused_by_name("period", "from", "to"), first_day:
        period = periods.parse(query, Site("x", "X", "example.com", "Asia/Kathmandu"), now)
        assert 1 <= period.length <= periods.MAX_DAYS
        assert period.before()[1] < period.first


@given(texts | values.map(json.dumps) | st.binary(max_size=30).map(bytes.hex))
@example("WyIyMDI2LTExLTI0Iiw1LCJcdWQ4MDAiXQ")
def test_any_cursor_is_one_or_refused(text: str) -> None:
    with refused_by_name("cursor"):
        cursor = _Cursor.decode(text, "cursor")
        assert _Cursor.decode(cursor.encode(), "cursor") == cursor


@given(st.dates(), st.integers(-(1 << 62), 1 << 62), st.text("abc_-", max_size=20))
def test_a_cursor_survives_the_way_to_the_client_and_back(day: date, before: int, before_id: str) -> None:
    cursor = _Cursor(day, before, before_id)
    assert _Cursor.decode(cursor.encode(), "cursor") == cursor


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20))
@example("*")
@example("a/b~c")
@example('a"b')
def test_an_events_property_may_have_any_name(name: str) -> None:
    props = custom_events.read_props({name: "value", "other": "x"}) or ""
    with engine() as db:
        ((found,),) = db.rows("SELECT json_extract_string($props, $at)", {"props": props, "at": json_pointer(name)})
    assert found == "value"
