"""Kinds of sources: by data and by rule, with look-alikes kept out. The examples are of public lists and of makers."""

import pytest

from chalicelib.collect.referrer import read_referrer
from chalicelib.enrich.channel import channel
from chalicelib.enrich.source import Source, read_source

# Category -> referrers, `https://` left out.
KINDS = {
    "email": """
        www.gmx.net/ navigator.gmx.net/ deref-gmx.de/ deref-gmx.net/ mailbusiness.ionos.de/ mailbusiness.ionos.fr/
        webmail.freenet.de/ mail.infomaniak.com/ mail.virgilio.it/ webmail.laposte.net/
        eur02.safelinks.protection.outlook.com/ nam12.safelinks.protection.outlook.com roundcube.uni-x.de
        owa.company.co.uk/ zimbra.example.fr/ email.t-online.de 3c.web.de/ 3c-bs.gmx.net navigator-lxa.mail.com/
        lightmailer-bs.web.de e.mail.ru/ touch.mail.ru m.mail.yandex.ru poczta.onet.pl poczta.interia.pl poczta.o2.pl
        webmail.aruba.it webmail.aon.at mail.bluewin.ch mail3.nate.com mail.daum.net hanmail.net w.mail.qq.com
        mail.qq.com exmail.qq.com mail.163.com mailh.qiye.163.com mail.naver.com mail.rediff.com webmail.vsnl.com
        outlook.live.com outlook.office.com/mail mail.google.com/mail/u/0 www.icloud.com/mail/ mail.zoho.com
        mail.zoho.eu app.fastmail.com mail.proton.me app.tuta.com app.hey.com posteo.de
        webmail.mail.eu-west-1.awsapps.com mail.aol.com us-mg5.mail.yahoo.com mail.yahoo.co.jp webmail.sfr.fr
        messagerie.orange.fr mail02.orange.fr zimbra.free.fr webmail.ziggo.nl webmail.kpnmail.nl email.uol.com.br
        email.bol.com.br webmail.terra.com.br outlook.cloud.microsoft email.seznam.cz mail.centrum.cz
        webmail.strato.de communicator.strato.com webmail.one.com webmail.hostinger.com mail.hostinger.com
        click.mailchimp.com/ u12345.ct.sendgrid.net/ b12s9.r.sp1-brevo.net/ trk.klclick.com r20.rs6.net mailchi.mp/x
        us2.campaign-archive.com securemail.tulsaconnect.com mail.sina.com.cn mail.sohu.com mail.aliyun.com
        webmail.biglobe.ne.jp mail.nifty.com mail.walla.co.il email.gov.in inbox.lv abv.bg freemail.hu
        accounts.freemail.hu android-app://com.google.android.gm/ android-app://com.samsung.android.email.provider
        android-app://com.yahoo.mobile.client.android.mail android-app://ru.yandex.mail
        android-app://de.gmx.mobile.android.mail android-app://com.microsoft.office.outlook/
        android-app://me.bluemail.mail android-app://com.google.android.gm.lite webmail.law.example.edu/
        webmail2.example.co.uk/ m.webmail.example.org/
    """,
    "search": """
        suche.web.de/ so.toutiao.com/ szukaj.wp.pl busca.uol.com.br suche.freenet.de search.avast.com www.google.cat
        google.com.hk www.google.co.jp www.google.it.ao suche.gmx.net suche.t-online.de search.brave.com
        search.naver.com m.search.naver.com search.daum.net m.search.daum.net search.yahoo.co.jp de.search.yahoo.com
        r.search.yahoo.com images.search.yahoo.com search.seznam.cz search.lilo.org nova.rambler.ru go.mail.ru
        yandex.com.tr ya.ru www.startpage.com eu.startpage.com searx.be searxng.example.org search.disroot.org
        metager.de www.mojeek.com swisscows.com www.qwant.com lite.qwant.com www.ecosia.org ekoru.org www.dogpile.com
        search.aol.com search.norton.com isearch.avg.com search.becovi.com www.ask.com de.ask.com www.wolframalpha.com
        www.onesearch.com www.so.com m.so.com so.360.cn m.sm.cn quark.sm.cn www.sogou.com wap.sogou.com cn.bing.com
        www2.bing.com search.goo.ne.jp search.nifty.com websearch.rakuten.co.jp cse.google.com search.smt.docomo.ne.jp
        sp-web.search.auone.jp www.baidu.com m.baidu.com image.baidu.com zarebin.ir pesquisa.sapo.pt
        ricerca.virgilio.it search.tiscali.it arianna.libero.it lemoteur.orange.fr buscador.terra.es
        hledani.tiscali.cz szukaj.onet.pl www.kiddle.co yep.com gibiru.com search.marginalia.nu wiby.me presearch.com
        www.info.com android-app://com.google.android.googlequicksearchbox/
        android-app://com.google.android.googlequicksearchbox/https/www.google.com
        android-app://com.unknown.launcher/https/www.google.com android-app://ru.yandex.searchplugin
    """,
    "social": """
        t.umblr.com/redirect mstdn.party/ masto.ai mastodonapp.uk mastodon.scot mastodon.green toot.wales
        social.vivaldi.net fosstodon.org infosec.exchange hachyderm.io c.im mas.to tech.lgbt troet.cafe mastodon.nl
        qoto.org sfba.social det.social mathstodon.xyz pawoo.net misskey.io lemmy.world feddit.uk pixelfed.social
        social.coop www.threads.com l.threads.net go.bsky.app out.reddit.com lnkd.in/x l.facebook.com lm.facebook.com
        l.instagram.com away.vk.com t.co l.messenger.com wa.me web.telegram.org t.me discord.com app.slack.com
        www.xing.com link.zhihu.com www.xiaohongshu.com weibo.com news.ycombinator.com dzen.ru chat.google.com
        lemmy.ca masto.es mastodon.com.br mastodon.com.tr android-app://com.linkedin.android
        android-app://com.twitter.android android-app://com.instagram.android android-app://com.facebook.katana
        android-app://org.telegram.messenger android-app://org.joinmastodon.android android-app://com.reddit.frontpage
        android-app://m.facebook.com/ android-app://www.linkedin.com/
    """,
    "ai": """
        bing.com/chat www.bing.com/chat?q=x x.com/i/grok twitter.com/i/grok huggingface.co/chat/
        m365.cloud.microsoft/chat www.qianwen.com chat.com lmarena.ai t3.chat beta.lmarena.ai chat.qwen.ai
        yuanbao.tencent.com metaso.cn chat.mistral.ai duck.ai duckduckgo.com/aichat gemini.google.com/app
        copilot.microsoft.com claude.ai chatgpt.com www.perplexity.ai grok.com poe.com you.com www.doubao.com
        www.kimi.com chat.z.ai character.ai www.meta.ai notebooklm.google.com pi.ai www.phind.com giga.chat
        alice.yandex.ru venice.ai android-app://com.openai.chatgpt android-app://ai.perplexity.app.android
        github.com/copilot search.brave.com/ask kagi.com/assistant hunyuan.tencent.com iask.ai www.genspark.ai
        arena.ai wrtn.ai
    """,
    "video": """
        youtu.be/x m.youtube.com vimeo.com www.twitch.tv rutube.ru peertube.tv framatube.org www.bilibili.com
        odysee.com v.qq.com vkvideo.ru android-app://com.google.android.youtube
    """,
    "shopping": """
        www.amazon.de amzn.to/x www.etsy.com www.kleinanzeigen.de s.click.aliexpress.com allegro.pl www.idealo.de
        www.ozon.ru m.1688.com shop.app foo.myshopify.com android-app://com.amazon.mshop.android.shopping
    """,
}
LOOK_ALIKES = """
        notgoogle.com google.com.evil.net mail.google.com.evil.net gmx.net.evil.com notgmx.net deref-evil.com
        mstdn.party.evil.net notmstdn.party bing.com.evil.net/chat evil.com/bing.com/chat notbing.com/chat
        chat.com.evil.net mychat.com t.umblr.com.evil.net webmail-login.example.com mailorder.example.com
        searchengine.example.com research.example.edu suche.web.de.evil.com google.cat.evil.com
        mastodon.social.evil.com mail-archive.com emailtips.example masto-shop.com mastodonia.example
        android-app.example.com t3.chat.evil.com lmarena.ai.evil.net huggingface.co/models
        m365.cloud.microsoft.evil.com/chat masto.ai.evil.com mail.com.evil.net webmail.freenet.de.evil.com
        so.example.com mailchimp.evil.com search webmail social-media.example.com copilot.example.com
        android-app://com.example.reader/ android-app://org.mail.reader
"""


def named(url: str) -> Source | None:
    """The source of a visit with this referrer, as collector and worker find it."""
    kept = read_referrer(url if "://" in url else f"https://{url}")
    return read_source(kept[1]) if kept else None


@pytest.mark.parametrize(("category", "url"), [(kind, url) for kind, urls in KINDS.items() for url in urls.split()])
def test_a_referrer_is_of_its_kind(category: str, url: str) -> None:
    found = named(url)
    assert found is not None
    assert found.category == category


@pytest.mark.parametrize("url", LOOK_ALIKES.split())
def test_a_look_alike_is_of_no_kind_and_keeps_its_own_name(url: str) -> None:
    found = named(url)
    assert found is not None
    assert found.category is None
    assert found.name == url.removeprefix("android-app://").split("/")[0]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.bing.com/chat", "Copilot"),
        ("https://www.bing.com/Chat/", "Copilot"),
        ("https://www.bing.com/chatter", "Bing"),
        ("https://www.bing.com/search/chat", "Bing"),
        ("https://x.com/i/grok/share/7", "Grok"),
        ("https://x.com/i/status/7", "X"),
        ("https://m365.cloud.microsoft/chat", "Copilot"),
        ("https://m365.cloud.microsoft/apps", "Microsoft 365"),
        ("https://huggingface.co/chat/conversation/7", "HuggingChat"),
        ("https://huggingface.co/chatbots", "huggingface.co"),
    ],
)
def test_a_page_is_known_by_the_whole_steps_of_its_path(url: str, name: str) -> None:
    found = named(url)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    ("tag", "name", "category"),
    [
        ("bing.com/chat", "Copilot", "ai"),
        ("https://x.com/i/grok", "Grok", "ai"),
        ("webmail.example.de", "webmail.example.de", "email"),
        ("masto.ai", "Mastodon", "social"),
        ("chat.com", "ChatGPT", "ai"),
        ("notchat.com", "notchat.com", None),
        ("Node.js", "Node.js", None),
        ("münchen.example", "xn--mnchen-3ya.example", None),
        ("www.MÜNCHEN.example", "xn--mnchen-3ya.example", None),
    ],
)
def test_a_campaign_may_say_a_host_or_a_page_for_its_source(tag: str, name: str, category: str | None) -> None:
    assert read_source(None, tag) == Source(name, category)


def test_a_host_in_another_script_is_one_source_whoever_wrote_it() -> None:
    assert (
        named("https://münchen.example/a")
        == named("https://www.xn--mnchen-3ya.example/")
        == read_source(None, "münchen.example")
    )


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("android-app://com.google.android.gm/", "Gmail"),
        ("android-app://com.google.android.gm.lite/", "Gmail"),
        ("android-app://com.google.android.gmx/", "com.google.android.gmx"),
        ("android-app://www.reddit.com/", "Reddit"),
        ("android-app://www.example.com/", "example.com"),
        ("android-app://com.example.reader/", "com.example.reader"),
        ("android-app://com.example.reader/https/www.reddit.com/r/x", "Reddit"),
        ("android-app://com.example.reader/https/www.example.com/", "example.com"),
        ("android-app://com.reddit.frontpage/https/www.example.com/", "Reddit"),
    ],
)
def test_an_unknown_app_is_called_as_the_host_it_gives(url: str, name: str) -> None:
    found = named(url)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("source", ["facebook", "amazon", "youtube", "google", "chatgpt.com", "shop.example", None])
@pytest.mark.parametrize(
    ("medium", "expected"),
    [
        ("sms", "SMS"), ("SMS", "SMS"), ("bulk-sms", "SMS"), ("sms_blast", "SMS"), ("text message", "SMS"),
        ("mms", "SMS"),
        ("push", "Mobile Push Notifications"), ("web-push", "Mobile Push Notifications"),
        ("webpush", "Mobile Push Notifications"), ("push_notification", "Mobile Push Notifications"),
        ("email", "Email"), ("E-Mail", "Email"), ("newsletter", "Email"), ("mailing", "Email"),
    ],
)  # fmt: skip
def test_a_medium_that_is_mail_sms_or_push_beats_the_sources_own_kind(
    source: str | None, medium: str, expected: str
) -> None:
    found = read_source(None, source)
    name, category = (found.name, found.category) if found else (None, None)
    assert channel(name, category, medium, "summer-shop", False, referrer_present=False) == expected


@pytest.mark.parametrize(
    ("source", "medium", "expected"),
    [
        ("facebook", "mobile", "Organic Social"),
        ("x.example", "mobile", "Mobile Push Notifications"),
        ("x.example", "smsx", "Unassigned"),
        ("x.example", "pushkin", "Unassigned"),
        ("x.example", "directmail", "Unassigned"),
        ("emailtips.example", "", "Referral"),
        ("newsletter.example.com", "", "Email"),
        ("attentive", "", "SMS"),
        ("onesignal", "", "Mobile Push Notifications"),
    ],
)
def test_words_that_only_resemble_a_medium_are_none(source: str, medium: str, expected: str) -> None:
    found = read_source(None, source)
    assert found is not None
    assert channel(found.name, found.category, medium, None, found.paid, referrer_present=False) == expected
