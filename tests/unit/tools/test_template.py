"""The CloudFormation template, read for what emulators accept and leave undone."""

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from pynamodb.models import Model

from chalicelib import config
from chalicelib.aggregate import schedule
from chalicelib.config import Settings
from chalicelib.operations import job_health
from chalicelib.store import build_leases, dirty_hours, job_runs, salts, tables
from infra import policies

ROOT = Path(__file__).resolve().parents[3]
MODELS: dict[str, type[Model]] = {
    "core": tables.CoreItem,
    "sessions": tables.SessionItem,
    "rollups": tables.RollupItem,
    "marks": tables.MarkItem,
    "salts": tables.SaltItem,
}
BACKED_UP = {"core", "rollups"}
STAGES = ("local", "dev", "prod")


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms: ``!Ref x`` becomes ``{"Ref": "x"}``."""


def _intrinsic(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _intrinsic)
TEMPLATE = yaml.load((ROOT / "infra" / "template.yaml").read_text(encoding="utf-8"), _Loader)


def resources(kind: str) -> dict[str, dict[str, Any]]:
    return {name: found for name, found in TEMPLATE["Resources"].items() if found["Type"] == kind}


def name_of(value: Any, stage: str = "prod") -> str:
    text = value["Fn::Sub"] if isinstance(value, dict) else value
    values = {"Stage": stage, "AWS::AccountId": "123456789012", "AWS::Region": "eu-west-1"}
    for key, inserted in values.items():
        text = text.replace("${" + key + "}", inserted)
    return str(text)


def table(name: str) -> dict[str, Any]:
    wanted = Settings(stage="prod").table(name)
    found = [
        one for one in resources("AWS::DynamoDB::Table").values() if name_of(one["Properties"]["TableName"]) == wanted
    ]
    assert len(found) == 1, name
    return found[0]


@pytest.mark.parametrize("stage", STAGES)
def test_names_are_those_that_the_program_derives(stage: str) -> None:
    settings = Settings(stage=stage, account="123456789012", region="eu-west-1")
    named = {
        name_of(value, stage)
        for found in TEMPLATE["Resources"].values()
        for key, value in found["Properties"].items()
        if key in {"TableName", "QueueName", "BucketName", "Name"}
    }
    expected = {settings.table(name) for name in MODELS}
    assert named == expected | {settings.queue, settings.dead_letters, settings.bucket, settings.signing_key}


def test_there_is_no_table_besides_the_models() -> None:
    assert len(resources("AWS::DynamoDB::Table")) == len(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_keys_and_indexes_are_those_of_the_model(name: str) -> None:
    schema: dict[str, Any] = dict(MODELS[name]._get_schema())
    properties = table(name)["Properties"]
    indexes = [
        {"IndexName": found["index_name"], "KeySchema": found["key_schema"], "Projection": found["projection"]}
        for found in schema.get("global_secondary_indexes", [])
    ]

    def flat(keys: list[dict[str, str]]) -> set[tuple[str, str]]:
        return {(key["AttributeName"], key["KeyType"]) for key in keys}

    assert flat(properties["KeySchema"]) == flat(schema["key_schema"])
    assert {tuple(sorted(one.items())) for one in properties["AttributeDefinitions"]} == {
        tuple(sorted(one.items())) for one in schema["attribute_definitions"]
    }
    given = properties.get("GlobalSecondaryIndexes", [])
    assert [(one["IndexName"], flat(one["KeySchema"])) for one in given] == [
        (one["IndexName"], flat(one["KeySchema"])) for one in indexes
    ]
    assert [one["Projection"]["ProjectionType"] for one in given] == [
        one["Projection"]["ProjectionType"] for one in indexes
    ]


@pytest.mark.parametrize("name", MODELS)
def test_tables_are_on_demand_encrypted_without_charge_and_protected_in_production(name: str) -> None:
    """DynamoDB encrypts every table. Only with a key of KMS, which an SSESpecification asks for, is there a charge."""
    properties = table(name)["Properties"]
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert "SSESpecification" not in properties
    assert properties["DeletionProtectionEnabled"] == {"Fn::If": ["IsProtected", True, False]}
    of_prod, turned_on = (
        {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
        {"Fn::Equals": [{"Ref": "DeletionProtection"}, "on"]},
    )
    assert TEMPLATE["Conditions"]["IsProtected"] == {"Fn::And": [of_prod, turned_on]}


@pytest.mark.parametrize("name", MODELS)
def test_what_expires_is_deleted_by_the_table(name: str) -> None:
    expires = "expires" in MODELS[name].get_attributes()
    wanted = {"AttributeName": "expires", "Enabled": True} if expires else None
    assert table(name)["Properties"].get("TimeToLiveSpecification") == wanted


@pytest.mark.parametrize("name", MODELS)
def test_only_what_may_be_kept_has_backups(name: str) -> None:
    recovery = table(name)["Properties"]["PointInTimeRecoverySpecification"]
    assert recovery == {"PointInTimeRecoveryEnabled": name in BACKED_UP}


def test_nothing_keeps_the_salts() -> None:
    salts = table("salts")
    assert salts["DeletionPolicy"] == "Delete"
    for found in TEMPLATE["Resources"].values():
        assert not found["Type"].startswith("AWS::Backup")
    assert "StreamSpecification" not in salts["Properties"]
    assert "KinesisStreamSpecification" not in salts["Properties"]


def test_what_holds_data_outlives_the_stack() -> None:
    kinds = {"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret", "AWS::SQS::Queue"}
    for name, found in TEMPLATE["Resources"].items():
        if found["Type"] in kinds and name != "SaltsTable":
            assert found["DeletionPolicy"] == "RetainExceptOnCreate", name
            assert found["UpdateReplacePolicy"] == "Retain", name


def test_the_queue_gives_the_worker_six_of_its_timeouts_and_tries_for_longer_than_three_hours_of_failing() -> None:
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    timeout = config["lambda_functions"]["worker"]["lambda_timeout"]
    queue = TEMPLATE["Resources"]["HitsQueue"]["Properties"]
    assert queue["VisibilityTimeout"] >= 6 * timeout
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": "HitsDeadQueue.Arn"}
    tries_s = queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"]
    assert 3 * 60 * 60 < tries_s < queue["MessageRetentionPeriod"]


def test_queues_are_encrypted_and_keep_dead_letters_longest() -> None:
    queues = resources("AWS::SQS::Queue")
    assert all(found["Properties"]["SqsManagedSseEnabled"] is True for found in queues.values())
    kept = {name: found["Properties"]["MessageRetentionPeriod"] for name, found in queues.items()}
    assert kept["HitsDeadQueue"] == 14 * 24 * 3600 > kept["HitsQueue"]


def test_the_bucket_is_private_encrypted_unversioned_and_tidy() -> None:
    properties = TEMPLATE["Resources"]["Bucket"]["Properties"]
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    rule = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert "VersioningConfiguration" not in properties
    rules = {found["Id"]: found for found in properties["LifecycleConfiguration"]["Rules"]}
    assert rules["abort-unfinished-uploads"]["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 1
    expiring = [found for found in rules.values() if "ExpirationInDays" in found]
    assert [found["Prefix"] for found in expiring] == ["scratch/"]  # segments and GeoIP data never expire


@pytest.mark.parametrize(("kind", "service"), [("AWS::S3::BucketPolicy", "s3"), ("AWS::SQS::QueuePolicy", "sqs")])
def test_nothing_is_read_or_written_without_tls(kind: str, service: str) -> None:
    (policy,) = resources(kind).values()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Action"] == f"{service}:*"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_signing_key_is_made_by_the_stack_and_nowhere_else() -> None:
    properties = TEMPLATE["Resources"]["SigningKey"]["Properties"]
    assert properties["GenerateSecretString"]["PasswordLength"] >= 43  # of letters and digits: 256 bits
    assert "SecretString" not in properties


FUNCTIONS = ["", *(f"-{name}" for name in policies.FUNCTIONS if name != "api_handler")]
# Jobs of which the successful runs are watched, with the minutes between runs.
WATCHED_RUNS = {"aggregate": config.AGGREGATE_EVERY_MIN, "expire_salts": config.EXPIRE_SALTS_EVERY_MIN}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_logs_with_an_end_and_errs_with_an_alarm(function: str) -> None:
    name = f"shylight-prod{function}"
    groups = {
        name_of(one["Properties"]["LogGroupName"]): one["Properties"]
        for one in resources("AWS::Logs::LogGroup").values()
    }
    assert groups[f"/aws/lambda/{name}"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    if function == "-collect":  # 5xx answers count the function's crashes as well
        assert ("AWS/Lambda", "Url5xxCount", name) in alarms()
    elif function.removeprefix("-") in WATCHED_RUNS:
        assert ("shylight-prod", f"{function.removeprefix('-')}-runs", "") in alarms()
    else:
        assert ("AWS/Lambda", "Errors", name) in alarms()


@pytest.mark.parametrize("job", WATCHED_RUNS)
def test_a_job_without_a_successful_run_for_three_intervals_raises_an_alarm(job: str) -> None:
    """As long as the health report waits."""
    (alarm,) = [
        found["Properties"]
        for found in resources("AWS::CloudWatch::Alarm").values()
        if found["Properties"]["MetricName"] == f"{job}-runs"
    ]
    assert name_of(alarm["AlarmName"]) == f"shylight-prod-{job}-overdue"
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (WATCHED_RUNS[job] * 60, job_health.OVERDUE_RUNS)
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["TreatMissingData"] == "breaching"  # no run logs nothing


@pytest.mark.parametrize("job", WATCHED_RUNS)
def test_a_successful_run_is_counted_by_the_line_that_it_logs(
    job: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (counted,) = [
        found["Properties"]
        for found in resources("AWS::Logs::MetricFilter").values()
        if f'"{job}"' in found["Properties"]["FilterPattern"]
    ]
    group = TEMPLATE["Resources"][counted["LogGroupName"]["Ref"]]["Properties"]["LogGroupName"]
    assert name_of(group) == f"/aws/lambda/shylight-prod-{job}"
    ((metric),) = counted["MetricTransformations"]
    assert (name_of(metric["MetricNamespace"]), metric["MetricName"]) == ("shylight-prod", f"{job}-runs")
    wanted = dict(re.findall(r'\$\.(\w+) = "?(\w+)"?', counted["FilterPattern"]))
    for name in ("all_states", "all_due"):
        for module in (build_leases, dirty_hours):
            monkeypatch.setattr(module, name, lambda *_: iter(()), raising=False)
    monkeypatch.setattr(salts, "delete_expired", lambda _now: 2)
    monkeypatch.setattr(job_runs, "_update", lambda *_: None)
    jobs: dict[str, Callable[[], int]] = {
        "aggregate": partial(schedule.refresh_marked, None),
        "expire_salts": schedule.destroy_finished_salts,
    }
    jobs[job]()
    line = json.loads(capsys.readouterr().out)
    assert {name: str(line[name]) for name in wanted} == wanted


def alarms() -> set[tuple[str, str, str]]:
    """Namespace, metric and the first dimension's value."""
    watched = set()
    for found in resources("AWS::CloudWatch::Alarm").values():
        properties = found["Properties"]
        value = properties.get("Dimensions", [{"Value": ""}])[0]["Value"]
        if isinstance(value, dict) and "Fn::GetAtt" in value:
            target = TEMPLATE["Resources"][value["Fn::GetAtt"].partition(".")[0]]["Properties"]
            value = target["QueueName"]
        watched.add((name_of(properties["Namespace"]), properties["MetricName"], name_of(value)))
    return watched


def test_alarms_watch_dead_letters_age_errors_and_throttles() -> None:
    assert alarms() >= {
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "shylight-prod-hits-dead"),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage", "shylight-prod-hits"),
        ("AWS/ApiGateway", "5XXError", "shylight"),
        ("AWS/Lambda", "Throttles", "shylight-prod"),
        ("AWS/Lambda", "Throttles", "shylight-prod-collect"),
    }
    for found in resources("AWS::CloudWatch::Alarm").values():
        assert found["Properties"]["AlarmActions"] == [{"Ref": "AlarmTopic"}]
        is_of_runs = found["Properties"]["MetricName"].endswith("-runs")
        assert found["Properties"]["TreatMissingData"] == ("breaching" if is_of_runs else "notBreaching")


def dashboard() -> list[dict[str, Any]]:
    """The widgets, with the names of the stage `prod`; alarms by their logical ids."""
    (found,) = resources("AWS::CloudWatch::Dashboard").values()
    assert name_of(found["Properties"]["DashboardName"]) == "shylight-prod"
    text = name_of(found["Properties"]["DashboardBody"])
    widgets: list[dict[str, Any]] = json.loads(re.sub(r"\$\{(\w+)\.Arn\}", r"\1", text))["widgets"]
    return widgets


def test_the_dashboard_shows_every_alarm() -> None:
    (shown,) = [widget["properties"]["alarms"] for widget in dashboard() if widget["type"] == "alarm"]
    assert sorted(shown) == sorted(resources("AWS::CloudWatch::Alarm"))


def test_the_dashboard_shows_what_there_is_under_its_names() -> None:
    rows = [row for widget in dashboard() if widget["type"] == "metric" for row in widget["properties"]["metrics"]]
    settings = Settings(stage="prod")
    values: dict[str, set[str]] = {}
    for namespace, _metric, *dimensions in rows:
        values.setdefault(namespace, set()).update(dimensions[1::2])
    assert values == {
        "AWS/SQS": {settings.queue, settings.dead_letters},
        "AWS/ApiGateway": {"shylight", "prod"},
        "AWS/Lambda": {f"shylight-prod{function}" for function in FUNCTIONS},
        "AWS/DynamoDB": {settings.table(name) for name in MODELS},
        "shylight-prod": set(),
    }
    of_alarms = {(namespace, metric) for namespace, metric, _ in alarms()}
    assert of_alarms <= {(namespace, metric) for namespace, metric, *_ in rows}


def test_the_document_tells_what_alarms_and_dashboard_take_of_what_cloudwatch_gives_for_free() -> None:
    """Ten alarms, ten metrics of one's own, three dashboards of fifty metrics: https://aws.amazon.com/cloudwatch/pricing"""
    metrics = sum(len(widget["properties"].get("metrics", [])) for widget in dashboard())
    assert metrics <= 50
    assert len(resources("AWS::CloudWatch::Alarm")) == 14
    assert len(resources("AWS::Logs::MetricFilter")) <= 10
    costs = (ROOT / "docs" / "limits-and-cost.md").read_text(encoding="utf-8")
    assert f"one dashboard of {metrics} metrics" in costs
    assert "fourteen alarms" in costs


def test_widgets_do_not_overlap() -> None:
    cells = [
        (x, y)
        for widget in dashboard()
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24  # the columns of a dashboard


def test_alarms_of_the_api_tell_stages_apart() -> None:
    """Both stages' APIs are called `shylight`; their API Gateway stages carry the stage's name."""
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    assert {name: stage["api_gateway_stage"] for name, stage in config["stages"].items()} == {s: s for s in STAGES}
    dimensions = TEMPLATE["Resources"]["ApiErrorsAlarm"]["Properties"]["Dimensions"]
    assert {"Name": "Stage", "Value": {"Ref": "Stage"}} in dimensions


INGEST = yaml.load((ROOT / "infra" / "ingest.yaml").read_text(encoding="utf-8"), _Loader)["Resources"]


def test_anybody_may_use_the_url_of_the_function_that_receives_hits_and_of_no_other() -> None:
    (url,) = [found["Properties"] for found in INGEST.values() if found["Type"] == "AWS::Lambda::Url"]
    assert name_of(url["TargetFunctionArn"]) == Settings(stage="prod").collect
    assert url["AuthType"] == "NONE"
    assert "Cors" not in url  # the program answers preflight requests
    permissions = [found["Properties"] for found in INGEST.values() if found["Type"] == "AWS::Lambda::Permission"]
    assert {name_of(one["FunctionName"]) for one in permissions} == {Settings(stage="prod").collect}
    granted = {(one["Action"], one.get("FunctionUrlAuthType"), one.get("InvokedViaFunctionUrl")) for one in permissions}
    assert granted == {("lambda:InvokeFunctionUrl", "NONE", None), ("lambda:InvokeFunction", None, True)}
    assert len(INGEST) == 3
    # Nothing else in a stage is open to everybody.
    assert "AWS::Lambda::Url" not in {found["Type"] for found in TEMPLATE["Resources"].values()}


def test_the_bill_counts_all_alarms_and_metrics() -> None:
    text = (ROOT / "bench" / "bill.py").read_text(encoding="utf-8")
    assert f"\nALARMS: Final = {len(resources('AWS::CloudWatch::Alarm'))}\n" in text
    assert f"\nMETRICS: Final = {len(resources('AWS::Logs::MetricFilter'))}\n" in text
