"""A SavedModel's signatures: what they take and give, and a call of one."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before the import: TensorFlow logs while it loads

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from openbml_catalog.frameworks.manifest import FrameworkManifest
from openbml_kit.faults import UserFault
from openbml_kit.framework_serving.loading import inside

_DEFAULT = "serving_default"


@dataclass(frozen=True)
class InputSpec:
    """What an input takes; `shape` is None where any is, a side None where any length is."""

    dtype: Any
    shape: Sequence[int | None] | None

    @property
    def is_text(self) -> bool:
        return bool(self.dtype == tf.string)

    def takes(self, shape: Sequence[int]) -> bool:
        if self.shape is None:
            return True
        pairs = zip(self.shape, shape, strict=False)
        return len(shape) == len(self.shape) and all(side in (None, given) for side, given in pairs)


class Signature:
    def __init__(self, function: Any) -> None:
        self._function = function
        self.inputs: Mapping[str, InputSpec] = {
            name: InputSpec(spec.dtype, None if spec.shape.rank is None else spec.shape.as_list())
            for name, spec in function.structured_input_signature[1].items()
        }

    def run(self, arrays: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]]:
        """Return the outputs by name.

        Raises:
            tf.errors.InvalidArgumentError: an operation does not take these values.
        """
        tensors = {name: tf.constant(array, dtype=self.inputs[name].dtype) for name, array in arrays.items()}
        return {name: np.asarray(value) for name, value in self._function(**tensors).items()}


class SavedModel:
    def __init__(self, folder: Path, manifest: FrameworkManifest, *, cores: int) -> None:
        tf.config.threading.set_intra_op_parallelism_threads(cores)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        where = inside(folder, manifest.model_file)
        where = where.parent if where.is_file() else where
        try:
            self._loaded = tf.saved_model.load(str(where))  # kept: its variables live as long as it does
        except (OSError, ValueError, RuntimeError, tf.errors.OpError) as error:
            raise UserFault(f"the SavedModel cannot be loaded: {str(error).splitlines()[0]}") from error
        self.signatures: Mapping[str, Signature] = {
            name: Signature(function)
            for name, function in self._loaded.signatures.items()
            if not name.startswith("__")
        }
        if not self.signatures:
            raise UserFault("the SavedModel has no signatures: pass signatures= when it is saved")

    @property
    def default(self) -> Signature | None:
        """The one named `serving_default`, or the only one."""
        if _DEFAULT in self.signatures:
            return self.signatures[_DEFAULT]
        return next(iter(self.signatures.values())) if len(self.signatures) == 1 else None
