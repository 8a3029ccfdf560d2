"""Batch transform over plain boto3 against a real engine and a real MiniStack."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker_local.breakable_link import BreakableLink
from tests.contract.sagemaker_local.engine_process import EngineProcess, eventually, kill_hard, main_process
from tests.contract.sagemaker_local.scenario import BUCKET, ROLE, Scenario

pytestmark = pytest.mark.contract

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/openbml/transform:1"
LOG_GROUP = "/aws/sagemaker/TransformJobs"


class Transform:
    """A transform job of a scenario: its model, its request, its end."""

    def __init__(self, engine: EngineProcess, scenario: Scenario) -> None:
        self.engine = engine
        self.scenario = scenario
        self.name = scenario.name

    def model(self, **environment: str) -> None:
        self.engine.sagemaker.create_model(
            ModelName=self.name,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={"Image": IMAGE, "Environment": environment},
        )

    def request(
        self, *, source: dict[str, Any] | None = None, output: dict[str, Any] | None = None, **changes: Any
    ) -> dict[str, Any]:
        uri = f"s3://{BUCKET}/{self.name}"
        s3 = {"S3DataType": "S3Prefix", "S3Uri": f"{uri}/in/"}
        return {
            "TransformJobName": self.name,
            "ModelName": self.name,
            "TransformInput": {"DataSource": {"S3DataSource": s3}, **(source or {})},
            "TransformOutput": {"S3OutputPath": f"{uri}/out", **(output or {})},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            **changes,
        }

    def start(self, **request: Any) -> str:
        answer = self.engine.sagemaker.create_transform_job(**self.request(**request))
        return str(answer["TransformJobArn"])

    def describe(self) -> dict[str, Any]:
        return dict(self.engine.sagemaker.describe_transform_job(TransformJobName=self.name))

    def finished(self, *, within_s: float = 60) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found = self.describe()
            return found if found["TransformJobStatus"] in ("Completed", "Failed", "Stopped") else None

        return eventually(look, within_s=within_s, what=f"{self.name} ends\n{self.engine.log[-3000:]}") or {}

    def completed(self) -> dict[str, Any]:
        job = self.finished()
        assert job["TransformJobStatus"] == "Completed", (job.get("FailureReason"), self.engine.log[-3000:])
        return job

    def outputs(self) -> dict[str, bytes]:
        return {key[4:]: self.scenario.read(key) for key in self.scenario.keys("out/")}

    def events(self) -> list[dict[str, Any]]:
        arn = self.describe()["TransformJobArn"]
        return [one for one in self.scenario.events() if one["resources"] == [arn]]

    def requests(self) -> list[str]:
        return sorted(line for line in self.scenario.log_lines(LOG_GROUP) if line.startswith("request "))


@pytest.fixture
def transform(engine: EngineProcess, scenario: Scenario) -> Transform:
    return Transform(engine, scenario)


def test_every_object_below_the_prefix_is_sent_whole_and_answered_beside_it(
    engine: EngineProcess, scenario: Scenario, transform: Transform
) -> None:
    scenario.put("in/a.txt", b"alpha")
    scenario.put("in/deep/b.txt", b"beta\nbeta")
    scenario.put("in/deep/", b"")
    transform.model()
    arn = transform.start(Tags=[{"Key": "team", "Value": "vision"}])
    engine.sagemaker.get_waiter("transform_job_completed_or_stopped").wait(
        TransformJobName=scenario.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    job = transform.completed()
    assert transform.outputs() == {"a.txt.out": b"ALPHA", "deep/b.txt.out": b"BETA\nBETA"}
    assert job["TransformEndTime"] >= job["TransformStartTime"] >= job["CreationTime"]
    assert (job["MaxConcurrentTransforms"], job["MaxPayloadInMB"], job["BatchStrategy"]) == (
        1,
        6,
        "MultiRecord",
    )
    events = eventually(lambda: found if len(found := transform.events()) == 2 else [], what="two events")
    assert [one["detail"]["TransformJobStatus"] for one in events] == ["InProgress", "Completed"]
    assert events[-1]["detail-type"] == "SageMaker Transform Job State Change"
    assert events[-1]["detail"]["Tags"] == {"team": "vision"}
    assert engine.processes_of(arn) == []


def test_lines_are_gathered_up_to_the_payload_limit_and_keep_their_order(
    scenario: Scenario, transform: Transform
) -> None:
    line = b"x" * 99_999
    scenario.put("in/rows.txt", b"".join(b"%d%s\n" % (number, line) for number in range(25)))
    transform.model()
    transform.start(
        source={"SplitType": "Line", "ContentType": "text/plain"},
        output={"AssembleWith": "Line"},
        MaxPayloadInMB=1,
        MaxConcurrentTransforms=4,
    )
    transform.completed()
    assert transform.outputs()["rows.txt.out"] == b"".join(
        b"%d%s\n" % (number, line.upper()) for number in range(25)
    )
    assert [one.split(" of ")[1] for one in transform.requests()] == [
        "1000009 bytes",
        "1000019 bytes",
        "500009 bytes",
    ]


def test_single_records_are_sent_one_by_one(scenario: Scenario, transform: Transform) -> None:
    scenario.put("in/rows.txt", b"one\ntwo\nthree")
    transform.model()
    transform.start(
        source={"SplitType": "Line"}, output={"AssembleWith": "Line"}, BatchStrategy="SingleRecord"
    )
    transform.completed()
    assert transform.outputs() == {"rows.txt.out": b"ONE\nTWO\nTHREE\n"}
    assert len(transform.requests()) == 3


def test_failed_objects_fail_the_job_at_the_end_and_the_others_keep_their_output(
    scenario: Scenario, transform: Transform
) -> None:
    scenario.put("in/a.txt", b"fine")
    scenario.put("in/b.txt", b"please refuse this")
    scenario.put("in/c.txt", b"break")
    scenario.put("in/d.txt", b"flaky")
    scenario.put("in/e.txt", b"y" * (1024 * 1024 + 1))
    transform.model()
    transform.start(MaxPayloadInMB=1, ModelClientConfig={"InvocationsMaxRetries": 1})
    job = transform.finished()
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: 3 of 5 objects failed, first s3://")
    assert "b.txt: the container answered 415: not for me" in job["FailureReason"]
    assert transform.outputs() == {"a.txt.out": b"FINE", "d.txt.out": b"FLAKY"}
    lines = scenario.log_lines(LOG_GROUP)
    assert any("c.txt: attempt 2: the container answered 500: the model broke" in line for line in lines)
    assert any("e.txt: record 1 has 1048577 bytes" in line for line in lines)
    streams = scenario.logs.describe_log_streams(
        logGroupName=LOG_GROUP, logStreamNamePrefix=f"{scenario.name}/"
    )
    assert [one["logStreamName"].endswith("/data-log") for one in streams["logStreams"]].count(True) == 1
    assert [line.startswith("request 'please refuse") for line in lines].count(True) == 1


def test_a_request_over_its_time_fails_the_object(scenario: Scenario, transform: Transform) -> None:
    scenario.put("in/a.txt", b"sleep")
    transform.model()
    transform.start(ModelClientConfig={"InvocationsMaxRetries": 0, "InvocationsTimeoutInSeconds": 1})
    job = transform.finished()
    assert job["FailureReason"].startswith("AlgorithmError: 1 of 1 objects failed")
    assert "no answer within 1 s" in job["FailureReason"]


def test_the_container_learns_what_it_is_asked_with_and_its_own_wishes_count(
    scenario: Scenario, transform: Transform
) -> None:
    scenario.put("in/a.csv", b"1,2\n3,4")
    wishes = {"MaxConcurrentTransforms": 8, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 20}
    transform.model(RESULT="report", EXECUTION_PARAMETERS=json.dumps(wishes))
    transform.start(
        source={"ContentType": "text/csv"},
        output={"Accept": "application/json"},
        Environment={"SAGEMAKER_EXTRA": "1"},
        BatchStrategy="MultiRecord",
    )
    job = transform.completed()
    assert (job["MaxConcurrentTransforms"], job["MaxPayloadInMB"], job["BatchStrategy"]) == (
        5,
        20,
        "MultiRecord",
    )
    report = json.loads(transform.outputs()["a.csv.out"])
    assert (report["content_type"], report["accept"]) == ("text/csv", "application/json")
    assert not report["chunked"]
    given = report["variables"]
    assert (given["SAGEMAKER_BATCH"], given["SAGEMAKER_EXTRA"]) == ("true", "1")
    assert given["SAGEMAKER_BATCH_STRATEGY"] == "MULTI_RECORD"
    assert "SAGEMAKER_MAX_PAYLOAD_IN_MB" not in given


def test_without_a_payload_limit_an_object_is_sent_chunked(scenario: Scenario, transform: Transform) -> None:
    scenario.put("in/a.bin", b"z" * 3_000_000)
    transform.model(RESULT="report")
    transform.start(MaxPayloadInMB=0)
    transform.completed()
    report = json.loads(transform.outputs()["a.bin.out"])
    assert (report["chunked"], report["size"]) == (True, 3_000_000)
    assert report["variables"]["SAGEMAKER_MAX_PAYLOAD_IN_MB"] == "0"


def test_csv_rows_are_filtered_joined_and_filtered_again(scenario: Scenario, transform: Transform) -> None:
    scenario.put("in/rows.csv", b'"a,1",1,2\nb,3,4\n')
    transform.model(RESULT="sums")
    transform.start(
        source={"ContentType": "text/csv", "SplitType": "Line"},
        output={"Accept": "text/csv", "AssembleWith": "Line"},
        DataProcessing={"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"},
    )
    transform.completed()
    assert transform.outputs() == {"rows.csv.out": b'"a,1",3\nb,7\n'}


def test_json_lines_are_joined_as_objects(scenario: Scenario, transform: Transform) -> None:
    scenario.put("in/rows.jsonl", b'{"id": 7, "features": [1, 2]}\n[4, 5, 6]\n')
    transform.model(RESULT="lengths")
    transform.start(
        source={"ContentType": "application/jsonlines", "SplitType": "Line"},
        output={"Accept": "application/jsonlines", "AssembleWith": "Line"},
        DataProcessing={"JoinSource": "Input"},
    )
    transform.completed()
    assert [json.loads(line) for line in transform.outputs()["rows.jsonl.out"].splitlines()] == [
        {"id": 7, "features": [1, 2], "SageMakerOutput": {"n": 2}},
        {"SageMakerInput": [4, 5, 6], "SageMakerOutput": {"n": 3}},
    ]


def test_another_number_of_answers_than_records_cannot_be_joined(
    scenario: Scenario, transform: Transform
) -> None:
    scenario.put("in/rows.csv", b"1\n\n2\n")
    transform.model(RESULT="report")
    transform.start(
        source={"ContentType": "text/csv", "SplitType": "Line"},
        output={"Accept": "text/csv"},
        DataProcessing={"JoinSource": "Input"},
    )
    job = transform.finished()
    assert "the model answered 1 records, more were sent; they cannot be joined" in job["FailureReason"]
    assert transform.outputs() == {}


def test_a_manifest_names_compressed_objects(scenario: Scenario, transform: Transform) -> None:
    scenario.put("data/one.txt.gz", gzip.compress(b"one"))
    scenario.put("data/two.txt.gz", gzip.compress(b"two"))
    scenario.put("data/bad.txt.gz", b"not gzip")
    prefix = f"s3://{BUCKET}/{scenario.name}/data/"
    manifest = scenario.put("manifest", json.dumps([{"prefix": prefix}, "one.txt.gz", "bad.txt.gz"]).encode())
    transform.model()
    source = {"S3DataType": "ManifestFile", "S3Uri": manifest}
    transform.start(source={"DataSource": {"S3DataSource": source}, "CompressionType": "Gzip"})
    job = transform.finished()
    assert "bad.txt.gz: it is not gzip data" in job["FailureReason"]
    assert transform.outputs() == {"one.txt.gz.out": b"ONE"}


def test_an_empty_prefix_is_the_clients_error(transform: Transform) -> None:
    transform.model()
    transform.start()
    job = transform.finished()
    assert job["FailureReason"].startswith("ClientError: No S3 objects found under S3 URL")


def test_a_container_that_does_not_come_up_fails_the_job(scenario: Scenario, transform: Transform) -> None:
    scenario.put("in/a.txt", b"x")
    transform.model(BROKEN_SERVER="1")
    transform.start()
    job = transform.finished()
    assert job["FailureReason"].startswith("AlgorithmError: the model container did not pass the ping")
    assert "this server is broken on purpose" in scenario.log_lines(LOG_GROUP)


def test_a_stopped_job_ends_its_servers_and_keeps_what_is_done(
    engine: EngineProcess, scenario: Scenario, transform: Transform
) -> None:
    scenario.put("in/a.txt", b"done")
    scenario.put("in/b.txt", b"sleep")
    transform.model()
    arn = transform.start()
    eventually(transform.outputs, what="the first output")
    engine.sagemaker.stop_transform_job(TransformJobName=scenario.name)
    job = transform.finished()
    assert (job["TransformJobStatus"], "FailureReason" in job) == ("Stopped", False)
    assert transform.outputs() == {"a.txt.out": b"DONE"}
    assert engine.processes_of(arn) == []
    with pytest.raises(ClientError, match="is in status Stopped"):
        engine.sagemaker.stop_transform_job(TransformJobName=scenario.name)
    events = eventually(lambda: found if len(found := transform.events()) == 3 else [], what="three events")
    assert [one["detail"]["TransformJobStatus"] for one in events] == ["InProgress", "Stopping", "Stopped"]


def test_a_server_that_dies_is_replaced_and_its_request_repeated(
    engine: EngineProcess, scenario: Scenario, transform: Transform
) -> None:
    scenario.put("in/a.txt", b"sleep")
    transform.model(SLEEP_S="1.5")
    arn = transform.start()
    eventually(transform.requests, what="the request reaches the container")
    kill_hard(main_process(engine.processes_of(arn)[0]["pid"], "transform"))
    transform.completed()
    assert transform.outputs() == {"a.txt.out": b"SLEEP"}
    assert len(transform.requests()) == 2


def test_two_instances_share_the_objects(
    engine: EngineProcess, scenario: Scenario, transform: Transform
) -> None:
    for number in range(6):
        scenario.put(f"in/{number}", b"sleep %d" % number)
    transform.model(SLEEP_S="0.5")
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 2}
    arn = transform.start(TransformResources=resources)
    eventually(lambda: len(engine.processes_of(arn)) == 2, what="two servers")
    transform.completed()
    assert len(transform.outputs()) == 6
    streams = scenario.logs.describe_log_streams(
        logGroupName=LOG_GROUP, logStreamNamePrefix=f"{scenario.name}/"
    )
    names = [
        one["logStreamName"] for one in streams["logStreams"] if not one["logStreamName"].endswith("data-log")
    ]
    assert all(scenario.log_lines(LOG_GROUP, name) for name in names)
    assert len(names) == 2


def test_after_a_crash_finished_objects_are_not_sent_again(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine()
    transform = Transform(engine, scenario)
    for name in ("a", "b"):
        scenario.put(f"in/{name}", name.encode())
    scenario.put("in/c", b"sleep")
    transform.model(SLEEP_S="1")
    arn = transform.start()
    eventually(lambda: len(transform.requests()) == 3, what="the third request is under way")
    server = engine.processes_of(arn)[0]["pid"]
    engine.kill()
    engine.start()
    assert [one["pid"] for one in engine.processes_of(arn)] in ([server], [])
    transform.completed()
    assert transform.outputs() == {"a.out": b"A", "b.out": b"B", "c.out": b"SLEEP"}
    counts = [line.split("'")[1] for line in transform.requests()]
    assert (counts.count("a"), counts.count("b")) == (1, 1)
    assert counts.count("sleep") in (1, 2)


def test_a_crash_while_results_are_written_down_loses_and_doubles_nothing(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine()
    transform = Transform(engine, scenario)
    for number in range(8):
        scenario.put(f"in/{number}", b"sleep %d" % number)
    transform.model(SLEEP_S="0.2")
    transform.start()
    eventually(transform.outputs, what="the first output")
    engine.admin("POST", "faults/crash-before-commit")
    engine.wait_for_death()
    engine.start()
    transform.completed()
    assert transform.outputs() == {f"{number}.out": b"SLEEP %d" % number for number in range(8)}
    events = eventually(lambda: found if len(found := transform.events()) == 2 else [], what="two events")
    assert [one["detail"]["TransformJobStatus"] for one in events] == ["InProgress", "Completed"]


def test_an_outage_of_s3_is_waited_out(
    own_engine: Callable[..., EngineProcess], scenario: Scenario, emulator: str
) -> None:
    for number in range(6):
        scenario.put(f"in/{number}", b"sleep %d" % number)
    with BreakableLink(emulator) as link:
        engine = own_engine(AWS_ENDPOINT_URL=link.url)
        transform = Transform(engine, scenario)
        transform.model(SLEEP_S="0.2")
        transform.start()
        eventually(transform.outputs, what="the first output")
        link.cut()
        eventually(lambda: "for S3" in engine.log, what="the job waits")
        assert transform.describe()["TransformJobStatus"] == "InProgress"
        link.mend()
        transform.completed()
    assert len(transform.outputs()) == 6


def test_a_job_without_a_slot_waits_and_can_be_stopped(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine(SML_MAX_BATCH_JOBS="1")
    first = Transform(engine, scenario)
    scenario.put("in/a", b"sleep")
    first.model()
    arn = first.start()
    eventually(lambda: engine.processes_of(arn), what="the first job runs")
    for name in ("second", "third"):
        engine.sagemaker.create_transform_job(
            **first.request() | {"TransformJobName": f"{scenario.name}-{name}"}
        )
    second = engine.sagemaker.describe_transform_job(TransformJobName=f"{scenario.name}-second")
    assert (second["TransformJobStatus"], "TransformStartTime" in second) == ("InProgress", False)
    for name in (f"{scenario.name}-second", scenario.name):
        engine.sagemaker.stop_transform_job(TransformJobName=name)

    def status(name: str) -> str:
        answer = engine.sagemaker.describe_transform_job(TransformJobName=f"{scenario.name}-{name}")
        assert name == "third" or "TransformStartTime" not in answer
        return str(answer["TransformJobStatus"])

    eventually(lambda: status("second") == "Stopped", what="the waiting job stops")
    assert first.finished()["TransformJobStatus"] == "Stopped"
    third = f"{scenario.name}-third"
    eventually(
        lambda: "TransformStartTime" in engine.sagemaker.describe_transform_job(TransformJobName=third),
        what="the third job gets the slot",
    )
    engine.sagemaker.stop_transform_job(TransformJobName=third)
    eventually(lambda: status("third") == "Stopped", what="the third job stops")


def test_an_object_may_be_a_prefix_of_another(scenario: Scenario, transform: Transform) -> None:
    scenario.put("in/a", b"x")
    scenario.put("in/a/b", b"y")
    transform.model()
    transform.start(
        source={
            "DataSource": {
                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{scenario.name}/in/"}
            }
        }
    )
    transform.completed()
    assert transform.outputs() == {"a.out": b"X", "a/b.out": b"Y"}


def test_an_engine_that_is_stopped_goes_on_at_its_next_start(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine()
    transform = Transform(engine, scenario)
    scenario.put("in/a", b"a")
    scenario.put("in/b", b"sleep")
    transform.model(SLEEP_S="2")
    arn = transform.start()
    eventually(lambda: len(transform.requests()) == 2, what="the second request is under way")
    engine.stop()
    engine.start()
    transform.completed()
    assert transform.outputs() == {"a.out": b"A", "b.out": b"SLEEP"}
    assert [line.split("'")[1] for line in transform.requests()].count("a") == 1
    assert engine.processes_of(arn) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"MaxPayloadInMB": 101}, "is larger than 100"),
        ({"MaxPayloadInMB": 20, "MaxConcurrentTransforms": 6}, "must not exceed 100 MB"),
        ({"BatchStrategy": "SingleRecord"}, "needs a SplitType"),
        ({"DataProcessing": {"JoinSource": "Input"}}, "needs ContentType"),
        ({"DataProcessing": {"InputFilter": "$..secret"}}, "is not supported"),
        ({"DataProcessing": {"OutputFilter": "$[?(@.a)]"}}, "is not supported"),
        (
            {"DataProcessing": {"InputFilter": "$.a"}, "source": {"SplitType": "TFRecord"}},
            "needs SplitType Line",
        ),
        (
            {"source": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "https://b/k"}}}},
            "S3 address",
        ),
        ({"ModelClientConfig": {"InvocationsMaxRetries": 4}}, "less than or equal to 3"),
        ({"ModelName": "nobody"}, 'Could not find model "arn'),
    ],
)
def test_what_could_not_be_run_is_refused_at_once(
    transform: Transform, change: dict[str, Any], message: str
) -> None:
    transform.model()
    with pytest.raises(ClientError, match=message) as caught:
        transform.start(**change)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_names_are_unique_and_unknown_jobs_are_told(
    engine: EngineProcess, scenario: Scenario, transform: Transform
) -> None:
    transform.model()
    transform.start()
    with pytest.raises(ClientError, match="already exists") as caught:
        transform.start()
    assert caught.value.response["Error"]["Code"] == "ResourceInUse"
    for call in (engine.sagemaker.describe_transform_job, engine.sagemaker.stop_transform_job):
        with pytest.raises(ClientError, match="Could not find") as caught:
            call(TransformJobName="nobody")
        assert caught.value.response["Error"]["Code"] == "ValidationException"
    listed = engine.sagemaker.list_transform_jobs(NameContains=scenario.name)["TransformJobSummaries"]
    assert [one["TransformJobName"] for one in listed] == [scenario.name]
    transform.finished()


def test_the_containers_of_a_chain_are_called_one_after_the_other(
    engine: EngineProcess, scenario: Scenario, transform: Transform
) -> None:
    scenario.put("in/a", b"one\ntwo")
    first = {"Image": IMAGE, "ContainerHostname": "first"}
    second = {"Image": IMAGE, "ContainerHostname": "second", "Environment": {"RESULT": "report"}}
    engine.sagemaker.create_model(ModelName=scenario.name, ExecutionRoleArn=ROLE, Containers=[first, second])
    transform.start(source={"SplitType": "Line"}, BatchStrategy="SingleRecord", MaxConcurrentTransforms=2)
    transform.completed()
    assert transform.outputs()["a.out"].count(b'"size": 3') == 2
    assert len([one for one in transform.requests() if "'ONE'" in one or "'one'" in one]) == 2
