"""MLflow itself loads what versions are exported as, and what it loads answers."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from openbml.models.checks.protobuf_fields import Content
from openbml.models.exports.mlflow_documents import mlflow_documents
from openbml.models.models import Model
from openbml.models.versions import Lineage, ModelVersion
from openbml_catalog.frameworks.manifest import FrameworkManifest
from sagemaker_local.images.locked_environments import Lock, LockedEnvironments
from tests.fakes.compute_memory import NOON
from tests.fakes.services_samples import SCOPE

pytestmark = [pytest.mark.contract, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
# Writes a model of each kind as its framework does.
_MAKE = """
import pickle, sys, numpy, onnx, xgboost
from pathlib import Path
from onnx import TensorProto as T, helper as h
from sklearn.linear_model import LogisticRegression
root = Path(sys.argv[1])
for name in ("onnx", "sklearn", "xgboost"):
    (root / name).mkdir()
x, y = h.make_tensor_value_info("x", T.FLOAT, ["n", 2]), h.make_tensor_value_info("y", T.FLOAT, ["n", 2])
added, node = h.make_tensor("b", T.FLOAT, [2], [1, 2]), h.make_node("Add", ["x", "b"], ["y"])
graph = h.make_graph([node], "g", [x], [y], [added])
model = h.make_model(graph, opset_imports=[h.make_opsetid("", 13)], ir_version=8)
onnx.save(model, root / "onnx" / "model.onnx")
rows, classes = numpy.array([[0.0, 0.0], [1, 1], [2, 2], [3, 3]]), [0, 0, 1, 1]
with (root / "sklearn" / "model.pkl").open("wb") as file:
    pickle.dump(LogisticRegression().fit(rows, classes), file)
booster = xgboost.XGBClassifier(n_estimators=2).fit(rows, classes).get_booster()
booster.save_model(root / "xgboost" / "model.json")
"""
_LOAD = """
import json, sys, numpy, mlflow
from mlflow.models import Model
described = Model.load(sys.argv[1])
loaded = mlflow.pyfunc.load_model(sys.argv[1])
answer = loaded.predict(numpy.array([[0, 0], [3, 3]], dtype=numpy.float32))
answer = next(iter(answer.values())) if isinstance(answer, dict) else answer
print(json.dumps({
    "flavours": sorted(described.flavors),
    "inputs": described.get_input_schema().input_names() if described.signature else None,
    "labels": described.metadata["openbml"]["labels"],
    "answer": numpy.asarray(answer).tolist(),
}))
"""


@pytest.fixture(scope="module")
def python() -> Path:
    told = os.environ.get("OPENBML_MLFLOW_PYTHON")
    lock = Lock("mlflow", ROOT / "tests" / "conformance" / "mlflow.txt")
    return Path(told) if told else LockedEnvironments(ROOT / ".envs").python(lock, print)


@pytest.fixture(scope="module")
def models(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    subprocess.run([python, "-c", _MAKE, root], check=True, timeout=300)
    return root


def packed(folder: Path, framework: str | None) -> None:
    """Put MLflow's documents beside the files, as an export does."""
    if framework is not None:
        (file,) = (path.name for path in folder.iterdir())
        manifest = FrameworkManifest(
            framework=framework, task="general", contract="framework", model_file=file
        )
        (folder / "framework.json").write_text(manifest.model_dump_json())
    bodies = {path.name: path.read_bytes() for path in folder.iterdir()}
    contents: Mapping[str, Content] = {
        name: Content(len(body), lambda start, end, body=body: body[start:end])  # type: ignore[misc]
        for name, body in bodies.items()
    }
    model = Model(scope=SCOPE, model_id=3, name="数字: #1", task_type="general", created_at=NOON)
    version = ModelVersion(
        scope=SCOPE,
        model_id=3,
        version_number=1,
        task_type="general",
        framework=framework,
        labels=("猫", 'a: "b"'),
        lineage=Lineage(),
        source_uri="s3://data/x/",
        model_uri="s3://data/y/",
        size_bytes=10,
        created_at=NOON,
    )
    for name, document in mlflow_documents(model, version, contents, at=NOON).items():
        (folder / name).write_bytes(document)


def loaded(python: Path, folder: Path) -> dict[str, Any]:
    run = subprocess.run(
        [python, "-W", "ignore", "-c", _LOAD, folder], check=True, capture_output=True, timeout=300
    )
    answer: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return answer


@pytest.mark.parametrize(
    ("name", "framework", "answer"),
    [
        ("onnx", None, [[1.0, 2.0], [4.0, 5.0]]),
        ("sklearn", "sklearn", [0, 1]),
        ("xgboost", "xgboost", [pytest.approx(0.5, abs=0.5)] * 2),
    ],
)
def test_mlflow_loads_an_export_and_it_answers(
    python: Path, models: Path, name: str, framework: str | None, answer: list[Any]
) -> None:
    packed(models / name, framework)

    found = loaded(python, models / name)

    assert found["flavours"] == sorted(["openbml", "python_function", name])
    assert found["labels"] == ["猫", 'a: "b"']
    assert found["inputs"] == (["x"] if name == "onnx" else None)
    assert found["answer"] == answer
