"""TensorFlow SavedModels in the row format of TensorFlow Serving (spec 08 section 8.3)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from openbml_catalog.frameworks.manifest import FrameworkManifest
from openbml_kit.framework_serving.answers import refused
from openbml_kit.framework_serving.bodies import read_instances
from openbml_kit.framework_serving.loading import FrameworkHandler
from openbml_kit.framework_serving.tensorflow_signatures import SavedModel, Signature
from openbml_kit.framework_serving.tensorflow_values import read_value, written_value

Row = Mapping[str, npt.NDArray[Any]]


class TensorFlowModel:
    """Instances whose inputs have a batch dimension are computed together.

    An input that is declared without one (a scalar such as `keep_prob`) is handed over as it is; instances
    that differ in such an input are computed one by one.
    """

    def __init__(self, model: SavedModel) -> None:
        self._model = model

    def answer(self, document: dict[str, Any]) -> dict[str, Any]:
        signature = self._signature(document)
        rows = [
            _row(instance, signature, f"instances[{index}]")
            for index, instance in enumerate(read_instances(document))
        ]
        try:
            predictions = _together(signature, rows) or [_alone(signature, row) for row in rows]
        except (tf.errors.InvalidArgumentError, tf.errors.FailedPreconditionError) as error:
            raise refused("invalid_argument", error.message.splitlines()[0]) from error
        return {"result": {"predictions": predictions}}

    def warm_up(self) -> None:
        """Trace the default signature where all of its inputs say their shape."""
        signature = self._model.default
        if signature is None:
            return
        specs = signature.inputs.values()
        if all(spec.shape is not None and None not in spec.shape[1:] and not spec.is_text for spec in specs):
            arrays = {
                name: np.zeros([1 if side is None else side for side in spec.shape or ()])
                for name, spec in signature.inputs.items()
            }
            try:
                signature.run(arrays)
            except tf.errors.InvalidArgumentError:
                return  # a model may have good reasons not to take zeros

    def _signature(self, document: Mapping[str, Any]) -> Signature:
        name = document.get("signature_name")
        known = ", ".join(sorted(self._model.signatures))
        if name is None:
            if self._model.default is None:
                raise refused("invalid_argument", f"signature_name must be one of {known}")
            return self._model.default
        found = self._model.signatures.get(name) if isinstance(name, str) else None
        if found is None:
            raise refused("invalid_argument", f"signature_name must be one of {known}")
        return found


def load(folder: Path, manifest: FrameworkManifest, *, cores: int) -> FrameworkHandler:
    """Return the handler.

    Raises:
        UserFault: the SavedModel cannot be loaded.
    """
    return TensorFlowModel(SavedModel(folder, manifest, cores=cores))


def _row(instance: Any, signature: Signature, where: str) -> Row:
    """Return an instance's values by input; the only input of a signature needs no name."""
    inputs = signature.inputs
    is_named = isinstance(instance, dict) and not (len(inputs) == 1 and set(instance) == {"b64"})
    if not is_named:
        if len(inputs) != 1:
            raise refused("invalid_argument", f"{where} must be an object with {', '.join(sorted(inputs))}")
        instance = {next(iter(inputs)): instance}
    if unknown := sorted(set(instance) - set(inputs)):
        known = ", ".join(sorted(inputs))
        raise refused("invalid_argument", f"{where} has {unknown[0]}; the signature has {known}")
    if missing := sorted(name for name in inputs if instance.get(name) is None):
        raise refused("parameter_missing", f"{where}.{missing[0]}")
    row = {name: read_value(instance[name], spec, f"{where}.{name}") for name, spec in inputs.items()}
    for name, array in row.items():
        spec = inputs[name]
        if not spec.takes(array.shape) and not spec.takes((1, *array.shape)):
            shape = [side if side is not None else "any" for side in spec.shape or ()]
            raise refused("invalid_argument", f"{where}.{name} has shape {list(array.shape)} for {shape}")
    return row


def _is_batched(signature: Signature, row: Row, name: str) -> bool:
    """Whether the input's first dimension is that of the batch: the value has one dimension less."""
    spec = signature.inputs[name]
    return spec.shape is None or not spec.takes(row[name].shape)


def _together(signature: Signature, rows: Sequence[Row]) -> list[Any] | None:
    """Return the rows' predictions of one call, None where they cannot be computed in one."""
    count, first = len(rows), rows[0]
    batched = [name for name in first if _is_batched(signature, first, name)]
    shared = [name for name in first if name not in batched]
    if not batched or any(row[name].shape != first[name].shape for row in rows for name in first):
        return None
    if any(not np.array_equal(row[name], first[name]) for row in rows for name in shared):
        return None
    if any(not signature.inputs[name].takes((count, *first[name].shape)) for name in batched):
        return None
    arrays = {name: np.stack([row[name] for row in rows]) for name in batched}
    outputs = signature.run(arrays | {name: first[name] for name in shared})
    if any(output.ndim == 0 or len(output) != count for output in outputs.values()):
        return None
    return [_prediction({name: output[index] for name, output in outputs.items()}) for index in range(count)]


def _alone(signature: Signature, row: Row) -> Any:
    """Return a row's prediction of a call of its own; an output without the batch's dimension stays whole."""
    batched = {name for name in row if _is_batched(signature, row, name)}
    outputs = signature.run({name: array[None] if name in batched else array for name, array in row.items()})
    return _prediction(
        {
            name: output[0] if batched and output.ndim and len(output) == 1 else output
            for name, output in outputs.items()
        }
    )


def _prediction(outputs: Mapping[str, Any]) -> Any:
    """The only output of a signature needs no name."""
    if len(outputs) == 1:
        return written_value(next(iter(outputs.values())))
    return {name: written_value(output) for name, output in outputs.items()}
