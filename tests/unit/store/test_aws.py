"""The doors to AWS."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chalicelib.store import aws

CONFIG = Path(__file__).resolve().parents[3] / ".chalice" / "config.json"


@pytest.mark.parametrize("function", ["api_handler", "worker"])
def test_a_service_that_hangs_is_told_of_before_the_function_itself_is_stopped(function: str) -> None:
    pauses = sum(2.0**attempt for attempt in range(aws.ATTEMPTS - 1))  # botocore's standard mode, at the longest
    hanging = aws.ATTEMPTS * max(aws.READ_TIMEOUT_S, aws.CONNECT_TIMEOUT_S) + pauses
    assert hanging < json.loads(CONFIG.read_text())["lambda_functions"][function]["lambda_timeout"]
