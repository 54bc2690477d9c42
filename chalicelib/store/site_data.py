"""Finding everything that is stored of a site, and deleting it. `site_kinds` declares what there is."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from chalicelib.config import settings
from chalicelib.errors import Unavailable
from chalicelib.store import aws, build_leases, dirty_hours, segments
from chalicelib.store.deletions import RECEIPT
from chalicelib.store.site_kinds import BUCKET, Found, belongs, mention_of
from chalicelib.store.tables import CoreItem, MarkItem, RollupItem, SaltItem, SessionItem, key_names

# What is found and deleted at once: few enough for their keys to be noted in one item before they are deleted.
BATCH: Final = 100
_BATCH_WRITE: Final = 25  # DynamoDB's limit of a call
_PATIENCE_S: Final = 10.0
_FIRST_PAUSE_S: Final = 0.1


class Page(NamedTuple):
    """A portion of what a search finds, at most :data:`BATCH`, perhaps nothing.

    :ivar place: where to go on after it, for a later search; empty to begin again.
    :ivar share: how much of the search was done before it, 0 to 1, as far as that is known.
    """

    found: list[Found]
    place: Mapping[str, str] = {}
    share: float = 0.0


_MODELS: Final = {
    "sessions": SessionItem, "rollups": RollupItem, "marks": MarkItem, "salts": SaltItem, "core": CoreItem,
}  # fmt: skip
TABLES: Final = tuple(_MODELS)
# Which items of a table name the site, for a scan.
_OF_SITE: Final = {
    "sessions": "begins_with(#pk, :start)",
    "rollups": "#site = :site",
    "marks": "begins_with(#sk, :start)",
    "salts": "begins_with(#site_day, :start)",
    "core": "#pk <> :receipt AND (contains(#pk, :site) OR contains(#sk, :site) OR contains(#body, :site))",
}


# ── Finding ──


def hits(site_id: str, after: Mapping[str, str]) -> Iterator[Page]:
    """Items with hits, day by day. The days are those that have files, or marks because they are to be built."""
    prefixes = [f"{folder}/site={site_id}/day=" for folder in segments.FOLDERS]
    found = {day.removeprefix(prefix).strip("/") for prefix in prefixes for day in _folders(prefix)}
    found |= {one.key[1].split("#")[1] for page in marks(site_id, {}) for one in page.found}
    days = [day for day in sorted(found) if day >= after.get("day", "")]
    for number, day in enumerate(days):
        for items in _query("sessions", f"{site_id}#{day}"):
            yield Page(items, {"day": day}, number / len(days))


def marks(site_id: str, _after: Mapping[str, str]) -> Iterator[Page]:
    """Marks and build leases."""
    for bucket in (dirty_hours.bucket_of(site_id), build_leases.bucket_of(site_id)):
        yield from map(Page, _query("marks", bucket, f"{site_id}#"))


def rollups(site_id: str, _after: Mapping[str, str]) -> Iterator[Page]:
    """Rollups of days and months, and counters of excluded traffic."""
    yield from map(Page, _query("rollups", site_id))


def files(site_id: str, after: Mapping[str, str]) -> Iterator[Page]:
    """Segments, folder by folder."""
    folders = segments.FOLDERS[segments.FOLDERS.index(after["folder"]) :] if after else segments.FOLDERS
    for folder, following in zip(folders, (*folders[1:], folders[-1]), strict=True):
        last = ""
        while True:
            given = {"StartAfter": last} if last else {}
            answer = aws.client("s3").list_objects_v2(
                Bucket=settings().bucket, Prefix=f"{folder}/site={site_id}/", MaxKeys=BATCH, **given
            )
            keys = [one["Key"] for one in answer.get("Contents", [])]
            further = bool(answer.get("IsTruncated"))
            yield Page([Found(BUCKET, (key,)) for key in keys], {"folder": folder if further else following})
            if not further:
                break
            last = keys[-1]


def scan(table: str, site_id: str, after: Mapping[str, str]) -> Iterator[Page]:
    """Look through a whole table for what belongs to the site or mentions it, whatever it is found by otherwise."""
    values = {":site": site_id, ":start": f"{site_id}#", ":receipt": RECEIPT}
    names, condition = key_names(_MODELS[table]), _OF_SITE[table]
    read = (*names, "body") if table == "core" else names
    given: dict[str, Any] = {
        "TableName": settings().table(table),
        "ConsistentRead": True,
        "ProjectionExpression": _listed(read),
        "FilterExpression": condition,
        "ExpressionAttributeNames": {f"#{name}": name for name in read},
        "ExpressionAttributeValues": {name: {"S": text} for name, text in values.items() if name in condition},
    }
    place = after
    while True:
        start = {"ExclusiveStartKey": {name: {"S": text} for name, text in place.items()}} if place else {}
        answer = aws.client("dynamodb").scan(**given, **start)
        known = [
            one
            for one, item in zip(_found(table, answer), answer["Items"], strict=True)
            if belongs(site_id, one, item.get("body", {}).get("S"))
        ]
        for first in range(0, len(known) - BATCH, BATCH):
            yield Page(known[first : first + BATCH], place)
        place = {name: value["S"] for name, value in answer.get("LastEvaluatedKey", {}).items()}
        yield Page(known[(len(known) - 1) // BATCH * BATCH :] if known else [], place)
        if not place:
            return


def _query(table: str, partition: str, prefix: str = "") -> Iterator[list[Found]]:
    names = key_names(_MODELS[table])
    condition, values = f"#{names[0]} = :partition", {":partition": {"S": partition}}
    if prefix:
        condition, values = f"{condition} AND begins_with(#{names[1]}, :prefix)", values | {":prefix": {"S": prefix}}
    place: dict[str, Any] = {}
    while True:
        answer = aws.client("dynamodb").query(
            TableName=settings().table(table),
            ConsistentRead=True,
            Limit=BATCH,
            ProjectionExpression=_listed(names),
            KeyConditionExpression=condition,
            ExpressionAttributeNames={f"#{name}": name for name in names},
            ExpressionAttributeValues=values,
            **place,
        )
        yield _found(table, answer)
        if not answer.get("LastEvaluatedKey"):
            return
        place = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"#{name}" for name in names)


def _found(table: str, answer: dict[str, Any]) -> list[Found]:
    names = key_names(_MODELS[table])
    return [Found(table, tuple(item[name]["S"] for name in names)) for item in answer["Items"]]


def _folders(prefix: str) -> Iterator[str]:
    token: dict[str, str] = {}
    while True:
        answer = aws.client("s3").list_objects_v2(Bucket=settings().bucket, Prefix=prefix, Delimiter="/", **token)
        yield from (str(one["Prefix"]) for one in answer.get("CommonPrefixes", []))
        if not answer.get("IsTruncated"):
            return
        token = {"ContinuationToken": answer["NextContinuationToken"]}


# ── Deleting ──


def delete(site_id: str, found: Sequence[Found]) -> None:
    """Delete what was found, if it is still there, and take the site out of what only mentions it.

    :raises Unavailable: if DynamoDB has not deleted everything after several attempts.
    """
    for table in TABLES:
        keys = [one.key for one in found if one.table == table]
        mentions = {key: mention for key in keys if (mention := mention_of(Found(table, key)))}
        for (partition, sk), mention in mentions.items():
            mention.take_out(partition, sk, site_id)
        keys = [key for key in keys if key not in mentions]
        for first in range(0, len(keys), _BATCH_WRITE):
            _delete_items(table, keys[first : first + _BATCH_WRITE])
    segments.delete([one.key[0] for one in found if one.table == BUCKET])


def _delete_items(table: str, keys: Sequence[tuple[str, ...]]) -> None:
    name, names = settings().table(table), key_names(_MODELS[table])
    left: list[Any] = [
        {"DeleteRequest": {"Key": {name: {"S": part} for name, part in zip(names, key, strict=True)}}} for key in keys
    ]
    deadline, pause = time.monotonic() + _PATIENCE_S, _FIRST_PAUSE_S
    while True:
        left = aws.client("dynamodb").batch_write_item(RequestItems={name: left}).get("UnprocessedItems", {}).get(name)
        if not left:
            return
        if time.monotonic() + pause > deadline:
            raise Unavailable("DynamoDB did not delete all items of a batch, after several attempts.", retry_after=60)
        time.sleep(pause)
        pause *= 2


def as_json(found: Sequence[Found]) -> str:
    """What was found, as text for an item."""
    return json.dumps([[one.table, *one.key] for one in found])


def from_json(text: str) -> list[Found]:
    """What :func:`as_json` wrote."""
    return [Found(table, tuple(key)) for table, *key in json.loads(text)]
