"""Models of scikit-learn and XGBoost behind the contract of spec 08 sections 8.5 to 8.8."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.contract.containers.environments import Server, refusal_to_serve, run_python, serving
from tests.contract.containers.framework_models import (
    BOOSTED,
    NOTEBOOK_CODE,
    ROWS,
    SKLEARN_CODE,
    XGBOOST_CODE,
    made_models,
    manifest,
    put_model,
)

pytestmark = pytest.mark.contract

SKLEARN, XGBOOST = "custom-sklearn", "custom-xgboost"
Start = Callable[[str], Server]


CODE = {"model_file": "model.pkl", "code_file": "service.py"}


def made(image: str, folder: Path) -> dict[str, bytes]:
    return made_models(image, ROWS if image == SKLEARN else BOOSTED, folder)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    return {image: made(image, tmp_path_factory.mktemp(image)) for image in (SKLEARN, XGBOOST)}


@pytest.fixture(scope="module")
def start(files: dict[str, dict[str, bytes]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Give the server of a model, started when it is first asked for."""
    rows, boosted = files[SKLEARN], files[XGBOOST]
    models = {
        "sklearn code": (SKLEARN, CODE, {"model.pkl": rows["classifier.pkl"], "service.py": SKLEARN_CODE}),
        "sklearn plain": (SKLEARN, {}, {"regressor.joblib": rows["regressor.joblib"]}),
        "xgboost code": (XGBOOST, CODE, {"model.pkl": boosted["booster.pkl"], "service.py": XGBOOST_CODE}),
        "xgboost plain": (XGBOOST, {"model_file": "b.ubj"}, {"b.ubj": boosted["booster.ubj"]}),
    }
    running: dict[str, Server] = {}
    with ExitStack() as stack:

        def server(name: str) -> Server:
            if name not in running:
                image, more, content = models[name]
                document = manifest(image.removeprefix("custom-"), **more)
                base = put_model(tmp_path_factory.mktemp("served"), document, content)
                one = {"SAGEMAKER_MODEL_SERVER_WORKERS": "1"}
                running[name] = stack.enter_context(serving(base, image=image, **one))
            return running[name]

        yield server


def ask(server: Server, *rows: list[float]) -> list[object]:
    reply = server.post(json.dumps({"instances": [{"features": row} for row in rows]}).encode())
    assert list(reply) == ["result"], reply
    return [one["categories"] for one in reply["result"]["labels"]]


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("sklearn code", [0], [1]),
        ("sklearn plain", [0.0], [280.0]),
        ("xgboost code", [0.0], [10.0]),
        ("xgboost plain", [0.0], [10.0]),
    ],
)
def test_each_instance_gets_its_label(start: Start, name: str, low: object, high: object) -> None:
    found = ask(start(name), [0.0] * 4, [70.0] * 4)
    for categories, wanted in zip(found, (low, high), strict=True):
        assert categories == pytest.approx(wanted, abs=0.05)


IN_PROCESS = """
import json, sys
from pathlib import Path
from openbml_kit.framework_serving.answers import RefusedError
from openbml_kit.framework_serving.loading import load_framework

def answer(handler, document):
    try:
        return handler.answer(document)
    except RefusedError as error:
        return [error.code, error.message]

for line in Path(sys.argv[1]).read_text().splitlines():
    folder, documents = json.loads(line)
    handler = load_framework(Path(folder))
    handler.warm_up()
    print(json.dumps([answer(handler, document) for document in documents]))
"""


def answered(image: str, calls: dict[Path, list[dict[str, object]]], base: Path) -> list[list[object]]:
    """Return what models answer in one process of the image, without HTTP."""
    order = base / "calls.jsonl"
    order.write_text("\n".join(json.dumps([str(where / "model"), asked]) for where, asked in calls.items()))
    return [json.loads(line) for line in run_python(image, IN_PROCESS, order, base=base).splitlines()]


def test_files_of_every_format_are_loaded(files: dict[str, dict[str, bytes]], tmp_path: Path) -> None:
    rows: dict[str, object] = {"instances": [{"features": [0.0] * 4}, {"features": [70.0] * 4}]}
    calls = {}
    for file in ("classifier.joblib", "classifier.json", "booster.pkl", "booster.json", "booster.ubj"):
        content = {file: files[XGBOOST][file]}
        calls[put_model(tmp_path / file, manifest("xgboost"), content)] = [rows]
    document = manifest("xgboost", **CODE)
    content = {"model.pkl": files[XGBOOST]["classifier.joblib"], "service.py": XGBOOST_CODE}
    calls[put_model(tmp_path / "code", document, content)] = [rows]
    classes, numbers = [[0], [1]], [[pytest.approx(0, abs=0.05)], [pytest.approx(10, abs=0.05)]]
    for (reply,), wanted in zip(
        answered(XGBOOST, calls, tmp_path),
        [classes, classes, numbers, numbers, numbers, classes],
        strict=True,
    ):
        assert reply == {"result": {"labels": [{"categories": one} for one in wanted]}}


def test_columns_by_name_and_the_notebooks_signatures(
    files: dict[str, dict[str, bytes]], tmp_path: Path
) -> None:
    made = files[SKLEARN]
    named = put_model(tmp_path / "a", manifest("sklearn"), {"named.joblib": made["named.joblib"]})
    content = {
        "model.pkl": made["classifier.pkl"],
        "service.py": NOTEBOOK_CODE,
        "preprocess_args.json": json.dumps({"scale": 10}),
    }
    notebook = put_model(tmp_path / "b", manifest("sklearn", **CODE), content)
    features = [0.3] * 4
    calls: dict[Path, list[dict[str, object]]] = {
        named: [{"instances": [{"features": [0, 0]}, {"features": [3, 3]}]}],
        notebook: [
            {"instances": [{"features": features}, {"features": features, "top": 0}]},
            {"instances": [{"other": 1}]},
        ],
    }
    by_name, by_notebook = answered(SKLEARN, calls, tmp_path)
    assert by_name == [{"result": {"labels": [{"categories": ["no"]}, {"categories": ["yes"]}]}}]
    assert by_notebook == [
        {"result": {"labels": [{"results": ["high"]}, {"result": 1.0}]}},
        [336001, "features, please"],
    ]


def test_many_rows_are_one_prediction(start: Start) -> None:
    found = ask(start("sklearn plain"), *[[float(n)] * 4 for n in range(500)])
    assert found[499] == pytest.approx([499 * 4.0])


ROW = {"features": [0.0, 0.0, 0.0, 0.0]}
WRONG: list[tuple[str, bytes, str, int]] = [
    ("content type", b'{"instances": []}', "text/plain", 336001),
    ("form", b"instances=1", "application/x-www-form-urlencoded", 336001),
    ("no utf-8", b'{"instances": "\xff"}', "application/json", 336005),
    ("no json", b'{"instances": [', "application/json;charset=UTF-8", 336002),
    ("nan", b'{"instances": [{"features": [NaN, 0, 0, 0]}]}', "application/json", 336002),
    ("full-width comma", '{"instances": [{"features": [1，2]}]}'.encode(), "application/json", 336002),
    ("empty", b"", "application/json", 336002),
    ("array", b"[]", "application/json", 336001),
    ("instances of a text", b'{"instances": "x"}', "application/json", 336001),
    ("an instance that is none", b'{"instances": [1]}', "application/json", 336001),
    ("no instances", b"{}", "application/json", 336006),
    ("empty instances", b'{"instances": []}', "application/json", 336006),
    ("no features", b'{"instances": [{}]}', "application/json", 336006),
    ("too large", b'{"x": "' + b"a" * 4_194_304 + b'"}', "application/json", 336004),
    ("too large and no json", b"a" * 4_194_305, "text/plain", 336001),
    ("deep", b'{"instances":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "application/json", 336002),
]


@pytest.mark.parametrize("name", ["sklearn code", "sklearn plain", "xgboost code", "xgboost plain"])
def test_a_wrong_body_is_told_by_the_manuals_code(start: Start, name: str) -> None:
    server = start(name)
    for case, body, content_type, code in WRONG:
        reply = server.post(body, content_type)
        assert (case, reply["error_code"]) == (case, code)
        assert list(reply) == ["error_code", "error_msg"]
        assert "Traceback" not in reply["error_msg"]
    assert ask(server, ROW["features"])


@pytest.mark.parametrize(
    ("features", "code"),
    [
        ([1, 2, 3], 336001),
        ("x", 336001),
        (["x"] * 4, 336001),
        ([True] * 4, 336001),
        ([1e999] * 4, 336002),
        ([], 336006),
    ],
)
def test_wrong_features_are_refused_and_named(start: Start, features: object, code: int) -> None:
    text = json.dumps({"instances": [ROW, {"features": features}]}).replace("Infinity", "1e999")
    reply = start("sklearn plain").post(text.encode())
    assert reply["error_code"] == code
    assert code == 336002 or "instances[1].features" in reply["error_msg"]


@pytest.mark.parametrize(
    ("name", "message"),
    [("sklearn code", "Failed decoding input"), ("xgboost code", "Missing required parameter")],
)
def test_a_custom_exception_is_answered_as_it_is(start: Start, name: str, message: str) -> None:
    reply = start(name).post(b'{"instances": [{"values": [1]}]}')
    assert reply == {"error_code": 336006, "error_msg": message}
    reply = start(name).post(b'{"instances": [{"features": ["a", "b"]}]}')
    assert reply == {"error_code": 336005, "error_msg": "Failed decoding input"}


def test_an_exception_of_the_users_is_the_internal_error(start: Start) -> None:
    reply = start("sklearn code").post(b'{"instances": [{"features": [1, 2]}]}')
    assert reply == {"error_code": 336000, "error_msg": "Internal error"}


def test_a_model_that_cannot_be_used_is_never_healthy_and_says_why(tmp_path: Path) -> None:
    one = {"SAGEMAKER_MODEL_SERVER_WORKERS": "1"}
    put_model(tmp_path, manifest("sklearn"), {"a.pkl": b"no pickle"})
    assert "a.pkl cannot be read" in refusal_to_serve(tmp_path, image=SKLEARN, **one)
    put_model(tmp_path, manifest("caffe"), {})
    assert "models of caffe have no contract" in refusal_to_serve(tmp_path, image=SKLEARN, **one)


WORKERS = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from openbml_kit.faults import UserFault
from openbml_kit.framework_serving.answers import RefusedError
from openbml_kit.framework_serving.settings import WorkerSettings
from openbml_kit.framework_serving.workers import framework_workers

def answer(workers, document):
    try:
        return workers.answer(document)
    except RefusedError as error:
        return [error.code, error.message]

base = Path(sys.argv[1])
settings = WorkerSettings.from_env(base / "good" / "model", {"SAGEMAKER_MODEL_SERVER_WORKERS": "2"})
rows = [{"instances": [{"features": [n] * 4}]} for n in range(100)]
with framework_workers(base / "good" / "model", settings) as workers, ThreadPoolExecutor(4) as pool:
    print(json.dumps(list(pool.map(lambda row: answer(workers, row), rows))))
    print(json.dumps([answer(workers, {}), answer(workers, {"instances": [{"features": ["x"]}]})]))
try:
    with framework_workers(base / "bad" / "model", replace(settings, size=1)):
        print("never")
except UserFault as fault:
    print(json.dumps(str(fault)))
"""


def test_a_batch_asks_workers_without_http(files: dict[str, dict[str, bytes]], tmp_path: Path) -> None:
    content = {"regressor.joblib": files[SKLEARN]["regressor.joblib"]}
    put_model(tmp_path / "good", manifest("sklearn"), content)
    put_model(tmp_path / "bad", manifest("sklearn"), {})
    lines = run_python(SKLEARN, WORKERS, tmp_path, base=tmp_path).splitlines()
    found, refusals, reason = (json.loads(line) for line in lines)
    sums = [one["result"]["labels"][0]["categories"][0] for one in found]
    assert sums == pytest.approx([4 * n for n in range(100)], abs=1e-6)
    assert [code for code, _ in refusals] == [336006, 336001]
    assert reason == "one file of .pkl, .pickle, .joblib must be the model; found: none"
