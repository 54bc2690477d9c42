"""Hosts are shown in their own script on pages and in the API, with the form in which they are kept beside."""

import dataclasses

import pytest

from chalicelib.api import stats as api_stats
from chalicelib.dashboard.reports import breakdowns, overview
from chalicelib.report import site_stats
from chalicelib.report.stats import Row, Stats, Table
from chalicelib.store.sites import Site
from tests.unit.dashboard import samples

KEPT = "xn--mnchen-3ya.example"
SHOWN = "münchen.example"
FAKE = "xn--ggle-55da.com"


def with_hosts() -> Stats:
    stats = samples.full()
    referrers = Table(
        (Row(f"https://{KEPT}/a", 3, 3, 3), Row(f"https://{FAKE}/", 2, 2, 2), Row("https://x.org/", 1, 1, 1))
    )
    sources = Table((Row(KEPT, 3, 3, 3), Row("Google", 2, 2, 2), Row("xn--My Campaign", 1, 1, 1)))
    return dataclasses.replace(stats, tables={**stats.tables, "referrers": referrers, "sources": sources})


def test_the_api_names_rows_as_they_are_shown_and_gives_the_raw_name_where_it_is_another() -> None:
    tables = api_stats.as_json(with_hosts())["tables"]
    assert [(row["name"], row.get("raw")) for row in tables["referrers"]] == [
        (f"https://{SHOWN}/a", f"https://{KEPT}/a"),
        (f"https://{FAKE}/", None),
        ("https://x.org/", None),
    ]
    assert [(row["name"], row.get("raw")) for row in tables["sources"]] == [
        (SHOWN, KEPT), ("Google", None), ("xn--My Campaign", None),
    ]  # fmt: skip
    assert "raw" not in tables["countries"][0]


def test_the_page_shows_the_same_and_links_to_the_raw_host() -> None:
    first = breakdowns.ranking("referrers", with_hosts()).shown[0]
    assert (first.label, first.href) == (f"{SHOWN}/a", f"https://{KEPT}/a")
    assert breakdowns.ranking("sources", with_hosts()).shown[0].label == SHOWN
    visit = dataclasses.replace(samples.full().latest[0], source=KEPT)
    assert overview.visit_line(visit, samples.NOW, "").source == SHOWN


def test_a_sites_own_domain_is_shown_in_its_script() -> None:
    site = dataclasses.replace(samples.SITE, domain=KEPT)
    for page in (samples.overview(samples.full(site)), samples.home(samples.full(site))):
        text = page.body.decode()
        assert SHOWN in text
    assert f'href="https://{KEPT}"' in samples.overview(samples.full(site)).body.decode()


@pytest.mark.parametrize("pattern", ["münchen", "xn--mnchen-3ya", r"^https://m.nchen\.example/a$"])
def test_a_pattern_for_referrers_may_be_written_as_they_are_shown_or_kept(
    pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site("x", "X", "example.com", hide_referrer_regex=pattern)
    tables = with_hosts().tables
    monkeypatch.setattr(site_stats, "_table", lambda _whole, name: tables[name])
    shown = site_stats.tables_of(site, None)["referrers"]  # type: ignore[arg-type]
    assert [row.name for row in shown.rows] == [f"https://{FAKE}/", "https://x.org/"]
