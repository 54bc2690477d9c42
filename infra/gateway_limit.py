"""How many requests API Gateway lets through to each address of a stage: a setting that Chalice cannot set.

The limit is one of each method of each resource, and there are hundreds: it stops a flood on one address. The sum of
all is bounded by the account's quota alone. Requests over the limit are answered with 429 by the gateway itself, so
they cost no time of a function. A stage keeps its limit when Chalice deploys to it again.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

from __future__ import annotations

from typing import Final

from chalicelib.config import Settings
from infra.aws_environment import Cloud

# What an account may have in a region, unless AWS has raised it.
ACCOUNT_RATE: Final = 10_000
# The alarm goes off when the whole stage gets this part of the rate of one method, as if all came to one address:
# metrics of each method would cost extra.
_ALARM_AT: Final = 0.8
# To API Gateway, a stage without a limit of its own.
_UNLIMITED: Final = -1.0
# Each of them, not all together.
_ALL_METHODS: Final = "*/*"


def alarm_parameter(settings: Settings) -> dict[str, str]:
    """The template's parameter for the alarm that tells when the limit of a method may be near."""
    rate = settings.gateway_rate or ACCOUNT_RATE
    return {"RequestsPerMinuteAlarm": str(int(rate * 60 * _ALARM_AT))}


def apply(cloud: Cloud, api: str, settings: Settings) -> bool:
    """Give each method of a REST API's stage the limit of its settings; gives whether it had another."""
    client, stage = cloud.client("apigateway"), {"restApiId": api, "stageName": cloud.stage}
    known = client.get_stage(**stage).get("methodSettings", {}).get(_ALL_METHODS, {})
    rate, burst = float(known.get("throttlingRateLimit", _UNLIMITED)), int(known.get("throttlingBurstLimit", -1))
    limited = settings.gateway_rate > 0
    wanted = (float(settings.gateway_rate), settings.gateway_burst) if limited else (_UNLIMITED, -1)
    if (rate, burst) == wanted:
        return False
    values = {"rateLimit": f"{wanted[0]:g}", "burstLimit": str(wanted[1])}
    client.update_stage(
        **stage,
        patchOperations=[
            {"op": "replace", "path": f"/{_ALL_METHODS}/throttling/{name}", "value": value}
            for name, value in values.items()
        ],
    )
    # API Gateway asks for a new deployment after settings of a stage have changed.
    client.create_deployment(**stage)
    return True
