"""The environment of fault runs: a Shylight on a local AWS, with a proxy between its functions and AWS."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from demo.traffic.client import Shylight
from demo.traffic.sites import JOURNAL
from harness.faults.proxy import Proxy
from harness.faults.traffic import Traffic
from infra.aws_environment import Cloud
from infra.http_client import is_healthy
from localstack import process
from localstack.stack import Stack

# A failed batch is redelivered after this time instead of the 180 s in infra/template.yaml, to keep the runs short.
VISIBILITY_S = 4
_HEALTH_TIMEOUT_S = 60.0
# A hit is sent again until it is accepted, because the tracker's limit of retries is not measured here.
_ATTEMPTS = 30


@dataclass(frozen=True)
class Environment:
    """A deployed Shylight whose functions reach AWS through the proxy.

    :ivar cloud: AWS without the proxy.
    :ivar shylight: an HTTP client for the deployment.
    :ivar emulator_pid: the emulator's process, whose child processes run the functions.
    """

    cloud: Cloud
    proxy: Proxy
    shylight: Shylight
    emulator_pid: int

    def traffic(self, name: str, hour: int = 12) -> Traffic:
        """Traffic for a new site in a time zone where it is about that hour, so that no run crosses midnight."""
        ahead = (hour - datetime.now(UTC).hour + 11) % 24 - 11
        zone = f"Etc/GMT{-ahead:+d}"
        return Traffic(self.shylight.create_site(name, JOURNAL.domain, zone), zone)

    def destroy_salt(self, site: str, day: date) -> None:
        """Delete a salt, as the schedule does an hour after the end of the day."""
        key = {"site_day": {"S": f"{site}#{day.isoformat()}"}}
        self.cloud.client("dynamodb").delete_item(TableName=self.cloud.names.table("salts"), Key=key)

    def restart(self, function: str) -> None:
        """Restart a function, so that its next invocation is a cold start."""
        _set_endpoint(self.cloud, f"{self.cloud.names.prefix}-{function}", self.proxy.url)

    def dead_letters(self, site: str) -> int:
        """The number of messages with hits of the site on the dead-letter queue; they stay there."""
        sqs = self.cloud.client("sqs")
        url = sqs.get_queue_url(QueueName=self.cloud.names.dead_letters)["QueueUrl"]
        found: set[str] = set()
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=5).get(
            "Messages"
        ):
            found |= {message["MessageId"] for message in messages if site in message["Body"]}
        return len(found)

    def is_drained(self) -> bool:
        """Whether the hit queue is empty and no message is being processed."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.cloud.client("sqs").get_queue_attributes(QueueUrl=self._queue(), AttributeNames=names)
        return all(int(answer["Attributes"][name]) == 0 for name in names)

    def set_worker(self, **settings: object) -> None:
        """Change the worker's event source mapping, e.g. ``Enabled=False``."""
        client = self.cloud.client("lambda")
        for mapping in client.list_event_source_mappings()["EventSourceMappings"]:
            client.update_event_source_mapping(UUID=mapping["UUID"], **settings)

    def set_visibility_timeout(self, seconds: int) -> int:
        """Set the queue's visibility timeout in seconds; gives the previous one."""
        sqs, url = self.cloud.client("sqs"), self._queue()
        before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})
        return int(before["VisibilityTimeout"])

    def _queue(self) -> str:
        return str(self.cloud.client("sqs").get_queue_url(QueueName=self.cloud.names.queue)["QueueUrl"])


@contextmanager
def environment_on(cloud: Cloud, base_url: str, token: str, emulator_pid: int, workers: int) -> Iterator[Environment]:
    """The environment for an existing deployment, whose functions and queue are reset afterwards.

    :param workers: the maximum number of concurrent workers.
    """
    with Proxy(cloud.endpoint_url or "") as proxy:
        environment = Environment(cloud, proxy, Shylight(base_url, token, _ATTEMPTS), emulator_pid)
        before = environment.set_visibility_timeout(VISIBILITY_S)
        try:
            _set_all_endpoints(cloud, proxy.url)
            environment.set_worker(ScalingConfig={"MaximumConcurrency": workers})
            is_healthy(base_url, _HEALTH_TIMEOUT_S)
            yield environment
        finally:
            _set_all_endpoints(cloud, cloud.endpoint_url or "")
            environment.set_worker(ScalingConfig={})
            environment.set_visibility_timeout(before)


@contextmanager
def new_environment(workers: int) -> Iterator[Environment]:
    """The environment for a new local stack, which is stopped afterwards."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        stack = Stack(Path(folder), "ministack", say=lambda _line: None)
        try:
            info = stack.up()
            started = process.load(stack.home)
            if started is None:
                raise RuntimeError("the process of the local AWS is unknown")
            with environment_on(info.cloud, info.base_url, info.api_token, started.pid, workers) as environment:
                yield environment
        finally:
            stack.down()


def _set_all_endpoints(cloud: Cloud, endpoint_url: str) -> None:
    """Set the AWS endpoint of every function."""
    for function in cloud.client("lambda").list_functions()["Functions"]:
        _set_endpoint(cloud, function["FunctionName"], endpoint_url)


def _set_endpoint(cloud: Cloud, function: str, endpoint_url: str) -> None:
    client = cloud.client("lambda")
    known = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    changed = {"Variables": known | {"AWS_ENDPOINT_URL": endpoint_url}}
    client.update_function_configuration(FunctionName=function, Environment=changed)
