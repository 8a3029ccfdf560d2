"""What prediction calls sent becomes samples of a version, by the rules that single samples have."""

from typing import Any

import pytest

from openbml.core.ids import new_id
from openbml.datasets.adding.intake_dynamodb import DynamoSampleIntake
from openbml.datasets.datasets import DatasetVersionNotFoundError, VersionKey
from openbml.datasets.quotas import Quotas
from openbml.services.calls.give_feedback import SampleUnfitError, Sent
from openbml.services.calls.samples_datasets import VersionSamples
from tests.contract.datasets.conftest import USER, World
from tests.contract.datasets.counters import verify_counters
from tests.fakes.datasets_archives import image_bytes


def sink(world: World, key: VersionKey) -> VersionSamples:
    intake = DynamoSampleIntake(
        world.table,
        imports=world.imports,
        marks=world.marks,
        quotas=Quotas(),
        new_id=new_id,
        now=world.clock,
    )
    return VersionSamples(
        key,
        user_id=USER,
        datasets=world.datasets,
        samples=world.samples,
        intake=intake,
        annotations=world.annotations,
        jobs=world.jobs,
        data=world.data,
        now=world.clock,
    )


def labels(world: World, key: VersionKey, sample_id: int) -> Any:
    return world.samples.annotation_of(key.scope, world.samples.get(key, sample_id)).labels


def test_a_picture_is_one_labelled_sample_however_often_it_comes(world: World) -> None:
    key = world.dataset()
    samples = sink(world, key)
    samples.check()

    first = samples.add(Sent(picture=image_bytes()), ["cat", "dog"])
    again = samples.add(Sent(picture=image_bytes()), ["dog"])
    plain = samples.add(Sent(picture=image_bytes(seed=1)), [])

    assert (first[1:], again[1:], plain[1:]) == ((False, True), (True, True), (False, False))
    assert first[0] == again[0] != plain[0]
    assert labels(world, key, first[0]) == ("dog",)  # one label a picture: the last one
    verify_counters(world, key)


def test_texts_are_samples_of_their_kinds(world: World) -> None:
    texts = sink(world, world.dataset("texts", "text_classification"))

    added = texts.add(Sent(texts=("delivery took two weeks",)), ["logistics"])

    assert added[1:] == (False, True)
    with pytest.raises(SampleUnfitError):
        texts.add(Sent(picture=image_bytes()), [])
    with pytest.raises(SampleUnfitError):
        texts.add(Sent(texts=("a", "b")), [])


def test_boxes_are_not_guessed_and_no_picture_is_no_sample(world: World) -> None:
    key = world.dataset("boxes", "object_detection")
    samples = sink(world, key)

    assert samples.add(Sent(picture=image_bytes()), ["cat"])[1:] == (False, False)
    with pytest.raises(SampleUnfitError):
        samples.add(Sent(picture=b"no picture"), ["cat"])


def test_a_version_that_is_not_there_is_refused_before_anything_is_read(world: World) -> None:
    missing = world.dataset().model_copy(update={"version_number": 9})

    with pytest.raises(DatasetVersionNotFoundError):
        sink(world, missing).check()
