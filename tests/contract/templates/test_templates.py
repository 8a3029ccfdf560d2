"""Rules of contracts section 2 that linters do not know, for the root template and every context's stack."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
STACKS = sorted((ROOT / "infra" / "stacks").glob("*.yaml"))
TEMPLATES = [ROOT / "template.yaml", *STACKS]
MOST_RESOURCES = 400
FUNCTION = "AWS::Serverless::Function"
API = "AWS::Serverless::Api"
# Actions that AWS offers on every resource only, each with why it is needed.
UNBOUND_ACTIONS = {
    "cloudwatch:PutMetricData",  # metrics of training containers
    "ecr:GetAuthorizationToken",  # pulling images
    "logs:DescribeLogStreams",
    "sagemaker:ListEndpoints",  # shared machines that nothing stands on
    "sagemaker:ListInferenceComponents",  # where a revision of a hosting answers
}
# AWS has one permission for both; evaluators that know SendMessageBatch as one of its own exist.
WIDE_ACTIONS = {"sqs:SendMessage*"}


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as their long ones."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    return document


def resources(path: Path, kind: str) -> dict[str, dict[str, Any]]:
    found = read(path)["Resources"].items()
    return {name: resource.get("Properties", {}) for name, resource in found if resource["Type"] == kind}


def named(path: Path) -> str:
    return path.stem


def statements(value: Any) -> Iterator[dict[str, Any]]:
    """Every policy statement anywhere below, trust and resource policies included."""
    if isinstance(value, dict):
        if "Effect" in value and ("Action" in value or "NotAction" in value):
            yield value
        for member in value.values():
            yield from statements(member)
    elif isinstance(value, list):
        for member in value:
            yield from statements(member)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_a_stack_stays_far_below_the_resource_limit(path: Path) -> None:
    count = 0
    for resource in read(path)["Resources"].values():
        properties = resource.get("Properties", {})
        # What the transform makes of it, at most: a role, two per event; five for an API.
        extra = {FUNCTION: 1 + 2 * len(properties.get("Events", {})), API: 5}.get(resource["Type"], 0)
        count += 1 + extra
    assert count < MOST_RESOURCES


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_nothing_knows_of_the_local_cloud(path: Path) -> None:
    text = path.read_text(encoding="utf-8").lower()
    for word in (
        "localhost",
        "127.0.0.1",
        "ministack",
        "localstack",
        "4566",
        "aws_endpoint_url",
        "000000000000",
    ):
        assert word not in text


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_every_queue_is_encrypted_and_ends_in_an_alarmed_dead_letter_queue(path: Path) -> None:
    queues = resources(path, "AWS::SQS::Queue")
    for name, queue in queues.items():
        assert queue.get("SqsManagedSseEnabled") is True, name
    dead = {name for name, queue in queues.items() if "RedrivePolicy" not in queue}
    for name in queues.keys() - dead:
        assert queues[name]["RedrivePolicy"]["maxReceiveCount"] == 5, name
        target = queues[name]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"].split(".")[0]
        assert target in dead, name
    alarms = json.dumps(resources(path, "AWS::CloudWatch::Alarm"))
    for name in dead:
        assert f'"{name}.QueueName"' in alarms, f"no alarm on {name}"


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_every_function_has_a_log_group_with_retention(path: Path) -> None:
    groups = resources(path, "AWS::Logs::LogGroup")
    for name, group in groups.items():
        assert "RetentionInDays" in group, name
    for name in resources(path, FUNCTION):
        assert any(f"/${{{name}}}" in json.dumps(group.get("LogGroupName")) for group in groups.values()), (
            name
        )


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_queue_consumers_report_item_failures_and_have_time_to_repeat(path: Path) -> None:
    queues = resources(path, "AWS::SQS::Queue")
    default = read(path).get("Globals", {}).get("Function", {}).get("Timeout", 3)
    for name, function in resources(path, FUNCTION).items():
        for event in function.get("Events", {}).values():
            if event["Type"] != "SQS":
                continue
            properties = event["Properties"]
            assert properties.get("FunctionResponseTypes") == ["ReportBatchItemFailures"], name
            queue = properties["Queue"].get("Fn::GetAtt", "").split(".")[0]
            if queue:
                assert queues[queue]["VisibilityTimeout"] >= 6 * function.get("Timeout", default), name


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_policies_name_actions_and_resources(path: Path) -> None:
    for statement in statements(read(path)["Resources"]):
        if statement["Effect"] == "Deny":
            continue
        actions = set(as_list(statement["Action"]))
        assert not {action for action in actions - WIDE_ACTIONS if action.endswith("*")}, statement
        if "*" in as_list(statement.get("Resource")):
            assert actions <= UNBOUND_ACTIONS, statement


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_tables_are_encrypted_recoverable_and_have_the_common_keys(path: Path) -> None:
    for name, table in resources(path, "AWS::DynamoDB::Table").items():
        assert table["BillingMode"] == "PAY_PER_REQUEST", name
        assert table["SSESpecification"] == {"SSEEnabled": True}, name
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}, name
        assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"], name
        expiry = table.get("TimeToLiveSpecification", {"AttributeName": "expires_at"})
        assert expiry["AttributeName"] == "expires_at", name


@pytest.mark.parametrize("path", TEMPLATES, ids=named)
def test_buckets_are_encrypted_and_closed_to_the_public(path: Path) -> None:
    for name, bucket in resources(path, "AWS::S3::Bucket").items():
        assert "BucketEncryption" in bucket, name
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, name


@pytest.mark.parametrize("path", STACKS, ids=named)
def test_control_apis_are_protected_and_their_routes_have_named_methods(path: Path) -> None:
    for name, api in resources(path, API).items():
        if "Auth" in api:
            assert api["Auth"]["AddDefaultAuthorizerToCorsPreflight"] is False, name
        assert "$context.path" in api["AccessLogSetting"]["Format"], name
        assert not re.search(r"query|resourcePath.*\?", api["AccessLogSetting"]["Format"]), name
        assert all(not setting.get("DataTraceEnabled") for setting in api["MethodSettings"]), name
    for name, function in resources(path, FUNCTION).items():
        for event in function.get("Events", {}).values():
            if event["Type"] == "Api":
                assert event["Properties"]["Method"].upper() != "ANY", name


@pytest.mark.parametrize("path", STACKS, ids=named)
def test_only_sign_in_and_the_prediction_apis_are_public(path: Path) -> None:
    protected = {
        name for name, api in resources(path, API).items() if "DefaultAuthorizer" in api.get("Auth", {})
    }
    for function in resources(path, FUNCTION).values():
        for event in function.get("Events", {}).values():
            if event["Type"] != "Api":
                continue
            route = event["Properties"]
            opened = route.get("Auth", {}).get("Authorizer") == "NONE"
            if opened or route["RestApiId"]["Ref"] not in protected:
                assert route["Path"].startswith(("/v1/identity/sessions", "/oauth/", "/rpc/")), route["Path"]


def test_the_root_nests_every_context() -> None:
    nested = resources(ROOT / "template.yaml", "AWS::CloudFormation::Stack")
    assert {properties["TemplateURL"] for properties in nested.values()} == {
        f"infra/stacks/{path.name}" for path in STACKS
    }


def test_nested_stacks_get_the_parameters_they_declare() -> None:
    for properties in resources(ROOT / "template.yaml", "AWS::CloudFormation::Stack").values():
        declared = read(ROOT / properties["TemplateURL"])["Parameters"]
        given = set(properties.get("Parameters", {}))
        assert given <= set(declared), properties["TemplateURL"]
        required = {name for name, parameter in declared.items() if "Default" not in parameter}
        assert required <= given, properties["TemplateURL"]


def test_every_api_is_behind_the_public_address() -> None:
    distribution = resources(ROOT / "template.yaml", "AWS::CloudFront::Distribution")["Distribution"]
    behaviours = distribution["DistributionConfig"]["CacheBehaviors"]
    patterns = {behaviour["PathPattern"] for behaviour in behaviours}
    for path in STACKS:
        if "ApiDomain" in read(path).get("Outputs", {}):
            assert f"/v1/{path.stem}*" in patterns
    assert {"/oauth/*", "/rpc/*", "/live"} <= patterns


def test_every_function_folder_is_deployed_once_and_has_a_sample_event() -> None:
    used = [
        Path(function["CodeUri"]).name for path in STACKS for function in resources(path, FUNCTION).values()
    ]
    folders = {folder.parent.name for folder in (ROOT / "functions").glob("*/handler.py")}
    assert sorted(used) == sorted(folders)
    for name in folders:
        json.loads((ROOT / "functions" / name / "event.json").read_text(encoding="utf-8"))
