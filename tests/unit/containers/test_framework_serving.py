"""The parts of framework serving that need no framework."""

import base64
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from openbml_catalog.frameworks.manifest import FrameworkManifest, PictureInput
from openbml_kit.faults import UserFault
from openbml_kit.framework_serving.answers import GarbageError, RefusedError, written
from openbml_kit.framework_serving.bodies import read_object
from openbml_kit.framework_serving.detector_inputs import detector_input
from openbml_kit.framework_serving.environment import allowed
from openbml_kit.framework_serving.loading import inside, load_framework, read_manifest
from openbml_kit.framework_serving.paddle_tensors import Tensor, read_tensors, written_tensors
from openbml_kit.framework_serving.picture_answers import PictureClassification, labels_of
from openbml_kit.framework_serving.pictures import PictureView
from openbml_kit.framework_serving.service_code import PredictWrapperCode, shaped
from openbml_kit.framework_serving.settings import WorkerSettings
from openbml_kit.framework_serving.worker import answer_body


def refusal(work: Any, *arguments: Any, **more: Any) -> int:
    with pytest.raises(RefusedError) as error:
        work(*arguments, **more)
    return error.value.code


def code_of(work: Any, *arguments: Any) -> int | None:
    try:
        work(*arguments)
    except RefusedError as error:
        return error.code
    return None


# --- bodies -----------------------------------------------------------------------------------------------


@given(st.binary(max_size=200), st.sampled_from(["application/json", "application/json; charset=utf-8", "x"]))
def test_any_body_is_an_object_or_refused(body: bytes, content_type: str) -> None:
    assert code_of(read_object, body, content_type) in (None, 336001, 336002, 336005)


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, object(), b"bytes", {1, "a", None, object()}, "\ud800"]
)
def test_what_json_cannot_say_is_garbage(value: object) -> None:
    with pytest.raises(GarbageError):
        written({"result": value})


def test_numbers_of_numpy_are_written_as_numbers() -> None:
    document = {"a": np.float32(0.5), "b": np.arange(3), "c": [np.bool_(True)], 4: ("x", np.int64(2**40))}
    assert json.loads(written(document)) == {"a": 0.5, "b": [0, 1, 2], "c": [True], "4": ["x", 2**40]}


# --- the environment of users' code -----------------------------------------------------------------------


def test_users_code_sees_no_credentials() -> None:
    kept = {
        "PATH": "/bin",
        "OMP_NUM_THREADS": "1",
        "LC_ALL": "C",
        "SM_NUM_CPUS": "2",
        "CUDA_VISIBLE_DEVICES": "0",
    }
    secret = dict.fromkeys(
        (
            "AWS_ACCESS_KEY_ID",
            "AWS_SESSION_TOKEN",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN",
            "DATABASE_PASSWORD",
            "TF_SECRET",
            "TORCH_ACCESS_TOKEN",
            "CUDA_API_KEY",
            "ANYTHING_ELSE",
        ),
        "x",
    )
    assert allowed(kept | secret) == kept
    assert allowed(allowed(kept | secret)) == kept


def test_as_many_workers_as_cores_and_memory_allow(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"x" * 1000)
    env = {"SML_NUM_CPUS": "1"}
    assert WorkerSettings.from_env(tmp_path, env).size == 1
    told = WorkerSettings.from_env(tmp_path, env | {"SAGEMAKER_MODEL_SERVER_WORKERS": "3"})
    assert (told.size, told.cores, told.max_waiting) == (3, 1, 96)
    with pytest.raises(UserFault, match="OPENBML_WORKER_MEMORY_MB is 'x'"):
        WorkerSettings.from_env(tmp_path, env | {"OPENBML_WORKER_MEMORY_MB": "x"})


# --- service code -----------------------------------------------------------------------------------------

EXCEPTION = """
class CustomException(RuntimeError):
    def __init__(self, error_code, message, orig_error=None):
        super().__init__(message)
        self.error_code = error_code
"""
WRAPPER = """
class PredictWrapper:
    def __init__(self, model_path, use_gpu, logger):
        self.told = (model_path, use_gpu, logger.name)
    def preprocess(self, request_body):
        if request_body == {}:
            raise CustomException(336006, "nothing")
        return request_body, {"scale": 2}, {"context": 1}
    def predict(self, data, infer_args):
        return data["value"] * infer_args["scale"]
    def postprocess(self, infer_result, request_context):
        return {"value": infer_result, **request_context, "told": self.told}
"""


def code_in(folder: Path, text: str, name: str) -> PredictWrapperCode:
    (folder / name).write_text(text)
    return PredictWrapperCode(folder, name)


def test_the_wrapper_is_asked_in_its_order(tmp_path: Path) -> None:
    code = code_in(tmp_path, EXCEPTION + WRAPPER, "fw_order.py")
    told = (str(tmp_path), False, "service_code")
    assert code.answer({"value": 4}) == {"value": 8, "context": 1, "told": told}
    with pytest.raises(RefusedError) as error:
        code.answer({})
    assert (error.value.code, error.value.message) == (336006, "nothing")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (WRAPPER, "no exception class CustomException"),
        ("CustomException = 3" + WRAPPER, "no exception class CustomException"),
        ("class CustomException: pass\n" + WRAPPER, "no exception class CustomException"),
        (EXCEPTION, "no class PredictWrapper"),
        (EXCEPTION + WRAPPER.replace("def preprocess", "def other"), "no method preprocess"),
        (EXCEPTION + WRAPPER.replace("def postprocess", "def other"), "no method postprocess"),
        (EXCEPTION + WRAPPER.replace("def predict", "def other"), "no method predict"),
    ],
)
def test_code_that_lacks_something_says_what(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(UserFault, match=reason):
        code_in(tmp_path, text, f"fw_lacks_{abs(hash(text))}.py")


def test_a_name_that_is_in_use_and_a_way_out_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserFault, match="the name of a module that is in use"):
        code_in(tmp_path, EXCEPTION + WRAPPER, "json.py")
    with pytest.raises(UserFault, match="there is no"):
        inside(tmp_path, "../..")
    (tmp_path / "link").symlink_to("/etc/hostname")
    with pytest.raises(UserFault, match="there is no link"):
        inside(tmp_path, "link")


def test_preprocess_must_return_three_values(tmp_path: Path) -> None:
    text = EXCEPTION + WRAPPER.replace('return request_body, {"scale": 2}, {"context": 1}', "return 1")
    with pytest.raises(TypeError, match="data, infer_args and request_context"):
        code_in(tmp_path, text, "fw_three.py").answer({"value": 1})


@pytest.mark.parametrize(
    ("result", "document"),
    [
        ({"a": 1}, {"a": 1}),
        ([1], {"results": [1]}),
        ((1,), {"results": (1,)}),
        (1, {"result": 1}),
        ("x", {"result": "x"}),
    ],
)
def test_a_result_is_shaped_by_its_type(result: object, document: object) -> None:
    assert shaped(result) == document


# --- the folder -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "{", "[]", '{"framework": "sklearn"}', '{"unknown": 1}'])
def test_a_manifest_that_is_none_is_the_users_fault(tmp_path: Path, text: str) -> None:
    (tmp_path / "framework.json").write_text(text)
    with pytest.raises(UserFault, match=r"framework.json cannot be used"):
        read_manifest(tmp_path)


def test_a_contract_that_a_framework_does_not_have_is_refused(tmp_path: Path) -> None:
    manifest = {"framework": "pytorch", "task": "image_classification", "contract": "task"}
    (tmp_path / "framework.json").write_text(json.dumps(manifest))
    with pytest.raises(UserFault, match="models of pytorch have no contract 'task'"):
        load_framework(tmp_path)


# --- tensors of Paddle ------------------------------------------------------------------------------------


def entry(**more: Any) -> dict[str, Any]:
    return {"name": "x", "shape": [2, 1], "type": "FLOAT", "float_data": [1, 2.5]} | more


def read(*entries: Any, names: tuple[str, ...] = ("x",)) -> list[Tensor]:
    return read_tensors({"tensors": list(entries)}, names, where="instances[0]")


def test_a_tensor_is_read_with_its_levels() -> None:
    tensor = read(entry(lod_vector=[{"lod": [0, 1, 1]}, {"lod": [0, 2]}]))[0]
    assert tensor.array.tolist() == [[1.0], [2.5]]
    assert (tensor.array.dtype, tensor.lod) == (np.float32, [[0, 1, 1], [0, 2]])
    scalar = read(entry(shape=[], float_data=[3]))[0]
    assert (scalar.array.shape, float(scalar.array)) == ((), 3.0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": None}, 336006),
        ({"name": 1}, 336001),
        ({"name": "y"}, 336001),
        ({"type": None}, 336006),
        ({"type": "FLOAT64"}, 336001),
        ({"shape": None}, 336006),
        ({"shape": 2}, 336001),
        ({"shape": [2.0, 1]}, 336001),
        ({"shape": [True, 2]}, 336001),
        ({"shape": [-1, -2]}, 336001),
        ({"shape": [1] * 10}, 336001),
        ({"shape": [2**40, 2**40]}, 336001),
        ({"shape": [3]}, 336001),
        ({"float_data": None}, 336006),
        ({"float_data": "12"}, 336001),
        ({"float_data": [1, "2"]}, 336001),
        ({"float_data": [1, 1e39]}, 336001),
        ({"float_data": [1, 2**2000]}, 336001),
        ({"int32_data": [1, 2]}, 336001),
        ({"type": "INT64"}, 336001),
        ({"type": "INT64", "float_data": None, "int64_data": [1, 2.0]}, 336001),
        ({"type": "INT64", "float_data": None, "int64_data": [1, 2**63]}, 336001),
        ({"type": "INT32", "float_data": None, "int32_data": [-(2**31) - 1, 0]}, 336001),
        ({"lod_vector": {"lod": [0, 2]}}, 336001),
        ({"lod_vector": [{"lod": [0, 1]}]}, 336001),
        ({"lod_vector": [[0, 2]]}, 336001),
        ({"lod_vector": [{"lod": [0]}]}, 336001),
        ({"lod_vector": [{"lod": [0, 2, 1, 2]}]}, 336001),
        ({"lod_vector": [{"lod": [0, 2]}, {"lod": [0, 2]}]}, 336001),
    ],
)
def test_a_wrong_tensor_is_refused(change: dict[str, Any], code: int) -> None:
    assert refusal(read, entry(**change)) == code


def test_the_lod_of_the_only_tensor_may_stand_beside_it() -> None:
    beside = {"tensors": [entry()], "lod_vector": [{"lod": [0, 1, 2]}]}
    assert read_tensors(beside, ("x",), where="i")[0].lod == [[0, 1, 2]]
    for wrong in ([], [entry(), entry(name="y")], [entry(lod_vector=[{"lod": [0, 2]}])], [1]):
        document = {"tensors": wrong, "lod_vector": [{"lod": [0, 2]}]}
        assert code_of(lambda one: read_tensors(one, ("x", "y"), where="i"), document) in (336001, 336006)


def test_the_tensors_must_be_the_models() -> None:
    assert refusal(read, entry(), entry()) == 336001
    assert refusal(read, entry(), names=("x", "y")) == 336006
    assert refusal(read, "x") == 336001
    assert refusal(read) == 336006
    assert refusal(read_tensors, {"tensors": {}}, ("x",), where="i") == 336001


def test_outputs_are_written_by_their_type() -> None:
    kinds: list[tuple[Any, str]] = [
        (np.float64, "FLOAT"),
        (np.float16, "FLOAT"),
        (np.int64, "INT64"),
        (np.uint8, "INT32"),
        (np.bool_, "INT32"),
    ]
    for dtype, kind in kinds:
        found = written_tensors([Tensor("y", np.ones((1, 2), dtype=dtype), [])])["tensors"][0]
        assert found == {"name": "y", "shape": [1, 2], "type": kind, f"{kind.lower()}_data": [1, 1]}
    with pytest.raises(GarbageError, match="complex"):
        written_tensors([Tensor("y", np.ones(1, dtype=np.complex64), [])])
    two = [Tensor("a", np.ones(1), []), Tensor("b", np.ones(1), [[0, 1]])]
    assert written_tensors(two)["lod_vector"] == [{"lod": [0, 1]}]


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3) | st.floats(allow_nan=False), st.lists, max_leaves=6
    )
)
def test_no_tensor_makes_the_reader_fail_otherwise(value: Any) -> None:
    for field in ("name", "shape", "type", "float_data", "lod_vector"):
        assert code_of(read, entry(**{field: value})) in (None, 336001, 336006)


# --- pictures ---------------------------------------------------------------------------------------------


def picture(size: tuple[int, int] = (40, 20)) -> Image.Image:
    """Left third red, middle green, right third blue."""
    image = Image.new("RGB", size, (0, 255, 0))
    third = size[0] // 3
    image.paste((255, 0, 0), (0, 0, third, size[1]))
    image.paste((0, 0, 255), (size[0] - third, 0, *size))
    return image


def test_a_picture_is_cut_or_stretched_and_laid_out_as_told() -> None:
    cut = PictureView(PictureInput(size=15, resize="cover")).square(picture((60, 20)))
    assert cut[7, 7].tolist() == [0, 255, 0]
    assert cut[7, 1].tolist() == [0, 255, 0]
    stretched = PictureView(PictureInput(size=15, resize="stretch", channels="bgr")).square(picture((60, 20)))
    assert stretched[7, 0].tolist() == [0, 0, 255]
    assert stretched[7, 14].tolist() == [255, 0, 0]
    settings = PictureInput(size=15, mean=(0, 0.5, 1), std=(1, 0.5, 2), layout="chw")
    planes = PictureView(settings).normalised(np.full((15, 15, 3), 255, dtype=np.uint8))
    assert planes.shape == (1, 3, 15, 15)
    assert (planes[0, :, 0, 0].tolist(), planes.dtype) == ([1.0, 1.0, 0.0], np.float32)
    last = PictureView(settings.model_copy(update={"layout": "hwc"}))
    assert last.normalised(np.zeros((15, 15, 3), dtype=np.uint8)).shape == (1, 15, 15, 3)


class Fixed:
    def __init__(self, *scores: float) -> None:
        self._scores = np.array(scores, dtype=np.float32)

    def scores(self, picture: Image.Image) -> npt.NDArray[np.float32]:
        return self._scores


def request(**more: Any) -> dict[str, Any]:
    data = io.BytesIO()
    picture().save(data, "PNG")
    return {"image": base64.b64encode(data.getvalue()).decode()} | more


def test_scores_become_probabilities_once() -> None:
    given = PictureClassification(Fixed(0.25, 0.75), ["a", "b"]).answer(request())
    assert given == {"results": [{"name": "b", "score": 0.75}, {"name": "a", "score": 0.25}]}
    logits = PictureClassification(Fixed(0.0, 2.0, -3.0), ["a", "b", "c"]).answer(request(top_num=1))
    assert logits["results"] == [{"name": "b", "score": pytest.approx(0.8756, abs=1e-4)}]
    with pytest.raises(UserFault, match="2 scores for 3 labels"):
        PictureClassification(Fixed(0.0, 2.0), ["a", "b", "c"]).warm_up()
    for wrong in ({"top_num": 0}, {"top_num": 1.5}, {"top_num": "x"}, {"top_num": True}):
        assert refusal(PictureClassification(Fixed(1.0), ["a"]).answer, request(**wrong)) == 336001


def detection_manifest(**more: Any) -> FrameworkManifest:
    given = {"framework": "paddlepaddle", "task": "object_detection", "contract": "task"}
    return FrameworkManifest.model_validate(given | more)


def test_a_detector_sees_all_of_the_picture_and_knows_its_scale(tmp_path: Path) -> None:
    seen = detector_input(tmp_path, detection_manifest(picture={"size": 32, "channels": "bgr"}))
    inputs = seen.of(picture((64, 16)))
    assert inputs["image"].shape == (1, 3, 32, 32)
    assert inputs["im_shape"].tolist() == [[32, 32]]
    assert inputs["scale_factor"].tolist() == [[2.0, 0.5]]


CONFIGURATION = """
Preprocess:
- {type: Resize, target_size: [40, 64], keep_ratio: true, interp: 2}
- {type: NormalizeImage, is_scale: true, mean: [0, 0, 0], std: [1, 1, 1], norm_type: none}
- {type: Permute}
- {type: PadStride, stride: 32}
label_list: [cat, 7]
"""


def test_an_exports_own_configuration_counts_where_the_manifest_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "infer_cfg.yml").write_text(CONFIGURATION)
    seen = detector_input(tmp_path, detection_manifest())
    assert list(seen.labels) == ["cat", "7"]
    inputs = seen.of(picture((80, 20)))  # the longer side is the limit: 64 x 16, filled to 64 x 32
    assert inputs["image"].shape == (1, 3, 32, 64)
    assert inputs["im_shape"].tolist() == [[16, 64]]
    assert inputs["scale_factor"].tolist() == pytest.approx(np.array([[0.8, 0.8]]))
    assert inputs["image"][0, :, 8, 2].tolist() == [1, 0, 0]
    assert inputs["image"][0, :, 16:].max() == 0
    assert seen.of(picture((20, 80)))["im_shape"].tolist() == [[64, 16]]
    told = detector_input(tmp_path, detection_manifest(picture={"size": 32}))
    assert (told.height, told.keep_ratio, list(told.labels)) == (32, False, [])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[", "is no configuration"),
        ("a: 1", "is no configuration"),
        ("Preprocess: [{type: Permute}]", "is no configuration"),
        ("Preprocess: [{type: Resize, target_size: [1]}]", "is no configuration"),
        ("Preprocess: [{type: WarpAffine}]", "the step WarpAffine"),
    ],
)
def test_a_configuration_that_cannot_be_followed_is_told(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "infer_cfg.yaml").write_text(text)
    with pytest.raises(UserFault, match=reason):
        detector_input(tmp_path, detection_manifest())


def test_labels_are_the_manifests_or_a_files(tmp_path: Path) -> None:
    manifest = FrameworkManifest(framework="paddlepaddle", task="image_classification", contract="task")
    with pytest.raises(UserFault, match="no labels"):
        labels_of(tmp_path, manifest)
    (tmp_path / "label_list.txt").write_text("\ufeffcat\n\n 狗 \n", encoding="utf-8")
    assert labels_of(tmp_path, manifest) == ["cat", "狗"]
    assert list(labels_of(tmp_path, manifest.model_copy(update={"labels": ("x",)}))) == ["x"]


# --- the worker's answers ---------------------------------------------------------------------------------


def test_a_failure_is_one_line_of_the_log_and_the_internal_error(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def answer(self, document: dict[str, Any]) -> dict[str, Any]:
            raise OSError(f"secret\nof {document['x']}")

        def warm_up(self) -> None: ...

    assert json.loads(answer_body(Broken(), b'{"x": 1}')) == {
        "error_code": 336000,
        "error_msg": "Internal error",
    }
    assert [record.getMessage().partition(" (")[0] for record in caplog.records] == [
        "a call failed: OSError: secret of 1"
    ]
    assert "\n" not in caplog.records[0].getMessage()
