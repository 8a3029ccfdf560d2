"""The user's functions, the defaults that stand in for them, and content types."""

import io
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_kit.faults import UserFault
from openbml_kit.script_serving.content import UndecodableError, UnsupportedTypeError, decode, encode
from openbml_kit.script_serving.functions import Request, UserFunctions, load_module, status_of
from openbml_kit.script_serving.settings import ScriptServingSettings


class Doubling:
    def predict(self, data: Any) -> Any:
        return numpy.asarray(data) * 2


def module(**functions: Any) -> ModuleType:
    made = ModuleType("inference")
    vars(made).update({"model_fn": lambda model_dir: Doubling()} | functions)
    return made


def loaded(**functions: Any) -> UserFunctions:
    made = UserFunctions(module(**functions), Path("/opt/ml/model"), default_accept="application/json")
    made.load()
    return made


def ask(functions: UserFunctions, body: bytes, content_type: str, accept: str = "*/*") -> Any:
    return functions.answer(Request(body, content_type, accept))


def npy(rows: Any) -> bytes:
    buffer = io.BytesIO()
    numpy.save(buffer, numpy.asarray(rows))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"[[1, 2], [3, 4]]", "application/json"),
        (b"[1,2]\n[3,4]\n", "application/jsonlines"),
        (b"1,2\n3,4\n", "text/csv; charset=utf-8"),
        (npy([[1, 2], [3, 4]]), "application/x-npy"),
    ],
)
def test_the_default_decoders_give_the_model_the_same_rows(body: bytes, content_type: str) -> None:
    reply = ask(loaded(), body, content_type)
    assert (reply.status, reply.content_type, json.loads(reply.body)) == (
        200,
        "application/json",
        [[2, 4], [6, 8]],
    )


@pytest.mark.parametrize(
    ("accept", "body"),
    [
        ("text/csv", b"2,4\n6,8\n"),
        ("application/jsonlines", b"[2, 4]\n[6, 8]\n"),
        ("application/x-npy", npy([[2, 4], [6, 8]])),
        ("text/plain, */*", b"[[2, 4], [6, 8]]"),
    ],
)
def test_the_default_encoders_write_what_is_asked_for(accept: str, body: bytes) -> None:
    assert ask(loaded(), b"[[1, 2], [3, 4]]", "application/json", accept).body == body


def test_the_users_functions_stand_in_the_middle_with_a_context_where_they_take_one() -> None:
    functions = loaded(
        input_fn=lambda body, kind: [int(word) for word in body.split()],
        predict_fn=lambda data, model, context: (model.predict(data), context.system_properties["model_dir"]),
        output_fn=lambda prediction, accept: (f"{prediction[0].sum()} {prediction[1]}", "text/plain"),
    )
    reply = ask(functions, b"1 2", "text/plain")
    assert (reply.content_type, reply.body) == ("text/plain", b"6 /opt/ml/model")


def test_a_transform_function_does_all_of_it() -> None:
    functions = loaded(transform_fn=lambda model, body, kind, accept: {"kind": kind, "size": len(body)})
    assert json.loads(ask(functions, b"\xff\x00", "image/png").body) == {"kind": "image/png", "size": 2}


@pytest.mark.parametrize(
    ("functions", "words"),
    [
        ({"model_fn": None}, "has no model_fn"),
        ({"transform_fn": print, "predict_fn": print}, "transform_fn replaces"),
        ({"model_fn": lambda model_dir: 3}, "has no predict method"),
    ],
)
def test_functions_that_cannot_work_are_told_before_the_first_request(functions: Any, words: str) -> None:
    with pytest.raises(UserFault, match=words):
        loaded(**functions)


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "text/csv", 400),
        (b"x", "image/png", 415),
        (b"x", "application/x-npy", 400),
    ],
)
def test_a_bad_request_is_the_clients_fault(body: bytes, content_type: str, status: int) -> None:
    with pytest.raises((UndecodableError, UnsupportedTypeError)) as caught:
        ask(loaded(), body, content_type)
    assert status_of(caught.value) == status


def test_a_pickled_array_is_never_loaded() -> None:
    buffer = io.BytesIO()
    numpy.save(buffer, numpy.array([object()], dtype=object), allow_pickle=True)
    with pytest.raises(UndecodableError):
        decode(buffer.getvalue(), "application/x-npy")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda one: st.lists(one), max_leaves=8
    )
)
def test_json_comes_back_as_it_was_sent(value: Any) -> None:
    assert (
        json.loads(encode(decode(json.dumps(value).encode(), "application/json"), "application/json"))
        == value
    )


def test_a_program_is_imported_with_its_neighbours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", list(__import__("sys").path))
    (tmp_path / "kit_test_neighbour.py").write_text("answer = 42")
    (tmp_path / "kit_test_program.py").write_text(
        "import kit_test_neighbour\ndef model_fn(folder): return kit_test_neighbour.answer"
    )
    assert load_module("kit_test_program.py", tmp_path).model_fn("x") == 42
    with pytest.raises(UserFault, match="it must define model_fn"):
        load_module("inference.py", tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SAGEMAKER_MODEL_SERVER_WORKERS", "0"),
        ("SAGEMAKER_MODEL_SERVER_TIMEOUT", "x"),
        ("SAGEMAKER_BIND_TO_PORT", "-1"),
    ],
)
def test_a_bad_setting_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(UserFault, match=name):
        ScriptServingSettings.from_env({name: value})


def test_the_pages_variables_are_read(tmp_path: Path) -> None:
    settings = ScriptServingSettings.from_env(
        {
            "SAGEMAKER_BASE_DIR": str(tmp_path),
            "SAGEMAKER_MODEL_SERVER_WORKERS": "2",
            "SAGEMAKER_MODEL_SERVER_TIMEOUT": "30",
            "SAGEMAKER_MAX_PAYLOAD_IN_MB": "0",
            "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv",
            "SAGEMAKER_BIND_TO_PORT": "9000",
        }
    )
    assert (settings.workers, settings.timeout_s, settings.max_body_bytes) == (2, 30, None)
    assert (settings.default_accept, settings.host, settings.port) == ("text/csv", "127.0.0.1", 9000)
    assert settings.submit_directory == str(tmp_path / "model" / "code")
