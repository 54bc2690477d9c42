"""Places, from a publisher to the bucket to the worker: refreshed without a restart, and never for the worse."""

from __future__ import annotations

import gzip
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib import days
from chalicelib.collect import hit
from chalicelib.collect.event import encode
from chalicelib.collect.urls import Location
from chalicelib.config import settings
from chalicelib.enrich import geoip_database, geoip_publishers, geoip_update, geolocation, worker
from chalicelib.enrich.geolocation import CITY, COUNTRY, NETWORK
from chalicelib.report import periods, visits
from chalicelib.store import aws, geoip_files, geoip_source
from chalicelib.store.geoip_source import Choice
from chalicelib.store.sites import Site, put_site
from infra import geoip
from infra.aws_environment import Cloud, DeployError
from tests.conftest import ON_LOCALSTACK, Deployed
from tests.stack.calls import FIREFOX
from tests.stack.publisher import ACCOUNT, KEY, Answer, Publisher, cities, operators, serve

MONTH = f"{datetime.now(UTC):%Y-%m}"
LAST_MONTH = f"{datetime.now(UTC).replace(day=1) - timedelta(days=1):%Y-%m}"


@pytest.fixture
def web() -> Iterator[Publisher]:
    with serve() as publisher:
        yield publisher


@pytest.fixture(autouse=True)
def _packaged(local_aws: Cloud) -> Iterator[None]:
    """Before and after each test there is what comes along, and nothing is chosen."""
    yield
    geoip._reset_publisher()
    geoip._install_packaged(geoip.packaged())
    geoip_database.close_all()


def dbip(web: Publisher) -> Choice:
    return Choice("dbip", mirror=web.url)


def maxmind(web: Publisher, key: str = KEY) -> Choice:
    return Choice("maxmind", ACCOUNT, key, web.url)


def located() -> geolocation.Location:
    """Where the documentation network is for a worker that looks for newer databases now."""
    for one in geoip_database._open.values():
        one._next_check = 0.0
    geolocation.prepare()
    return geolocation.locate("192.0.2.7")


def vouched_for(name: str) -> bool:
    """Whether a worker may read this database with the fast reader."""
    fetched = geoip_files.fetch(name)
    assert fetched is not None
    Path(fetched.path or "").unlink()
    return fetched.intact


def errors(outcomes: list[geoip_update.Outcome]) -> dict[str, str]:
    return {one.database: one.error for one in outcomes if one.error}


# ── what comes along ──


def test_a_deployment_begins_with_countries_and_networks(local_aws: Cloud) -> None:
    assert sorted(geoip_files.installed()) == [COUNTRY, NETWORK]
    found = geolocation.locate("79.192.7.0")
    assert (found.country, found.network) == ("DE", "Deutsche Telekom AG")
    assert vouched_for(COUNTRY)
    assert vouched_for(NETWORK)


def test_the_next_deployment_writes_only_what_is_newer(local_aws: Cloud) -> None:
    assert geoip.upload(local_aws) == []
    aws.client("s3").delete_object(Bucket=settings().bucket, Key="geo/country.mmdb")
    assert geoip.upload(local_aws) == [COUNTRY]


def test_a_deployment_leaves_what_somebody_put_there(local_aws: Cloud) -> None:
    own = operators("My own list")
    aws.client("s3").put_object(Bucket=settings().bucket, Key="geo/network.mmdb", Body=own)
    assert geoip.upload(local_aws) == []
    assert located().network == "My own list"
    assert "network.mmdb: your own file" in geoip.installed(local_aws)
    geoip_files.remove(NETWORK)


# ── DB-IP ──


def test_dbip_brings_cities_without_a_restart(web: Publisher) -> None:
    assert located().city is None
    web.has_dbip(MONTH, cities("SE"), operators())
    outcomes = geoip_update.update(dbip(web))
    assert [(one.release, one.changed, one.error) for one in outcomes] == [
        (f"dbip-city-lite-{MONTH}", True, ""),
        (f"dbip-asn-lite-{MONTH}", True, ""),
    ]
    assert located() == geolocation.Location(
        "SE", "Östergötland County", "Linköping", 58.4, 15.6, "Europe/Stockholm", "Example Net"
    )


def test_before_this_months_edition_is_out_it_is_last_months(web: Publisher) -> None:
    web.has_dbip(LAST_MONTH, cities(), operators())
    assert [one.release for one in geoip_update.update(dbip(web))] == [
        f"dbip-city-lite-{LAST_MONTH}",
        f"dbip-asn-lite-{LAST_MONTH}",
    ]


def test_an_edition_that_is_installed_is_not_downloaded_again(web: Publisher) -> None:
    web.has_dbip(MONTH, cities(), operators())
    geoip_update.update(dbip(web))
    web.answers = {path: Answer(b"not asked for", cut=0) for path in web.answers}
    assert [one.changed for one in geoip_update.update(dbip(web))] == [False, False]


def test_the_turn_of_the_year_is_a_month_like_others(web: Publisher) -> None:
    web.has_dbip("2026-12", cities(), operators())
    source = geoip_publishers.DbIp(web.url, today=lambda: date(2027, 1, 1))
    assert source.newest(CITY).name == "dbip-city-lite-2026-12"


# ── MaxMind ──


def test_maxmind_brings_cities_and_vouches_for_them(web: Publisher) -> None:
    web.has_maxmind("20261124", cities("NO"), operators())
    outcomes = geoip_update.update(maxmind(web))
    assert [one.release for one in outcomes] == ["GeoLite2-City_20261124", "GeoLite2-ASN_20261124"]
    assert located().country == "NO"
    assert vouched_for(CITY)
    assert vouched_for(NETWORK)


def test_the_licence_key_is_for_maxmind_and_not_for_where_it_sends_us(web: Publisher) -> None:
    web.has_maxmind("20261124", cities(), operators())
    assert errors(geoip_update.update(maxmind(web))) == {}
    assert {given for path, given in web.asked if path.startswith("/store/")} == {""}


def test_one_small_question_tells_whether_maxmind_has_something_newer(web: Publisher) -> None:
    web.has_maxmind("20261124", cities("SE"), operators())
    geoip_update.update(maxmind(web))
    web.asked.clear()
    assert [one.changed for one in geoip_update.update(maxmind(web))] == [False, False]
    assert len(web.asked) == 2
    web.has_maxmind("20261127", cities("FI"), operators())
    assert [one.changed for one in geoip_update.update(maxmind(web))] == [True, True]
    assert located().country == "FI"


def test_a_wrong_key_is_told_as_such(web: Publisher) -> None:
    web.has_maxmind("20261124", cities(), operators())
    told = errors(geoip_update.update(maxmind(web, "wrong")))
    assert set(told) == {CITY, NETWORK}
    assert all("rejected this account id and licence key" in error for error in told.values())


# ── bad days: whatever comes, what is there stays ──


def spoil(web: Publisher, ending: str, how: Any) -> None:
    """Change what is at every path with this ending."""
    for path, answer in list(web.answers.items()):
        if path.endswith(ending):
            web.answers[path] = how(answer)


HTML = b"<!doctype html><title>Down for maintenance</title>"


@pytest.mark.parametrize(
    ("how", "told"),
    [
        (lambda answer: Answer(answer.body, cut=len(answer.body) // 2), "bytes of"),
        (lambda answer: Answer(answer.body[: len(answer.body) // 2]), "damaged"),
        (lambda answer: Answer(HTML), "damaged (BadGzipFile)"),
        (lambda answer: Answer(b""), "damaged"),
        (lambda answer: Answer(answer.body[:200] + b"\0\0\0\0" + answer.body[204:]), "damaged"),
        (lambda answer: Answer(gzip.compress(b"not a database")), "damaged"),
        (lambda answer: Answer(gzip.compress(gzip.decompress(answer.body)[:-40])), "damaged"),
        (lambda answer: Answer(gzip.compress(operators()[:0])), "damaged"),
        (lambda answer: Answer(b"", 500), "answered 500"),
        (lambda answer: Answer(b"", 404), "this month or last month"),
        (lambda answer: Answer(b"", 302, "/free/nowhere"), "this month or last month"),
        (lambda answer: Answer(b"", 302, "http://127.0.0.1:9/"), "failed"),
    ],
)
def test_a_download_that_is_no_good_never_replaces_a_good_one(web: Publisher, how: Any, told: str) -> None:
    web.has_dbip(LAST_MONTH, cities("SE"), operators())
    geoip_update.update(dbip(web))
    web.answers.clear()
    web.has_dbip(MONTH, cities("NO"), operators("Other Net"))
    spoil(web, ".gz", how)
    found = errors(geoip_update.update(dbip(web)))
    assert set(found) == {CITY, NETWORK}
    assert all(told in error for error in found.values()), found
    assert (located().country, located().network) == ("SE", "Example Net")


@pytest.mark.parametrize(
    ("ending", "how", "told"),
    [
        (".sha256", lambda answer: Answer(b"0" * 64 + answer.body[64:], key=True), "does not match MaxMind's checksum"),
        (".sha256", lambda answer: Answer(HTML, key=True), "did not answer with the checksum"),
        (".sha256", lambda answer: Answer(b"", 503, key=True), "answered 503"),
        ("=tar.gz", lambda answer: Answer(b"", 429, key=True), "answered 429"),
        ("24.tar.gz", lambda answer: Answer(HTML), "does not match MaxMind's checksum"),
        ("24.tar.gz", lambda answer: Answer(answer.body, cut=100), "bytes of"),
    ],
)
def test_nor_does_one_that_maxmind_does_not_vouch_for(web: Publisher, ending: str, how: Any, told: str) -> None:
    web.has_maxmind("20261117", cities("SE"), operators())
    geoip_update.update(maxmind(web))
    web.has_maxmind("20261124", cities("NO"), operators("Other Net"))
    spoil(web, ending, how)
    found = errors(geoip_update.update(maxmind(web)))
    assert set(found) == {CITY, NETWORK}
    assert all(told in error for error in found.values()), found
    assert (located().country, located().network) == ("SE", "Example Net")


def test_a_database_that_knows_nobody_does_not_replace_one_that_does(web: Publisher) -> None:
    web.has_dbip(MONTH, operators(), cities())  # each in the other's place
    found = errors(geoip_update.update(dbip(web)))
    assert set(found) == {CITY, NETWORK}
    assert all("does not contain well-known addresses" in error for error in found.values())
    assert sorted(geoip_files.installed()) == [COUNTRY, NETWORK]


def test_one_database_is_renewed_though_the_other_cannot_be(web: Publisher) -> None:
    web.has_dbip(MONTH, cities("SE"), operators("Other Net"))
    spoil(web, f"dbip-asn-lite-{MONTH}.mmdb.gz", lambda answer: Answer(HTML))
    assert set(errors(geoip_update.update(dbip(web)))) == {NETWORK}
    assert located().country == "SE"


def test_more_than_the_scratch_folder_holds_is_not_taken(web: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    web.has_dbip(MONTH, cities(), operators())
    monkeypatch.setattr("chalicelib.enrich.geoip_download.MAX_BYTES", 1000)
    assert set(errors(geoip_update.update(dbip(web)))) == {CITY, NETWORK}


# ── the scheduled job ──


def test_the_job_asks_nobody_until_somebody_chose(web: Publisher, capsys: pytest.CaptureFixture[str]) -> None:
    geoip_update.run()
    assert json.loads(capsys.readouterr().out) == {
        "job": "update_geoip", "source": None, "changed": [], "failed": [],
    }  # fmt: skip
    assert web.asked == []


def test_the_job_renews_from_what_was_chosen(web: Publisher, capsys: pytest.CaptureFixture[str]) -> None:
    web.has_maxmind("20261124", cities("NO"), operators())
    geoip_source.choose(maxmind(web))
    geoip_update.run()
    said = capsys.readouterr().out
    assert json.loads(said)["changed"] == ["GeoLite2-City_20261124", "GeoLite2-ASN_20261124"]
    assert KEY not in said
    assert located().country == "NO"


def test_the_job_fails_loudly_and_for_the_alarm(web: Publisher, capsys: pytest.CaptureFixture[str]) -> None:
    geoip_source.choose(maxmind(web, "wrong"))
    with pytest.raises(RuntimeError, match="the installed ones stay in use"):
        geoip_update.run()
    said = capsys.readouterr().out
    assert len(json.loads(said)["failed"]) == 2
    assert "wrong" not in said


def test_the_key_is_encrypted_and_shows_in_no_repr() -> None:
    geoip_source.choose(Choice("maxmind", ACCOUNT, KEY))
    held = aws.client("ssm").get_parameter(Name="shylight-local-geo-source", WithDecryption=False)["Parameter"]
    assert held["Type"] == "SecureString"
    if not ON_LOCALSTACK:  # which gives it away undecrypted too
        assert KEY not in held["Value"]
    chosen = geoip_source.chosen()
    assert chosen == Choice("maxmind", ACCOUNT, KEY)
    assert KEY not in repr(chosen)


# ── the command ──


def test_the_command_fetches_keeps_the_choice_and_says_what_there_is(local_aws: Cloud, web: Publisher) -> None:
    web.has_maxmind("20261124", cities("NO"), operators())
    lines: list[str] = []
    given = {"SOURCE": "maxmind", "MAXMIND_ACCOUNT_ID": ACCOUNT, "MAXMIND_LICENSE_KEY": KEY, "MIRROR": web.url}
    geoip.update(local_aws, given, lines.append)
    assert "city.mmdb: GeoLite2-City_20261124" in lines
    assert KEY not in "\n".join(lines)
    web.has_maxmind("20261127", cities("FI"), operators())
    geoip.update(local_aws, {}, lines.append)  # from where it was chosen
    assert located().country == "FI"


def test_a_deployment_leaves_what_a_publisher_delivered(local_aws: Cloud, web: Publisher) -> None:
    web.has_dbip(MONTH, cities(), operators())
    geoip_update.update(dbip(web))
    assert geoip.upload(local_aws) == []
    assert located().network == "Example Net"


def test_a_choice_is_taken_back_with_what_came_of_it(local_aws: Cloud, web: Publisher) -> None:
    web.has_dbip(MONTH, cities(), operators())
    geoip.update(local_aws, {"SOURCE": "dbip", "MIRROR": web.url}, lambda _line: None)
    geoip.update(local_aws, {"SOURCE": "none"}, lambda _line: None)
    assert geoip_source.chosen() is None
    assert sorted(geoip_files.installed()) == [COUNTRY, NETWORK]
    assert located().network is None  # of the packaged list, which does not know documentation networks


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "Choose a source: SOURCE=dbip"),
        ({"SOURCE": "elsewhere"}, "no source 'elsewhere'; use dbip or maxmind"),
        ({"SOURCE": "maxmind"}, "MAXMIND_LICENSE_KEY"),
        ({"SOURCE": "dbip", "MIRROR": "ftp://example.com"}, "must be an http or https URL"),
        ({"SOURCE": "dbip", "MIRROR": "http://127.0.0.1:9"}, "failed .*please try again"),
    ],
)
def test_the_command_says_what_is_missing_and_keeps_nothing(local_aws: Cloud, given: dict[str, str], told: str) -> None:
    with pytest.raises(DeployError, match=told):
        geoip.update(local_aws, given, lambda _line: None)
    assert geoip_source.chosen() is None


# ── and on to who reads them ──


def test_a_visit_tells_what_is_known_of_its_place(web: Publisher) -> None:
    web.has_dbip(MONTH, cities("SE"), operators())
    geoip_update.update(dbip(web))
    assert located().city == "Linköping"
    site = Site(str(uuid.uuid4()), "Test", "example.com", "UTC")
    put_site(site)
    seen = hit.View(uuid.uuid4().hex, Location("example.com", "/"), "script")
    view = hit.event(site, hit.client("192.0.2.7", FIREFOX), days.now_ms(), seen)
    worker.consume([encode([view])])
    period = periods.parse({"period": "today"}, site, datetime.now(UTC))
    (visit,) = visits.list_visits(site, period, 10, None)["visits"]
    told = {name: visit[name] for name in ("country", "region", "city", "latitude", "longitude", "timezone", "network")}
    assert told == {
        "country": "SE", "region": "Östergötland County", "city": "Linköping", "latitude": 58.4, "longitude": 15.6,
        "timezone": "Europe/Stockholm", "network": "Example Net",
    }  # fmt: skip


SCHEDULED = {
    "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events", "account": "000000000000",
    "time": "2026-11-24T00:00:00Z", "region": "us-east-1", "resources": [], "detail": {},
}  # fmt: skip


@pytest.mark.skipif(ON_LOCALSTACK, reason="its functions do not see this machine's servers")
def test_the_deployed_function_renews_its_stages_databases(stack: Deployed, web: Publisher) -> None:
    web.has_maxmind("20261124", cities(), operators())
    choice = {"publisher": "maxmind", "account": ACCOUNT, "key": KEY, "mirror": web.url}
    name = f"shylight-{stack.stage}-geo-source"
    stack.client("ssm").put_parameter(Name=name, Value=json.dumps(choice), Type="SecureString")
    try:
        function = f"shylight-{stack.stage}-update_geoip"
        done = stack.client("lambda").invoke(FunctionName=function, Payload=json.dumps(SCHEDULED))
        assert "FunctionError" not in done, done["Payload"].read()
        assert geoip.installed(stack.cloud) == [
            "city.mmdb: GeoLite2-City_20261124",
            f"country.mmdb: {geoip.packaged()[COUNTRY][1]}",
            "network.mmdb: GeoLite2-ASN_20261124",
        ]
    finally:
        geoip.update(stack.cloud, {"SOURCE": "none"}, lambda _line: None)
