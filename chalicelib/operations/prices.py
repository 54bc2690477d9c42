"""AWS list prices, in US dollars, without free tiers and taxes.

Source: https://aws.amazon.com/pricing/, the pages of each service.
"""

from __future__ import annotations

import platform
from typing import Final

MILLION: Final = 1_000_000

REGION: Final = "us-east-1"
# The month in which they were looked up.
MONTH: Final = "2026-11"

REST_API_REQUEST: Final = 3.50 / MILLION
HTTP_API_REQUEST: Final = 1.00 / MILLION  # not used; compared with in docs/adr/0050
LAMBDA_REQUEST: Final = 0.20 / MILLION  # the requests of a function URL cost nothing besides
LAMBDA_GB_S_X86: Final = 0.0000166667
LAMBDA_GB_S_ARM: Final = 0.0000133334
# On the kind of processor that this function runs on.
LAMBDA_GB_S: Final = LAMBDA_GB_S_ARM if platform.machine() in {"aarch64", "arm64"} else LAMBDA_GB_S_X86
SQS_REQUEST: Final = 0.40 / MILLION
WRITE_UNIT: Final = 0.625 / MILLION
READ_UNIT: Final = 0.125 / MILLION
TABLE_GB_MONTH: Final = 0.25
BACKUP_GB_MONTH: Final = 0.20  # point-in-time recovery
S3_PUT: Final = 5.00 / MILLION
S3_GET: Final = 0.40 / MILLION
S3_GB_MONTH: Final = 0.023
LOG_GB: Final = 0.50
EGRESS_GB: Final = 0.09  # the first 100 GB of an account and month are free
SECRET_MONTH: Final = 0.40
KMS_REQUEST: Final = 0.03 / 10_000
ALARM_MONTH: Final = 0.10
METRIC_MONTH: Final = 0.30
DASHBOARD_MONTH: Final = 3.00


def as_text(gb_s: float = LAMBDA_GB_S) -> str:
    """The prices as text, to print with every result that was computed from them.

    :param gb_s: the price of a GB-second that was used.
    """
    return (
        f"USD, {REGION}, list prices of {MONTH} without free tiers: "
        f"REST API {REST_API_REQUEST * MILLION:.2f} per million requests; "
        f"Lambda {LAMBDA_REQUEST * MILLION:.2f} per million requests + {gb_s:.10f} per GB-s; "
        f"SQS {SQS_REQUEST * MILLION:.2f} per million; "
        f"DynamoDB {WRITE_UNIT * MILLION:.3f} per million write units, "
        f"{READ_UNIT * MILLION:.3f} per million read units, "
        f"{TABLE_GB_MONTH:.2f} per GB-month, backups {BACKUP_GB_MONTH:.2f}; "
        f"S3 {S3_PUT * MILLION:.2f} per million PUT, {S3_GET * MILLION:.2f} per million GET, "
        f"{S3_GB_MONTH:.3f} per GB-month; "
        f"logs {LOG_GB:.2f} per GB; data transfer {EGRESS_GB:.2f} per GB; "
        f"a month of a secret {SECRET_MONTH:.2f}, an alarm {ALARM_MONTH:.2f}, a metric {METRIC_MONTH:.2f}, "
        f"a dashboard {DASHBOARD_MONTH:.2f}"
    )
