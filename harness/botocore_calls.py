"""The seam at which this process's AWS calls can be watched: all libraries make them through one method of botocore."""

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
    """An AWS call that is about to be made.

    :ivar service: e.g. ``dynamodb``; :ivar operation: e.g. ``UpdateItem``; :ivar given: its parameters.
    """

    client: BaseClient
    operation: str
    given: dict[str, Any]

    @property
    def service(self) -> str:
        """The service's name, as botocore has it."""
        return str(self.client.meta.service_model.service_name)

    def make(self) -> Any:
        """Make it; what AWS answers."""
        return _make(self.client, self.operation, self.given)

    def aside(self, operation: str, given: dict[str, Any]) -> Any:
        """Make another call of the same service, which nobody watches."""
        return _make(self.client, operation, given)


@contextmanager
def watched(through: Callable[[Call], Any]) -> Iterator[None]:
    """Let every AWS call of this process, of all its threads, go `through` a function meanwhile, which makes it."""

    def call(client: BaseClient, operation: str, given: dict[str, Any]) -> Any:
        return through(Call(client, operation, given))

    with patch.object(BaseClient, "_make_api_call", call):
        yield
