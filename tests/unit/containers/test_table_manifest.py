"""`model.json` and `background.json` of models of tables."""

import json
from pathlib import Path
from typing import Any

import pytest

from openbml_kit.faults import PlatformFault
from openbml_kit.model_manifest import read_task
from openbml_kit.tables.table_manifest import read_background, read_table_manifest

PROOF = {
    "opset": 21,
    "max_abs_diff": 0.0,
    "tolerance": 1e-4,
    "sha256": "0",
    "compared_samples": 3,
    "row_ms": 0.1,
    "rows_per_second": 1000,
}
MANIFEST: dict[str, Any] = {
    "format": "openbml.model/1",
    "task": "tabular_prediction",
    "network": "AutoML",
    "kind": "regression",
    "target": "price",
    "columns": [{"name": "size", "kind": "number", "example": 3}],
    "onnx": PROOF,
    "run_id": "1",
    "snapshot_id": "2",
    "framework_versions": {},
}


def written(folder: Path, **changes: Any) -> Path:
    (folder / "model.json").write_text(json.dumps(MANIFEST | changes))
    return folder


@pytest.mark.parametrize(
    ("changes", "output", "width"),
    [
        ({}, "values", 1),
        ({"quantiles": [0.1, 0.5, 0.9]}, "values", 3),
        ({"kind": "binary", "labels": ["no", "yes"], "positive_label": "yes"}, "scores", 2),
        ({"kind": "multiclass", "labels": ["a", "b", "c"]}, "scores", 3),
    ],
)
def test_the_graphs_output_follows_from_the_kind(
    tmp_path: Path, changes: dict[str, Any], output: str, width: int
) -> None:
    manifest = read_table_manifest(written(tmp_path, **changes))
    assert (manifest.output, manifest.width) == (output, width)
    assert read_task(tmp_path) == "tabular_prediction"


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "binary"},
        {"kind": "binary", "labels": ["a", "b", "c"]},
        {"kind": "multiclass", "labels": ["a"]},
        {"labels": ["a", "b"]},
        {"kind": "binary", "labels": ["no", "yes"], "positive_label": "maybe"},
        {"kind": "binary", "labels": ["no", "yes"], "quantiles": [0.5]},
        {"columns": []},
        {"task": "image_classification"},
        {"format": "openbml.model/2"},
        {"onnx": {**PROOF, "compared_samples": 0}},
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(PlatformFault, match=r"model\.json cannot be read"):
        read_table_manifest(written(tmp_path, **changes))


@pytest.mark.parametrize("text", ["", "[]", '{"format": "openbml.background/1", "rows": []}'])
def test_background_rows_that_are_none_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "background.json").write_text(text)
    with pytest.raises(PlatformFault, match=r"background\.json cannot be read"):
        read_background(tmp_path)
