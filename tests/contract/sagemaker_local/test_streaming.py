"""InvokeEndpointWithResponseStream, read by an unmodified boto3."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError, EventStreamError

from tests.contract.sagemaker_local.engine_process import EngineProcess, eventually
from tests.contract.sagemaker_local.scenario import Scenario

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def served(engine: EngineProcess, emulator: str, event_queue: str) -> Iterator[Scenario]:
    scenario = Scenario(emulator, event_queue, "streaming")
    scenario.serve(engine)
    yield scenario
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


@contextmanager
def stream(engine: EngineProcess, name: str, body: bytes) -> Iterator[Any]:
    answer = engine.runtime.invoke_endpoint_with_response_stream(
        EndpointName=name, Body=body, ContentType="text/plain"
    )
    with closing(answer["Body"]):
        yield answer


def parts(answer: Any) -> Iterator[bytes]:
    for event in answer["Body"]:
        yield event["PayloadPart"]["Bytes"]


def test_an_answer_comes_in_parts_with_its_content_type_and_variant(
    engine: EngineProcess, served: Scenario
) -> None:
    with stream(engine, served.name, b"stream 100") as answer:
        assert answer["ContentType"] == "text/event-stream"
        assert answer["InvokedProductionVariant"] == "main"
        assert b"".join(parts(answer)) == b"".join(b"part %d;" % number for number in range(100))


def test_parts_arrive_while_the_container_still_works(engine: EngineProcess, served: Scenario) -> None:
    with stream(engine, served.name, b"stream 1 hang") as answer:
        assert next(parts(answer)) == b"part 0;"


def test_the_container_learns_that_the_caller_has_gone(engine: EngineProcess, served: Scenario) -> None:
    before = served.log_lines("/aws/sagemaker/Endpoints/streaming", "main/").count("the caller has gone")
    with stream(engine, served.name, b"stream 1 hang") as answer:
        next(parts(answer))

    def gone() -> bool:
        lines = served.log_lines("/aws/sagemaker/Endpoints/streaming", "main/")
        return lines.count("the caller has gone") > before

    eventually(gone, what="the container's request ends")


def test_a_large_answer_that_is_not_chunked_is_streamed_whole(
    engine: EngineProcess, served: Scenario
) -> None:
    with stream(engine, served.name, b"big 3000000") as answer:
        assert sum(len(part) for part in parts(answer)) == 3_000_000


def test_an_error_before_the_first_part_is_an_ordinary_model_error(
    engine: EngineProcess, served: Scenario
) -> None:
    with pytest.raises(ClientError) as caught, stream(engine, served.name, b"fail"):
        pass
    assert caught.value.response["Error"]["Code"] == "ModelError"
    assert caught.value.response["OriginalStatusCode"] == 500
    assert caught.value.response["OriginalMessage"] == "the model cannot do this"


def test_a_container_that_dies_on_the_way_ends_the_stream_with_model_stream_error(
    engine: EngineProcess, served: Scenario
) -> None:
    with (
        stream(engine, served.name, b"stream 2 die") as answer,
        pytest.raises(EventStreamError, match=r"ModelStreamError") as caught,
    ):
        list(parts(answer))
    assert "closed the connection" in str(caught.value)
    eventually(lambda: engine.processes_of(_arn(engine, served)), what="the worker is replaced")
    served.in_service(engine)
    eventually(lambda: _answers(engine, served), what="the endpoint serves again")


def test_a_stream_without_an_end_is_cut_at_the_time_limit(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine(SML_STREAM_TIMEOUT_S="1")
    scenario.serve(engine)
    with stream(engine, scenario.name, b"stream 1 hang") as answer:
        found = parts(answer)
        assert next(found) == b"part 0;"
        with pytest.raises(EventStreamError, match=r"ModelStreamError.*did not end"):
            next(found)


def _arn(engine: EngineProcess, scenario: Scenario) -> str:
    return str(engine.sagemaker.describe_endpoint(EndpointName=scenario.name)["EndpointArn"])


def _answers(engine: EngineProcess, scenario: Scenario) -> bool:
    try:
        scenario.invoke(engine)
    except ClientError:
        return False
    return True
