"""The search phase: evolution over sub-nets by accuracy on held-out images and measured ONNX latency.

After Once-for-All's second phase (arXiv 1908.09791): the best of a population are parents, half of the next
children are mutations, half are crosses; a sub-net above the latency limit is never a parent.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnxruntime

from openbml_deep.nas.space import Space, Subnet

_MUTATION = 0.1
_PARENTS = 0.25
_WARM = 2
_TIMED = 8


@dataclass(frozen=True)
class Judged:
    """A sub-net and what was measured of it.

    Attributes:
        accuracy: on the evaluated images, 0..1.
        latency_ms: median of one image on one core by ONNX Runtime.
    """

    subnet: Subnet
    accuracy: float
    latency_ms: float
    parameters: int


@dataclass(frozen=True)
class SearchLimits:
    population: int
    generations: int
    max_latency_ms: float  # 0 = none


Judge = Callable[[Subnet], Judged]


def evolve(
    space: Space,
    judge: Judge,
    limits: SearchLimits,
    *,
    on_generation: Callable[[int, Sequence[Judged]], None] = lambda _number, _all: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[Judged]:
    """Return every sub-net judged, in order, each once.

    The draws depend on the space's seed and the judgements only.
    """
    judged: dict[Subnet, Judged] = {}

    def judged_of(subnets: Sequence[Subnet]) -> list[Judged]:
        found = []
        for subnet in subnets:
            if subnet not in judged:
                if should_stop():
                    break
                judged[subnet] = judge(subnet)
            found.append(judged[subnet])
        return found

    first = [space.smallest(), space.largest(), *(space.drawn() for _ in range(limits.population - 2))]
    population = judged_of(first[: limits.population])
    on_generation(0, list(judged.values()))
    for generation in range(1, limits.generations + 1):
        if should_stop() or not population:
            break
        parents = best(population, limits)[: max(2, round(_PARENTS * limits.population))]
        children = _children(space, parents, limits.population)
        population = parents + judged_of(children)
        on_generation(generation, list(judged.values()))
    return list(judged.values())


def best(judged: Sequence[Judged], limits: SearchLimits) -> list[Judged]:
    """Return the sub-nets within the latency limit, the most accurate first, of equal ones the fastest;
    where none is within the limit, the fastest first."""
    within = [one for one in judged if not limits.max_latency_ms or one.latency_ms <= limits.max_latency_ms]
    if not within:
        return sorted(judged, key=lambda one: one.latency_ms)
    return sorted(within, key=lambda one: (-one.accuracy, one.latency_ms))


def pareto(judged: Sequence[Judged]) -> list[Judged]:
    """Return those that no other beats in accuracy and latency at once, the fastest first."""
    front: list[Judged] = []
    for one in sorted(judged, key=lambda one: (one.latency_ms, -one.accuracy)):
        if not front or one.accuracy > front[-1].accuracy:
            front.append(one)
    return front


def _children(space: Space, parents: Sequence[Judged], count: int) -> list[Subnet]:
    children = []
    for number in range(count - len(parents)):
        parent = parents[number % len(parents)].subnet
        partner = parents[(number + 1) % len(parents)].subnet
        if number % 2:
            children.append(space.crossed(parent, partner))
        else:
            children.append(space.mutated(parent, probability=_MUTATION))
    return children


def latency_ms(write_graph: Callable[[Path], None], example: np.ndarray[Any, np.dtype[np.float32]]) -> float:
    """Return the median time of one image on one core.

    Args:
        write_graph: writes the sub-net's ONNX graph to a path.
        example: the graph's only input, shape (1, 3, side, side).
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "subnet.onnx"
        write_graph(path)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: example}
    times = []
    for number in range(_WARM + _TIMED):
        started = time.perf_counter()
        session.run(None, feed)
        if number >= _WARM:
            times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000
