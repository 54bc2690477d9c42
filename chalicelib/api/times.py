"""Times as the API writes them: ISO 8601 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(seconds: int) -> str | None:
    """Epoch seconds as the API writes them; None for 0, which means never."""
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else None


def iso_of_ms(milliseconds: int) -> str | None:
    """Epoch ms as the API writes them, to the second; None for 0, which means never."""
    return iso(milliseconds // 1000)
