"""Data capture: the sample, the record, and that none gets lost on the way to S3."""

import json
import re
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from tests.contract.sagemaker_local.breakable_link import BreakableLink
from tests.contract.sagemaker_local.engine_process import KEYS, EngineProcess, eventually
from tests.contract.sagemaker_local.scenario import BUCKET, Scenario

pytestmark = pytest.mark.contract


def config(scenario: Scenario, *, percentage: int = 100, modes: tuple[str, ...] = ("Input", "Output")) -> Any:
    return {
        "DataCaptureConfig": {
            "EnableCapture": True,
            "InitialSamplingPercentage": percentage,
            "DestinationS3Uri": f"s3://{BUCKET}/{scenario.name}/captured",
            "CaptureOptions": [{"CaptureMode": mode} for mode in modes],
            "CaptureContentTypeHeader": {
                "CsvContentTypes": ["text/csv"],
                "JsonContentTypes": ["application/json"],
            },
        }
    }


def records(scenario: Scenario) -> list[dict[str, Any]]:
    lines = [line for key in scenario.keys("captured") for line in scenario.read(key).splitlines()]
    return [json.loads(line) for line in lines]


def call(engine: EngineProcess, scenario: Scenario, body: bytes, content_type: str, **more: Any) -> None:
    engine.runtime.invoke_endpoint(EndpointName=scenario.name, Body=body, ContentType=content_type, **more)


def test_a_record_has_both_sides_in_the_encoding_of_their_content_type(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine(SML_CAPTURE_FLUSH_S="0.3")
    scenario.serve(engine, **config(scenario))
    call(engine, scenario, b"1,2", "text/csv; charset=utf-8", InferenceId="mine", CustomAttributes="a=1")
    call(engine, scenario, b"\xff\x00", "application/octet-stream")
    call(engine, scenario, b"\xff", "text/csv")
    eventually(lambda: len(records(scenario)) == 3, what="three records")
    keys = scenario.keys("captured")
    path = rf"captured/{scenario.name}/main/\d{{4}}/\d\d/\d\d/\d\d/\d\d-\d\d-\d+-[0-9a-f-]{{36}}\.jsonl"
    assert all(re.fullmatch(path, key) for key in keys), keys
    first, second, third = records(scenario)
    answer = first["captureData"]["endpointOutput"].pop("data")
    assert json.loads(answer)["body"] == "1,2"
    metadata = first.pop("eventMetadata")
    assert re.fullmatch(r"[0-9a-f-]{36}", metadata.pop("eventId"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", metadata.pop("inferenceTime"))
    assert metadata == {"inferenceId": "mine", "customAttributes": ["a=1"]}
    assert first == {
        "captureData": {
            "endpointInput": {
                "observedContentType": "text/csv; charset=utf-8",
                "mode": "INPUT",
                "data": "1,2",
                "encoding": "CSV",
            },
            "endpointOutput": {
                "observedContentType": "application/json",
                "mode": "OUTPUT",
                "encoding": "JSON",
            },
        },
        "eventVersion": "0",
    }
    given = second["captureData"]["endpointInput"]
    assert (given["data"], given["encoding"]) == ("/wA=", "BASE64")
    assert third["captureData"]["endpointInput"]["encoding"] == "BASE64"  # csv by name, but no text
    described = engine.sagemaker.describe_endpoint(EndpointName=scenario.name)["DataCaptureConfig"]
    assert described["CaptureStatus"] == "Started"


def test_only_the_sample_and_the_chosen_side_are_kept(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine(SML_CAPTURE_FLUSH_S="0.3")
    scenario.serve(engine, **config(scenario, percentage=30, modes=("Input",)))
    for number in range(100):
        call(engine, scenario, b"%d" % number, "text/csv")
    engine.stop()
    found = records(scenario)
    assert 8 <= len(found) <= 53  # 30 expected, 5 sigma
    assert {tuple(one["captureData"]) for one in found} == {("endpointInput",)}
    engine.start()


def test_a_clean_stop_flushes_and_a_full_file_does_not_wait(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine(SML_CAPTURE_FLUSH_BYTES="20000")
    scenario.serve(engine, **config(scenario))
    for _ in range(3):
        call(engine, scenario, b"x" * 20_000, "text/csv")
    eventually(lambda: len(records(scenario)) == 3, what="the full files")
    call(engine, scenario, b"small", "text/csv")
    engine.stop()
    assert len(records(scenario)) == 4
    engine.start()


def test_what_a_killed_engine_left_on_disk_is_delivered_by_the_next(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine()
    scenario.serve(engine, **config(scenario))
    call(engine, scenario, b"1", "text/csv")
    folder = engine.state_dir / "capture"
    eventually(lambda: [one for one in folder.glob("*.jsonl") if one.stat().st_size], what="a file on disk")
    engine.kill()
    assert records(scenario) == []
    engine.start()
    eventually(lambda: len(records(scenario)) == 1, what="the record")
    eventually(lambda: not list(folder.iterdir()), what="an empty folder")


def test_captured_data_waits_for_a_bucket_that_is_not_there_yet(
    own_engine: Callable[..., EngineProcess], scenario: Scenario, emulator: str
) -> None:
    engine = own_engine(SML_CAPTURE_FLUSH_S="0.3")
    wanted = config(scenario)
    wanted["DataCaptureConfig"]["DestinationS3Uri"] = f"s3://{scenario.name}/captured"
    scenario.serve(engine, **wanted)
    call(engine, scenario, b"1", "text/csv")
    eventually(lambda: "captured data of endpoint" in engine.log, what="a first attempt")
    s3 = boto3.client("s3", endpoint_url=emulator, **KEYS)
    s3.create_bucket(Bucket=scenario.name)
    eventually(lambda: s3.list_objects_v2(Bucket=scenario.name)["KeyCount"] == 1, what="the record")


def test_calls_go_on_while_s3_is_away_and_their_records_follow(
    own_engine: Callable[..., EngineProcess], scenario: Scenario, emulator: str
) -> None:
    with BreakableLink(emulator) as link:
        engine = own_engine(SML_CAPTURE_FLUSH_S="0.3", AWS_ENDPOINT_URL=link.url)
        scenario.serve(engine, **config(scenario))
        link.cut()
        for number in range(20):
            call(engine, scenario, b"%d" % number, "text/csv")
        eventually(lambda: "captured data waits" in engine.log, what="a first attempt")
        link.mend()
        eventually(lambda: len(records(scenario)) == 20, within_s=60, what="all records")
    assert {one["captureData"]["endpointInput"]["data"] for one in records(scenario)} == set(
        map(str, range(20))
    )
