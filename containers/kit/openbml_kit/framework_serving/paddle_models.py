"""Paddle's exported programs: tensors in, tensors out (spec 08 section 8.2)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from paddle import inference

from openbml_catalog.frameworks.manifest import MANIFEST_FILE, FrameworkManifest
from openbml_kit.faults import UserFault
from openbml_kit.framework_serving.answers import refused
from openbml_kit.framework_serving.bodies import read_objects
from openbml_kit.framework_serving.loading import FrameworkHandler, inside
from openbml_kit.framework_serving.paddle_tensors import Tensor, read_tensors, written_tensors

_PROGRAMS = (".pdmodel", ".json")
_PARAMETERS = ".pdiparams"
_SHOWN_CHARACTERS = 200


class PaddleProgram:
    """A program with its parameters; one thread at a time."""

    def __init__(self, folder: Path, manifest: FrameworkManifest, *, cores: int) -> None:
        program, parameters = _files(inside(folder, manifest.model_file))
        config = inference.Config(str(program), str(parameters))
        config.disable_glog_info()
        config.set_cpu_math_library_num_threads(cores)
        config.enable_memory_optim()
        try:
            self._predictor = inference.create_predictor(config)
        except (RuntimeError, ValueError, OSError) as error:
            raise UserFault(f"{program.name} cannot be loaded: {_cause(error)}") from error
        self.inputs: Sequence[str] = list(self._predictor.get_input_names())
        self._outputs: Sequence[str] = list(self._predictor.get_output_names())

    def run(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Return the outputs in the program's order.

        Raises:
            ValueError: an input has a shape or a type that the program does not take.
        """
        for tensor in tensors:
            handle = self._predictor.get_input_handle(tensor.name)
            handle.copy_from_cpu(tensor.array)
            handle.set_lod(tensor.lod)  # also an empty one: it stays from call to call
        self._predictor.run()
        handles = [(name, self._predictor.get_output_handle(name)) for name in self._outputs]
        return [Tensor(name, handle.copy_to_cpu(), handle.lod()) for name, handle in handles]


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
    """The program and its parameters: two files of one name, or `__model__` and `__params__`."""
    if named.is_file():
        return named, _parameters_of(named)
    if (named / "__model__").is_file():
        return named / "__model__", _parameters_of(named / "__model__")
    found = [
        path
        for path in sorted(named.iterdir())
        if path.suffix in _PROGRAMS and path.name != MANIFEST_FILE and _has_parameters(path)
    ]
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise UserFault(f"one program with its {_PARAMETERS} file must be the model; found: {names}")
    return found[0], _parameters_of(found[0])


def _has_parameters(program: Path) -> bool:
    return program.suffix == ".pdmodel" or program.with_suffix(_PARAMETERS).is_file()


def _parameters_of(program: Path) -> Path:
    """A program without parameters is exported without their file."""
    beside = (
        program.with_name("__params__") if program.name == "__model__" else program.with_suffix(_PARAMETERS)
    )
    if not beside.is_file() and program.suffix != ".pdmodel":
        raise UserFault(f"{program.name} lies without its {beside.name}")
    return beside


def _cause(error: Exception) -> str:
    """Paddle's messages are pages of C++; one line of them says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    named = [line for line in lines if "Error:" in line]
    return (named or lines or [type(error).__name__])[0][:_SHOWN_CHARACTERS]
