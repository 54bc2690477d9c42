"""Interception of this process's AWS calls, all of which go through one method of botocore."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

_make = BaseClient._make_api_call


@dataclass(frozen=True, slots=True)
class Call:
    """An AWS call that has been intercepted.

    :ivar service: e.g. ``dynamodb``; :ivar operation: e.g. ``UpdateItem``; :ivar given: its parameters.
    """

    client: BaseClient
    operation: str
    given: dict[str, Any]

    @property
    def service(self) -> str:
        """The service's name in botocore."""
        return str(self.client.meta.service_model.service_name)

    def make(self) -> Any:
        """Make the call; gives AWS's response."""
        return _make(self.client, self.operation, self.given)

    def make_unwatched(self, operation: str, given: dict[str, Any]) -> Any:
        """Make another call to the same service, without interception."""
        return _make(self.client, operation, given)


@contextmanager
def intercepted_calls(through: Callable[[Call], Any]) -> Iterator[None]:
    """Pass every AWS call of this process, in all threads, to the function `through`, which makes the call."""

    def call(client: BaseClient, operation: str, given: dict[str, Any]) -> Any:
        return through(Call(client, operation, given))

    with patch.object(BaseClient, "_make_api_call", call):
        yield
