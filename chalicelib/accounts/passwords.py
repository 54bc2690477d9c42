"""Password hashes: argon2id.

64 MiB and two passes are more than each of OWASP's minimum configurations (46 MiB and one pass, 19 MiB and two). One
lane is used because a Lambda with 1 GB has little more than half a CPU, so lanes would only wait for each other. A hash
takes about 150 ms of CPU time and a sixteenth of the memory.
"""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Sequence
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chalicelib.config import MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS
from chalicelib.errors import BadRequest
from chalicelib.translation import gettext as _

_PASSES = 2
_MEMORY_KIB = 64 * 1024
_LANES = 1

_MIN_DIFFERENT_CHARS = 5
# Rows of keyboards, the alphabet, digits.
_SEQUENCES = (
    "abcdefghijklmnopqrstuvwxyz", "1234567890", "0123456789", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl",
    "yxcvbnm", "zxcvbnm", "1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv5tgb6yhn", "qazwsxedcrfvtgb",
)  # fmt: skip
# Words that people choose first: of sign-in forms, of this product, and greetings.
_COMMON_WORDS = (
    "password", "passwort", "passphrase", "secret", "admin", "administrator", "root", "user", "login", "letmein",
    "welcome", "hello", "changeme", "default", "iloveyou", "shylight", "analytics", "dashboard", "qwerty", "qwertz",
    "azerty", "abc", "test",
)  # fmt: skip
_MIN_WORD_CHARS = 3
_DIGITS_AND_SIGNS = string.digits + string.punctuation + " "
# Digits and signs that are written in place of letters.
_WRITTEN_FOR = str.maketrans("013457@$!", "oieastasi")


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES)


def check_new(password: str, *known_words: str) -> None:
    """Check the length of a new password, and that it is not among the first that somebody would guess.

    :param known_words: names and e-mail addresses of the person, which are no passwords.
    :raises BadRequest: if it is too short, too long or too easy to guess.
    """
    if len(password) < MIN_PASSWORD_CHARS:
        raise BadRequest(
            _("A password needs at least %(number)s characters.", number=MIN_PASSWORD_CHARS),
            field="password",
        )
    if len(password) > MAX_PASSWORD_CHARS:
        raise BadRequest(
            _("A password may have at most %(number)s characters.", number=MAX_PASSWORD_CHARS),
            field="password",
        )
    if _is_easy(password, known_words):
        raise BadRequest(_("This password is too easy to guess. Choose several words."), field="password")


def _is_easy(password: str, known_words: Sequence[str]) -> bool:
    """Whether a password has few different characters, is a sequence of keys or letters, or a single known word."""
    plain = _normalized(password).casefold()
    if len(set(plain)) < _MIN_DIFFERENT_CHARS:
        return True
    if any(plain in row * 3 or plain in row[::-1] * 3 for row in _SEQUENCES):
        return True
    # A known word is not made better by digits and signs around or in place of its letters, or by repeating it.
    tried = {_letters(plain), _letters(plain.strip(_DIGITS_AND_SIGNS).translate(_WRITTEN_FOR))}
    words = {part.casefold() for word in known_words for part in (word, word.partition("@")[0])} | set(_COMMON_WORDS)
    return any(_is_repeated(_letters(word), core) for word in words for core in tried)


def _is_repeated(word: str, text: str) -> bool:
    return len(word) >= _MIN_WORD_CHARS and bool(text) and text == word * (len(text) // len(word))


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalpha())


def hash_password(password: str) -> str:
    """The hash to store for `password`."""
    return _hasher().hash(_normalized(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether `password` matches the hash `stored`.

    Without a stored hash the password is hashed anyway, so that the time does not reveal whether there is one.
    """
    if stored is None:
        hash_password(password)
        return False
    try:
        return _hasher().verify(stored, _normalized(password))
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    """Whether `stored` was made with parameters other than the current ones."""
    return _hasher().check_needs_rehash(stored)


def _normalized(password: str) -> str:
    """The password in Unicode form NFKC, because keyboards differ, e.g. "é" as one character or two."""
    return unicodedata.normalize("NFKC", password)
