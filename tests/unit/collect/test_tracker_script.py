"""The script that is served: what a site's settings make of the tracker, and how a client gets it."""

import base64
import gzip
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.collect.tracker_script import script_of, takes_gzip
from chalicelib.store.sites import Site

TRACKER = Path(__file__).parents[3] / "chalicelib" / "collect" / "tracker"
SITE = Site("5f1d2a6e-0000-4000-8000-000000000000", "Test", "example.com")


def built(name: str) -> bytes:
    return (TRACKER / f"{name}.min.js").read_bytes()


def test_without_special_settings_it_is_the_tracker_byte_for_byte():
    assert script_of(SITE).body == built("tracker")


def test_options_are_added_for_those_who_ask_for_them():
    assert script_of(SITE, options=True).body == built("tracker") + built("options")


def test_it_knows_what_the_settings_say_is_part_of_a_page():
    body = script_of(replace(SITE, kept_parameters="q, p", hash_routing=True)).body
    assert body.count(b'({"parameters":["p","q"],"hash":true,"slash":false})') == 1
    assert b'"SITE"' not in body
    assert b'({"parameters":["q"],"hash":false,"slash":false})' in script_of(replace(SITE, kept_parameters="q")).body
    assert b'"hash":false,"slash":true})' in script_of(replace(SITE, merge_trailing_slash=True)).body


def test_the_larger_build_knows_its_site_and_has_nothing_that_came_with_the_script():
    site = replace(SITE, kept_parameters="q", script_inject="alert(1)")
    body = script_of(site, options=True, whole=True).body
    assert b'({"id":"%s","parameters":["q"],"hash":false,"slash":false})' % SITE.id.encode() in body
    assert body.replace(b"import.meta", b"").count(b"import") == 0
    assert b"alert" not in body
    assert b"Outbound Link" not in body


def test_a_parameters_name_cannot_become_code():
    body = script_of(replace(SITE, kept_parameters='"]}),alert(1),({"')).body
    assert rb'["\"]})","({\"","alert(1)"]' in body


def test_what_an_administrator_injects_comes_last():
    assert script_of(replace(SITE, script_inject="let a = 'ä'")).body == built("tracker") + b"\nlet a = '\xc3\xa4'"


@pytest.mark.parametrize("site", [SITE, replace(SITE, script_inject="x", hash_routing=True)])
def test_packed_and_plain_are_one_script_with_one_integrity_and_two_etags(site):
    made = script_of(site)
    assert gzip.decompress(made.packed) == made.body
    assert made.integrity == "sha384-" + base64.b64encode(hashlib.sha384(made.body).digest()).decode()
    assert made.etag(packed=True) != made.etag(packed=False)
    assert made.etag(packed=True).strip('"').isascii()


def test_every_change_changes_the_etag():
    sites = [
        SITE,
        replace(SITE, hash_routing=True),
        replace(SITE, kept_parameters="q"),
        replace(SITE, script_inject="1"),
    ]
    tags = {script_of(site, options=options).etag(packed=True) for site in sites for options in (False, True)}
    assert len(tags) == 8


def test_the_default_is_served_in_750_bytes():
    assert len(script_of(SITE).packed) <= 750


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("gzip, deflate, br, zstd", True), ("GZIP", True), ("br;q=1.0, gzip;q=0.8, *;q=0.1", True), ("*", True),
        ("gzip;q=0.001", True), ("", False), ("identity", False), ("br", False), ("gzip;q=0", False),
        ("gzip; q=0.000", False), ("*;q=0", False), ("gzip;q=0, *", False), ("x-gzip-not", False),
    ],
)  # fmt: skip
def test_only_who_takes_gzip_gets_it(header: str, taken: bool):
    assert takes_gzip(header) is taken
