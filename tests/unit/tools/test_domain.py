"""A stage gets its own domain step by step; each step can be waited for in a later run, and nothing is doubled."""

from __future__ import annotations

import copy
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from chalicelib import public_url
from infra import __main__ as commands
from infra import certificate, cloudformation, deploy, domain, project
from infra.aws_environment import Cloud, DeployError
from infra.destroy import destroy
from infra.http_client import Answer
from tests.unit.tools.fake_aws import ACCOUNT, REGION, FakeAws, Killed
from tests.unit.tools.test_destroy import SERVICES, add_stage

HOST = "stats.example.com"
PROOF = f"_proof.{HOST}."
FUNCTION = "shylight-dev"


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (certificate, domain):
        for name in ("WAIT_S", "RELEASE_S", "POLL_S", "HEAD_START_S"):
            monkeypatch.setattr(module, name, 0.0, raising=False)


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables that the owner has set for the stage."""
    variables: dict[str, str] = {}
    monkeypatch.setattr(project, "environment", lambda _stage: variables)
    return variables


@pytest.fixture
def aws() -> FakeAws:
    """A stage, beside another whose name begins in the same way and which has a domain."""
    made = FakeAws()
    for stage in ("dev", "devtwo"):
        add_stage(made, stage)
        made.functions[f"shylight-{stage}"]["Environment"] = {"Variables": {"SHYLIGHT_STAGE": stage}}
    made.dns |= {"_proof.two.example.com.", "two.example.com"}
    set_up(made, "two.example.com", stage="devtwo")
    made.calls = []
    return made


def cloud_of(aws: FakeAws, stage: str = "dev") -> Cloud:
    cloud = Cloud(stage, REGION, ACCOUNT)
    cloud._clients.update({service: aws.client(service) for service in SERVICES})
    return cloud


def api_of(aws: FakeAws, stage: str = "dev") -> str:
    return next(name for name, api in aws.apis.items() if stage in api["stages"])


def set_up(aws: FakeAws, wanted: str | None = HOST, *, stage: str = "dev") -> list[str]:
    told: list[str] = []
    domain.apply(cloud_of(aws, stage), api_of(aws, stage), wanted, told.append, lambda host: host in aws.dns)
    return told


def url(aws: FakeAws) -> str | None:
    found: str | None = aws.functions[FUNCTION]["Environment"]["Variables"].get("SHYLIGHT_PUBLIC_URL")
    return found


def certificates(aws: FakeAws) -> list[str]:
    return sorted(one["DomainName"] for one in aws.certificates.values())


def test_each_run_goes_on_from_where_dns_has_come(aws: FakeAws) -> None:
    with pytest.raises(DeployError, match=rf"{PROOF} CNAME _x.acm-validations.aws."):
        set_up(aws)
    with pytest.raises(DeployError, match="not issued yet"):
        set_up(aws)
    assert certificates(aws) == [HOST, "two.example.com"]
    assert HOST not in aws.domains

    aws.dns.add(PROOF)
    with pytest.raises(DeployError, match=rf"{HOST}. CNAME d-1234567890.execute-api.{REGION}.amazonaws.com."):
        set_up(aws)
    assert aws.domains[HOST]["RestApiId"] == api_of(aws)
    assert url(aws) is None  # nothing names an address that leads nowhere

    aws.dns.add(HOST)
    set_up(aws)
    assert url(aws) == f"https://{HOST}"
    assert aws.functions[FUNCTION]["Environment"]["Variables"]["SHYLIGHT_STAGE"] == "dev"
    assert domain.environment(cloud_of(aws)) == {"SHYLIGHT_PUBLIC_URL": f"https://{HOST}"}
    before = copy.deepcopy(aws.contents())
    assert set_up(aws) == [f"domain: {HOST}"]
    assert aws.contents() == before


def test_the_record_of_a_new_domain_is_told_before_it_is_looked_up(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And there is time to set it, because resolvers remember that it was not there."""
    aws.dns.add(PROOF)
    done: list[str] = []
    monkeypatch.setattr(domain, "HEAD_START_S", 60.0)
    monkeypatch.setattr(time, "sleep", lambda seconds: done.append(f"{seconds:.0f} s"))

    def look_up(_host: str) -> bool:
        done.append("looked up")
        return True

    domain.apply(cloud_of(aws), api_of(aws), HOST, done.append, look_up)
    told = next(number for number, line in enumerate(done) if f"{HOST}. CNAME" in line)
    assert told < done.index("60 s") < done.index("looked up")
    done.clear()
    domain.apply(cloud_of(aws), api_of(aws), HOST, done.append, look_up)
    assert done == [f"domain: {HOST}", "looked up"]


def test_a_later_deployment_without_it_keeps_the_domain_and_notices_that_it_can_be_reached(aws: FakeAws) -> None:
    aws.dns.add(PROOF)
    with pytest.raises(DeployError):
        set_up(aws)
    set_up(aws, None)
    assert url(aws) is None
    assert domain.environment(cloud_of(aws)) == {}
    aws.dns.add(HOST)
    set_up(aws, None)
    assert url(aws) == f"https://{HOST}"


def test_a_stage_without_a_domain_gets_none(aws: FakeAws) -> None:
    before = copy.deepcopy(aws.contents())
    assert set_up(aws, None) == []
    assert aws.contents() == before


def test_an_api_that_was_made_anew_is_mapped(aws: FakeAws) -> None:
    aws.dns |= {PROOF, HOST}
    set_up(aws)
    aws.apis["new"] = aws.apis.pop(api_of(aws))
    set_up(aws, None)
    assert aws.domains[HOST]["RestApiId"] == "new"


@pytest.mark.parametrize(
    ("name", "other_names", "status", "is_used"),
    [
        (HOST, [], "ISSUED", True),
        ("*.example.com", [], "ISSUED", True),
        ("example.com", ["*.example.com", "example.com"], "ISSUED", True),
        ("*.stats.example.com", [], "ISSUED", False),
        ("*.com", [], "ISSUED", False),
        (HOST, [], "EXPIRED", False),
        (HOST, [], "FAILED", False),
    ],
)
def test_a_certificate_that_covers_the_domain_is_used_and_never_deleted(
    aws: FakeAws, name: str, other_names: list[str], status: str, is_used: bool
) -> None:
    aws.dns |= {PROOF, HOST}
    aws.certificates["theirs"] = {
        "CertificateArn": "theirs", "DomainName": name, "SubjectAlternativeNameSummaries": other_names,
        "Status": status, "Type": "AMAZON_ISSUED", "Tags": [],
    }  # fmt: skip
    set_up(aws)
    assert (aws.domains[HOST]["CertificateArn"] == "theirs") is is_used
    set_up(aws, domain.NONE)
    assert "theirs" in aws.certificates


def test_a_certificate_that_was_refused_is_told_with_the_reason_and_requested_again(aws: FakeAws) -> None:
    with pytest.raises(DeployError):
        set_up(aws)
    (ours,) = [one for one in aws.certificates.values() if one["DomainName"] == HOST]
    ours |= {"Status": "FAILED", "FailureReason": "CAA_ERROR"}
    cloud = cloud_of(aws)
    with pytest.raises(DeployError, match="CAA_ERROR"):
        certificate._wait(cloud, ours["CertificateArn"], HOST, lambda _line: None)
    aws.dns |= {PROOF, HOST}
    set_up(aws)
    assert aws.domains[HOST]["CertificateArn"] != ours["CertificateArn"]
    assert certificates(aws) == [HOST, "two.example.com"]


def test_another_domain_takes_the_place_of_the_first(aws: FakeAws) -> None:
    aws.dns |= {PROOF, HOST, "_proof.new.example.com."}
    set_up(aws)
    with pytest.raises(DeployError, match="does not lead here yet"):
        set_up(aws, "new.example.com")
    assert url(aws) is None  # the first one leads nowhere any more
    aws.dns.add("new.example.com")
    set_up(aws, "new.example.com")
    assert url(aws) == "https://new.example.com"
    assert sorted(aws.domains) == ["new.example.com", "two.example.com"]
    assert certificates(aws) == ["new.example.com", "two.example.com"]


def test_a_url_of_the_owner_is_left_alone(aws: FakeAws, configured: dict[str, str]) -> None:
    """Such as that of a CDN in front of the domain."""
    configured["SHYLIGHT_PUBLIC_URL"] = "https://cdn.example"
    variables = aws.functions[FUNCTION]["Environment"]["Variables"]
    variables |= configured
    aws.dns |= {PROOF, HOST}
    set_up(aws)
    assert domain.environment(cloud_of(aws)) == {}
    set_up(aws, domain.NONE)
    assert url(aws) == "https://cdn.example"


def whole(aws: FakeAws, *wanted: str | None) -> FakeAws:
    made = copy.deepcopy(aws)
    for one in wanted:
        set_up(made, one)
    return made


@pytest.mark.parametrize("in_time", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("earlier", [(), (HOST,)], ids=["no domain", "a domain"])
@pytest.mark.parametrize("wanted", [HOST, "new.example.com", domain.NONE])
def test_a_set_up_that_is_killed_at_any_call_is_finished_by_the_next(
    aws: FakeAws, in_time: bool, earlier: tuple[str, ...], wanted: str
) -> None:
    aws.dns |= {PROOF, HOST, "_proof.new.example.com.", "new.example.com"}
    before = whole(aws, *earlier)
    before.calls = []
    finished = whole(before, wanted)
    for last in range(1, len(finished.calls) + 1):
        again = copy.deepcopy(before)
        again.last, again.in_time = last, in_time
        with pytest.raises(Killed):
            set_up(again, wanted)
        again.last = None
        set_up(again, wanted)
        assert contents(again) == contents(finished), (last, finished.calls[last - 1])


@pytest.mark.parametrize("in_time", [True, False], ids=["after", "before"])
def test_a_domain_is_taken_down_with_its_stage_from_wherever_an_attempt_ended(aws: FakeAws, in_time: bool) -> None:
    before = whole(aws)
    before.dns |= {PROOF, HOST}
    set_up(before)
    before.calls = []
    finished = copy.deepcopy(before)
    destroy(cloud_of(finished), data=False, say=lambda _line: None)
    assert [*finished.domains] == ["two.example.com"]
    assert certificates(finished) == ["two.example.com"]
    for last in range(1, len(finished.calls) + 1):
        again = copy.deepcopy(before)
        again.last, again.in_time = last, in_time
        with pytest.raises(Killed):
            destroy(cloud_of(again), data=False, say=lambda _line: None)
        again.last = None
        again.now += timedelta(hours=1)
        destroy(cloud_of(again), data=False, say=lambda _line: None)
        assert contents(again) == contents(finished), (last, finished.calls[last - 1])


def contents(aws: FakeAws) -> dict[str, Any]:
    """What there is, without the ARNs of certificates."""
    found = copy.deepcopy(aws.contents())
    for one in [*found["domains"].values(), *found["parameters"].values()]:
        one.pop("CertificateArn", None)
    return found


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ("stats.example.com", HOST),
        (" Stats.Example.com. ", HOST),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("https://stats.example.com", None),
        ("stats.example.com/x", None),
        ("stats", None),
        ("-a.example", None),
        ("192.0.2.1", None),
        ("stats.example.com;x", None),
        ("bücher.example", None),
    ],
)
def test_a_domain_is_a_host_name(given: str, host: str | None) -> None:
    if host is None:
        with pytest.raises(DeployError, match="no host name"):
            domain.checked(given)
    else:
        assert domain.checked(given) == host


@pytest.mark.parametrize(
    ("status", "body", "leads_here"),
    [
        (200, {"deployment": public_url.deployment("abc", "dev")}, True),
        (503, {"deployment": public_url.deployment("abc", "dev")}, False),
        (200, {"deployment": public_url.deployment("abc", "prod")}, False),
        (200, {"deployment": public_url.deployment("xyz", "dev")}, False),
        (200, {"status": "ok"}, False),
        (200, ["ok"], False),
        (200, b"<h1>This domain is parked</h1>", False),
        (0, b"no such host", False),
    ],
    ids=["this one", "failing", "another stage", "another account", "an older release", "other JSON", "a page", "none"],
)
def test_a_domain_leads_here_if_this_deployment_answers_there(
    status: int, body: object, leads_here: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not if another stage does, or the server to which a provider of DNS leads names that do not exist."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    monkeypatch.setattr(domain, "ask", lambda _url, **_: Answer(status, sent))
    assert domain.answers(HOST, public_url.deployment("abc", "dev")) is leads_here


def test_the_health_check_of_the_api_is_what_is_asked(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.dns |= {PROOF, HOST}
    told = {"deployment": public_url.deployment(api_of(aws), "dev")}
    monkeypatch.setattr(domain, "ask", lambda _url, **_: Answer(200, json.dumps(told).encode()))
    domain.apply(cloud_of(aws), api_of(aws), HOST, lambda _line: None)
    assert url(aws) == f"https://{HOST}"


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as their arguments."""


_Loader.add_multi_constructor("!", lambda loader, _suffix, node: loader.construct_scalar(node))


def test_the_domain_name_is_regional_takes_no_old_tls_and_has_no_base_path() -> None:
    text = Path(cloudformation.DOMAIN_TEMPLATE).read_text(encoding="utf-8")
    name, mapping = yaml.load(text, _Loader)["Resources"].values()
    assert name["Type"] == "AWS::ApiGateway::DomainName"
    assert name["Properties"]["SecurityPolicy"] == "TLS_1_2"
    assert name["Properties"]["EndpointConfiguration"] == {"Types": ["REGIONAL"], "IpAddressType": "dualstack"}
    assert name["Properties"]["RegionalCertificateArn"] == "CertificateArn"
    assert mapping["Type"] == "AWS::ApiGateway::BasePathMapping"
    assert "BasePath" not in mapping["Properties"]


def test_what_a_domain_lacks_leaves_the_deployment_complete(aws: FakeAws) -> None:
    target = deploy.Target(lambda *_: None, lambda *_: "", answers=lambda host: host in aws.dns)
    missing = deploy._set_up_domain(cloud_of(aws), api_of(aws), HOST, target, lambda _line: None)
    assert missing is not None
    assert "acm-validations.aws" in missing
    aws.dns |= {PROOF, HOST}
    assert deploy._set_up_domain(cloud_of(aws), api_of(aws), HOST, target, lambda _line: None) is None


def test_who_may_not_use_certificate_manager_has_deployed_all_the_same(
    aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "ListCertificates")

    monkeypatch.setattr(aws, "acm_list_certificates", refuse)
    target = deploy.Target(lambda *_: None, lambda *_: "")
    missing = deploy._set_up_domain(cloud_of(aws), api_of(aws), HOST, target, lambda _line: None)
    assert missing is not None
    assert "AccessDeniedException" in missing


@pytest.mark.parametrize(("missing", "code"), [(None, 0), ("Set a record.", 1)])
def test_the_command_prints_the_sign_in_link_and_says_by_its_exit_code_whether_the_domain_is_ready(
    missing: str | None, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str | None] = []

    def deployed(*_: Any, own_domain: str | None, **__: Any) -> deploy.Deployment:
        asked.append(own_domain)
        return deploy.Deployment("https://api.example/dev", None, "https://api.example/dev/sign-in/x", 1.0, missing)

    monkeypatch.setattr(commands, "signed_in", lambda stage: Cloud(stage, REGION, ACCOUNT))
    monkeypatch.setattr(commands, "deploy", deployed)
    monkeypatch.setenv("DOMAIN", "Stats.example.com")
    assert commands.main(["deploy", "--stage", "dev"]) == code
    told = capsys.readouterr()
    assert "https://api.example/dev/sign-in/x" in told.out
    assert (missing or "") in told.err
    monkeypatch.setenv("DOMAIN", "")
    assert commands.main(["deploy", "--stage", "dev"]) == code
    monkeypatch.setenv("DOMAIN", "https://stats.example.com")
    assert commands.main(["deploy", "--stage", "dev"]) == 1
    assert asked == [HOST, None]


@pytest.mark.parametrize("endpoint", [None, "http://127.0.0.1:4566"])
def test_an_emulator_without_certificate_manager_has_no_certificates(
    aws: FakeAws, endpoint: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(**_: Any) -> Any:
        answer = {"Error": {"Code": "InternalFailure"}, "ResponseMetadata": {"HTTPStatusCode": 501}}
        raise ClientError(answer, "ListCertificates")

    cloud = cloud_of(aws)
    told = Cloud(cloud.stage, cloud.region, cloud.account, endpoint)
    told._clients.update(cloud._clients)
    monkeypatch.setattr(aws, "acm_list_certificates", lacking)
    if endpoint:
        certificate.delete_unused(told, None, lambda _line: None)
    else:
        with pytest.raises(ClientError):
            certificate.delete_unused(told, None, lambda _line: None)
