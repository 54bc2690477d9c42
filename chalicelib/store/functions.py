"""Starting scheduled functions before their time, without waiting for them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from chalicelib import config
from chalicelib.errors import Unavailable
from chalicelib.store import aws


def start(name: str, why: str, detail: Mapping[str, object] | None = None) -> None:
    """Start a function, as its schedule would.

    :param name: in AWS, see `config.Settings`.
    :param why: what the function is told, for its log.
    :param detail: what it has to do, if not everything.
    :raises Unavailable: if Lambda does not take the call.
    """
    now = {
        "version": "0",
        "id": "",
        "account": "",
        "region": "",
        "time": "",
        "resources": [],
        "detail": dict(detail or {}),
    }
    event = {**now, "source": config.APP, "detail-type": why}
    try:
        aws.client("lambda", attempts=1).invoke(
            FunctionName=name, InvocationType="Event", Payload=json.dumps(event).encode()
        )
    except aws.AwsError as error:
        raise Unavailable(f"{name} could not be started: {aws.error_code(error) or type(error).__name__}") from error
