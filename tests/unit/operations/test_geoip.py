"""The GeoIP databases: their attributions, the choice of a source, and updates that are asked for."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib import days
from chalicelib.accounts import audit_log
from chalicelib.enrich import geolocation
from chalicelib.enrich.geoip_publishers import PUBLISHERS
from chalicelib.errors import BadRequest, Conflict
from chalicelib.operations import geoip
from chalicelib.operations.geoip import Source
from chalicelib.store import functions, geoip_files, geoip_source, job_runs
from chalicelib.store.geoip_files import Edition
from chalicelib.store.geoip_source import Choice
from chalicelib.store.job_runs import Run
from chalicelib.store.people import Person

ADA = Person("1", "ada@example.com", admin=True)


class World:
    """The stored choice, what was started, and what was recorded."""

    def __init__(self) -> None:
        self.choice: Choice | None = None
        self.started: list[str] = []
        self.recorded: list[Any] = []
        self.runs: dict[str, Run] = {}

    def choose(self, choice: Choice | None) -> None:
        self.choice = choice


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(geoip_source, "chosen", lambda: world.choice)
    monkeypatch.setattr(geoip_source, "choose", world.choose)
    monkeypatch.setattr(geoip_source, "forget", lambda: world.choose(None))
    monkeypatch.setattr(functions, "start", lambda name, _why: world.started.append(name))
    monkeypatch.setattr(job_runs, "last_runs", lambda: world.runs)
    monkeypatch.setattr(audit_log, "record", lambda _who, action, **more: world.recorded.append((action, more)))
    return world


def test_every_publisher_and_database_has_a_name_and_an_attribution() -> None:
    assert set(geoip.PUBLISHER_NAMES) == set(PUBLISHERS) == set(geoip._PUBLISHED)
    assert set(geoip.CONTENTS) == {geolocation.COUNTRY, geolocation.CITY, geolocation.NETWORK}


def test_databases_are_attributed_to_their_source(monkeypatch: pytest.MonkeyPatch) -> None:
    editions = {
        "city.mmdb": Edition("dbip", "dbip-city-lite-2026-11"),
        "country.mmdb": Edition(geoip_files.PACKAGE, "@ip-location-db/x 1.0"),
        "network.mmdb": Edition(),
    }
    monkeypatch.setattr(geoip_files, "installed_at", lambda: dict.fromkeys(editions, 1_800_000_000))
    monkeypatch.setattr(geoip_files, "edition", editions.get)
    city, country, network = geoip.databases()
    assert city.attribution is not None
    assert (city.release, city.attribution.text) == ("dbip-city-lite-2026-11", "IP Geolocation by DB-IP, CC BY 4.0")
    assert country.attribution is not None
    assert "CC0" in country.attribution.text
    assert (network.source, network.attribution) == ("", None)


def test_a_source_is_chosen_and_recorded_without_its_key(world: World) -> None:
    assert geoip.choose(ADA, "dbip") == Source("dbip")
    assert geoip.choose(ADA, "maxmind", "123", "licence") == Source("maxmind", "123", has_key=True)
    assert world.choice == Choice("maxmind", "123", "licence")
    assert geoip.choose(ADA, "") == Source()
    assert world.recorded == [("geoip.change_source", {"publisher": name}) for name in ("dbip", "maxmind", "none")]
    assert world.started == []


def test_the_same_choice_is_not_recorded_again(world: World) -> None:
    for _ in range(2):
        geoip.choose(ADA, "dbip")
    world.choice = None
    geoip.choose(ADA, "")
    assert len(world.recorded) == 1


def test_an_empty_key_and_the_mirror_of_the_command_line_stay(world: World) -> None:
    world.choice = Choice("maxmind", "123", "licence", "https://mirror.example")
    geoip.choose(ADA, "maxmind", "456")
    assert world.choice == Choice("maxmind", "456", "licence", "https://mirror.example")
    geoip.choose(ADA, "dbip")
    assert world.choice == Choice("dbip")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (("other",), "publisher"), (("maxmind", "", "key"), "account"), (("maxmind", "123"), "key"),
        (("maxmind", "12\r\n3", "key"), "account"), (("maxmind", "123", "k" * 2000), "key"),
        (("", "k" * 2000), "account"), (("dbip", "", "ü"), "key"),
    ],
)  # fmt: skip
def test_an_invalid_choice_is_refused_and_changes_nothing(world: World, given: tuple[str, ...], field: str) -> None:
    with pytest.raises(BadRequest) as refused:
        geoip.choose(ADA, *given)
    assert (refused.value.field, world.choice, world.recorded) == (field, None, [])


def test_an_update_starts_the_scheduled_function(world: World) -> None:
    world.choice = Choice("dbip")
    geoip.update_now(ADA)
    assert (world.started, world.recorded) == (["shylight-local-update_geoip"], [("geoip.update", {})])


def test_an_update_needs_a_source_and_that_none_is_running(world: World) -> None:
    with pytest.raises(Conflict, match="Choose a source"):
        geoip.update_now(ADA)
    world.choice = Choice("dbip")
    world.runs = {"update_geoip": Run(started=days.now_ms())}
    with pytest.raises(Conflict, match="running"):
        geoip.update_now(ADA)
    assert world.started == []
