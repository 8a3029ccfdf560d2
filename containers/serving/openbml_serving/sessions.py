"""ONNX Runtime with all cores for a lone request and one core for each of many.

One run over all cores answers a single client soonest; under load N runs of one thread each do the most
work. A session of one thread computes in its caller's thread, so one such session serves every worker and the
weights are in memory twice, not N times.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from openbml_kit.faults import PlatformFault
from openbml_serving.stages import running

Planes = npt.NDArray[np.float32]
Arrays = Mapping[str, npt.NDArray[Any]]


class NotFiniteError(ArithmeticError):
    """A model's answer is no number."""


class HybridSessions:
    """The two sessions of a model file.

    Args:
        outputs: names of the graph's outputs that are wanted.

    Raises:
        PlatformFault: the graph does not have them.
    """

    def __init__(self, model: Path, outputs: Sequence[str], *, cores: int) -> None:
        self._narrow = _session(model, threads=1)
        self._wide = _session(model, threads=cores) if cores > 1 else self._narrow
        self._input_names = [given.name for given in self._narrow.get_inputs()]
        self._input_name = self._input_names[0]
        self._outputs = list(outputs)
        there = [output.name for output in self._narrow.get_outputs()]
        if missing := sorted(set(outputs) - set(there)):
            raise PlatformFault(f"{model.name} has the outputs {', '.join(there)}, not {', '.join(missing)}")

    @property
    def input_shape(self) -> Sequence[int | str]:
        """Of the graph's first input; an axis without a fixed size is its name."""
        shape: Sequence[int | str] = self._narrow.get_inputs()[0].shape
        return shape

    def run(self, planes: Planes, *, alone: bool) -> Arrays:
        """Return the outputs by name; `alone` says that no other request is being computed.

        Raises:
            NotFiniteError: an output holds NaN or an infinity, which no answer can.
        """
        return self.run_feeds({self._input_name: planes}, alone=alone)

    def run_feeds(self, feeds: Mapping[str, npt.NDArray[Any]], *, alone: bool) -> Arrays:
        """Return the outputs by name of a graph with several inputs; those it does not have are left out.

        Raises:
            NotFiniteError: an output holds NaN or an infinity, which no answer can.
        """
        session = self._wide if alone else self._narrow
        given = {name: array for name, array in feeds.items() if name in self._input_names}
        with running():
            results: list[Any] = session.run(self._outputs, given)
        arrays = [np.asarray(result) for result in results]
        for name, array in zip(self._outputs, arrays, strict=True):
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise NotFiniteError(f"output {name!r} has values that are no numbers")
        return dict(zip(self._outputs, arrays, strict=True))


@cache
def _share_arena() -> None:
    """Have all sessions of the process take memory from one arena, which grows by what is asked for.

    An arena for each session doubles as it grows and holds a third more; without one, large pictures take a
    quarter longer (docs/decisions/0016).
    """
    place = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    as_requested = onnxruntime.OrtArenaCfg({"arena_extend_strategy": 1})
    onnxruntime.create_and_register_allocator(place, as_requested)


def _session(model: Path, *, threads: int) -> onnxruntime.InferenceSession:
    _share_arena()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.use_env_allocators", "1")
    # An idle pool must not burn a core that the other copies of the service use.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
