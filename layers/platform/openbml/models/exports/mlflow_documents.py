"""The documents that make a folder an MLflow model (https://mlflow.org/docs/latest/ml/model, `MLmodel`).

Flavours: `onnx` with `python_function` of this platform's own graphs and of imported ONNX models; the
framework's own one where MLflow has one for such files (Sklearn, XGBoost, TensorFlow); `openbml` always, from
which an import restores the version. Paddle, PyTorch and pickled boosters have the last one only: MLflow
could not load them without their code.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import yaml

from openbml.core.observability import logger
from openbml.models.checks.onnx_graphs import GraphValue, graph_signature
from openbml.models.checks.protobuf_fields import Content, ProtobufError
from openbml.models.model_files import GRAPH
from openbml.models.models import Model
from openbml.models.versions import ModelVersion
from openbml_catalog.frameworks.manifest import MANIFEST_FILE, FrameworkManifest

MLMODEL = "MLmodel"
FLAVOUR = "openbml"
FORMAT = "openbml.mlflow/1"
# The documents of the folder that are MLflow's, not the model's.
MLFLOW_FILES = (MLMODEL, "conda.yaml", "python_env.yaml", "requirements.txt")

_PYTHON = "3.11"
_MLFLOW = "3.17.2"  # tests/conformance/test_mlflow.py loads what is written here
_ENVIRONMENT = {"conda": "conda.yaml", "virtualenv": "python_env.yaml"}
_REQUIREMENTS: Mapping[str, Sequence[str]] = {
    "onnx": ("mlflow", "numpy", "onnx", "onnxruntime"),
    "sklearn": ("mlflow", "numpy", "scikit-learn", "joblib"),
    "xgboost": ("mlflow", "numpy", "xgboost", "scikit-learn"),
    "tensorflow": ("mlflow", "numpy", "tensorflow"),
    FLAVOUR: (),
}


def mlflow_documents(
    model: Model, version: ModelVersion, contents: Mapping[str, Content], *, at: datetime
) -> Mapping[str, bytes]:
    """Return `MLmodel` and the environment's files, for the root of the version's files.

    Args:
        contents: the version's files by name.
    """
    manifest = _manifest(contents)
    name, flavour = _native_flavour(version, manifest, contents)
    flavours: dict[str, Any] = {FLAVOUR: _own_flavour(model, version)}
    if flavour is not None:
        flavours[name] = flavour
        flavours["python_function"] = _python_function(name, flavour)
    requirements = _REQUIREMENTS[name]
    document: dict[str, Any] = {
        "artifact_path": "model",
        "flavors": flavours,
        "metadata": _metadata(model, version),
        "mlflow_version": _MLFLOW,
        "model_size_bytes": version.size_bytes or 0,
        "model_uuid": _uuid(version),
        "utc_time_created": at.strftime("%Y-%m-%d %H:%M:%S.%f"),
    }
    signature = _signature(contents[GRAPH]) if name == "onnx" and GRAPH in contents else None
    if signature is not None:
        document["signature"] = signature
    return {
        MLMODEL: _yaml(document),
        "requirements.txt": "".join(f"{row}\n" for row in requirements).encode(),
        "conda.yaml": _yaml(
            {
                "channels": ["conda-forge"],
                "dependencies": [f"python={_PYTHON}", "pip", {"pip": list(requirements)}],
                "name": "mlflow-env",
            }
        ),
        "python_env.yaml": _yaml({"python": _PYTHON, "dependencies": ["-r requirements.txt"]}),
    }


def _native_flavour(
    version: ModelVersion, manifest: FrameworkManifest | None, contents: Mapping[str, Content]
) -> tuple[str, dict[str, Any] | None]:
    """Return MLflow's own name of the files' kind and what it has to know, None where it has none."""
    if manifest is None:
        return "onnx", _onnx(GRAPH) if GRAPH in contents else None
    file = manifest.model_file
    match manifest.framework:
        case "onnx":
            # MLflow looks for MLmodel beside the graph.
            return ("onnx", _onnx(file)) if "/" not in file else (FLAVOUR, None)
        case "sklearn" if file.endswith((".pkl", ".pickle")):
            return "sklearn", {"pickled_model": file, "serialization_format": "pickle", "code": None}
        case "xgboost" if file.endswith((".json", ".ubj")):
            ending = file.rpartition(".")[2]
            booster = "xgboost.core.Booster"
            return "xgboost", {"data": file, "model_class": booster, "model_format": ending, "code": None}
        case "tensorflow":
            return "tensorflow", {
                "saved_model_dir": file,
                "model_type": "tf2-module",
                "meta_graph_tags": ["serve"],
                "signature_def_key": "serving_default",
                "code": None,
            }
    return FLAVOUR, None


def _onnx(file: str) -> dict[str, Any]:
    return {"data": file, "onnx_version": "1.17.0", "providers": ["CPUExecutionProvider"], "code": None}


def _python_function(name: str, flavour: Mapping[str, Any]) -> dict[str, Any]:
    place = {"sklearn": "pickled_model", "tensorflow": "saved_model_dir"}.get(name, "data")
    return {
        "loader_module": f"mlflow.{name}",
        "python_version": _PYTHON,
        "data": flavour[place],
        "env": _ENVIRONMENT,
    }


def _own_flavour(model: Model, version: ModelVersion) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "task": model.task_type,
        "framework": version.framework or FLAVOUR,
        "contract": version.contract,
        "code": None,
    }


def _metadata(model: Model, version: ModelVersion) -> dict[str, Any]:
    """Return what the version says about itself: MLflow shows it, an import restores it."""
    lineage = version.lineage
    return {
        "openbml": {
            "model": model.name,
            "version": version.version_number,
            "description": version.description,
            "network": version.network,
            "labels": list(version.labels),
            "recommended_threshold": version.recommended_threshold,
            "metrics": dict(version.metrics),
            "content_digest": version.content_digest,
            "lineage": {
                "run_id": version.run_id,
                "snapshot_id": lineage.snapshot_id,
                "dataset_versions": [row.model_dump() for row in lineage.dataset_versions],
                "hyper_parameters": dict(lineage.hyper_parameters),
                "code_digest": lineage.code_digest,
                "image_digest": lineage.image_digest,
            },
        }
    }


def _signature(content: Content) -> dict[str, Any] | None:
    try:
        found = graph_signature(content)
    except ProtobufError:
        logger.warning("a graph's inputs cannot be told")
        return None
    if found is None or not found.inputs:
        return None
    values = (*found.inputs, *found.outputs)
    if any(value.shape is None or value.dtype == "object" for value in values):
        return None
    return {"inputs": _schema(found.inputs), "outputs": _schema(found.outputs), "params": None}


def _schema(values: Sequence[GraphValue]) -> str:
    rows = [
        {
            "name": value.name,
            "type": "tensor",
            "tensor-spec": {"dtype": value.dtype, "shape": list(value.shape or ())},
        }
        for value in values
    ]
    return json.dumps(rows, ensure_ascii=False)


def _manifest(contents: Mapping[str, Content]) -> FrameworkManifest | None:
    content = contents.get(MANIFEST_FILE)
    if content is None:
        return None
    return FrameworkManifest.model_validate_json(content.read(0, content.size))


def _uuid(version: ModelVersion) -> str:
    """The same version has the same one, in whatever export."""
    name = f"{version.scope.key}#{version.model_id}#{version.version_number}"
    return uuid.uuid5(uuid.NAMESPACE_URL, f"openbml:{name}").hex


def _yaml(document: Mapping[str, Any]) -> bytes:
    text: str = yaml.safe_dump(document, allow_unicode=True, sort_keys=True)
    return text.encode()
