"""Event-stream frames, read by botocore's own parser."""

import json

from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.hosting import event_stream


def read(content: bytes) -> list[tuple[dict[str, str], bytes]]:
    buffer = EventStreamBuffer()
    buffer.add_data(content)
    return [(message.headers, message.payload) for message in buffer]


@given(st.binary(max_size=400_000))
def test_the_payloads_of_all_frames_are_the_content(content: bytes) -> None:
    frames = read(b"".join(event_stream.payload_parts(content)))
    assert b"".join(payload for _, payload in frames) == content
    assert all(headers[":event-type"] == "PayloadPart" for headers, _ in frames)
    assert all(headers[":message-type"] == "event" for headers, _ in frames)


@given(st.text(max_size=2000))
def test_a_failure_carries_its_members_as_json(text: str) -> None:
    [(headers, payload)] = read(event_stream.failure("ModelStreamError", {"Message": text, "ErrorCode": "X"}))
    assert headers[":message-type"] == "exception"
    assert headers[":exception-type"] == "ModelStreamError"
    assert json.loads(payload) == {"Message": text, "ErrorCode": "X"}
