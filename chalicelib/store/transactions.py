"""Transactions of DynamoDB on the condition that nothing has changed since it was read."""

from __future__ import annotations

from collections.abc import Callable

from pynamodb.connection import Connection
from pynamodb.exceptions import TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib.store import aws
from chalicelib.store.tables import CoreItem


def transact(change: Callable[[TransactWrite], None]) -> bool:
    """Write what `change` adds to a transaction, all of it or nothing.

    False if one of its conditions was not met, or others were writing the same items: both may end well next time.
    """
    try:
        with TransactWrite(connection=connection()) as transaction:
            change(transaction)
    except TransactWriteError as error:
        if not aws.transaction_refused(error):
            raise
        return False
    return True


def connection() -> Connection:
    """The connection for transactions: that of the table, because a client takes long to make."""
    return CoreItem._get_connection().connection
