"""Transactions."""

from __future__ import annotations

from chalicelib.store import transactions
from chalicelib.store.tables import CoreItem


def test_transactions_use_the_client_of_the_table() -> None:
    """To make a client takes longer than the transaction."""
    client = CoreItem._get_connection().connection.client
    assert [transactions.connection().client for _ in range(2)] == [client, client]
