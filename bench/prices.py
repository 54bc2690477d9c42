"""What AWS charges: list prices in US dollars, us-east-1, on demand, November 2026. Free tiers are left out."""

from __future__ import annotations

from typing import Final

MILLION: Final = 1_000_000

REST_API_REQUEST: Final = 3.50 / MILLION
LAMBDA_REQUEST: Final = 0.20 / MILLION
LAMBDA_GB_S: Final = 0.0000166667  # x86, which Chalice deploys unless told otherwise; arm is a fifth less
SQS_REQUEST: Final = 0.40 / MILLION
WRITE_UNIT: Final = 0.625 / MILLION
READ_UNIT: Final = 0.125 / MILLION
TABLE_GB_MONTH: Final = 0.25
S3_PUT: Final = 5.00 / MILLION
S3_GET: Final = 0.40 / MILLION
LOG_GB: Final = 0.50


def told() -> str:
    """The prices as text, to stand beside every result that was computed with them."""
    return (
        "USD, us-east-1, list prices without free tiers: REST API 3.50 a million requests; Lambda 0.20 a million "
        "requests + 0.0000166667 a GB-s (x86); SQS 0.40 a million; DynamoDB 0.625 a million write units, 0.125 a "
        "million read units, 0.25 a GB-month; S3 5.00 a million PUT, 0.40 a million GET; logs 0.50 a GB"
    )
