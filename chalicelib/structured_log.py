"""The program's own lines in the log: one JSON object each, so that CloudWatch Logs Insights can search its fields."""

from __future__ import annotations

import json


def log_line(**fields: object) -> None:
    """Write one line with these fields, in their order. No address, user agent, token or identifier belongs in it."""
    print(json.dumps(fields, separators=(",", ":")))
