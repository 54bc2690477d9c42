"""A domain's active sites are one person's, so that nobody else can take the events that are sent under it."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib.accounts.sites import site_settings
from chalicelib.accounts.sites.new_site import create_site
from chalicelib.collect import plausible
from chalicelib.config import settings as program
from chalicelib.errors import Conflict
from chalicelib.store import people, sites
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from tests.conftest import ON_LOCALSTACK

pytestmark = pytest.mark.usefixtures("local_aws")


@pytest.fixture
def ada() -> Person:
    return people.add_person(Person(str(uuid.uuid4()), f"ada-{uuid.uuid4()}@example.com"))


@pytest.fixture
def bob() -> Person:
    return people.add_person(Person(str(uuid.uuid4()), f"bob-{uuid.uuid4()}@example.com"))


@pytest.fixture
def domain() -> str:
    return f"{uuid.uuid4().hex}.example"


def new_site(person: Person, domain: str) -> Site:
    return create_site(person, {"name": "S", "domain": domain, "timezone": "UTC"})


def test_another_person_cannot_have_a_domain_that_is_in_use(ada: Person, bob: Person, domain: str) -> None:
    hers = new_site(ada, domain)
    for spelling in (domain, f"www.{domain}", domain.upper()):
        with pytest.raises(Conflict) as refused:
            new_site(bob, spelling)
        assert refused.value.field == "domain"
    his = new_site(bob, f"other.{domain}")
    with pytest.raises(Conflict):
        site_settings.change(None, his, {"domain": domain})
    assert people.site_ids_of(bob.id) == [his.id]
    found = plausible._site(domain)
    assert found is not None
    assert found.id == hers.id


def test_one_person_may_have_several_sites_of_a_domain(ada: Person, bob: Person, domain: str) -> None:
    first, second = new_site(ada, domain), new_site(ada, f"www.{domain}")
    site_settings.change(None, first, {"status": "archived"})
    with pytest.raises(Conflict):
        new_site(bob, domain)
    site_settings.change(None, second, {"status": "archived"})
    assert new_site(bob, domain).owner == bob.id


def test_a_domain_is_free_once_its_site_is_archived_or_moved(ada: Person, bob: Person, domain: str) -> None:
    hers = new_site(ada, domain)
    site_settings.change(None, hers, {"domain": f"moved.{domain}"})
    his = new_site(bob, domain)
    with pytest.raises(Conflict):
        site_settings.change(None, hers, {"domain": domain})
    site_settings.change(None, his, {"status": "archived"})
    site_settings.change(None, hers, {"domain": domain})
    with pytest.raises(Conflict) as refused:
        site_settings.change(None, his, {"status": "active"})
    assert refused.value.field == "domain"
    stored = sites.get_site(his.id)
    assert stored is not None
    assert not stored.active


@pytest.mark.skipif(ON_LOCALSTACK, reason="LocalStack's transactions do not exclude each other")
def test_of_many_who_want_a_domain_at_once_one_person_gets_it(ada: Person, bob: Person, domain: str) -> None:
    def attempt(number: int) -> str | None:
        try:
            return new_site((ada, bob)[number % 2], domain).owner
        except Conflict:
            return None

    with ThreadPoolExecutor(8) as pool:
        owners = set(pool.map(attempt, range(16))) - {None}
    assert len(owners) == 1


def test_a_person_may_have_so_many_sites(ada: Person, domain: str, monkeypatch: pytest.MonkeyPatch) -> None:
    few = replace(program(), max_sites=2)
    monkeypatch.setattr("chalicelib.accounts.sites.new_site.settings", lambda: few)
    for number in range(2):
        new_site(ada, f"{number}.{domain}")
    with pytest.raises(Conflict, match="2 sites"):
        new_site(ada, f"2.{domain}")
