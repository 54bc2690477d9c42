"""Languages: which one a request gets, and how texts are looked up in it."""

from collections.abc import Iterator
from gettext import NullTranslations

import pytest

from chalicelib import translation
from chalicelib.translation import gettext, ngettext


class Capitals(NullTranslations):
    """A language in which every text is in capitals, but for its placeholders."""

    def gettext(self, message: str) -> str:
        return f"[{message}]"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"[{msgid1 if n == 1 else msgid2}]"


@pytest.fixture
def german(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(translation, "LANGUAGES", {"en": "English", "de": "Deutsch", "zh-Hant": "繁體中文"})
    monkeypatch.setattr(translation, "_catalogue", lambda _tag: Capitals())
    yield
    translation.use("en")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("DE-at", "de"),
        ("fr, de;q=0.8, en;q=0.9", "en"),
        ("fr;q=0.9,de;q=0.8", "de"),
        ("zh-Hant-TW", "zh-Hant"),
        ("zh-TW,zh;q=0.9,en-US;q=0.8", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-mo", "zh-Hant"),
        ("zh", "en"),
        ("zh-CN,zh;q=0.9,de;q=0.8", "de"),
        ("zh-Hans-TW", "en"),
        ("de;q=0, en", "en"),
        ("de;q=0", "en"),
        ("de;q=2", "en"),
        ("*", "en"),
        (";;;,,,q=1", "en"),
        ("de," * 10_000, "de"),
    ],
)
@pytest.mark.usefixtures("german")
def test_the_language_that_a_browser_asks_for(header: str, language: str) -> None:
    assert translation.preferred(header) == language


@pytest.mark.usefixtures("german")
def test_texts_are_looked_up_in_the_language_in_use() -> None:
    assert gettext("Signed in as %(name)s", name="100%") == "Signed in as 100%"
    translation.use("de")
    assert translation.current_language() == "de"
    assert gettext("50% off") == "[50% off]"
    assert gettext("Signed in as %(name)s", name="Ada") == "[Signed in as Ada]"
    assert ngettext("%(num)s site", "%(num)s sites", 2) == "[2 sites]"
    with translation.language("en"):
        assert gettext("Sites") == "Sites"
        assert ngettext("%(num)s site", "%(num)s sites", 1) == "1 site"
    assert gettext("Sites") == "[Sites]"


@pytest.mark.usefixtures("german")
def test_an_unknown_language_is_english() -> None:
    translation.use("xx")
    assert translation.current_language() == "en"
    with translation.language("../../etc"):
        assert gettext("Sites") == "Sites"
