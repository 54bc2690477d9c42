"""Clients of AWS services: one per service and process, created on first use with botocore.

boto3 would add 250 ms to a cold start, for features that are not used here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import timed_cache
from chalicelib.config import APP, settings

# With botocore's pauses of up to 1, 2 and 4 s, all attempts take less than API Gateway's 29 s and the worker's timeout,
# so that a service that does not respond becomes an error that we can report.
CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 5.0
ATTEMPTS = 4
# Set, because botocore otherwise builds its own for every call, which takes a third of the CPU of a call.
USER_AGENT = f"{APP}/1"

__all__ = [
    "AwsError",
    "BotoCoreError",
    "ClientError",
    "cancellation_codes",
    "client",
    "condition_failed",
    "condition_met",
    "error_code",
    "failed",
    "session",
    "transaction_canceled",
    "transaction_refused",
]

AwsError = (BotoCoreError, ClientError)


@cache
def session() -> Any:
    """The process's session of botocore; making one takes as long as a client."""
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
        s3={"addressing_style": "path"} if session().get_config_variable("endpoint_url") else None,
        max_pool_connections=32,
        user_agent=USER_AGENT,
        response_checksum_validation="when_required",  # parts have checksums of their own
    )
    return session().create_client(service, region_name=settings().region, config=options)


for _remembering in (settings, session, client):
    timed_cache.on_reset(_remembering.cache_clear)


def failed(error: BaseException) -> bool:
    """Whether `error` comes from AWS, raised by botocore or PynamoDB."""
    from pynamodb.exceptions import PynamoDBException

    return isinstance(error, (*AwsError, PynamoDBException))


def error_code(error: BaseException) -> str:
    """The AWS error code of an error of botocore or PynamoDB, e.g. ``ValidationException``; ``""`` if it has none."""
    by_pynamodb = getattr(error, "cause_response_code", None)
    response = getattr(error, "response", None) or {}
    return str(by_pynamodb or response.get("Error", {}).get("Code", ""))


def condition_failed(error: BaseException) -> bool:
    """Whether DynamoDB refused a write because its condition was not met, which is an answer and no failure."""
    return error_code(error) == "ConditionalCheckFailedException"


def condition_met(write: Callable[[], object]) -> bool:
    """Do a conditional write of PynamoDB; False if its condition was not met, so that nothing was written."""
    try:
        write()
    except Exception as error:
        if not condition_failed(error):
            raise
        return False
    return True


def transaction_canceled(error: BaseException) -> bool:
    """Whether DynamoDB canceled a transaction: a condition of it was not met, or others wrote the same items."""
    return error_code(error) == "TransactionCanceledException"


def cancellation_codes(error: Any) -> set[str]:
    """Why DynamoDB canceled a transaction, from PynamoDB's error: a code per reason, e.g. ``TransactionConflict``."""
    return {str(reason.code) for reason in error.cancellation_reasons if reason is not None}


def transaction_refused(error: Any) -> bool:
    """Whether a condition failed, or another transaction was changing the same items: both may end well next time."""
    expected = {"ConditionalCheckFailed", "TransactionConflict"}
    return transaction_canceled(error) and bool(cancellation_codes(error) & expected)
