"""Paddle's exported programs: tensors in, tensors out (spec 08 section 8.2)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from paddle import inference

from openbml_catalog.frameworks.manifest import FrameworkManifest
from openbml_kit.faults import UserFault
from openbml_kit.framework_serving.answers import refused
from openbml_kit.framework_serving.bodies import read_objects
from openbml_kit.framework_serving.loading import FrameworkHandler, inside
from openbml_kit.framework_serving.paddle_tensors import Tensor, read_tensors, written_tensors

# How a program of Paddle 3 begins; other json files lie beside it.
_JSON_PROGRAM = b'"magic":"pir"'
_HEAD_BYTES = 256
_SHOWN_CHARACTERS = 200
_MOST_CLONES = 4


class PaddleProgram:
    """A program with its parameters; one thread at a time."""

    def __init__(self, folder: Path, manifest: FrameworkManifest, *, cores: int) -> None:
        program, parameters = _files(inside(folder, manifest.model_file))
        config = inference.Config(str(program), str(parameters))
        config.disable_glog_info()
        config.set_cpu_math_library_num_threads(cores)
        try:
            first = inference.create_predictor(config)
        except (RuntimeError, ValueError, OSError) as error:
            raise UserFault(f"{program.name} cannot be loaded: {_cause(error)}") from error
        self.inputs: Sequence[str] = list(first.get_input_names())
        self._outputs: Sequence[str] = list(first.get_output_names())
        self._predictors: dict[frozenset[str], Any] = {frozenset(): first}

    def run(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Return the outputs in the program's order.

        Raises:
            ValueError: an input has a shape or a type that the program does not take.
        """
        predictor = self._predictor_of(tensors)
        for tensor in tensors:
            handle = predictor.get_input_handle(tensor.name)
            handle.copy_from_cpu(tensor.array)
            handle.set_lod(tensor.lod)
        predictor.run()
        handles = [(name, predictor.get_output_handle(name)) for name in self._outputs]
        return [Tensor(name, handle.copy_to_cpu(), handle.lod()) for name, handle in handles]

    def _predictor_of(self, tensors: Sequence[Tensor]) -> Any:
        """Return the predictor of calls whose inputs with a LoD are the same.

        A predictor keeps the LoD of its outputs until another one replaces it, so that a call without would
        get that of an earlier one. Clones share their parameters.
        """
        with_lod = frozenset(tensor.name for tensor in tensors if tensor.lod)
        if with_lod not in self._predictors:
            if len(self._predictors) > _MOST_CLONES:
                del self._predictors[next(key for key in self._predictors if key)]
            self._predictors[with_lod] = self._predictors[frozenset()].clone()
        return self._predictors[with_lod]


class PaddleModel:
    """Each instance is one run: its tensors say their own batch."""

    def __init__(self, program: PaddleProgram) -> None:
        self._program = program

    def answer(self, document: dict[str, Any]) -> dict[str, Any]:
        instances = [
            read_tensors(instance, self._program.inputs, where=f"instances[{index}]")
            for index, instance in enumerate(read_objects(document))
        ]
        return {"result": {"predictions": [self._prediction(tensors) for tensors in instances]}}

    def warm_up(self) -> None:
        """A program does not say which shapes it takes."""

    def _prediction(self, tensors: Sequence[Tensor]) -> dict[str, Any]:
        try:
            return written_tensors(self._program.run(tensors))
        except ValueError as error:
            raise refused("invalid_argument", _cause(error)) from error


def load(folder: Path, manifest: FrameworkManifest, *, cores: int) -> FrameworkHandler:
    """Return the handler.

    Raises:
        UserFault: the program cannot be loaded.
    """
    return PaddleModel(PaddleProgram(folder, manifest, cores=cores))


def _files(named: Path) -> tuple[Path, Path]:
    """The program and its parameters: two files of one name, or `__model__` and `__params__`. A program that
    has no parameters is exported without their file."""
    if named.is_file():
        return named, _parameters_of(named)
    found = [path for path in sorted(named.iterdir()) if _is_program(path)]
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise UserFault(f"one program (.pdmodel, .json or __model__) must be the model; found: {names}")
    return found[0], _parameters_of(found[0])


def _is_program(path: Path) -> bool:
    if path.suffix == ".json" and path.is_file():
        with path.open("rb") as file:
            return _JSON_PROGRAM in file.read(_HEAD_BYTES)
    return path.suffix == ".pdmodel" or path.name == "__model__"


def _parameters_of(program: Path) -> Path:
    if program.name == "__model__":
        return program.with_name("__params__")
    return program.with_suffix(".pdiparams")


def _cause(error: Exception) -> str:
    """Paddle's messages are pages of C++; one line of them says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    named = [line for line in lines if "Error:" in line]
    return (named or lines or [type(error).__name__])[0][:_SHOWN_CHARACTERS]
