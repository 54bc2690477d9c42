"""Structured log lines: one JSON object per line, for CloudWatch Logs Insights."""

from __future__ import annotations

import json


def log_line(**fields: object) -> None:
    """Write a line with these fields. It must not contain IP addresses, user agents, tokens or identifiers."""
    print(json.dumps(fields, separators=(",", ":")))
