"""Shared pages show figures and nothing else, and the page on which links are managed."""

from __future__ import annotations

import dataclasses
import re
from datetime import datetime
from urllib.parse import urlencode

import pytest

from chalicelib import catalogue, config
from chalicelib.accounts.access import request_origin
from chalicelib.accounts.sharing import link_passwords, shared_access, shared_links
from chalicelib.accounts.sharing.link_fields import HIDEABLE
from chalicelib.accounts.sharing.shared_access import Locked
from chalicelib.dashboard import error_page
from chalicelib.dashboard.sharing import link_forms, password_form, shared_page
from chalicelib.dashboard.sharing import settings as sharing_settings
from chalicelib.errors import Forbidden, NotFound, TooManyRequests, Unauthorized
from chalicelib.web import Request
from tests.unit.dashboard import samples
from tests.unit.dashboard.test_render import Markup

PATH = f"/share/{'x' * 64}"


def page_of(**changes: object) -> Markup:
    link = dataclasses.replace(samples.LINK, **changes)  # type: ignore[arg-type]
    return Markup(samples.shared(samples.full(names=("/a", "/b")), link).body.decode())


# ── what is shown ──


def test_a_shared_page_has_the_figures_and_no_visit_and_no_identifier() -> None:
    stats = samples.full()
    body = samples.shared(stats).body.decode()
    page = Markup(body)
    assert "Fieldnotes" in page.text
    assert "1,234" in page.text
    assert "signup" in page.text
    for secret in ("customer", "4711", "Latest visits", "Hacker News", samples.SITE.id):
        assert secret not in body
    overview = samples.overview(stats).body.decode()
    assert all(secret in overview for secret in ("customer", "4711", "Latest visits", "Hacker News", samples.SITE.id))


def test_nothing_in_a_shared_page_leads_elsewhere_in_shylight_or_to_what_visitors_sent() -> None:
    page = Markup(samples.shared(samples.full(names=samples.NASTY, rows=3)).body.decode())
    hrefs = [attributes["href"] for tag, attributes in page.elements if tag == "a"]
    kinds = re.compile(
        r"\?((period|metric|compare|interval|match_weekdays)=\w+)?(&\S*)?|#main|\.\./shortcuts\?shared=1|https://fieldnotes\.example|https://db-ip\.com|https://www\.maxmind\.com"
    )
    assert [href for href in hrefs if not kinds.fullmatch(href)] == []
    for tag, attributes in page.elements:
        if tag == "a" and attributes["href"].startswith("https:"):
            assert "noreferrer" in attributes["rel"]
    assert not [attributes for tag, attributes in page.elements if tag == "form" and attributes.get("method") != "get"]
    assert not [attributes for _, attributes in page.elements if "csrf" in attributes.values()]


@pytest.mark.parametrize("card", HIDEABLE)
def test_a_hidden_table_is_not_in_the_page(card: str) -> None:
    shown, hidden = page_of(), page_of(hidden=(card,))
    titles = {key: entry.title for key, entry in catalogue.CARDS.items()} | {"events": "Events"}
    id_of_card = "events" if card == "events" else f"card-{card}"
    assert id_of_card in shown.ids()
    assert id_of_card not in hidden.ids()
    others = {f"card-{key}" for key in titles if key not in (card, "events")}
    assert others <= set(hidden.ids())
    kinds = [key for key, dimension in catalogue.DIMENSIONS.items() if dimension.card == card]
    assert not [one for one in hidden.ids() if one in {f"panel-{kind}" for kind in kinds}]


def test_what_is_hidden_is_taken_from_the_figures_before_the_template_sees_them() -> None:
    stats = samples.full(rows=3)
    kept = shared_page.without(stats, HIDEABLE)
    assert (kept.latest, kept.events, kept.other_events) == ((), (), None)
    assert not [table for table in kept.tables.values() if table.rows or table.other]
    assert kept.metrics == stats.metrics
    nothing_hidden = shared_page.without(stats, ())
    assert (nothing_hidden.tables, nothing_hidden.events, nothing_hidden.latest) == (stats.tables, stats.events, ())


def test_other_periods_keep_the_address_of_the_share() -> None:
    body = samples.shared(samples.full(), query={"period": "7d"}).body.decode()
    assert 'href="?period=month"' in body
    assert "Last 7 days" in body


def test_strangers_do_not_make_shylight_build_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def stats(*_: object, fresh_s: float, **__: object) -> object:
        asked.append(fresh_s)
        return samples.full()

    monkeypatch.setattr("chalicelib.report.site_stats.stats", stats)
    shared_page.show(samples.request(PATH), samples.SITE, samples.LINK)
    assert asked == [config.SHARED_REFRESH_AFTER_S]
    assert config.SHARED_REFRESH_AFTER_S >= 30


# ── headers ──


def test_only_the_websites_of_the_link_may_embed_it() -> None:
    def ancestors(**changes: object) -> str:
        link = dataclasses.replace(samples.LINK, **changes)  # type: ignore[arg-type]
        policy = str(samples.shared(samples.full(), link).headers["Content-Security-Policy"])
        return str(re.findall(r"frame-ancestors ([^;]*);", policy)[0])

    assert ancestors() == "'none'"
    assert ancestors(embed_origins=("https://a.example", "https://*.b.example:8443")) == (
        "https://a.example https://*.b.example:8443"
    )
    by_hand = ("https://a.example; script-src *", "https://a.example\r\nSet-Cookie: x=1", "*", "https://b.example")
    assert ancestors(embed_origins=by_hand) == "https://b.example"
    assert ancestors(embed_origins=by_hand[:3]) == "'none'"


@pytest.mark.parametrize("link", [samples.LINK, samples.FULL_LINK, samples.PUBLIC_LINK])
def test_shared_pages_are_never_cached_nor_refused_to_frames_by_an_older_header(link: object) -> None:
    for answer in (samples.shared(samples.full(), link), samples.shared_locked(link=link)):  # type: ignore[arg-type]
        assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == ("no-store", "Cookie")
        assert "X-Frame-Options" not in answer.headers
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_search_engines_list_only_a_public_page_whose_owners_say_so() -> None:
    def robots(link: object) -> str:
        page = Markup(samples.shared(samples.full(), link).body.decode())  # type: ignore[arg-type]
        return next(a["content"] for tag, a in page.elements if tag == "meta" and a.get("name") == "robots")

    assert robots(samples.PUBLIC_LINK) == "index, nofollow"
    for changes in ({"indexed": False}, {"password_hash": "x"}):
        assert robots(dataclasses.replace(samples.PUBLIC_LINK, **changes)) == "noindex, nofollow"
    assert robots(dataclasses.replace(samples.LINK, indexed=True)) == "noindex, nofollow"


# ── the password ──


def posted(**headers: str) -> Request:
    asked = samples.request(PATH, {"period": "7d"}, method="POST", body=urlencode({"password": "guess"}).encode())
    return dataclasses.replace(asked, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_who_needs_the_password_is_asked_for_it_where_the_page_may_be_embedded() -> None:
    answer = error_page.show(samples.request(PATH), Locked(samples.FULL_LINK))
    page = Markup(answer.body.decode())
    assert answer.status_code == 401
    assert "https://example.com;" in answer.headers["Content-Security-Policy"]
    assert [a["name"] for tag, a in page.elements if tag == "input"] == ["password"]
    assert samples.SITE.name not in answer.body.decode()
    assert samples.FULL_LINK.name not in answer.body.decode()


def test_the_right_password_leads_on_and_keeps_the_period(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_access, "find", lambda *_: (samples.SITE, samples.LINK))
    monkeypatch.setattr(link_passwords, "unlock", lambda *_: "cookie=1")
    answer = password_form.unlock_link(posted(), "x" * 64)
    assert (answer.status_code, answer.headers["Set-Cookie"]) == (303, "cookie=1")
    assert answer.headers["Location"] == f"..{PATH}?period=7d"
    framed = password_form.unlock_link(posted(sec_fetch_dest="iframe", sec_fetch_site="same-origin"), "x" * 64)
    assert framed.headers["Location"] == f"..{PATH}?period=7d&unlocked=1"
    again = samples.shared_locked({"unlocked": "1"}).body
    assert b"does not keep the cookie" in again
    assert b'target="_blank"' in again


@pytest.mark.parametrize("error", [Unauthorized("Wrong password."), TooManyRequests("Too many.", retry_after=9)])
def test_a_wrong_password_shows_the_form_again(monkeypatch: pytest.MonkeyPatch, error: Unauthorized) -> None:
    def refuse(*_: object) -> str:
        raise error

    monkeypatch.setattr(shared_access, "find", lambda *_: (samples.SITE, samples.FULL_LINK))
    monkeypatch.setattr(link_passwords, "unlock", refuse)
    answer = password_form.unlock_public_page(posted(), samples.SITE.id)
    assert answer.status_code == error.status
    assert error.message in answer.body.decode()
    assert answer.headers.get("Retry-After") == ("9" if error.retry_after else None)
    assert "Set-Cookie" not in answer.headers


def test_another_sites_page_cannot_send_the_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_access, "find", lambda *_: (samples.SITE, samples.LINK))
    with pytest.raises(Forbidden):
        password_form.unlock_link(posted(sec_fetch_site="cross-site"), "x")
    assert request_origin.check_origin(posted(sec_fetch_site="same-origin")) is None  # type: ignore[func-returns-value]


# ── the page on which links are managed ──


def test_the_page_lists_links_with_their_addresses_and_what_is_special() -> None:
    current = dataclasses.replace(samples.LINK, digest="")
    text = Markup(
        samples.sharing_page(samples.PUBLIC_LINK, samples.FULL_LINK, samples.EXPIRED_LINK, current).body.decode()
    ).text
    assert f"{samples.BASE_URL}/public/{samples.SITE.id}" in text
    assert "cannot be shown any more" in text  # the digests of the samples are of no token
    for fact in ("Password", "Until 31 Dec 2099", "Can be embedded", "Expired on 25 Nov 2025", "Never opened",
                 "Last opened on 24 Nov 2026", "Listed by search engines", "<b>Expired</b>"):  # fmt: skip
        assert fact in text
    assert "Switch on" in text
    assert "/badge/" not in text


def test_an_address_and_its_frame_can_be_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_links, "path_of", lambda _link: "share/abc")
    page = Markup(samples.sharing_page(samples.FULL_LINK, key="k" * 40, site=samples.LONG_SITE).body.decode())
    assert f"{samples.BASE_URL}/share/abc" in page.text
    assert f'<iframe src="{samples.BASE_URL}/share/abc" title="Statistics of WWW' in page.text
    assert f"{samples.BASE_URL}/badge/{'k' * 40}.svg" in page.text
    images = [attributes for tag, attributes in page.elements if tag == "img"]
    assert [image["src"] for image in images] == [f"../../badge/{'k' * 40}.svg"]
    assert all(image["alt"] for image in images)


def test_a_name_cannot_leave_the_code_to_embed() -> None:
    site = dataclasses.replace(samples.SITE, name='"></iframe><script>alert(1)</script>')
    link = dataclasses.replace(samples.PUBLIC_LINK, embed_origins=("https://a.example",))
    card = link_forms.card(link, samples.request("/sites/x/sharing"), site, None)
    assert "<script>" not in card.frame
    assert card.frame.count("<") == 2


def test_a_mistake_is_shown_at_its_form_with_what_was_entered() -> None:
    answer = samples.sharing_page(
        samples.FULL_LINK,
        form={
            "name": '"><b>',
            "embed_origins": "https://a.example/x",
            "password": "secret password",
            "show_pages": "on",
        },
        share=samples.FULL_LINK.id,
    )
    page = Markup(answer.body.decode())
    assert answer.status_code == 400
    fields = [a for tag, a in page.elements if tag in ("input", "textarea") and a.get("aria-invalid")]
    assert [field["name"] for field in fields] == ["embed_origins"]
    assert fields[0]["aria-describedby"] in page.ids()
    assert "https://a.example/x" in page.text
    assert "secret password" not in answer.body.decode()
    assert '"&gt;' in answer.body.decode() or "&#34;&gt;&lt;b&gt;" in answer.body.decode()


def test_a_form_means_the_last_moment_of_its_day_and_leaves_an_hour_that_was_set_otherwise() -> None:
    form = {"name": "x", "expires_on": "2026-12-31", "show_pages": "on", "embed_origins": "a.example,\nb.example"}
    data = link_forms.data(form, samples.SITE)
    assert data == {
        "name": "x", "expires_at": "2027-01-01T00:00:00+01:00", "indexed": False,
        "hidden": ["sources", "places", "devices", "events"], "embed_origins": ["a.example", "b.example"],
    }  # fmt: skip
    noon = datetime(2026, 12, 31, 12, tzinfo=samples.BERLIN)
    before = dataclasses.replace(samples.LINK, expires_at=int(noon.timestamp()))
    assert "expires_at" not in link_forms.data(form, samples.SITE, before)
    assert link_forms.data({**form, "expires_on": ""}, samples.SITE, before)["expires_at"] is None
    midnight = dataclasses.replace(before, expires_at=int(datetime(2027, 1, 1, tzinfo=samples.BERLIN).timestamp()))
    assert "expires_at" not in link_forms.data(form, samples.SITE, midnight)


def test_a_password_is_kept_removed_or_set() -> None:
    assert "password" not in link_forms.data({"name": "x", "password": ""}, samples.SITE)
    assert link_forms.data({"password": "new", "name": "x"}, samples.SITE)["password"] == "new"
    both = {"password": "new", "remove_password": "on", "name": "x"}
    assert link_forms.data(both, samples.SITE)["password"] is None


@pytest.mark.parametrize("day", ["x", "9999-12-31", "2026-02-30", "-1"])
def test_what_is_no_day_is_rejected(day: str) -> None:
    answer = samples.sharing_page(form={"name": "x", "expires_on": day})
    assert answer.status_code == 400


def test_an_unknown_link_cannot_be_changed() -> None:
    with pytest.raises(NotFound):
        samples.sharing_page(form={"name": "x"}, share="0" * 16)


def test_every_confirmation_is_shown() -> None:
    for done, sentence in sharing_settings.DONE.items():
        assert sentence in Markup(samples.sharing_page(done=done).body.decode()).text
    assert 'class="done"' not in samples.sharing_page(done="<b>").body.decode()
