"""The logs that Lambda itself writes for functions with many invocations: none, unless one fails.

START, END and REPORT of each invocation would be most of what a hit logs. Lambda leaves them out at the system log
level WARN, which needs the log format JSON. Chalice cannot set either, and leaves both alone when it deploys again.
Lines that the program prints stay as they are. How often a function runs, and for how long, is in its metrics.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from infra.aws_environment import Cloud

QUIET: Final = {"LogFormat": "JSON", "SystemLogLevel": "WARN", "ApplicationLogLevel": "INFO"}


def functions(cloud: Cloud) -> Sequence[str]:
    """The functions that run for each hit. Jobs keep their REPORT lines, which tell the memory they used."""
    return (cloud.names.prefix, cloud.names.collect, cloud.names.worker)


def quieten(cloud: Cloud) -> None:
    """Set the log level of these functions where it is another."""
    client = cloud.client("lambda")
    for name in functions(cloud):
        known = client.get_function_configuration(FunctionName=name).get("LoggingConfig", {})
        if {key: known.get(key) for key in QUIET} != QUIET:
            client.update_function_configuration(FunctionName=name, LoggingConfig=QUIET)
            client.get_waiter("function_updated_v2").wait(FunctionName=name)
