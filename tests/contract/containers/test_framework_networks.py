"""PyTorch, TensorFlow and Paddle behind the contracts of spec 08 sections 8.2 to 8.4, and their tasks'."""

import base64
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.contract.containers.environments import Server, serving
from tests.contract.containers.framework_models import made_models, manifest, need_environment, put_model

pytestmark = [pytest.mark.contract, pytest.mark.slow]

TORCH, TENSORFLOW, PADDLE = "custom-torch", "custom-tensorflow", "custom-paddle"

TORCH_MODEL = """
import sys, torch
from pathlib import Path

torch.manual_seed(1)
model = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Dropout(0.5))
with torch.no_grad():
    model[0].weight[:] = torch.tensor([[1.0, 2.0]])
    model[0].bias[:] = 0.5
torch.save(model.state_dict(), Path(sys.argv[1]) / "model.pkl")
"""
TORCH_CODE = """
import base64, json
import torch

def model_fn(model_dir):
    model = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Dropout(0.5))
    model.load_state_dict(torch.load(model_dir + "/model.pkl"))
    return model

def input_fn(request):
    rows = [json.loads(base64.b64decode(one["data"])) for one in request["instances"]]
    return torch.tensor(rows, dtype=torch.float32)

def output_fn(predict_result):
    assert not predict_result.requires_grad
    values = predict_result.ravel().tolist()
    return json.dumps(values) if len(values) == 1 else {"values": predict_result}
"""
TENSORFLOW_MODELS = """
import sys
from pathlib import Path
import tensorflow as tf

base = Path(sys.argv[1])
class Two(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="inputs"),
                                  tf.TensorSpec([], tf.float32, name="keep_prob")])
    def predict(self, inputs, keep_prob):
        return {"scores": inputs * keep_prob}
    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.int32, name="x"),
                                  tf.TensorSpec([None], tf.string, name="text")])
    def both(self, x, text):
        return {"sum": tf.reduce_sum(x, 1), "text": tf.strings.upper(text)}
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
    def default(self, x):
        return {"y": x + 1}
    @tf.function(input_signature=[tf.TensorSpec([2, 2], tf.float32, name="x")])
    def fixed(self, x):
        return {"y": tf.linalg.trace(x)}
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
    def nan(self, x):
        return {"y": tf.math.log(x - 1000.0)}

two = Two()
signatures = {"predict_images": two.predict, "both": two.both, "fixed": two.fixed, "nan": two.nan}
tf.saved_model.save(two, str(base / "two"), signatures=signatures | {"serving_default": two.default})
tf.saved_model.save(two, str(base / "only"), signatures={"predict_images": two.predict})

class Colours(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 16, 16, 3], tf.float32, name="picture")])
    def classify(self, picture):
        return {"scores": tf.reduce_mean(picture, [1, 2])}  # one class a channel, no softmax
colours = Colours()
tf.saved_model.save(colours, str(base / "colours"), signatures={"serving_default": colours.classify})
"""
PADDLE_MODELS = """
import sys
from pathlib import Path
import paddle

base = Path(sys.argv[1])
spec = paddle.static.InputSpec

class Three(paddle.nn.Layer):
    def __init__(self):
        super().__init__()
        self.line = paddle.nn.Linear(2, 1, weight_attr=paddle.nn.initializer.Constant(2.0),
                                     bias_attr=paddle.nn.initializer.Constant(0.5))
    def forward(self, x, n, k):
        return self.line(x), n * 3, k + paddle.ones([1], "int32")

paddle.jit.save(Three(), str(base / "three" / "model"), input_spec=[
    spec([None, 2], "float32", name="x"), spec([None], "int64", name="n"), spec([None], "int32", name="k")])

class Colours(paddle.nn.Layer):
    def forward(self, picture):
        return paddle.nn.functional.softmax(paddle.mean(picture, axis=[2, 3]))
paddle.jit.save(Colours(), str(base / "colours" / "model"),
                input_spec=[spec([None, 3, 16, 16], "float32", name="p")])

class Found(paddle.nn.Layer):
    # Two boxes and one that is none, in pixels of the picture as PaddleDetection's exports give them.
    def forward(self, image, im_shape, scale_factor):
        factor = paddle.concat([scale_factor[0, 1:2], scale_factor[0, 0:1]] * 2)
        seen = [[4.0, 4.0, 12.0, 8.0], [-3.0, 0.0, 20.0, 16.0], [0.0, 0.0, 0.0, 0.0]]
        boxes = paddle.to_tensor(seen) / factor
        heads = paddle.to_tensor([[1.0, 0.6], [0.0, 0.9], [-1.0, 0.0]])
        heads = heads + 0.0 * paddle.mean(image) + 0.0 * paddle.mean(im_shape)
        return paddle.concat([heads, boxes], axis=1), paddle.to_tensor([3], dtype="int32")
paddle.jit.save(Found(), str(base / "found" / "model"), input_spec=[
    spec([None, 3, 16, 16], "float32", name="image"), spec([None, 2], "float32", name="im_shape"),
    spec([None, 2], "float32", name="scale_factor")])
"""
# The sequence operations need the program format of Paddle 2.
PADDLE_SEQUENCES = """
import os, sys
os.environ["FLAGS_enable_pir_api"] = "0"
from pathlib import Path
import paddle

paddle.enable_static()
main, start = paddle.static.Program(), paddle.static.Program()
with paddle.static.program_guard(main, start):
    x = paddle.static.data("x", [None, 2], "float32")
    y = paddle.static.nn.sequence_pool(x, "sum")
    ones = paddle.ParamAttr(initializer=paddle.nn.initializer.Constant(1.0))
    y = paddle.static.nn.fc(y, 1, weight_attr=ones)
executor = paddle.static.Executor(paddle.CPUPlace())
executor.run(start)
folder = Path(sys.argv[1]) / "sequences"
folder.mkdir()
paddle.static.save_inference_model(str(folder / "model"), [x], [y], executor, program=main)
"""
RELU = """
import sys
from pathlib import Path
import paddle

class Relu(paddle.nn.Layer):
    def forward(self, x):
        return paddle.nn.functional.relu(x)
paddle.jit.save(Relu(), str(Path(sys.argv[1]) / "relu" / "model"),
                input_spec=[paddle.static.InputSpec([None, 2], "float32", name="x")])
"""
Ask = Callable[[dict[str, Any]], dict[str, Any]]


@contextmanager
def asked(
    base: Path, image: str, document: dict[str, Any], files: Mapping[str, bytes | str]
) -> Iterator[Server]:
    put_model(base, document, files)
    with serving(base, image=image, SAGEMAKER_MODEL_SERVER_WORKERS="1") as server:
        yield server


def post(server: Server, document: dict[str, Any]) -> dict[str, Any]:
    return server.post(json.dumps(document).encode())


def of(files: Mapping[str, bytes], folder: str) -> dict[str, bytes]:
    return {name.partition("/")[2]: data for name, data in files.items() if name.startswith(folder + "/")}


def picture(colour: tuple[int, int, int], size: tuple[int, int] = (40, 20)) -> str:
    data = io.BytesIO()
    Image.new("RGB", size, colour).save(data, "PNG")
    return base64.b64encode(data.getvalue()).decode()


def check_common_errors(server: Server, *, needs_instances: bool = True) -> None:
    """The rows of the manual's table that no model decides."""
    cases = [
        (b"{}", "text/plain", 336001),
        (b'{"instances": "\xff"}', "application/json", 336005),
        (b'{"instances": [', "application/json", 336002),
        (b"[1]", "application/json", 336001),
        (b'{"x": "' + b"a" * 4_194_304 + b'"}', "application/json", 336004),
    ]
    if needs_instances:
        cases += [
            (b"{}", "application/json", 336006),
            (b'{"instances": []}', "application/json", 336006),
            (b'{"instances": {}}', "application/json", 336001),
        ]
    for body, content_type, code in cases:
        assert server.post(body, content_type)["error_code"] == code, body[:30]


def test_a_torch_model_between_the_users_functions(tmp_path: Path) -> None:
    need_environment(TORCH)
    made = made_models(TORCH, TORCH_MODEL, tmp_path)
    document = manifest("pytorch", code_file="main.py", model_file="model.pkl")

    def row(*values: float) -> dict[str, str]:
        return {"data": base64.b64encode(json.dumps(values).encode()).decode()}

    with asked(tmp_path / "a", TORCH, document, {"main.py": TORCH_CODE, **made}) as server:
        assert post(server, {"instances": [row(1, 2)]}) == {"result": "[5.5]"}
        assert post(server, {"instances": [row(1, 2), row(0, 0)]}) == {"result": {"values": [[5.5], [0.5]]}}
        check_common_errors(server, needs_instances=False)
        assert post(server, {})["error_code"] == 336006
        assert post(server, {"instances": [{"data": "?"}]})["error_code"] == 336001
        assert post(server, {"instances": [row(1, 2, 3)]}) == {
            "error_code": 336000,
            "error_msg": "Internal error",
        }
        assert post(server, {"instances": [row(1, 2)]}) == {"result": "[5.5]"}


@pytest.fixture(scope="module")
def tensorflow(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    need_environment(TENSORFLOW)
    return made_models(TENSORFLOW, TENSORFLOW_MODELS, tmp_path_factory.mktemp("tensorflow"))


def test_a_saved_models_signatures(tmp_path: Path, tensorflow: dict[str, bytes]) -> None:
    with asked(tmp_path, TENSORFLOW, manifest("tensorflow"), of(tensorflow, "two")) as server:
        check_common_errors(server)
        assert post(server, {"instances": [{"x": 1}, {"x": 2.5}]}) == {"result": {"predictions": [2.0, 3.5]}}
        assert post(server, {"instances": [1, 2.5]}) == {"result": {"predictions": [2.0, 3.5]}}
        named = {"signature_name": "predict_images"}
        rows = [{"inputs": [0.0, 1.0], "keep_prob": 0.5}, {"inputs": [2.0, 4.0], "keep_prob": 0.5}]
        assert post(server, {"instances": rows, **named}) == {"result": {"predictions": [[0, 0.5], [1, 2]]}}
        rows[1]["keep_prob"] = 1  # differs: computed one by one
        assert post(server, {"instances": rows, **named}) == {"result": {"predictions": [[0, 0.5], [2, 4]]}}
        both = {"instances": [{"x": [1, 2], "text": "ä"}, {"x": [3, 4], "text": {"b64": "Yg=="}}]}
        assert post(server, both | {"signature_name": "both"}) == {
            "result": {"predictions": [{"sum": 3, "text": "ä"}, {"sum": 7, "text": "B"}]}
        }
        fixed = {"instances": [[[1, 2], [3, 4]]], "signature_name": "fixed"}
        assert post(server, fixed) == {"result": {"predictions": [5.0]}}
        assert post(server, {"instances": [1], "signature_name": "nan"})["error_code"] == 336000
        wrong: list[tuple[dict[str, Any], int]] = [
            ({"instances": [{"z": 1}]}, 336001),
            ({"instances": [{}]}, 336006),
            ({"instances": [{"inputs": [0.0, 1.0]}], **named}, 336006),
            ({"instances": [1], **named}, 336001),
            ({"instances": [{"inputs": [0.0, 1.0, 2.0], "keep_prob": 1}], **named}, 336001),
            ({"instances": [{"inputs": [[0.0], [1.0, 2.0]], "keep_prob": 1}], **named}, 336001),
            ({"instances": [{"inputs": ["a", "b"], "keep_prob": 1}], **named}, 336001),
            ({"instances": [{"inputs": [0.0, 1e300], "keep_prob": 1}], **named}, 336001),
            ({"instances": [{"x": [1.5, 2], "text": "a"}], "signature_name": "both"}, 336001),
            ({"instances": [{"x": [1, 2**40], "text": "a"}], "signature_name": "both"}, 336001),
            ({"instances": [{"x": [1, 2], "text": 3}], "signature_name": "both"}, 336001),
            ({"instances": [{"x": [1, 2], "text": {"b64": "?"}}], "signature_name": "both"}, 336003),
            ({"instances": [1], "signature_name": "none"}, 336001),
            ({"instances": [1], "signature_name": 7}, 336001),
        ]
        for document, code in wrong:
            assert (document, post(server, document)["error_code"]) == (document, code)
        assert post(server, {"instances": [1]}) == {"result": {"predictions": [2.0]}}


def test_the_only_signature_needs_no_name(tmp_path: Path, tensorflow: dict[str, bytes]) -> None:
    with asked(tmp_path, TENSORFLOW, manifest("tensorflow"), of(tensorflow, "only")) as server:
        reply = post(server, {"instances": [{"inputs": [0.0, 1.0], "keep_prob": 1}]})
        assert reply == {"result": {"predictions": [[0.0, 1.0]]}}


def check_classes(server: Server) -> None:
    reply = post(server, {"image": picture((10, 20, 250)), "top_num": "2"})
    assert [one["name"] for one in reply["results"]] == ["blue", "green"]
    assert 0.3 < reply["results"][0]["score"] < 1
    assert sum(
        one["score"] for one in post(server, {"image": picture((1, 2, 3))})["results"]
    ) == pytest.approx(1)
    wrong: list[tuple[dict[str, Any], int]] = [
        ({}, 336006),
        ({"image": ""}, 336006),
        ({"image": 5}, 336001),
        ({"image": "data:image/png;base64," + picture((1, 2, 3))}, 336003),
        ({"image": base64.b64encode(b"no picture").decode()}, 336005),
        ({"image": picture((1, 2, 3), (14, 40))}, 336004),
        ({"image": "A" * 4_194_308}, 336004),
        ({"image": picture((1, 2, 3)), "top_num": 0}, 336001),
    ]
    for document, code in wrong:
        assert post(server, document)["error_code"] == code


TASK = {"task": "image_classification", "contract": "task", "labels": ["red", "green", "blue"]}


def test_a_saved_model_behind_image_classification(tmp_path: Path, tensorflow: dict[str, bytes]) -> None:
    # Size and layout are the signature's: [None, 16, 16, 3].
    document = manifest("tensorflow", **TASK, picture={"size": 224, "layout": "chw"})
    with asked(tmp_path, TENSORFLOW, document, of(tensorflow, "colours")) as server:
        check_classes(server)


@pytest.fixture(scope="module")
def paddle(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    need_environment(PADDLE)
    folder = tmp_path_factory.mktemp("paddle")
    for script in (PADDLE_MODELS, PADDLE_SEQUENCES, RELU):
        made = made_models(PADDLE, script, folder)
    return made


def tensor(name: str, kind: str, shape: list[int], data: list[float], **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "shape": shape, f"{kind.lower()}_data": data, **more}


def test_a_paddle_program_takes_and_gives_tensors(tmp_path: Path, paddle: dict[str, bytes]) -> None:
    x = tensor("x", "FLOAT", [2, 2], [0.25, 1, 2, 3])
    n, k = tensor("n", "INT64", [2], [1, 2**40]), tensor("k", "INT32", [1], [7])
    with asked(tmp_path, PADDLE, manifest("paddlepaddle"), of(paddle, "three")) as server:
        check_common_errors(server)
        reply = post(server, {"instances": [{"tensors": [x, n, k]}, {"tensors": [k, n, x]}]})
        first, second = reply["result"]["predictions"]
        assert first == second
        assert [{name: one[name] for name in one if name != "name"} for one in first["tensors"]] == [
            {"shape": [2, 1], "type": "FLOAT", "float_data": [3.0, 10.5]},
            {"shape": [2], "type": "INT64", "int64_data": [3, 3 * 2**40]},
            {"shape": [1], "type": "INT32", "int32_data": [8]},
        ]
        wrong: list[tuple[list[Any], int]] = [
            ([], 336006),
            ([x, n], 336006),
            ([x, n, k, tensor("z", "FLOAT", [1], [1])], 336001),
            ([x, x, n, k], 336001),
            ([{**x, "float_data": None}, n, k], 336006),
            ([{**x, "int64_data": [1]}, n, k], 336001),
            ([{**x, "type": "INT64"}, n, k], 336001),
            ([{**x, "type": "DOUBLE"}, n, k], 336001),
            ([{**x, "shape": [3, 2]}, n, k], 336001),
            ([{**x, "shape": [4, 1]}, n, k], 336001),  # the program's own complaint
            ([tensor("x", "INT64", [2, 2], [1, 2, 3, 4]), n, k], 336001),
            ([x, n, tensor("k", "INT32", [1], [2**31])], 336001),
            ([{**x, "name": 3}, n, k], 336001),
            ([{**x, "shape": None}, n, k], 336006),
        ]
        for tensors, code in wrong:
            reply = post(server, {"instances": [{"tensors": tensors}]})
            assert (tensors, reply["error_code"]) == (tensors, code)
            assert len(reply["error_msg"]) < 320
        assert "result" in post(server, {"instances": [{"tensors": [x, n, k]}]})


def test_the_lod_of_a_tensor_reaches_the_model_and_comes_back(
    tmp_path: Path, paddle: dict[str, bytes]
) -> None:
    rows = [float(number) for number in range(10)]

    def x(*offsets: int) -> dict[str, Any]:
        lod = {"lod_vector": [{"lod": list(offsets)}]} if offsets else {}
        return {"instances": [{"tensors": [tensor("x", "FLOAT", [5, 2], rows, **lod)]}]}

    with asked(tmp_path / "a", PADDLE, manifest("paddlepaddle"), of(paddle, "sequences")) as server:
        for offsets, sums in (((0, 3, 5), [15.0, 30.0]), ((0, 1, 5), [1.0, 44.0])):
            found = post(server, x(*offsets))["result"]["predictions"][0]["tensors"][0]
            assert (found["shape"], found["float_data"]) == ([2, 1], sums)
        for wrong in ((0, 3), (1, 5), (0, 4, 3, 5), (0, 9)):
            assert post(server, x(*wrong))["error_code"] == 336001
    with asked(tmp_path / "b", PADDLE, manifest("paddlepaddle"), of(paddle, "relu")) as server:
        assert post(server, x(0, 3, 5))["result"]["predictions"][0]["lod_vector"] == [{"lod": [0, 3, 5]}]
        assert (
            "lod_vector" not in post(server, x())["result"]["predictions"][0]
        )  # nothing stays of the last call


def test_paddle_behind_the_apis_of_its_tasks(tmp_path: Path, paddle: dict[str, bytes]) -> None:
    document = manifest("paddlepaddle", **TASK, picture={"size": 16})
    with asked(tmp_path / "a", PADDLE, document, of(paddle, "colours")) as server:
        check_classes(server)
    document |= {"task": "object_detection", "labels": ["cat", "dog"], "recommended_threshold": 0.7}
    with asked(tmp_path / "b", PADDLE, document, of(paddle, "found")) as server:
        cat = {
            "name": "cat",
            "score": pytest.approx(0.9),
            "location": {"left": 0, "top": 0, "width": 40, "height": 20},
        }
        dog = {
            "name": "dog",
            "score": pytest.approx(0.6),
            "location": {"left": 10, "top": 5, "width": 20, "height": 5},
        }
        assert post(server, {"image": picture((1, 2, 3))}) == {"results": [cat]}
        assert post(server, {"image": picture((1, 2, 3)), "threshold": 0.5}) == {"results": [cat, dog]}
        assert post(server, {"image": picture((1, 2, 3)), "threshold": 2})["error_code"] == 336001
