"""Where newer GeoIP databases come from: an administrator's choice, with the key that it takes.

An encrypted parameter of Systems Manager, which costs nothing and is there only once somebody has chosen. See
docs/adr/0015.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from chalicelib.config import settings
from chalicelib.store import aws


@dataclass(frozen=True, slots=True)
class Choice:
    """A publisher, and what it asks for.

    :ivar publisher: its name, see `enrich.geoip_publishers`.
    :ivar account, key: MaxMind's account id and licence key.
    :ivar mirror: base URL to download from instead of the publisher's.
    """

    publisher: str
    account: str = ""
    key: str = field(default="", repr=False)
    mirror: str = ""


def chosen() -> Choice | None:
    """The choice; None if there is none."""
    try:
        found = aws.client("ssm").get_parameter(Name=settings().geo_source, WithDecryption=True)
    except aws.ClientError as error:
        if aws.error_code(error) == "ParameterNotFound":
            return None
        raise
    return Choice(**json.loads(found["Parameter"]["Value"]))


def choose(choice: Choice) -> None:
    """Store the chosen publisher."""
    aws.client("ssm").put_parameter(
        Name=settings().geo_source,
        Description="Where Shylight's newer GeoIP databases come from; written by `make geo`.",
        Value=json.dumps(asdict(choice)),
        Type="SecureString",
        Overwrite=True,
    )


def forget() -> None:
    """Delete the choice and its key."""
    try:
        aws.client("ssm").delete_parameter(Name=settings().geo_source)
    except aws.ClientError as error:
        if aws.error_code(error) != "ParameterNotFound":
            raise
