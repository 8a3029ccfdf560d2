"""A model's way through the functions: uploaded, imported, exported, imported again as the same, deleted."""

import importlib.util
import io
import json
import uuid
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from openbml.core import wiring as core_wiring
from openbml.core.clock import utc_now
from openbml.core.ids import new_id
from openbml.models import wiring
from openbml.models.delete_models import delete_model, delete_version
from openbml.models.exports.export_versions import export_view, start_export
from openbml.models.imports.import_views import view_with_uploads
from openbml.models.imports.model_imports import ModelImport, ModelImportState
from openbml.models.imports.start_imports import ModelImportRequest, start_import
from openbml.models.imports.submit_imports import check_import, submit_import
from openbml.models.models import Model, ModelNotFoundError
from openbml.models.publish_versions import ModelRequest, create_model
from openbml.models.sources import ModelSource
from openbml.models.versions import VersionNotFoundError, VersionState
from tests.contract.emulator import client, make_table
from tests.fakes.model_file_samples import onnx
from tests.fakes.models_memory import MANIFEST
from tests.fakes.services_samples import SCOPE

pytestmark = [pytest.mark.contract, pytest.mark.filterwarnings("ignore:No application metrics to publish")]

FUNCTIONS = Path(__file__).resolve().parents[3] / "functions"
CONSUMERS = ["import_model", "delete_model", "export_model"]
CACHED = [
    value
    for module in (core_wiring, wiring)
    for value in vars(module).values()
    if hasattr(value, "cache_clear")
]
QUEUES = {"import_model": "IMPORT", "delete_model": "DELETION", "export_model": "EXPORT"}


@dataclass
class Context:
    function_name: str = "function"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"
    aws_request_id: str = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


class World:
    """The functions with their queues; `run` delivers what was ordered, twice."""

    def __init__(self, url: str, queues: Mapping[str, str]) -> None:
        self._sqs = client("sqs", url)
        self._queues = queues

    def run(self, function: str) -> None:
        reply = self._sqs.receive_message(QueueUrl=self._queues[function], MaxNumberOfMessages=10)
        bodies = [message["Body"] for message in reply.get("Messages", [])]
        assert bodies, f"nothing was ordered of {function}"
        for _ in range(2):
            assert handler(function)(event(function, bodies), Context()) == {"batchItemFailures": []}
        for message in reply["Messages"]:
            self._sqs.delete_message(QueueUrl=self._queues[function], ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture
def world(emulator_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    sqs, s3, ssm = (client(name, emulator_url) for name in ("sqs", "s3", "ssm"))
    queues = {name: sqs.create_queue(QueueName=uuid.uuid4().hex)["QueueUrl"] for name in QUEUES}
    buckets = {name: f"{name}-{uuid.uuid4().hex[:8]}" for name in ("data", "uploads")}
    for bucket in buckets.values():
        s3.create_bucket(Bucket=bucket)
    parameter = f"/{uuid.uuid4().hex}/services-table"
    ssm.put_parameter(Name=parameter, Value=make_table(emulator_url, "services").name, Type="String")
    for name, value in {
        "AWS_ENDPOINT_URL": emulator_url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "EVENT_BUS_NAME": "default",
        "MODELS_TABLE_NAME": make_table(emulator_url, "models").name,
        "DATA_BUCKET_NAME": buckets["data"],
        "UPLOADS_BUCKET_NAME": buckets["uploads"],
        "SERVICES_TABLE_PARAMETER": parameter,
        "POWERTOOLS_TRACE_DISABLED": "true",
        "POWERTOOLS_METRICS_DISABLED": "true",
        **{f"{prefix}_QUEUE_URL": queues[name] for name, prefix in QUEUES.items()},
    }.items():
        monkeypatch.setenv(name, value)
    for function in CACHED:
        function.cache_clear()
    parameters.clear_caches()
    parameters.base.DEFAULT_PROVIDERS.clear()
    yield World(emulator_url, queues)
    for function in CACHED:
        function.cache_clear()
    parameters.clear_caches()
    parameters.base.DEFAULT_PROVIDERS.clear()


def handler(function: str) -> Any:
    path = FUNCTIONS / function / "handler.py"
    specification = importlib.util.spec_from_file_location(f"{function}_handler", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module.lambda_handler


def event(function: str, bodies: Sequence[str] = ()) -> Any:
    sample = json.loads((FUNCTIONS / function / "event.json").read_text())
    if bodies:
        record = sample["Records"][0]
        sample["Records"] = [
            {**record, "messageId": str(place), "body": body} for place, body in enumerate(bodies)
        ]
    return sample


def local_model(name: str) -> Model:
    request = ModelRequest(name=name, task_type="image_classification", source=ModelSource.LOCAL)
    return create_model(request, scope=SCOPE, models=wiring.models(), new_id=new_id, now=utc_now)


def uploaded(model: Model, files: Mapping[str, bytes], framework: str) -> ModelImport:
    """Return an import whose files were put to their addresses, as a browser does."""
    listed = [{"name": name, "size_bytes": len(body)} for name, body in files.items()]
    started = start_import(
        ModelImportRequest.model_validate({"framework": framework, "files": listed}),
        scope=SCOPE,
        model_id=model.model_id,
        user_id=1,
        models=wiring.models(),
        imports=wiring.model_imports(),
        uploads=wiring.import_uploads(),
        new_id=new_id,
        now=utc_now,
    )
    view = view_with_uploads(started, uploads=wiring.import_uploads())
    for upload in view.uploads:
        body, step = files[upload.name], upload.part_size_bytes
        assert upload.part_count == len(upload.parts)
        for part in upload.parts:
            start = (part.part_number - 1) * step
            httpx.put(part.url, content=body[start : start + step]).raise_for_status()
    return started


def submitted(model_import: ModelImport) -> ModelImport:
    checked = check_import(
        model_import,
        imports=wiring.model_imports(),
        sources=wiring.file_sources(),
        uploads=wiring.import_uploads(),
        archives=wiring.import_archives(),
        now=utc_now,
    )
    assert checked.problems == ()
    return submit_import(
        checked,
        models=wiring.models(),
        imports=wiring.model_imports(),
        sources=wiring.file_sources(),
        uploads=wiring.import_uploads(),
        archives=wiring.import_archives(),
        files=wiring.model_files(),
        orders=wiring.import_queue(),
        now=utc_now,
    )


def exported(world: World, model: Model) -> bytes:
    export = start_export(
        SCOPE,
        model.model_id,
        1,
        models=wiring.models(),
        exports=wiring.model_exports(),
        orders=wiring.export_queue(),
        new_id=new_id,
        now=utc_now,
    )
    world.run("export_model")
    packed = wiring.model_exports().get(SCOPE, model.model_id, export.export_id)
    view = export_view(packed, archives=wiring.version_archives(), now=utc_now)
    assert view.url is not None
    return httpx.get(view.url).raise_for_status().content


def test_an_exported_version_comes_back_as_the_same_one_and_goes_when_it_is_deleted(world: World) -> None:
    files = {"model.json": json.dumps(MANIFEST).encode(), "model.onnx": onnx(weights=9 * 1024 * 1024)}
    first, second = local_model("first"), local_model("second")

    submitted(uploaded(first, files, "openbml"))
    world.run("import_model")
    archive = exported(world, first)
    again = submitted(uploaded(second, {"export.zip": archive}, "mlflow"))
    world.run("import_model")

    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert {"MLmodel", "conda.yaml", "requirements.txt", *files} <= set(opened.namelist())
    original = wiring.models().version(SCOPE, first.model_id, 1)
    restored = wiring.models().version(SCOPE, second.model_id, 1)
    assert (original.state, restored.state) == (VersionState.READY, VersionState.READY)
    same = {"labels", "recommended_threshold", "onnx", "variants", "content_digest", "framework"}
    assert restored.model_dump(include=same) == original.model_dump(include=same)
    ended = wiring.model_imports().get(SCOPE, second.model_id, again.import_id)
    assert ended.state is ModelImportState.READY

    uses, deletions = wiring.model_uses(), wiring.deletion_queue()
    delete_version(SCOPE, first.model_id, 1, models=wiring.models(), uses=uses, deletions=deletions)
    delete_model(SCOPE, second.model_id, models=wiring.models(), uses=uses, deletions=deletions)
    world.run("delete_model")
    with pytest.raises(VersionNotFoundError):
        wiring.models().version(SCOPE, first.model_id, 1)
    with pytest.raises(ModelNotFoundError):
        wiring.models().get(SCOPE, second.model_id)
    assert list(wiring.model_files().list(wiring.model_files().uri(f"{SCOPE.prefix}models/"))) == []


@pytest.mark.parametrize("function", CONSUMERS)
def test_a_message_about_something_gone_is_done_with(world: World, function: str) -> None:
    assert handler(function)(event(function), Context()) == {"batchItemFailures": []}


@pytest.mark.parametrize("function", CONSUMERS)
def test_a_message_of_another_shape_goes_to_the_dead_letters(world: World, function: str) -> None:
    with pytest.raises(BatchProcessingError):
        handler(function)(event(function, ["[]"]), Context())


def test_the_schedule_ends_nothing_when_nothing_is_open(world: World) -> None:
    assert handler("expire_model_imports")(event("expire_model_imports"), Context()) is None


def test_an_imported_model_leaves_no_lineage_of_datasets(world: World) -> None:
    sample = event("record_lineage")
    published = json.loads(sample["Records"][0]["body"])
    published["detail"] |= {"run_id": None, "snapshot_id": None, "dataset_versions": []}
    sample["Records"][0]["body"] = json.dumps(published)

    assert handler("record_lineage")(sample, Context()) == {"batchItemFailures": []}
