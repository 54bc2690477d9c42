"""Bulk reads give what is stored, over several calls, and fail as other reads do."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from chalicelib.config import settings
from chalicelib.store import aws, bulk_reads
from chalicelib.store.tables import RollupItem

pytestmark = pytest.mark.usefixtures("local_aws")


def stored(site: str, numbers: range, size: int = 10) -> None:
    with RollupItem.batch_write() as batch:
        for number in numbers:
            batch.save(RollupItem(site, f"day#{number:04d}", packed=b"\xff" * size, built_at=number, build="ä"))


def test_texts_integers_and_bytes_are_read() -> None:
    site = str(uuid.uuid4())
    stored(site, range(1, 2))
    (item,) = bulk_reads.by_keys(settings().table("rollups"), [(site, "day#0001"), (site, "day#0002")])
    assert item == {"site": site, "sk": "day#0001", "packed": b"\xff" * 10, "built_at": 1, "build": "ä"}


def test_any_number_of_keys_is_read() -> None:
    site = str(uuid.uuid4())
    stored(site, range(250))
    found = bulk_reads.by_keys(settings().table("rollups"), [(site, f"day#{number:04d}") for number in range(300)])
    assert sorted(item["built_at"] for item in found) == list(range(250))


def test_partitions_of_several_megabytes_are_read_whole_and_in_order() -> None:
    sites = [str(uuid.uuid4()) for _ in range(3)]
    for site, number in zip(sites, (12, 0, 1), strict=True):
        stored(site, range(number), 300_000)
    found = bulk_reads.of_partitions(settings().table("rollups"), "site", sites)
    expected = [(sites[0], number) for number in range(12)] + [(sites[2], 0)]
    assert [(item["site"], item["built_at"]) for item in found] == expected


def test_keys_that_dynamodb_has_left_out_are_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it does if it is throttled, or has 16 MB together."""
    asked: list[list[dict[str, dict[str, str]]]] = []

    class Throttled:
        def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
            ((table, wanted),) = RequestItems.items()
            first, *rest = wanted["Keys"]
            asked.append(wanted["Keys"])
            left = {table: {"Keys": rest, "ConsistentRead": True}} if rest else {}
            return {"Responses": {table: [first]}, "UnprocessedKeys": left}

    monkeypatch.setattr(bulk_reads, "_client", Throttled)
    found = list(bulk_reads.by_keys("rollups", [("s", "a"), ("s", "b"), ("s", "c")]))
    assert [item["sk"] for item in found] == ["a", "b", "c"]
    assert [len(keys) for keys in asked] == [3, 2, 1]


def test_what_aws_refuses_is_raised() -> None:
    with pytest.raises(aws.ClientError) as refused:
        list(bulk_reads.by_keys("shylight-no-such-table", [("s", "a")]))
    assert aws.error_code(refused.value) == "ResourceNotFoundException"
    with pytest.raises(aws.ClientError):
        list(bulk_reads.of_partitions("shylight-no-such-table", "site", ["s"]))
