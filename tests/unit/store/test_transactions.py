"""Transactions, and the client that they share with all tables."""

from __future__ import annotations

from chalicelib.store import transactions
from chalicelib.store.tables import MODELS, CoreItem


def test_all_tables_and_transactions_use_one_client() -> None:
    """To make a client takes longer than most calls with it."""
    client = CoreItem._get_connection().connection.client
    assert {model._get_connection().connection.client for model in MODELS} == {client}
    assert {transactions.connection().client for _ in range(2)} == {client}
