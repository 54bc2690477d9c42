"""Custom events: the name, properties and revenue."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

from chalicelib import config
from chalicelib.errors import BadRequest

_CURRENCY = re.compile(r"[A-Za-z]{3}")


def read_name(value: object, field: str = "event") -> str:
    """An event's name.

    :raises BadRequest: if it is not 1 to 120 printable characters.
    """
    name = value.strip() if isinstance(value, str) else ""
    if not 1 <= len(name) <= config.MAX_EVENT_NAME_CHARS or not name.isprintable():
        raise BadRequest(
            f"{field} must be the event's name, 1 to {config.MAX_EVENT_NAME_CHARS} printable characters.", field=field
        )
    return name


def read_props(value: object, field: str = "props") -> str | None:
    """Properties as they are stored: a JSON object of strings with sorted keys; None if there are none.

    Values can be strings, numbers and booleans; null values are left out.

    :raises BadRequest: for other values, and if there are too many or too long ones.
    """
    if value is None or value == {}:
        return None
    if not isinstance(value, dict):
        raise BadRequest(f"{field} must be an object of strings, numbers and booleans.", field=field)
    if len(value) > config.MAX_PROPS:
        raise BadRequest(f"{field} may have at most {config.MAX_PROPS} properties.", field=field)
    texts: dict[str, str] = {}
    for key, inner in value.items():
        text = _text(inner, f"{field}.{key}"[:150])
        if not 1 <= len(key) <= config.MAX_PROP_NAME_CHARS or len(text or "") > config.MAX_PROP_VALUE_CHARS:
            raise BadRequest(
                f"A property in {field} must have a name of 1 to {config.MAX_PROP_NAME_CHARS} and a value of up to "
                f"{config.MAX_PROP_VALUE_CHARS} characters.",
                field=field,
            )
        if text is not None:
            texts[_whole(key)] = _whole(text)
    kept = json.dumps(texts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if len(kept) > config.MAX_PROPS_CHARS:
        raise BadRequest(f"{field} may have at most {config.MAX_PROPS_CHARS} characters in all.", field=field)
    return kept if texts else None


def _text(value: object, field: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and abs(value) < 10**300:
        return str(int(value)) if float(value).is_integer() else repr(value)
    raise BadRequest(f"{field} must be a string, a number or a boolean.", field=field)


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def read_revenue(value: object, field: str = "revenue") -> tuple[int | None, str | None]:
    """Revenue ``{"amount": 12.5, "currency": "EUR"}`` as millionths and ISO 4217 code; (None, None) if there is none.

    :raises BadRequest: if it is invalid.
    """
    if value is None:
        return None, None
    if not isinstance(value, Mapping):
        raise BadRequest(f'{field} must be like {{"amount": 12.5, "currency": "EUR"}}.', field=field)
    return _amount(value.get("amount"), f"{field}.amount"), _currency(value.get("currency"), f"{field}.currency")


def _amount(value: Any, field: str) -> int:
    amount = Decimal("NaN")
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        with suppress(ArithmeticError):
            amount = Decimal(str(value))
    # Compared without arithmetic, which would raise for huge exponents.
    if not amount.is_finite() or not -config.MAX_AMOUNT <= amount <= config.MAX_AMOUNT:
        raise BadRequest(f"{field} must be a number, up to {config.MAX_AMOUNT}.", field=field)
    return round(amount * config.MICROS)


def _currency(value: object, field: str) -> str:
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise BadRequest(f"{field} must be a currency's three letters, as in ISO 4217: EUR, USD.", field=field)
    return value.upper()
