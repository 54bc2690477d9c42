"""An installation with 10,000 people and 10,000 sites: the pages of the administration read what they show.

How long a page takes follows from the number of its reads, one after the other, each of at most 1 MB. It has 29 s.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.accounts import audit_log
from chalicelib.config import settings
from chalicelib.operations import people, site_list, usage
from chalicelib.store import aws, listings
from chalicelib.store import people as stored_people
from chalicelib.store import sites as stored_sites
from chalicelib.store.audit_log import READ_ENTRIES, Filter
from chalicelib.store.people import Person
from chalicelib.store.sites import Site
from chalicelib.store.usage import Day
from harness.botocore_calls import Call, intercepted_calls
from infra.aws_environment import Cloud

NUMBER = 10_000
MONTH = f"{datetime.now(UTC):%Y-%m}"
PAGE = 50


def write(table: str, items: list[dict[str, Any]]) -> None:
    """Write items, 25 at a time."""

    def put(some: list[dict[str, Any]]) -> None:
        requests = [{"PutRequest": {"Item": item}} for item in some]
        answer = aws.client("dynamodb").batch_write_item(RequestItems={settings().table(table): requests})
        assert not answer.get("UnprocessedItems")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, (items[first : first + 25] for first in range(0, len(items), 25))))


def person(number: int) -> Person:
    return Person(str(uuid.UUID(int=number)), f"person-{number:05d}@example.com", f"Name {number}", created_at=1)


def site(number: int) -> Site:
    made_by = person(number).id
    return Site(str(uuid.UUID(int=number)), f"Site {number:05d}", f"s{number}.example", owner=made_by)


@pytest.fixture(scope="module")
def bare_aws(own_aws: Cloud) -> Cloud:
    return own_aws


@pytest.fixture(scope="module")
def large(local_aws: Cloud) -> Cloud:
    """The installation, with usage in this month and entries in the audit log."""
    items = [stored_people.item_of(person(number)) for number in range(NUMBER)]
    items += [stored_sites.item_of(site(number)) for number in range(NUMBER)]
    write("core", [item.serialize() for item in items])
    day = f"d{datetime.now(UTC).day:02d}"
    write(
        "rollups",
        [
            {
                "site": {"S": site(number).id},
                "sk": {"S": f"usage#{MONTH}"},
                "builds": {"N": "3"},
                day: {"S": json.dumps(Day(number, 2 * number, number // 2, 900))},
                "x_robot_declared": {"N": "2"},
            }
            for number in range(NUMBER)
        ],
    )
    entries = []
    for number in range(READ_ENTRIES + 100):
        at = f"{MONTH}-01T00:{number // 60 % 60:02d}:{number % 60:02d}.{number // 3600:03d}Z"
        body = {"actor": person(number).id, "action": "site.change", "site": site(0).id}
        entries.append(
            {
                "pk": {"S": f"audit#{MONTH}"},
                "sk": {"S": f"{at}#{number:012x}"},
                "body": {"S": json.dumps(body)},
                "version": {"N": "1"},
                "expires": {"N": "4000000000"},
                "listed_in": {"S": listings.of_audit(site(0).id)},
                "listed_by": {"S": f"{at}#{number:012x}"},
            }
        )
    write("core", entries)
    return local_aws


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """The AWS calls that are made, by operation."""
    calls: Counter[str] = Counter()

    def through(call: Call) -> Any:
        calls[call.operation] += 1
        return call.make()

    with intercepted_calls(through):
        yield calls


def reads(page: Callable[[], object]) -> int:
    with counted() as calls:
        page()
    assert set(calls) <= {"Query", "BatchGetItem", "GetItem"}  # and no scan of a table
    return calls.total()


def test_lists_are_read_part_by_part_in_their_order(large: Cloud) -> None:
    first = people.find("", "", PAGE)
    assert [one.email for one in first.rows] == [person(number).email for number in range(PAGE)]
    second = people.find("", first.next or "", PAGE)
    assert [one.email for one in second.rows] == [person(number).email for number in range(PAGE, 2 * PAGE)]
    of_sites = site_list.find("", "", PAGE)
    assert [one.site.name for one in of_sites.rows] == [site(number).name for number in range(PAGE)]
    assert [one.owner for one in of_sites.rows] == [person(number) for number in range(PAGE)]
    assert [one.hits for one in of_sites.rows] == list(range(PAGE))


def test_a_part_of_a_list_takes_a_few_reads(large: Cloud) -> None:
    assert reads(lambda: people.find("", "", PAGE)) <= 2
    assert reads(lambda: site_list.find("", "", PAGE)) <= 5


def test_a_search_looks_at_everything_in_a_few_reads(large: Cloud) -> None:
    found = people.find("PERSON-09999", "", PAGE)
    assert [one.email for one in found.rows] == [person(9999).email]
    assert reads(lambda: people.find("person-09999", "", PAGE)) <= 6
    assert [one.site.name for one in site_list.find("s4711.example", "", PAGE).rows] == ["Site 04711"]
    assert reads(lambda: site_list.find("nothing like it", "", PAGE)) <= 6


def test_a_search_that_stops_says_where_to_go_on(large: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "SEARCHED_ROWS", 1000)
    place, found = "", []
    for _attempt in range(20):
        part = people.find("Name 7777", place, PAGE)
        found += [one.email for one in part.rows]
        if part.next is None:
            break
        place = part.next
    assert found == [person(7777).email]


def test_usage_and_cost_of_all_sites_take_a_hundred_reads(large: Cloud) -> None:
    found = usage.of_month(MONTH)
    estimates = usage.by_cost(found)
    assert estimates[0][0] == site(NUMBER - 1).id
    assert usage.total(estimates).hits == sum(range(NUMBER))
    assert usage.by_reason(found) == [usage.Reason("robot_declared", 2 * NUMBER, NUMBER)]
    assert reads(lambda: usage.named(usage.by_cost(usage.of_month(MONTH))[:PAGE])) <= 110


def test_the_audit_log_is_read_part_by_part(large: Cloud) -> None:
    wanted = Filter(MONTH)
    first = audit_log.find(wanted, "", PAGE)
    second = audit_log.find(wanted, first.next or "", PAGE)
    places = [entry.place for entry in (*first.entries, *second.entries)]
    assert places == sorted(places, reverse=True)
    assert len(set(places)) == 2 * PAGE
    assert reads(lambda: audit_log.find(wanted, "", PAGE)) == 1
    of_site = Filter(site=site(0).id)
    assert reads(lambda: audit_log.find(of_site, "", PAGE)) == 2
    assert [entry.place for entry in audit_log.find(of_site, "", PAGE).entries] == places[:PAGE]


def test_a_search_of_the_audit_log_stops_and_says_where_to_go_on(large: Cloud) -> None:
    wanted = Filter(MONTH, person=person(0).id)  # of the first entry, which is the last to be found
    first = audit_log.find(wanted, "", PAGE)
    assert first.entries == []
    assert first.next
    assert reads(lambda: audit_log.find(wanted, "", PAGE)) <= 10
    assert [entry.actor for entry in audit_log.find(wanted, first.next, PAGE).entries] == [person(0).id]
    of_site = Filter(site=site(0).id, person=person(0).id)
    assert reads(lambda: audit_log.find(of_site, "", PAGE)) <= 110


def test_what_earlier_versions_have_stored_is_listed_by_a_deployment(large: Cloud) -> None:
    for pk, sk in ((stored_people.profile_key(person(1).id)), ("site", site(1).id)):
        aws.client("dynamodb").update_item(
            TableName=settings().table("core"),
            Key={"pk": {"S": pk}, "sk": {"S": sk}},
            UpdateExpression="REMOVE listed_in, listed_by",
        )
    assert not people.find("person-00001", "", PAGE).rows
    assert listings.fill() == 2
    assert listings.fill() == 0
    assert [one.email for one in people.find("person-00001", "", PAGE).rows] == [person(1).email]
    assert [one.site.name for one in site_list.find("site 00001", "", PAGE).rows] == ["Site 00001"]
