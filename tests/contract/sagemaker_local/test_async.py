"""InvokeEndpointAsync: stored, run, delivered once, whatever happens to the engine."""

import base64
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker_local.breakable_link import BreakableLink
from tests.contract.sagemaker_local.engine_process import KEYS, EngineProcess, eventually
from tests.contract.sagemaker_local.scenario import BUCKET, Scenario

pytestmark = pytest.mark.contract


class Topic:
    """An SNS topic whose messages can be read."""

    def __init__(self, emulator: str, name: str) -> None:
        sns = boto3.client("sns", endpoint_url=emulator, **KEYS)
        self._sqs = boto3.client("sqs", endpoint_url=emulator, **KEYS)
        self.arn = sns.create_topic(Name=name)["TopicArn"]
        self._queue = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        sns.subscribe(
            TopicArn=self.arn, Protocol="sqs", Endpoint=attributes["Attributes"]["QueueArn"],
            Attributes={"RawMessageDelivery": "true"},
        )  # fmt: skip

    def message(self) -> dict[str, Any]:
        found: list[dict[str, Any]] = []

        def look() -> bool:
            answer = self._sqs.receive_message(QueueUrl=self._queue)
            found.extend(json.loads(one["Body"]) for one in answer.get("Messages", []))
            return bool(found)

        eventually(look, what="a message")
        return found[0]


def config(scenario: Scenario, **more: Any) -> dict[str, Any]:
    base = f"s3://{BUCKET}/{scenario.name}"
    output = {"S3OutputPath": f"{base}/results", "S3FailurePath": f"{base}/failures"}
    client = more.pop("ClientConfig", {"MaxConcurrentInvocationsPerInstance": 2})
    return {"AsyncInferenceConfig": {"ClientConfig": client, "OutputConfig": {**output, **more}}}


def call(engine: EngineProcess, scenario: Scenario, body: bytes | None = None, **more: Any) -> dict[str, Any]:
    content = {} if body is None else {"Body": body}
    return dict(
        engine.runtime.invoke_endpoint_async(
            EndpointName=scenario.name, ContentType="text/plain", **content, **more
        )
    )


def call_when_ready(engine: EngineProcess, scenario: Scenario, body: bytes) -> dict[str, Any]:
    """Just after its restart an engine says that the endpoint is not back yet."""

    def accepted() -> dict[str, Any]:
        try:
            return call(engine, scenario, body)
        except engine.runtime.exceptions.ServiceUnavailable:
            return {}

    return eventually(accepted, what="the endpoint takes calls")


def key_of(scenario: Scenario, location: str) -> str:
    return location.removeprefix(f"s3://{BUCKET}/{scenario.name}/")


def result(scenario: Scenario, answer: dict[str, Any], *, within_s: float = 30) -> bytes:
    key = key_of(scenario, answer["OutputLocation"])
    eventually(lambda: key in scenario.keys("results"), within_s=within_s, what=f"the result {key}")
    return scenario.read(key)


def failure(scenario: Scenario, answer: dict[str, Any]) -> str:
    key = key_of(scenario, answer["FailureLocation"])
    eventually(lambda: key in scenario.keys("failures"), what=f"the failure {key}")
    return scenario.read(key).decode()


def test_inline_and_stored_bodies_become_results_with_headers_passed_and_told(
    engine: EngineProcess, scenario: Scenario, emulator: str
) -> None:
    topic = Topic(emulator, scenario.name)
    scenario.serve(engine, **config(scenario, NotificationConfig={"SuccessTopic": topic.arn}))
    inline = call(
        engine, scenario, b"headers", Accept="application/json", InferenceId="mine", CustomAttributes="a=1"
    )
    assert inline["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert inline["InferenceId"] == "mine"
    assert re.fullmatch(
        rf"s3://{BUCKET}/{scenario.name}/results/[0-9a-f-]{{36}}\.out", inline["OutputLocation"]
    )
    assert inline["FailureLocation"].endswith("-error.out")
    seen = json.loads(result(scenario, inline))
    assert seen.pop("Host")
    assert seen == {
        "Accept": "application/json", "Content-Type": "text/plain", "Content-Length": "7",
        "X-Amzn-SageMaker-Custom-Attributes": "a=1", "X-Amzn-SageMaker-Inference-Id": "mine",
    }  # fmt: skip
    told = topic.message()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told.pop("eventTime"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told.pop("receivedTime"))
    assert told == {
        "awsRegion": "us-east-1",
        "invocationStatus": "Completed",
        "requestParameters": {
            "accept": "application/json", "contentType": "text/plain", "endpointName": scenario.name,
        },
        "responseParameters": {
            "contentType": "application/json", "outputLocation": inline["OutputLocation"],
        },
        "inferenceId": "mine",
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }  # fmt: skip
    stored = call(
        engine, scenario, InputLocation=scenario.put("input", b"x" * 3_000_000),
        S3OutputPathExtension="per/day", Filename="report.json",
    )  # fmt: skip
    assert key_of(scenario, stored["OutputLocation"]) == "results/per/day/report.json"
    assert json.loads(result(scenario, stored))["size"] == 3_000_000
    assert topic.message()["requestParameters"]["inputLocation"].endswith("/input")
    group = f"/aws/sagemaker/Endpoints/{scenario.name}"
    line = "[mine] Inference request succeeded. ModelLatency: "
    eventually(
        lambda: any(line in one for one in scenario.log_lines(group, "main/data-log")), what="the data log"
    )
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


def test_what_goes_wrong_becomes_a_failure_object_and_an_error_message(
    engine: EngineProcess, scenario: Scenario, emulator: str
) -> None:
    topic = Topic(emulator, scenario.name)
    included = ["SUCCESS_NOTIFICATION_TOPIC", "ERROR_NOTIFICATION_TOPIC"]
    notify = {"ErrorTopic": topic.arn, "SuccessTopic": topic.arn, "IncludeInferenceResponseIn": included}
    scenario.serve(engine, **config(scenario, NotificationConfig=notify))
    failed = call(engine, scenario, b"fail")
    assert 'Received server error (500) from primary with message "the model cannot do this"' in failure(
        scenario, failed
    )
    told = topic.message()
    assert told["invocationStatus"] == "Failed"
    assert told["failureReason"].startswith("ClientError: Received server error (500)")
    assert told["inferenceId"] == failed["InferenceId"]
    assert "responseParameters" not in told
    missing = call(engine, scenario, InputLocation=f"s3://{BUCKET}/{scenario.name}/nothing")
    assert "there is no such object" in failure(scenario, missing)
    topic.message()
    slow = call(engine, scenario, b"wait 30", InvocationTimeoutSeconds=1)
    assert "timed out" in failure(scenario, slow)
    topic.message()
    deadly = call(engine, scenario, b"die")
    assert "closed the connection" in failure(scenario, deadly)
    topic.message()
    good = call(engine, scenario, b"hello")
    answered = result(scenario, good)
    assert base64.b64decode(topic.message()["responseBody"]["content"]) == answered
    assert len(scenario.keys("failures")) == 4
    assert len(scenario.keys("results")) == 1
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


def test_calls_that_cannot_be_meant_are_refused(engine: EngineProcess, scenario: Scenario) -> None:
    scenario.serve(engine, **config(scenario))
    refusals: list[tuple[dict[str, Any], str]] = [
        ({}, "either InputLocation or a Body"),
        ({"body": b"x", "InputLocation": "s3://b/k"}, "either InputLocation or a Body"),
        ({"body": b"x" * 128_001}, "128000"),
        ({"InputLocation": "https://b/k"}, "must begin with s3://"),
        ({"body": b"x", "S3OutputPathExtension": "a/../../b"}, "must not lead upwards"),
    ]
    for more, text in refusals:
        with pytest.raises(ClientError, match=text) as caught:
            call(engine, scenario, **more)
        assert caught.value.response["Error"]["Code"] == "ValidationError"
    with pytest.raises(ClientError, match=r"ValidationError.*InvokeEndpointAsync"):
        scenario.invoke(engine)
    for value in ("59", "21601", "x", "9" * 40):
        request = urllib.request.Request(
            f"{engine.url}/endpoints/{scenario.name}/async-invocations", method="POST", data=b"x",
            headers={"X-Amzn-SageMaker-RequestTTLSeconds": value},
        )  # fmt: skip
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        with refused.value as reply:
            assert reply.status == 400
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


def test_a_sync_endpoint_refuses_async_calls(engine: EngineProcess, scenario: Scenario) -> None:
    scenario.serve(engine)
    with pytest.raises(ClientError, match=r"ValidationError.*not an asynchronous"):
        call(engine, scenario, b"x")
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


def test_no_more_calls_run_at_once_than_the_configuration_says(
    engine: EngineProcess, scenario: Scenario
) -> None:
    limit = {"MaxConcurrentInvocationsPerInstance": 2}
    scenario.serve(engine, count=2, **config(scenario, ClientConfig=limit))
    accepted = [call(engine, scenario, b"crowd 0.3") for _ in range(12)]
    peaks = [json.loads(result(scenario, one))["peak"] for one in accepted]
    assert max(peaks) == 2
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


def test_queued_calls_of_a_deleted_endpoint_end_as_failures(
    engine: EngineProcess, scenario: Scenario
) -> None:
    limit = {"MaxConcurrentInvocationsPerInstance": 1}
    scenario.serve(engine, **config(scenario, ClientConfig=limit))
    accepted = [call(engine, scenario, b"wait 1"), *(call(engine, scenario, b"wait 9") for _ in range(3))]
    result(scenario, accepted[0])
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)
    for one in accepted[2:]:
        assert "deleted" in failure(scenario, one)


def test_a_kill_at_any_point_leaves_every_call_with_exactly_one_result(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine()
    scenario.serve(engine, count=2, **config(scenario))
    accepted = []
    for round_number in range(3):
        for number in range(6):
            accepted.append(call_when_ready(engine, scenario, [b"wait 0.1", b"hello", b"fail"][number % 3]))
        if round_number == 1:
            engine.admin("POST", "faults/crash-before-commit")
            engine.wait_for_death()
        else:
            done = len(accepted) - 3

            def ended(done: int = done) -> bool:
                return len(scenario.keys("results")) + len(scenario.keys("failures")) >= done

            eventually(ended, within_s=60, what=f"{done} ends\n{engine.log}")
            engine.kill()
        engine.start()
    eventually(
        lambda: len(scenario.keys("results")) + len(scenario.keys("failures")) == len(accepted),
        within_s=60,
        what=f"all ends\n{engine.log}",
    )
    results, failures = set(scenario.keys("results")), set(scenario.keys("failures"))
    for one in accepted:
        ends = (key_of(scenario, one["OutputLocation"]) in results) + (
            key_of(scenario, one["FailureLocation"]) in failures
        )
        assert ends == 1
    assert len(failures) == len(accepted) // 3


def test_a_clean_stop_keeps_what_is_queued(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine()
    scenario.serve(engine, **config(scenario))
    accepted = [call(engine, scenario, b"wait 2") for _ in range(3)]
    engine.stop()
    engine.start()
    for one in accepted:
        assert json.loads(result(scenario, one, within_s=60))["body"] == "wait 2"
    assert scenario.keys("failures") == []


def test_the_backlog_is_measured(
    own_engine: Callable[..., EngineProcess], scenario: Scenario, emulator: str
) -> None:
    engine = own_engine(SML_TRAFFIC_METRICS_S="0.3")
    limit = {"MaxConcurrentInvocationsPerInstance": 1}
    scenario.serve(engine, **config(scenario, ClientConfig=limit))
    for _ in range(4):
        call(engine, scenario, b"wait 0.5")
    cloudwatch = boto3.client("cloudwatch", endpoint_url=emulator, **KEYS)

    def peak() -> float:
        answer = cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker", MetricName="ApproximateBacklogSize",
            Dimensions=[{"Name": "EndpointName", "Value": scenario.name}],
            StartTime="2020-01-01", EndTime="2100-01-01", Period=86400, Statistics=["Maximum", "Minimum"],
        )  # fmt: skip
        return max((point["Maximum"] for point in answer["Datapoints"]), default=0.0)

    eventually(lambda: peak() >= 2, what="a backlog")


def test_results_and_messages_wait_for_an_emulator_that_is_away(
    own_engine: Callable[..., EngineProcess], scenario: Scenario, emulator: str
) -> None:
    topic = Topic(emulator, scenario.name)
    notify = {"SuccessTopic": topic.arn, "ErrorTopic": topic.arn}
    with BreakableLink(emulator) as link:
        engine = own_engine(AWS_ENDPOINT_URL=link.url)
        scenario.serve(engine, **config(scenario, NotificationConfig=notify))
        result(scenario, call(engine, scenario, b"hello"))
        topic.message()
        link.cut()
        inline = call(engine, scenario, b"hello")
        stored = call(engine, scenario, InputLocation=f"s3://{BUCKET}/{scenario.name}/model-1/weights.txt")
        eventually(lambda: f"result of call {_id(inline)} waits" in engine.log, what="the result waits")
        link.mend()
        for one in (inline, stored):
            result(scenario, one, within_s=60)
            assert topic.message()["invocationStatus"] == "Completed"
        assert scenario.keys("failures") == []


def _id(answer: dict[str, Any]) -> str:
    return str(answer["OutputLocation"]).rsplit("/", 1)[1].removesuffix(".out")
