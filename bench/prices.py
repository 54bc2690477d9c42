"""AWS list prices in US dollars, us-east-1, on demand, November 2026, without free tiers."""

from __future__ import annotations

from typing import Final

MILLION: Final = 1_000_000

REST_API_REQUEST: Final = 3.50 / MILLION
LAMBDA_REQUEST: Final = 0.20 / MILLION
LAMBDA_GB_S: Final = 0.0000166667  # x86, Chalice's default; arm costs a fifth less
SQS_REQUEST: Final = 0.40 / MILLION
WRITE_UNIT: Final = 0.625 / MILLION
READ_UNIT: Final = 0.125 / MILLION
TABLE_GB_MONTH: Final = 0.25
S3_PUT: Final = 5.00 / MILLION
S3_GET: Final = 0.40 / MILLION
LOG_GB: Final = 0.50


def as_text() -> str:
    """The prices as text, to print with every result that was computed from them."""
    return (
        "USD, us-east-1, list prices without free tiers: REST API 3.50 per million requests; Lambda 0.20 per million "
        "requests + 0.0000166667 per GB-s (x86); SQS 0.40 per million; DynamoDB 0.625 per million write units, 0.125 "
        "per million read units, 0.25 per GB-month; S3 5.00 per million PUT, 0.40 per million GET; logs 0.50 per GB"
    )
