"""HTTP requests to a deployed Shylight."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

TIMEOUT_S = 40.0


@dataclass(frozen=True)
class Answer:
    """The response; if there was none, status 0 and the reason as text."""

    status: int
    text: str

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)


def ask(
    url: str, body: str | None = None, *, token: str | None = None, headers: dict[str, str] | None = None
) -> Answer:
    """Send a GET request, or POST `body`, which is JSON unless the headers say otherwise."""
    sent = {
        "Accept": "*/*",
        "Content-Type": "application/json",
        **(headers or {}),
        **({"Authorization": f"Bearer {token}"} if token else {}),
    }
    data = None if body is None else body.encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, sent), timeout=TIMEOUT_S) as answer:
            return Answer(answer.status, answer.read().decode(errors="replace"))
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read().decode(errors="replace"))
    except OSError as error:
        return Answer(0, str(error))


def is_healthy(base_url: str, timeout_s: float = 0.0) -> bool:
    """Whether the app's health check succeeds within `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while ask(f"{base_url}/healthz").status != 200:
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.2)
    return True
