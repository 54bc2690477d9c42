"""Clients of AWS services: one per service and process, created on first use with botocore.

boto3 would add 250 ms to a cold start, for features that are not used here.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.config import APP, settings

# With botocore's pauses of up to 1, 2 and 4 s, all attempts take less than API Gateway's 29 s and the worker's timeout,
# so that a service that does not respond becomes an error that we can report.
CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 5.0
ATTEMPTS = 4
# Set, because botocore otherwise builds its own for every call, which takes a third of the CPU of a call.
USER_AGENT = f"{APP}/1"

__all__ = ["AwsError", "BotoCoreError", "ClientError", "client", "error_code", "failed"]

AwsError = (BotoCoreError, ClientError)


@cache
def _session() -> Any:
    return botocore.session.get_session()


@cache
def client(service: str, attempts: int = ATTEMPTS) -> Any:
    """The process's client of an AWS service, e.g. ``client("sqs")``.

    :param attempts: how often a call is tried before it fails.
    """
    options = Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": attempts},
        s3={"addressing_style": "path"} if _session().get_config_variable("endpoint_url") else None,
        max_pool_connections=32,
        user_agent=USER_AGENT,
    )
    return _session().create_client(service, region_name=settings().region, config=options)


def failed(error: BaseException) -> bool:
    """Whether `error` comes from AWS, raised by botocore or PynamoDB."""
    from pynamodb.exceptions import PynamoDBException

    return isinstance(error, (*AwsError, PynamoDBException))


def error_code(error: Exception) -> str:
    """The AWS error code of a ClientError, else ``""``."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
