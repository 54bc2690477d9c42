"""The certificate of a stage's domain, in AWS Certificate Manager: found or requested, proved by DNS, renewed by AWS.

A certificate that this makes has the stage as a tag, so that it is known when it may be deleted. For one domain and
account, the DNS record that proves it is always the same: https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from botocore.exceptions import ClientError

from infra.aws_environment import Cloud, DeployError

TAG: Final = "shylight-stage"
# Once the record is set, AWS needs a few minutes; the next run goes on waiting.
WAIT_S = 300.0
POLL_S = 5.0
# For so long, a certificate may be taken for in use by a domain name that was just deleted.
RELEASE_S = 60.0
# ListCertificates leaves out all but RSA_2048 unless it is told otherwise. These are what API Gateway accepts.
_KEYS: Final = ["RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1"]
_USABLE: Final = {"AMAZON_ISSUED", "IMPORTED"}
_LIVE: Final = ("ISSUED", "PENDING_VALIDATION")
Say = Callable[[str], None]


def obtain(cloud: Cloud, domain: str, say: Say) -> str:
    """The ARN of an issued certificate for the domain: one that exists, or else a new one.

    :param say: called with the DNS records to set, before they are waited for.
    :raises DeployError: if it is not issued in time, with what to do; the next run goes on.
    """
    known = [one for one in _all(cloud, *_LIVE) if _covers(one, domain)]
    # Issued ones first, and of those, one for just this domain.
    known.sort(key=lambda one: (one["Status"] != "ISSUED", one["DomainName"] != domain))
    if known and known[0]["Status"] == "ISSUED":
        return str(known[0]["CertificateArn"])
    if known:
        return _wait(cloud, known[0]["CertificateArn"], domain, say)
    made = cloud.client("acm").request_certificate(
        DomainName=domain, ValidationMethod="DNS", Tags=[{"Key": TAG, "Value": cloud.stage}]
    )
    return _wait(cloud, made["CertificateArn"], domain, say)


def delete_unused(cloud: Cloud, keep: str | None, say: Say) -> None:
    """Delete the certificates that this has requested for the stage, except for the domain `keep`."""
    client = cloud.client("acm")
    for found in [*_all(cloud, *_LIVE, "VALIDATION_TIMED_OUT", "FAILED", "EXPIRED")]:
        if found["DomainName"] == keep and found["Status"] in _LIVE:
            continue
        arn = found["CertificateArn"]
        tags = {tag["Key"]: tag.get("Value") for tag in client.list_tags_for_certificate(CertificateArn=arn)["Tags"]}
        if tags.get(TAG) == cloud.stage and not _delete(cloud, arn):
            say(f"  the certificate of {found['DomainName']} is still in use, and stays: {arn}")


def _delete(cloud: Cloud, arn: str) -> bool:
    """Delete a certificate; gives whether it is gone. It may seem to be in use for a while after it was."""
    deadline = time.monotonic() + RELEASE_S
    while True:
        try:
            cloud.client("acm").delete_certificate(CertificateArn=arn)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ResourceInUseException":
                if time.monotonic() > deadline:
                    return False
                time.sleep(POLL_S)
                continue
            if code != "ResourceNotFoundException":
                raise
        return True


def _all(cloud: Cloud, *statuses: str) -> Iterator[dict[str, Any]]:
    pages = cloud.client("acm").get_paginator("list_certificates")
    try:
        for page in pages.paginate(CertificateStatuses=[*statuses], Includes={"keyTypes": _KEYS}):
            yield from page["CertificateSummaryList"]
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        # An emulator without Certificate Manager has no certificates.
        if not (cloud.endpoint_url and status == HTTPStatus.NOT_IMPLEMENTED):
            raise


def _covers(certificate: Mapping[str, Any], domain: str) -> bool:
    """Whether it is for the domain; one that still has to be proved, for that domain alone."""
    if certificate.get("Type", "AMAZON_ISSUED") not in _USABLE:
        return False
    if certificate["Status"] != "ISSUED":
        return bool(certificate["DomainName"] == domain)
    names = {certificate["DomainName"], *certificate.get("SubjectAlternativeNameSummaries", [])}
    return domain in names or f"*.{domain.partition('.')[2]}" in names


def _wait(cloud: Cloud, arn: str, domain: str, say: Say) -> str:
    deadline, told = time.monotonic() + WAIT_S, ""
    while True:
        found = cloud.client("acm").describe_certificate(CertificateArn=arn)["Certificate"]
        if found["Status"] == "ISSUED":
            return arn
        if found["Status"] != "PENDING_VALIDATION":
            reason = found.get("FailureReason", found["Status"])
            raise DeployError(
                f"The certificate for {domain} was not issued: {reason}. Deploy again to request another."
            )
        record = _record(found)  # which Certificate Manager has a few seconds later
        if record and not told:
            say(f"  to prove that {domain} is yours, set this DNS record, and leave it set:\n    {record}")
            say(f"  waiting for the certificate, up to {WAIT_S / 60:.0f} minutes")
        told = told or record
        if time.monotonic() > deadline:
            raise DeployError(
                f"The certificate for {domain} is not issued yet. Set the DNS record, if it is not set, and deploy "
                f"again with DOMAIN={domain} in some minutes:\n    {told or '(not known yet)'}"
            )
        time.sleep(POLL_S)


def _record(certificate: Mapping[str, Any]) -> str:
    """The record that proves the domain, as a line of a zone file; ``""`` while it is not known."""
    for option in certificate.get("DomainValidationOptions", []):
        if found := option.get("ResourceRecord"):
            return f"{found['Name']} {found['Type']} {found['Value']}"
    return ""
