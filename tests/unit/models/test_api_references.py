"""How a service of a version is called, as the repository tells it (spec 08 section 7, checklist 46)."""

import json
from typing import Any

import pytest

from openbml.models.api_references import ApiReference, ApiReferenceMissingError, api_reference
from openbml.models.model_files import ModelFilesInvalidError, StoredFile, content_of
from openbml.models.read_models import ModelVersionDetail, ModelVersionView
from openbml.models.versions import ModelVersion, VersionState
from openbml_catalog.prediction_apis import prediction_apis
from openbml_catalog.tasks import tasks
from openbml_kit.tables.table_manifest import TableManifest
from tests.fakes.models_desk import Desk
from tests.fakes.models_memory import MANIFEST, RUN_FOLDER

TASK = "tabular_prediction"
CHURN = {
    **MANIFEST,
    "task": TASK,
    "network": "AutoML",
    "labels": ["no", "yes"],
    "kind": "binary",
    "target": "churn",
    "positive_label": "yes",
    "columns": [
        {"name": "age", "kind": "number", "required": True, "example": 34, "minimum": 18},
        {"name": "balance", "kind": "number", "required": True, "example": 1200.5},
        {"name": "city", "kind": "category", "required": True, "example": "A", "choices": ["A", "B"]},
    ],
}
PRICE = {
    **CHURN,
    "labels": [],
    "recommended_threshold": None,
    "kind": "regression",
    "target": "price",
    "positive_label": None,
    "quantiles": [0.1, 0.9],
}
FILES = [StoredFile(name="model.onnx", size_bytes=4, etag="e")]


def published(manifest: dict[str, Any]) -> ModelVersion:
    desk = Desk()
    desk.files.folders[RUN_FOLDER]["model.json"] = json.dumps(manifest).encode()
    desk.runs.task_type = manifest["task"]
    version = desk.copy(desk.publish(desk.model(task_type=manifest["task"]).model_id))
    assert version.state is VersionState.READY, version.failure
    return version


def names(reference: ApiReference) -> set[str]:
    return {row.name for row in reference.response}


def test_a_table_s_reference_has_the_real_names_of_its_features() -> None:
    reference = api_reference(published(CHURN))
    assert reference.method == "POST"
    assert reference.path == "/rpc/2.0/ai_custom_bml/v1/tabular/{suffix}"
    assert [(row.name, row.kind, row.required) for row in reference.features] == [
        ("age", "number", True),
        ("balance", "number", True),
        ("city", "category", True),
    ]
    assert reference.features[2].choices == ("A", "B")
    assert reference.example_request == {
        "data": [{"age": 34, "balance": 1200.5, "city": "A"}],
        "include_req": False,
    }
    assert reference.example_response["batch_results"] == [{"label": "no", "scores": {"no": 0.8, "yes": 0.2}}]
    assert "batch_results[].value" not in names(reference)
    assert {row.code for row in reference.errors} >= {110, 111, 336001, 336002, 336100}


def test_a_regression_answers_values_and_its_quantiles() -> None:
    reference = api_reference(published(PRICE))
    assert set(reference.example_response["batch_results"][0]) == {"value", "quantiles"}
    assert set(reference.example_response["batch_results"][0]["quantiles"]) == {"0.1", "0.9"}
    assert "batch_results[].label" not in names(reference)
    mean = api_reference(published({**PRICE, "quantiles": []}))
    assert "batch_results[].quantiles" not in names(mean)


def test_pictures_have_a_reference_of_the_same_shape() -> None:
    reference = api_reference(published(MANIFEST))
    assert reference.path == "/rpc/2.0/ai_custom_bml/v1/classification/{suffix}"
    assert [row.name for row in reference.request] == ["image", "top_num"]
    assert reference.features == ()
    assert reference.example_response["results"] == [{"name": "cat", "score": 0.97}]


def test_every_task_that_can_be_deployed_has_a_reference() -> None:
    assert set(prediction_apis()) == set(tasks())


def test_a_version_on_its_way_has_none_yet() -> None:
    desk = Desk()
    with pytest.raises(ApiReferenceMissingError) as error:
        api_reference(desk.publish(desk.model().model_id))
    assert "publishing" in error.value.details["reason"]


def test_features_are_told_of_one_version_and_left_out_of_lists() -> None:
    version = published(CHURN)
    detail = ModelVersionDetail.of(version)
    assert detail.table == version.table
    assert "table" not in ModelVersionView.of(version).model_dump()


@pytest.mark.parametrize(
    "changes",
    [
        {"columns": []},
        {"columns": [{"name": "age"}]},
        {"target": None},
        {"kind": "ranking"},
        {"labels": ["x" * 1_000] * 101},
    ],
)
def test_a_table_s_model_without_its_features_is_not_kept(changes: dict[str, Any]) -> None:
    manifest = json.dumps({**CHURN, **changes}).encode()
    with pytest.raises(ModelFilesInvalidError):
        content_of(manifest, FILES, TASK)


def test_what_the_training_image_writes_is_what_the_repository_reads() -> None:
    written = TableManifest.model_validate(
        {
            **PRICE,
            "onnx": {**MANIFEST["onnx"], "row_ms": 0.05, "rows_per_second": 90_000},
            "run_id": "9",
            "snapshot_id": "abc",
            "framework_versions": {"lightgbm": "4.7"},
        }
    )
    content = content_of(written.model_dump_json().encode(), FILES, TASK)
    assert content.table is not None
    assert [row.name for row in content.table.columns] == ["age", "balance", "city"]
    assert content.table.quantiles == (0.1, 0.9)
    assert content.onnx.rows_per_second == 90_000


def test_a_table_needs_no_labels() -> None:
    assert content_of(json.dumps(PRICE).encode(), FILES, TASK).labels == ()
