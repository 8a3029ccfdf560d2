"""S3 adapter of `JobFiles`: keys of contracts section 3."""

import json
from typing import Any

from botocore.exceptions import ClientError
from pydantic import ValidationError

from openbml.core.download_names import saved_as
from openbml.core.scope import ProjectScope
from openbml.training.job_files import (
    CODE_FOLDER,
    REPORT_FORMAT,
    ModelFacts,
    Report,
    ReportUnreadableError,
)

_MAX_REPORT_BYTES = 20 * 1024 * 1024
_WEIGHTS = "weights/"
_URL_LIFETIME_S = 900
_MISSING = ("NoSuchKey", "404")


class S3JobFiles:
    """`presigner` is a client that only computes addresses."""

    def __init__(self, client: Any, *, bucket: str, presigner: Any) -> None:
        self._client = client
        self._bucket = bucket
        self._presigner = presigner

    def runs_uri(self, scope: ProjectScope) -> str:
        return f"s3://{self._bucket}/{scope.prefix}runs/"

    def weights_uri(self, tag: str) -> str | None:
        folder = f"{_WEIGHTS}{tag}/"
        index = self._read(f"{folder}index.json")
        return f"s3://{self._bucket}/{folder}" if index is not None else None

    def write_script(self, scope: ProjectScope, run_id: int, script: str) -> None:
        self._client.put_object(
            Bucket=self._bucket,
            Key=_script_key(scope, run_id),
            Body=script.encode(),
            ContentType="text/x-python; charset=utf-8",
        )

    def script(self, scope: ProjectScope, run_id: int) -> str | None:
        body = self._read(_script_key(scope, run_id))
        return None if body is None else body.decode()

    def report(self, data_uri: str) -> Report | None:
        body = self._read(self._key(data_uri, "report.json"))
        return None if body is None else parsed_report(body)

    def model_facts(self, model_uri: str) -> ModelFacts | None:
        body = self._read(self._key(model_uri, "model.json"))
        return None if body is None else parsed_facts(body)

    def url(self, data_uri: str, name: str) -> str:
        return self._presigned(self._key(data_uri, name))

    def download_url(self, data_uri: str, name: str, filename: str) -> str | None:
        key = self._key(data_uri, name)
        try:
            self._client.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return None
            raise
        return self._presigned(key, ResponseContentDisposition=saved_as(filename))

    def _presigned(self, key: str, **options: str) -> str:
        parameters = {"Bucket": self._bucket, "Key": key, **options}
        address: str = self._presigner.generate_presigned_url(
            "get_object", Params=parameters, ExpiresIn=_URL_LIFETIME_S
        )
        return address

    def _key(self, data_uri: str, name: str) -> str:
        root = f"s3://{self._bucket}/"
        if not data_uri.startswith(root):
            raise ReportUnreadableError(reason="it lies outside the data bucket")
        return f"{data_uri.removeprefix(root).rstrip('/')}/{name}"

    def _read(self, key: str) -> bytes | None:
        try:
            reply = self._client.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return None
            raise
        if reply["ContentLength"] > _MAX_REPORT_BYTES:
            raise ReportUnreadableError(reason=f"it has {reply['ContentLength']} bytes")
        body: bytes = reply["Body"].read()
        return body


def _script_key(scope: ProjectScope, run_id: int) -> str:
    return f"{scope.prefix}runs/{run_id}/{CODE_FOLDER}script.py"


def _refused(constant: str) -> None:
    """JSON knows no NaN and no infinity; browsers would refuse the answer that passes one on."""
    raise ValueError(f"{constant} is no JSON")


def parsed_facts(body: bytes) -> ModelFacts | None:
    """Return the facts of a `model.json`, None where it is none."""
    try:
        document = json.loads(body)
        proof = document.get("onnx") or {}
        return ModelFacts.model_validate({**document, "graph_digest": proof.get("sha256")})
    except (ValueError, RecursionError, ValidationError, AttributeError):
        return None


def parsed_report(body: bytes) -> Report:
    """Raises ReportUnreadableError: not JSON, not of our format, or figures missing."""
    try:
        document = json.loads(body, parse_constant=_refused)
        if not isinstance(document, dict) or document.get("format") != REPORT_FORMAT:
            raise ReportUnreadableError(reason=f"its format is not {REPORT_FORMAT}")
        return Report.model_validate({**document, "document": document})
    except (ValueError, RecursionError, ValidationError) as error:
        raise ReportUnreadableError(reason=str(error)[:300]) from error
