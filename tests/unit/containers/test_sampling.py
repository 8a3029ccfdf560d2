"""The order of an epoch: fixed by seed and epoch, shared by processes, balanced where asked for."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from openbml_deep.sampling import EpochOrder


def test_an_epoch_takes_every_image_once_in_an_order_of_its_own() -> None:
    order = EpochOrder([(0,)] * 50, seed=1, balanced=False)
    assert sorted(order(1).tolist()) == list(range(50))
    assert order(1).tolist() == order(1).tolist() != order(2).tolist()


@given(st.integers(1, 40), st.integers(1, 6), st.integers(1, 5))
def test_processes_share_an_epoch_without_overlap(count: int, size: int, epoch: int) -> None:
    parts = [
        EpochOrder([(0,)] * count, seed=1, balanced=False, rank=rank, size=size)(epoch).tolist()
        for rank in range(size)
    ]
    taken = [index for part in parts for index in part]
    assert len(taken) == len(set(taken)) == count // size * size
    assert {len(part) for part in parts} == {count // size}


def test_balanced_draws_meet_rare_and_frequent_classes_equally_often() -> None:
    classes: list[tuple[int, ...]] = [(0,)] * 90 + [(1,)] * 9 + [()]
    order = EpochOrder(classes, seed=1, balanced=True)
    met = Counter(classes[index] for epoch in range(1, 101) for index in order(epoch).tolist())
    shares = np.array([met[(0,)], met[(1,)], met[()]]) / met.total()
    assert np.allclose(shares, 1 / 3, atol=0.03)
