"""Where copies of inference components stand."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.capacity.machine import Machine
from sagemaker_local.hosting.placement import Need, Occupant, place

LARGE = Machine(cpus=4, memory_mib=8192, gpus=1)
ONE_CORE = Need(cpus=1, memory_mib=1024, gpus=0)

needs = st.builds(
    Need,
    cpus=st.sampled_from([0, 0.25, 1, 2, 4]),
    memory_mib=st.sampled_from([128, 1024, 4096, 8192]),
    gpus=st.sampled_from([0, 1]),
)
occupants = st.builds(Occupant, need=needs, places=st.lists(st.integers(0, 3), max_size=3).map(tuple))


def overfull(size: Machine, instances: int, occupied: list[Occupant]) -> list[int]:
    """The instances on which more is reserved than they have."""
    found = []
    for index in range(instances):
        here = [one.need for one in occupied for place_ in one.places if place_ == index]
        if (
            sum(one.cpus for one in here) > size.cpus
            or sum(one.memory_mib for one in here) > size.memory_mib
            or sum(one.gpus for one in here) > size.gpus
        ):
            found.append(index)
    return found


@given(
    need=needs,
    copies=st.integers(0, 6),
    kept=st.lists(st.integers(0, 4), max_size=4),
    others=st.lists(occupants, max_size=4),
    instances=st.integers(0, 4),
    packs=st.booleans(),
)
def test_a_placement_never_takes_more_than_an_instance_has(
    need: Need, copies: int, kept: list[int], others: list[Occupant], instances: int, packs: bool
) -> None:
    places = place(need, copies, kept=kept, others=others, size=LARGE, instances=instances, packs=packs)
    if places is None:
        return
    assert len(places) == copies
    assert all(0 <= index < instances for index in places)
    before = overfull(LARGE, instances, others)
    after = overfull(LARGE, instances, [*others, Occupant(need, places)])
    assert set(after) == set(before)


@given(need=needs, copies=st.integers(1, 6), instances=st.integers(1, 4))
def test_copies_that_stand_stay_where_they_are(need: Need, copies: int, instances: int) -> None:
    first = place(need, copies, kept=(), others=(), size=LARGE, instances=instances)
    if first is None:
        return
    assert place(need, copies, kept=first, others=(), size=LARGE, instances=instances) == first
    fewer = place(need, copies - 1, kept=first, others=(), size=LARGE, instances=instances)
    assert fewer == first[: copies - 1]


def test_copies_spread_or_pack() -> None:
    spread = place(ONE_CORE, 4, kept=(), others=(), size=LARGE, instances=2)
    packed = place(ONE_CORE, 4, kept=(), others=(), size=LARGE, instances=2, packs=True)
    assert Counter(spread or ()) == {0: 2, 1: 2}
    assert Counter(packed or ()) == {0: 4}


def test_there_is_no_half_placement() -> None:
    taken = [Occupant(Need(cpus=3, memory_mib=128, gpus=0), (0,))]
    assert place(ONE_CORE, 1, kept=(), others=taken, size=LARGE, instances=1) == (0,)
    assert place(ONE_CORE, 2, kept=(), others=taken, size=LARGE, instances=1) is None
    assert place(ONE_CORE, 1, kept=(), others=(), size=LARGE, instances=0) is None
    assert place(ONE_CORE, 0, kept=(), others=(), size=LARGE, instances=0) == ()
