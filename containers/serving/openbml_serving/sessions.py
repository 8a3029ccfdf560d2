"""ONNX Runtime with all cores for a lone request and one core for each of many.

One run over all cores answers a single client soonest; under load N runs of one thread each do the most
work. A
session of one thread computes in its caller's thread, so one such session serves every worker and the
weights are in
memory twice, not N times.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

Planes = npt.NDArray[np.float32]


class HybridSessions:
    """The two sessions of a model."""

    def __init__(self, model: Path, *, cores: int) -> None:
        self._narrow = _session(model, threads=1)
        self._wide = _session(model, threads=cores) if cores > 1 else self._narrow
        self.input_name = self._narrow.get_inputs()[0].name

    def run(self, planes: Planes, *, alone: bool) -> npt.NDArray[np.float32]:
        """Return the first output; `alone` says that no other request is being computed."""
        session = self._wide if alone else self._narrow
        outputs: list[Any] = session.run(None, {self.input_name: planes})
        return np.asarray(outputs[0], dtype=np.float32)


def _session(model: Path, *, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # An idle pool must not burn a core that the other copies of the service use.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
