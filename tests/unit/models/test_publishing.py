"""From a run to a version of a model: once, whole, and with its lineage."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import ValidationError

from openbml.models.events import ModelVersionPublished
from openbml.models.model_files import ModelFilesInvalidError, StoredFile, content_of
from openbml.models.models import (
    ExperimentPublishedError,
    ModelNameTakenError,
    ModelSourceDiffersError,
    ModelTaskDiffersError,
    TaskUnknownError,
)
from openbml.models.publish_versions import (
    ModelRequest,
    RunPublishedError,
)
from openbml.models.read_models import ModelVersionView
from openbml.models.run_sources import RunNotPublishableError
from openbml.models.versions import VersionNotFoundError, VersionState
from tests.fakes.models_desk import Desk
from tests.fakes.models_memory import (
    MANIFEST,
    RUN_FOLDER,
)
from tests.fakes.services_samples import SCOPE

INT8 = {
    "precision": "int8",
    "file": "model.int8.onnx",
    "size_bytes": 4,
    "quality": 0.88,
    "quality_loss": 0.02,
    "latency_ms": 2.5,
    "recommended": False,
}


def test_a_model_may_have_no_versions() -> None:
    desk = Desk()
    model = desk.model()

    assert (model.latest_version, model.version_count) == (0, 0)
    with pytest.raises(VersionNotFoundError):
        desk.models.version(SCOPE, model.model_id, 1)


def test_a_published_run_becomes_a_ready_version_with_its_lineage() -> None:
    desk = Desk()

    version = desk.publish(desk.model().model_id)
    assert version.state is VersionState.PUBLISHING
    ready = desk.copy(version)

    assert (ready.version_number, ready.state) == (1, VersionState.READY)
    assert ready.has_report
    assert ready.lineage.snapshot_id == "abc"
    assert ready.onnx is not None
    assert ready.onnx.max_abs_diff <= ready.onnx.tolerance
    assert ready.size_bytes == sum(map(len, desk.files.folders[RUN_FOLDER].values()))
    assert desk.files.folders[ready.model_uri] == desk.files.folders[RUN_FOLDER]
    assert len(desk.events.of(ModelVersionPublished)) == 1
    assert ModelVersionView.of(ready).metrics == {"accuracy": 0.9}


def test_a_version_shows_its_files_and_how_they_were_proven() -> None:
    desk = Desk()
    proof = MANIFEST["onnx"] | {"compared_objects": 31, "least_iou": 0.999, "pixel_agreement": 1.0}
    manifest = {**MANIFEST, "task": "object_detection", "labels": ["cell"], "onnx": proof, "variants": [INT8]}
    desk.files.folders[RUN_FOLDER] |= {
        "model.json": json.dumps(manifest).encode(),
        "model.int8.onnx": b"tiny",
    }
    desk.runs.task_type = "object_detection"

    ready = desk.copy(desk.publish(desk.model(task_type="object_detection").model_id))

    view = ModelVersionView.of(ready)
    assert (ready.state, view.labels) == (VersionState.READY, ("cell",))
    assert [row.model_dump() for row in view.variants] == [INT8]
    assert view.onnx is not None
    assert (view.onnx.compared_objects, view.onnx.least_iou) == (31, 0.999)


def test_the_same_run_again_is_the_same_version() -> None:
    desk = Desk()
    model_id = desk.model().model_id
    first = desk.publish(model_id)
    desk.copy(first)

    again = desk.publish(model_id)

    assert (again.version_number, again.state) == (1, VersionState.READY)
    assert len(desk.copies.messages) == 1


def test_ten_parallel_publications_of_one_run_are_one_version() -> None:
    desk = Desk()
    model_id = desk.model().model_id

    with ThreadPoolExecutor(10) as pool:
        numbers = {
            version.version_number for version in pool.map(lambda _: desk.publish(model_id), range(10))
        }

    assert numbers == {1}
    assert desk.models.get(SCOPE, model_id).latest_version == 1


def test_parallel_runs_get_numbers_without_gaps() -> None:
    desk = Desk()
    model_id = desk.model().model_id

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda run: desk.publish(model_id, run).version_number, range(11, 15)))

    assert sorted(found) == [1, 2, 3, 4]


def test_a_run_that_did_not_succeed_is_refused() -> None:
    desk = Desk()
    desk.runs.unfinished = {9}

    with pytest.raises(RunNotPublishableError):
        desk.publish(desk.model().model_id)


def test_a_run_is_a_version_of_one_model_only() -> None:
    desk = Desk()
    desk.publish(desk.model().model_id)

    with pytest.raises(RunPublishedError):
        desk.publish(desk.model("other").model_id)


def test_an_experiment_has_one_model_and_a_model_one_experiment() -> None:
    desk = Desk()
    desk.runs.experiments = {9: 1, 10: 1, 11: 2}
    first, second = desk.model().model_id, desk.model("other").model_id
    desk.publish(first, 9)

    with pytest.raises(ExperimentPublishedError):
        desk.publish(second, 10)
    with pytest.raises(ModelSourceDiffersError):
        desk.publish(first, 11)
    assert desk.publish(first, 10).version_number == 2


def test_a_run_of_another_task_is_refused() -> None:
    desk = Desk()
    model = desk.model(task_type="object_detection")

    with pytest.raises(ModelTaskDiffersError):
        desk.publish(model.model_id)


def test_a_copy_that_breaks_off_goes_on_where_it_ended() -> None:
    desk = Desk()
    version = desk.publish(desk.model().model_id)
    desk.files.broken_copies = 1

    with pytest.raises(ConnectionError):
        desk.copy(version)
    ready = desk.copy(version)

    assert ready.state is VersionState.READY
    assert sorted(desk.files.copied) == ["model.json", "model.onnx"]  # each once


def test_a_repeated_copy_order_changes_nothing() -> None:
    desk = Desk()
    version = desk.publish(desk.model().model_id)
    ready = desk.copy(version)

    assert desk.copy(version) == ready
    assert len(desk.events.of(ModelVersionPublished)) == 1


def test_of_two_copy_orders_at_once_the_slower_finds_the_work_done() -> None:
    desk = Desk()
    version = desk.publish(desk.model().model_id)
    copy = desk.files.copy

    def overtaken(source_uri: str, target_uri: str, file: StoredFile) -> None:
        desk.files.copy = copy  # type: ignore[method-assign]  # the other order runs in the middle of this one
        desk.copy(version)
        copy(source_uri, target_uri, file)

    desk.files.copy = overtaken  # type: ignore[method-assign]

    assert desk.copy(version).state is VersionState.READY


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"not json",
        b"[]",
        b"[" * 100_000,
        json.dumps({**MANIFEST, "format": "other/1"}).encode(),
        json.dumps({**MANIFEST, "task": "ocr"}).encode(),
        json.dumps({**MANIFEST, "labels": ["one"]}).encode(),
        json.dumps({**MANIFEST, "onnx": None}).encode(),
        json.dumps({**MANIFEST, "variants": [INT8]}).encode(),
    ],
    ids=["empty", "text", "list", "deep", "format", "task", "labels", "onnx", "a file that is not there"],
)
def test_a_broken_manifest_fails_the_publication_with_the_cause(manifest: bytes) -> None:
    desk = Desk()
    desk.files.folders[RUN_FOLDER]["model.json"] = manifest
    version = desk.publish(desk.model().model_id)

    failed = desk.copy(version)

    assert failed.state is VersionState.FAILED
    assert failed.failure is not None
    assert "model" in failed.failure.message
    assert desk.events.published == []


def test_a_failed_publication_can_be_repeated() -> None:
    desk = Desk()
    model_id = desk.model().model_id
    graph = desk.files.folders[RUN_FOLDER].pop("model.onnx")
    assert desk.copy(desk.publish(model_id)).state is VersionState.FAILED
    desk.files.folders[RUN_FOLDER]["model.onnx"] = graph

    again = desk.publish(model_id)

    assert (again.version_number, again.state) == (1, VersionState.PUBLISHING)
    assert desk.copy(again).state is VersionState.READY


def test_an_order_that_was_lost_is_sent_again_by_the_repeat() -> None:
    desk = Desk()
    model_id = desk.model().model_id
    desk.copies.refusing = True
    with pytest.raises(ConnectionError):
        desk.publish(model_id)
    desk.copies.refusing = False

    desk.publish(model_id)

    assert len(desk.copies.messages) == 1


def test_names_are_unique_in_a_project_and_tasks_must_exist() -> None:
    desk = Desk()
    desk.model()

    with pytest.raises(ModelNameTakenError):
        desk.model()
    with pytest.raises(TaskUnknownError):
        desk.model("other", task_type="alchemy")


@pytest.mark.parametrize("fields", [{"name": " "}, {"name": "x" * 51}, {"surprise": 1}])
def test_a_malformed_request_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ModelRequest.model_validate({"name": "digits", "task_type": "image_classification", **fields})


def test_a_model_needs_as_many_labels_as_its_task() -> None:
    files = [StoredFile(name="model.onnx", size_bytes=1, etag="e")]
    one = json.dumps({**MANIFEST, "labels": ["scratch"], "task": "object_detection"}).encode()
    content = content_of(one, files, "object_detection")
    assert (content.labels, content.recommended_threshold) == (
        ("scratch",),
        MANIFEST["recommended_threshold"],
    )
    none = json.dumps({**MANIFEST, "labels": ["one"]}).encode()
    with pytest.raises(ModelFilesInvalidError):
        content_of(none, files, "image_classification")
