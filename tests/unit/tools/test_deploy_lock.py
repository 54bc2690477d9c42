"""Two deployers do not get in each other's way, and one that was killed blocks nobody for long."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from infra import deploy_lock
from infra.aws_environment import Cloud, DeployError
from infra.deploy_lock import DeployLock
from tests.unit.tools.fake_aws import ACCOUNT, REGION, FakeAws, Killed

BUCKET = f"shylight-dev-{ACCOUNT}-{REGION}"
PLACE = (BUCKET, deploy_lock.KEY)
ANOTHERS = b'{"by": "bob@desk", "id": "another"}'


@pytest.fixture
def aws() -> FakeAws:
    made = FakeAws()
    made.kept.add(BUCKET)
    return made


@pytest.fixture
def cloud(aws: FakeAws) -> Cloud:
    made = Cloud("dev", REGION, ACCOUNT)
    made._clients["s3"] = aws.client("s3")
    return made


def test_a_second_deployer_is_told_who_deploys_and_until_when(
    cloud: Cloud, aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy_lock, "_name_of_holder", lambda: "ada@laptop")
    with DeployLock(cloud):
        aws.now += timedelta(seconds=60)
        with (
            pytest.raises(DeployError, match=r"ada@laptop is deploying the stage dev.*expires in 120 s"),
            DeployLock(cloud),
        ):
            raise AssertionError("entered")
    with DeployLock(cloud):
        assert len(aws.objects) == 1
    assert aws.objects == {}


def test_other_stages_are_not_locked(cloud: Cloud, aws: FakeAws) -> None:
    aws.kept.add(BUCKET.replace("dev", "prod"))
    other = Cloud("prod", REGION, ACCOUNT)
    other._clients["s3"] = aws.client("s3")
    with DeployLock(cloud), DeployLock(other):
        pass


def test_a_failure_releases_the_lock(cloud: Cloud, aws: FakeAws) -> None:
    with pytest.raises(ValueError, match="failed"), DeployLock(cloud):
        raise ValueError("failed")
    assert aws.objects == {}


def test_the_lock_of_a_deployer_that_was_killed_expires(cloud: Cloud, aws: FakeAws) -> None:
    aws.last = 1
    with pytest.raises(Killed), DeployLock(cloud):
        pass
    aws.last = None
    with pytest.raises(DeployError, match="expires"), DeployLock(cloud):
        pass
    aws.now += timedelta(seconds=deploy_lock.EXPIRES_S)
    with DeployLock(cloud):
        assert aws.written[PLACE] == aws.now
    assert aws.objects == {}


def test_before_there_is_a_bucket_nothing_is_locked_until_there_is_one(cloud: Cloud, aws: FakeAws) -> None:
    aws.kept.clear()
    with DeployLock(cloud) as lock:
        lock.take()
        assert aws.objects == {}
        aws.kept.add(BUCKET)
        lock.take()
        assert len(aws.objects) == 1
        with pytest.raises(DeployError), DeployLock(cloud):
            pass
    assert aws.objects == {}


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], bool]], None]:
    """Waits until something is so, while locks are renewed all the time."""
    monkeypatch.setattr(deploy_lock, "RENEW_S", 0.01)

    def until(condition: Callable[[], bool]) -> None:
        turn = threading.Event()
        for _ in range(1000):
            if condition():
                return
            turn.wait(0.01)
        raise AssertionError("the lock is not renewed")

    return until


def test_a_lock_that_is_held_for_long_does_not_expire(
    cloud: Cloud, aws: FakeAws, wait: Callable[[Callable[[], bool]], None]
) -> None:
    with DeployLock(cloud) as lock:
        aws.now += timedelta(hours=1)
        wait(lambda: aws.written[PLACE] == aws.now)
        with pytest.raises(DeployError, match="expires in 180 s"), DeployLock(cloud):
            pass
        lock.check()


def test_who_was_asleep_while_another_began_goes_no_further(
    cloud: Cloud, aws: FakeAws, wait: Callable[[Callable[[], bool]], None]
) -> None:
    with DeployLock(cloud) as asleep:
        aws.objects[PLACE] = ANOTHERS
        wait(lambda: asleep._is_lost)
        with pytest.raises(DeployError, match="Another deployment"):
            asleep.check()
    assert aws.objects == {PLACE: ANOTHERS}  # which stays locked


def test_a_bucket_that_goes_with_the_stage_is_no_other_deployment_until_there_is_one(
    cloud: Cloud, aws: FakeAws
) -> None:
    for others in (None, ANOTHERS):
        with DeployLock(cloud) as lock:
            aws.objects.clear()
            aws.kept.clear()
            lock.check()
            lock.check()
            aws.kept.add(BUCKET)
            if others is None:
                lock.check()
                assert len(aws.objects) == 1
            else:
                aws.objects[PLACE] = others
                with pytest.raises(DeployError, match="Another deployment"):
                    lock.check()
    assert aws.objects == {PLACE: ANOTHERS}


def test_who_wakes_up_notices_at_the_next_step_and_not_only_at_the_next_renewal(cloud: Cloud, aws: FakeAws) -> None:
    with DeployLock(cloud) as asleep:
        aws.objects[PLACE] = ANOTHERS
        with pytest.raises(DeployError, match="Another deployment"):
            asleep.check()
    assert aws.objects == {PLACE: ANOTHERS}


def test_who_wakes_up_before_another_has_taken_over_keeps_the_lock(
    cloud: Cloud, aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if the other one has found it expired already."""
    read, times = aws.s3_get_object, iter(range(9))
    with DeployLock(cloud) as asleep:
        aws.now += timedelta(seconds=deploy_lock.EXPIRES_S)

        def read_and_wake(**given: Any) -> Any:
            found = read(**given)
            if next(times) == 1:  # the first time is to see whose it is
                asleep.check()
            return found

        monkeypatch.setattr(aws, "s3_get_object", read_and_wake)
        with pytest.raises(DeployError, match="has just begun"), DeployLock(cloud):
            raise AssertionError("entered")
        asleep.check()


def test_a_request_whose_answer_was_lost_is_no_lock_of_another(
    cloud: Cloud, aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is sent again by botocore, and refused, because the first one has taken effect."""
    write = aws.s3_put_object

    def send_twice(**given: Any) -> Any:
        write(**given)
        return write(**given)

    monkeypatch.setattr(aws, "s3_put_object", send_twice)
    with DeployLock(cloud) as lock:
        for _ in range(3):
            lock.check()
        with pytest.raises(DeployError, match="expires in 180 s"), DeployLock(cloud):
            raise AssertionError("entered")
        aws.now += timedelta(seconds=deploy_lock.EXPIRES_S)
        with DeployLock(cloud) as later:  # takes it over
            later.check()
    assert aws.objects == {}


def test_a_lock_that_cannot_be_released_hides_no_error(
    cloud: Cloud, aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the credentials have expired, which is why the deployment failed."""

    def refuse(**_: Any) -> Any:
        raise aws.refuse("s3", "ExpiredToken")

    def fail() -> None:
        monkeypatch.setattr(aws, "s3_get_object", refuse)
        raise ValueError("the reason")

    with pytest.raises(ValueError, match="the reason"), DeployLock(cloud):
        fail()
