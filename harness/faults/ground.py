"""The ground that faults happen on: a Shylight on a local AWS, with a proxy between its functions and their AWS."""

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
from infra.http_client import is_well
from localstack import process
from localstack.stack import Stack

# A failed batch comes again after this long, instead of the 180 s of infra/template.yaml: else every run took minutes.
VISIBILITY_S = 4
_ANSWER_S = 60.0
# A tracker's patience is not what is measured: a hit is sent again until it is taken.
_ATTEMPTS = 30


@dataclass(frozen=True)
class Ground:
    """A deployed Shylight whose functions reach AWS through the proxy.

    :ivar cloud: its AWS itself, past the proxy.
    :ivar shylight: it, as its owner's programs see it.
    :ivar emulator_pid: the process whose children are the functions' containers.
    """

    cloud: Cloud
    proxy: Proxy
    shylight: Shylight
    emulator_pid: int

    def traffic(self, name: str, hour: int = 12) -> Traffic:
        """Traffic for a new site, in a zone where it is about that hour: no run meets a midnight it did not ask for."""
        ahead = (hour - datetime.now(UTC).hour + 11) % 24 - 11
        zone = f"Etc/GMT{-ahead:+d}"
        return Traffic(self.shylight.create_site(name, JOURNAL.domain, zone), zone)

    def destroy_salt(self, site: str, day: date) -> None:
        """Do what the schedule does an hour after the day is over."""
        key = {"site_day": {"S": f"{site}#{day.isoformat()}"}}
        self.cloud.client("dynamodb").delete_item(TableName=self.cloud.names.table("salts"), Key=key)

    def restart(self, function: str) -> None:
        """Let a function begin cold, knowing nothing that an earlier invocation knew."""
        _lead(self.cloud, f"{self.cloud.names.prefix}-{function}", self.proxy.url)

    def dead_letters(self, site: str) -> int:
        """How many messages with hits of the site are on the dead-letter queue; they stay there."""
        sqs = self.cloud.client("sqs")
        url = sqs.get_queue_url(QueueName=self.cloud.names.dead_letters)["QueueUrl"]
        found: set[str] = set()
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=5).get(
            "Messages"
        ):
            found |= {message["MessageId"] for message in messages if site in message["Body"]}
        return len(found)

    def is_drained(self) -> bool:
        """Whether the queue of hits holds nothing, and nothing of it is being worked on."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.cloud.client("sqs").get_queue_attributes(QueueUrl=self._queue(), AttributeNames=names)
        return all(int(answer["Attributes"][name]) == 0 for name in names)

    def set_worker(self, **settings: object) -> None:
        """Change how the queue is connected to the worker, e.g. ``Enabled=False``."""
        client = self.cloud.client("lambda")
        for mapping in client.list_event_source_mappings()["EventSourceMappings"]:
            client.update_event_source_mapping(UUID=mapping["UUID"], **settings)

    def deliver_again_after(self, seconds: int) -> int:
        """Set the queue's visibility timeout; gives what it was."""
        sqs, url = self.cloud.client("sqs"), self._queue()
        before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})
        return int(before["VisibilityTimeout"])

    def _queue(self) -> str:
        return str(self.cloud.client("sqs").get_queue_url(QueueName=self.cloud.names.queue)["QueueUrl"])


@contextmanager
def ground_on(cloud: Cloud, base_url: str, token: str, emulator_pid: int, workers: int) -> Iterator[Ground]:
    """The ground on a Shylight that is deployed already; its functions and queue are as they were when this is over.

    :param workers: how many may run at once.
    """
    with Proxy(cloud.endpoint_url or "") as proxy:
        ground = Ground(cloud, proxy, Shylight(base_url, token, _ATTEMPTS), emulator_pid)
        before = ground.deliver_again_after(VISIBILITY_S)
        try:
            _lead_all(cloud, proxy.url)
            ground.set_worker(ScalingConfig={"MaximumConcurrency": workers})
            is_well(base_url, _ANSWER_S)
            yield ground
        finally:
            _lead_all(cloud, cloud.endpoint_url or "")
            ground.set_worker(ScalingConfig={})
            ground.deliver_again_after(before)


@contextmanager
def new_ground(workers: int) -> Iterator[Ground]:
    """The ground on a Shylight of its own, from nothing."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        stack = Stack(Path(folder), "ministack", say=lambda _line: None)
        try:
            info = stack.up()
            started = process.load(stack.home)
            if started is None:
                raise RuntimeError("the local AWS left no note of its process")
            with ground_on(info.cloud, info.base_url, info.api_token, started.pid, workers) as ground:
                yield ground
        finally:
            stack.down()


def _lead_all(cloud: Cloud, endpoint_url: str) -> None:
    """Have every function find its AWS at an endpoint."""
    for function in cloud.client("lambda").list_functions()["Functions"]:
        _lead(cloud, function["FunctionName"], endpoint_url)


def _lead(cloud: Cloud, function: str, endpoint_url: str) -> None:
    client = cloud.client("lambda")
    known = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    changed = {"Variables": known | {"AWS_ENDPOINT_URL": endpoint_url}}
    client.update_function_configuration(FunctionName=function, Environment=changed)
