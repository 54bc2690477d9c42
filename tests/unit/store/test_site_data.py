"""What belongs to a site is declared once, and the documents and the declaration say the same."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from chalicelib.store import segments, site_data, site_kinds
from chalicelib.store.site_kinds import BUCKET, KINDS, Found, belongs, kind_of

SITE = "7f0c5a8e-6a6b-4a51-9f52-1d6f0a3f7b11"
OTHER = "1b2c3d4e-6a6b-4a51-9f52-1d6f0a3f7b11"
DAY = date(2026, 11, 24)
DOCUMENT = Path(__file__).parents[3] / "docs" / "architecture.md"
EXAMPLES = {
    "<site>": SITE, "site id": SITE, "site#<id>": f"site#{SITE}", "person#<id>": "person#p", "<day>": "2026-11-24",
    "<month>": "2026-11", "HH": "07", "NN": "00", "<address>": "ada@example.com",
}  # fmt: skip


def documented() -> list[tuple[str, tuple[str, ...]]]:
    """The keys in docs/architecture.md that contain the id of a site: their table, and an example of each."""
    found, table = [], ""
    text = DOCUMENT.read_text(encoding="utf-8").partition("## Tables\n")[2].partition("\n## ")[0]
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|") or len(cells) != 5 or set(line) <= set("-| "):
            continue
        table = cells[0].strip("`") or table
        keys = [cell.partition("` to")[0].strip("`") for cell in cells[1:3] if cell]
        for name, example in EXAMPLES.items():
            keys = [key.replace(name, example) for key in keys]
        if any(SITE in key for key in keys):
            found.append((table, tuple(re.sub(r"<\w+>", "x", key) for key in keys)))
    return found


def test_every_documented_key_of_a_site_is_of_a_kind() -> None:
    keys = documented()
    assert len(keys) > 15
    unknown = [(table, key) for table, key in keys if kind_of(SITE, Found(table, key)) is None]
    assert unknown == [("core", ("deletion", SITE))]  # the receipt stays


def test_every_kind_is_documented() -> None:
    found = {kind_of(SITE, Found(table, key)) for table, key in documented()} | {"files"}
    assert {kind.name for kind in KINDS} - {site_kinds.OTHER} <= found
    assert site_kinds.OTHER not in found


@pytest.mark.parametrize(
    "key",
    [
        segments.part_key(SITE, DAY, "1"),
        *(segments.public_key(table, SITE, DAY, 1) for table in segments.PUBLIC),
        *(f"{folder}/site={SITE}/day={DAY.isoformat()}/hits.parquet" for folder in segments.FOLDERS),
    ],
)
def test_its_files_are_of_a_kind(key: str) -> None:
    assert kind_of(SITE, Found(BUCKET, (key,))) == "files"
    assert kind_of(OTHER, Found(BUCKET, (key,))) is None


@pytest.mark.parametrize(("table", "key"), documented())
def test_nothing_of_another_site_is_taken_for_its(table: str, key: tuple[str, ...]) -> None:
    kind = kind_of(OTHER, Found(table, key))
    assert kind in (None, "mentions")


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("sessions", (f"x{SITE}#2026-11-24", "07#x#y")),
        ("sessions", (f"{SITE}-2#2026-11-24", "07#x#y")),
        ("core", ("person#p", f"link#{SITE}")),
        ("core", (f"email#{SITE}@example.com", "person")),
        ("core", ("deletion", SITE)),
        ("core", ("audit#2026-11", f"2026-11-24T10:00:00.000Z#{SITE}")),
        ("rollups", (OTHER, f"ledger#2026-11-24#origin#{SITE}")),
        (BUCKET, (f"geo/{SITE}",)),
        (BUCKET, (f"segments/days/site={OTHER}/day=2026-11-24/site={SITE}",)),
    ],
)
def test_what_only_looks_like_the_sites_is_left_alone(table: str, key: tuple[str, ...]) -> None:
    """People and visitors choose names, addresses and identifiers, and may choose the id of a site."""
    assert kind_of(SITE, Found(table, key)) is None


def test_what_is_to_be_deleted_is_noted_as_text() -> None:
    found = [Found("core", ("person#p", f"site#{SITE}")), Found(BUCKET, ("segments/ä",)), Found("salts", ("x",))]
    assert site_data.from_json(site_data.as_json(found)) == found


@pytest.mark.parametrize(
    ("sk", "body", "mentions"),
    [
        ("site-order", {"favourites": [SITE], "places": []}, True),
        ("site-order", {"favourites": [OTHER], "places": [SITE]}, True),
        ("token#abc", {"name": "x", "sites": [OTHER, SITE]}, True),
        ("token#abc", {"name": SITE, "sites": None}, False),
        ("token#abc", {"name": SITE}, False),
        ("idempotency#abc", {"request": "", "creation_id": SITE}, True),
        ("profile", {"name": SITE}, False),
        ("link#abc", {"details": SITE}, False),
    ],
)
def test_what_mentions_a_site(sk: str, body: dict[str, object], mentions: bool) -> None:
    """Otherwise a person who is called as a site is would be deleted with it, or be looked at for ever."""
    found = Found("core", ("person#p", sk))
    assert belongs(SITE, found, json.dumps(body)) == mentions
    assert not belongs(OTHER[:-1] + "2", found, json.dumps(body))
    assert not belongs(SITE, Found("core", ("elsewhere", sk)), json.dumps(body))


@pytest.mark.parametrize(
    ("pk", "sk", "body", "mentions"),
    [
        ("team#t", "team", {"name": "x", "members": {}, "sites": {SITE: "viewer"}}, True),
        ("team#t", "team", {"name": SITE, "members": {SITE: "owner"}, "sites": {OTHER: "viewer"}}, False),
        ("person#t", "team", {"sites": {SITE: "viewer"}}, False),
        ("person#p", "teams", {}, False),
    ],
)
def test_a_team_mentions_its_sites(pk: str, sk: str, body: dict[str, object], mentions: bool) -> None:
    assert belongs(SITE, Found("core", (pk, sk)), json.dumps(body)) == mentions
