"""What an error of AWS says, whichever library raised it."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import PutError, TransactWriteError

from chalicelib.store import aws

STORE = Path(aws.__file__).parent
CONDITION_FAILED = ClientError({"Error": {"Code": "ConditionalCheckFailedException", "Message": "no"}}, "PutItem")
CANCELED = ClientError({"Error": {"Code": "TransactionCanceledException", "Message": "no"}}, "TransactWriteItems")
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "PutItem")


def test_a_condition_that_was_not_met_is_told_apart_by_either_library() -> None:
    assert aws.condition_failed(CONDITION_FAILED)
    assert aws.condition_failed(PutError("put failed", cause=CONDITION_FAILED))
    assert not aws.condition_failed(PutError("put failed", cause=THROTTLED))
    assert not aws.condition_failed(PutError("put failed"))
    assert not aws.condition_failed(OSError("no such host"))
    assert aws.error_code(PutError("put failed", cause=THROTTLED)) == "ThrottlingException"


def test_a_canceled_transaction_is_told_apart() -> None:
    assert aws.transaction_canceled(TransactWriteError("failed", cause=CANCELED))
    assert not aws.transaction_canceled(TransactWriteError("failed", cause=THROTTLED))
    assert not aws.condition_failed(TransactWriteError("failed", cause=CANCELED))


def test_no_module_compares_these_codes_itself() -> None:
    for path in STORE.glob("*.py"):
        if path.name != "aws.py":
            names = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
            assert "cause_response_code" not in names, path.name


def failing(error: Exception) -> Callable[[], None]:
    def write() -> None:
        raise error

    return write


def test_a_conditional_write_says_whether_its_condition_was_met() -> None:
    assert aws.condition_met(lambda: None)
    assert not aws.condition_met(failing(PutError("put failed", cause=CONDITION_FAILED)))
    with pytest.raises(PutError):
        aws.condition_met(failing(PutError("put failed", cause=THROTTLED)))
    with pytest.raises(OSError, match="no such host"):
        aws.condition_met(failing(OSError("no such host")))
