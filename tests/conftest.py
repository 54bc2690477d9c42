"""The local AWS for tests: a stack of their own, started when the first test asks for it and stopped at the end."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from _pytest.nodeid import NodeId
from argon2 import PasswordHasher
from hypothesis import settings

from chalicelib import timed_cache
from harness.local_server import LocalServer
from infra import cloudformation, geoip
from infra.aws_environment import Cloud, emulator
from localstack import mail, process
from localstack.stack import Info, Stack
from tests import tiers

# Property tests tell the same every time: how long an example takes on a busy machine is no property.
settings.register_profile("shylight", deadline=None, derandomize=True)
settings.load_profile("shylight")

ON_LOCALSTACK = os.environ.get("STACK") == "localstack"
TESTS = Path(__file__).parent
# For tests in which transactions fail beside other writes.
needs_transactions = pytest.mark.skipif(
    ON_LOCALSTACK, reason="DynamoDB by moto puts the whole table back when a transaction fails, and loses other writes"
)
NOWHERE = "http://127.0.0.1:9"
# The kind of what runs in the tests' own process.
IN_PROCESS = "in process"
# Takes next to no time and memory; what the program takes for a password is tested in tests/unit and on deployments.
QUICK_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

# Whatever the machine's AWS settings are, no test reaches a real account, and the tables' models, which take their
# region when they are imported, have that of the local AWS.
for _name in [name for name in os.environ if name.startswith(("AWS_", "SHYLIGHT_"))]:
    if not (ON_LOCALSTACK and _name == "AWS_ENDPOINT_URL"):
        del os.environ[_name]
os.environ |= emulator(os.environ.get("AWS_ENDPOINT_URL") or NOWHERE).environ({})
if not ON_LOCALSTACK:
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


@dataclass(frozen=True)
class Deployed:
    """A Shylight that was deployed on a local AWS and answers.

    :ivar base_url: the root of the app, without a trailing slash.
    :ivar ingest_url: the root for hits: of the function `collect`, or `base_url` where it has no URL.
    :ivar cloud: the AWS it runs on.
    :ivar kind: ``ministack``, ``localstack``, or `IN_PROCESS`.
    :ivar emulator_pid: the process of that AWS, whose children run the functions; 0 on LocalStack.
    """

    base_url: str
    ingest_url: str
    aws_endpoint_url: str
    api_token: str
    admin_email: str
    admin_password: str
    stage: str
    region: str
    kind: str
    cloud: Cloud
    emulator_pid: int

    def client(self, service: str) -> Any:
        """A botocore client of its AWS, e.g. ``stack.client("sqs")``."""
        return self.cloud.client(service)


@pytest.hookimpl(tryfirst=True)  # before pytest selects by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in the full tier only. Volume runs stay off LocalStack, which drains 25 messages a second."""
    _give_ids(items)
    for item in items:
        function = item.originalname if isinstance(item, pytest.Function) else item.name
        if tiers.is_full(item.path.relative_to(TESTS).as_posix(), function):
            item.add_marker(pytest.mark.full)
    if ON_LOCALSTACK:
        for item in items:
            if item.get_closest_marker("volume"):
                item.add_marker(pytest.mark.skip(reason="LocalStack's queue poller is too slow for volume runs"))


def _give_ids(items: list[pytest.Item]) -> None:
    """Give each test an id of its own: those of schemathesis share one, and side by side only one of them would run."""
    for item in items:
        if item.parent is not None and not item.nodeid.endswith(item.name):
            item._id = NodeId.parse(f"{item.parent.nodeid}::{item.name}")
    same = [nodeid for nodeid, number in Counter(item.nodeid for item in items).items() if number > 1]
    if same:
        raise pytest.UsageError(f"several tests have the id {same[0]}, so only one of them would run")


@pytest.fixture(autouse=True)
def _logs_are_reported() -> None:
    """What the program logs is reported with a failed test, also after Chalice has made the logger write to stdout."""
    logging.getLogger("shylight").propagate = True


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Shylight, deployed on a local AWS of its own (STACK=localstack: on that one) by the code behind `make up`."""
    # What Chalice notes of a deploy on a LocalStack that outlives the tests must outlive them too.
    home = None if ON_LOCALSTACK else tmp_path_factory.mktemp("stack")
    local = Stack(home, say=lambda _line: None)
    was_running = local.is_running()
    info: Info = local.up()
    started = process.load(local.home)
    yield Deployed(
        base_url=info.base_url,
        ingest_url=info.ingest_url,
        aws_endpoint_url=info.aws_endpoint_url,
        api_token=info.api_token,
        admin_email=info.admin_email,
        admin_password=info.admin_password,
        stage=info.stage,
        region=info.region,
        kind=info.kind,
        cloud=emulator(info.aws_endpoint_url, info.stage),
        emulator_pid=started.pid if started else 0,
    )
    if not was_running:
        local.down()


@pytest.fixture(scope="session")
def stack(deployed: Deployed) -> Deployed:
    """What tests send their requests to: `deployed`, unless their file says `in_process`."""
    return deployed


@pytest.fixture(scope="module")
def built_at_once() -> Iterator[None]:
    """Pages build what is new, however recent the last build is."""
    with patch("chalicelib.config.REFRESH_AFTER_S", 0):
        yield


@pytest.fixture(scope="session")
def bare_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A local AWS with Shylight's resources but none of its functions, so that nothing moves there by itself."""
    yield from _bare_aws(tmp_path_factory.mktemp("aws"))


@pytest.fixture(scope="session")
def program_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The same once more, for `in_process`: tests that look at a whole table or queue do not find its data."""
    yield from _bare_aws(tmp_path_factory.mktemp("program-aws"))


def _bare_aws(home: Path) -> Iterator[Cloud]:
    if ON_LOCALSTACK:  # it has room for one stack, and is there to show that this one works
        pytest.skip("the program runs in this process, and no function on LocalStack")
    started = process.start(home)
    try:
        cloud = emulator(started.url)
        cloudformation.apply(cloud)
        geoip.upload(cloud)
        yield cloud
    finally:
        process.stop(started)


@pytest.fixture(scope="module")
def own_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The same once more, for one file that looks at everything there is: it overrides `bare_aws` with this."""
    yield from _bare_aws(tmp_path_factory.mktemp("own-aws"))


@pytest.fixture(scope="module")
def local_aws(bare_aws: Cloud) -> Iterator[Cloud]:
    """The program's own code, in this process and in those it starts, works against `bare_aws`."""
    with _environ_of(bare_aws):
        yield bare_aws


@pytest.fixture(scope="module")
def in_process(program_aws: Cloud) -> Iterator[Deployed]:
    """The program in this process behind an HTTP server, against a local AWS, with an administrator.

    It answers several times quicker than a deployment. For what proves rules of the program, and nothing of the way
    that requests take through API Gateway and Lambda, nor of requests at the same time: an app has one current request.
    """
    import app
    from chalicelib.accounts import installation, passwords
    from chalicelib.accounts.access import api_tokens
    from chalicelib.accounts.people import people
    from chalicelib.store import functions

    server = LocalServer(app.app)
    email, password = "admin@example.com", "the administrator's password"
    with _environ_of(program_aws) as patch:
        patch.setenv("SHYLIGHT_PUBLIC_URL", server.url)
        patch.setenv("SHYLIGHT_API_REQUESTS", "1000000")  # as in a local stack
        patch.setattr(passwords, "_hasher", lambda: QUICK_HASHER)
        patch.setattr(functions, "start", lambda _name, _why, _detail=None: None)  # there are none
        timed_cache.reset_all()
        administrator = people.create_administrator(email, password)
        program_aws.client("sesv2").create_email_identity(EmailIdentity=mail.SENDER)
        installation.change(None, {"mail_sender": mail.SENDER})
        yield Deployed(
            base_url=server.url,
            ingest_url=server.url,
            aws_endpoint_url=program_aws.endpoint_url or "",
            api_token=api_tokens.issue(administrator, "tests"),
            admin_email=email,
            admin_password=password,
            stage=program_aws.stage,
            region=program_aws.region,
            kind=IN_PROCESS,
            cloud=program_aws,
            emulator_pid=0,
        )
    server.close()


@contextmanager
def _environ_of(cloud: Cloud) -> Iterator[pytest.MonkeyPatch]:
    """This process's environment is that of a cloud."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cloud.environ({}).items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        patch.delenv("AWS_SESSION_TOKEN", raising=False)
        timed_cache.reset_all()
        yield patch
    timed_cache.reset_all()
