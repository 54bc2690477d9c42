"""The AWS environment of a stage: region, account and, for an emulator, its endpoint. All tools get clients here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, UnknownRegionError

from chalicelib.config import Settings

AwsError = (BotoCoreError, ClientError)

EMULATOR_ACCOUNT = "000000000000"
EMULATOR_REGION = "us-east-1"
_DNS_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}


class DeployError(Exception):
    """A deployment cannot continue; the message says what to do."""


@dataclass(frozen=True)
class Cloud:
    """An AWS account and region, or an emulator of one.

    :ivar stage: the Chalice stage.
    :ivar endpoint_url: the emulator's endpoint; None for AWS itself.
    """

    stage: str
    region: str
    account: str
    endpoint_url: str | None = None
    _clients: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def names(self) -> Settings:
        """The names of the stage's resources."""
        return Settings(stage=self.stage, region=self.region, account=self.account)

    @property
    def partition(self) -> str:
        """The part of AWS that the region is in, as ARNs name it: ``aws``, ``aws-cn`` (China), ``aws-us-gov``."""
        try:
            return str(botocore.session.get_session().get_partition_for_region(self.region))
        except UnknownRegionError:  # newer than botocore
            return "aws"

    @property
    def dns_suffix(self) -> str:
        """What host names of the partition end with, such as ``amazonaws.com``."""
        return _DNS_SUFFIXES.get(self.partition, "amazonaws.com")

    @property
    def _emulator_key(self) -> str:
        """Emulators take an access key of 12 digits as the account id."""
        return "test" if self.account == EMULATOR_ACCOUNT else self.account

    def client(self, service: str) -> Any:
        """The botocore client of a service, created once."""
        if service not in self._clients:
            credentials = {}
            if self.endpoint_url:
                credentials = {"aws_access_key_id": self._emulator_key, "aws_secret_access_key": "test"}
            self._clients[service] = botocore.session.get_session().create_client(
                service,
                region_name=self.region,
                endpoint_url=self.endpoint_url,
                config=Config(
                    retries={"mode": "standard", "total_max_attempts": 4},
                    s3={"addressing_style": "path"} if self.endpoint_url else None,
                ),
                **credentials,
            )
        return self._clients[service]

    def environ(self, base: Mapping[str, str] = os.environ) -> dict[str, str]:
        """The environment variables of a process that runs the program's own code against this cloud."""
        variables = dict(base)
        variables |= {
            "SHYLIGHT_STAGE": self.stage,
            "SHYLIGHT_ACCOUNT": self.account,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
        }
        if self.endpoint_url:
            variables.pop("AWS_PROFILE", None)
            variables.pop("AWS_SESSION_TOKEN", None)
            variables |= {
                "AWS_ENDPOINT_URL": self.endpoint_url,
                "AWS_ACCESS_KEY_ID": self._emulator_key,
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_EC2_METADATA_DISABLED": "true",
            }
        return variables


def emulator(endpoint_url: str, stage: str = "local", account: str = EMULATOR_ACCOUNT) -> Cloud:
    """An account of an emulator, by default the one that emulators provide."""
    return Cloud(stage, EMULATOR_REGION, account, endpoint_url)


def signed_in(stage: str) -> Cloud:
    """The account and region from the AWS environment (variables, profile or role).

    :raises DeployError: without a region or working credentials.
    """
    session = botocore.session.get_session()
    region = session.get_config_variable("region") or os.environ.get("AWS_REGION")
    if not region:
        raise DeployError("No AWS region is set. Set one for the whole shell: export AWS_DEFAULT_REGION=eu-central-1")
    endpoint = os.environ.get("AWS_ENDPOINT_URL") or None
    try:
        identity = session.create_client("sts", region_name=region, endpoint_url=endpoint).get_caller_identity()
    except AwsError as error:
        raise DeployError(
            f"AWS did not accept the credentials ({error}). Sign in with `aws sso login` or `aws configure`, or set "
            "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        ) from error
    return Cloud(stage, region, str(identity["Account"]), endpoint)
