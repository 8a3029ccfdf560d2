"""The static check of service code (spec 03 section 8, spec 08 section 8.4); nothing of it runs."""

import pytest

from openbml.models.checks.service_code import service_code_faults
from tests.fakes.model_file_samples import HOOKS, WRAPPER

NOTEBOOK = b"""
class CustomException(RuntimeError):
    def __init__(self, message, orig_error=None):
        super().__init__(message)

class PredictWrapper:
    def __init__(self, model_path):
        pass

    def preprocess(self, request_body, **preprocess_args):
        return {}, {}, {}

    def postprocess(self, infer_result, request_context, **postprocess_args):
        return infer_result
"""


def faults(source: bytes, form: str = "wrapper") -> list[str]:
    return [row.code for row in service_code_faults(source, form)]  # type: ignore[arg-type]  # texts of tests


@pytest.mark.parametrize("source", [WRAPPER, NOTEBOOK])
def test_both_ways_of_writing_a_wrapper_pass(source: bytes) -> None:
    assert faults(source) == []


def test_hooks_of_pytorch_pass() -> None:
    assert faults(HOOKS, "functions") == []
    assert faults(b"anything (", "none") == []


@pytest.mark.parametrize("name", [b"CustomException", b"PredictWrapper", b"preprocess", b"postprocess"])
def test_a_missing_name_fails(name: bytes) -> None:
    assert faults(WRAPPER.replace(name, b"other")) == ["code_name_missing"]


@pytest.mark.parametrize("name", [b"model_fn", b"input_fn", b"output_fn"])
def test_a_missing_hook_fails(name: bytes) -> None:
    assert faults(HOOKS.replace(name, b"other"), "functions") == ["code_name_missing"]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b"(self, model_path, use_gpu, logger)", b"(self, model_path, use_gpu)"),
        (b"(self, request_body)", b"(self)"),
        (b"(self, request_body)", b"(self, request_body, *, language)"),
        (b"(self, data, infer_args)", b"(self)"),
        (b"(self, infer_result, request_context)", b"(self, infer_result)"),
        (b"(self, error_code, message, orig_error=None)", b"(self)"),
        (b"(RuntimeError)", b"(object)"),
        (b"(RuntimeError)", b""),
        (b"    def preprocess", b"    async def preprocess"),
    ],
)
def test_a_signature_that_cannot_be_called_fails(right: bytes, wrong: bytes) -> None:
    assert faults(WRAPPER.replace(right, wrong)) == ["code_signature"]


def test_optional_arguments_and_varargs_can_be_called() -> None:
    source = WRAPPER.replace(b"(self, data, infer_args)", b"(self, *args)")
    source = source.replace(b"(self, request_body)", b"(self, request_body, top=5, *, verbose=False)")

    assert faults(source) == []


def test_definitions_under_conditions_and_of_bases_count() -> None:
    source = b"try:\n    import x\nexcept ImportError:\n    pass\nif True:\n"
    source += b"\n".join(b"    " + line for line in WRAPPER.splitlines())
    assert faults(source) == []
    inherited = WRAPPER.replace(b"class PredictWrapper(object)", b"class Base")
    assert faults(inherited + b"\nclass PredictWrapper(Base):\n    pass\n") == []
    assert faults(WRAPPER + b"\nclass PredictWrapper(somewhere.Else):\n    pass\n") == []


def test_a_class_that_is_its_own_base_ends() -> None:
    assert faults(WRAPPER.replace(b"PredictWrapper(object)", b"PredictWrapper(PredictWrapper)")) == []


@pytest.mark.parametrize(
    "source",
    [
        b"def f(:\n",
        b"x = 1\0",
        b"\xff\xfe\x00",
        b"# coding: nonsense\n",
        b"(" * 5_000 + b")" * 5_000,
        b"x = " + b"-" * 50_000 + b"1",
        b"print 'python 2'\n",
    ],
)
def test_what_is_no_python_fails_and_says_so(source: bytes) -> None:
    assert faults(source) == ["code_syntax"]


def test_a_syntax_error_names_its_line() -> None:
    (fault,) = service_code_faults(b"a = 1\nb = = 2\n", "wrapper")

    assert "line 2" in fault.message


def test_odd_escapes_are_no_concern() -> None:
    assert faults(WRAPPER + b'\npattern = "\\d"\n') == []


def test_nothing_is_run() -> None:
    assert faults(WRAPPER + b"\nraise SystemExit('ran')\n") == []
