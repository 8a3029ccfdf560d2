"""What data capture keeps of one invocation, and how it is written down."""

import base64
import json
import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from sagemaker_local.hosting.async_operations import execution_role
from sagemaker_local.hosting.proxy import ATTRIBUTES, Invocation
from sagemaker_local.hosting.worker_connections import Answer

_RECORD_OVERHEAD_BYTES = 1024


class Destination(BaseModel):
    """Where the records of one variant go; stored beside its file."""

    model_config = ConfigDict(frozen=True)

    endpoint: str
    variant: str
    uri: str
    region: str
    role_arn: str

    def key_below(self, opened_at: float, name: str) -> str:
        hour = datetime.fromtimestamp(opened_at, UTC)
        return f"{self.endpoint}/{self.variant}/{hour:%Y/%m/%d/%H}/{hour:%M-%S-%f}-{name}.jsonl"


@dataclass(frozen=True)
class Side:
    """What went one way: from the caller to the model, or back."""

    mode: str
    content_type: str
    body: Sequence[bytes | memoryview]

    def document(self, config: Mapping[str, Any]) -> dict[str, str]:
        data = b"".join(self.body)
        encoding = encoding_of(self.content_type, config.get("CaptureContentTypeHeader", {}))
        if encoding != "BASE64":
            try:
                text = data.decode()
            except UnicodeDecodeError:
                encoding = "BASE64"
        if encoding == "BASE64":
            text = base64.b64encode(data).decode()
        return {
            "observedContentType": self.content_type,
            "mode": self.mode,
            "data": text,
            "encoding": encoding,
        }


@dataclass(frozen=True)
class Captured:
    """One invocation as it was."""

    destination: Destination
    config: Mapping[str, Any]
    sides: tuple[Side, ...]
    at: float
    inference_id: str | None
    attributes: str | None
    size_bytes: int

    def line(self) -> bytes:
        metadata: dict[str, Any] = {"eventId": str(uuid.uuid4())}
        if self.inference_id is not None:
            metadata["inferenceId"] = self.inference_id
        if self.attributes is not None:
            metadata["customAttributes"] = [self.attributes]
        metadata["inferenceTime"] = datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        names = {"INPUT": "endpointInput", "OUTPUT": "endpointOutput"}
        record = {
            "captureData": {names[side.mode]: side.document(self.config) for side in self.sides},
            "eventMetadata": metadata,
            "eventVersion": "0",
        }
        return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def encoding_of(content_type: str, wanted: Mapping[str, Sequence[str]]) -> str:
    """Text stays text for the content types that the configuration names; all else becomes base64."""
    kind = content_type.partition(";")[0].strip().lower()
    for member, encoding in (("CsvContentTypes", "CSV"), ("JsonContentTypes", "JSON")):
        if kind in (one.lower() for one in wanted.get(member, ())):
            return encoding
    return "BASE64"


def captured(invocation: Invocation, answer: Answer, at: float) -> Captured | None:
    """What is to be kept of an invocation; None when it is not in the sample."""
    config, plan = invocation.route.capture, invocation.route.plan
    if config is None or plan is None or not config.get("EnableCapture", False):
        return None
    if random.random() * 100 >= config["InitialSamplingPercentage"]:
        return None
    asked = dict(invocation.headers)
    answered = answer.headers.get("Content-Type", "application/octet-stream")
    possible = {
        "Input": Side("INPUT", asked.get("Content-Type", "application/octet-stream"), invocation.body),
        "Output": Side("OUTPUT", answered, answer.parts),
    }
    modes = {one["CaptureMode"] for one in config["CaptureOptions"]}
    sides = tuple(side for mode, side in possible.items() if mode in modes or "InputAndOutput" in modes)
    return Captured(
        destination=Destination(
            endpoint=invocation.route.name,
            variant=invocation.pool.name,
            uri=config["DestinationS3Uri"],
            region=invocation.scope.region,
            role_arn=execution_role(plan),
        ),
        config=config,
        sides=sides,
        at=at,
        inference_id=asked.get("X-Amzn-SageMaker-Inference-Id"),
        attributes=asked.get(ATTRIBUTES),
        size_bytes=sum(len(part) for side in sides for part in side.body) + _RECORD_OVERHEAD_BYTES,
    )
