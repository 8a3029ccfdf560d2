"""Which images train and which evaluate."""

import io
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from openbml_deep.samples import annotated_images
from openbml_deep.splitting import hold_out, require_every_label
from openbml_deep.tasks.classification.labels import only_class
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_kit.faults import UserFault
from openbml_kit.snapshots import Extent, read_manifest
from tests.fakes.snapshot_files import Pair, write_snapshot

NOWHERE = Extent(Path("none"), 0, 0)


def images(counts: list[int]) -> list[AnnotatedImage]:
    return [
        AnnotatedImage(f"{class_index}-{row}", "x.png", NOWHERE, f"{class_index}-{row}", 0, 0, (class_index,))
        for class_index, count in enumerate(counts)
        for row in range(count)
    ]


@given(
    counts=st.lists(st.integers(2, 40), min_size=2, max_size=5),
    fraction=st.floats(0.05, 0.5),
    seed=st.integers(0, 1000),
)
def test_held_out_and_training_images_are_disjoint_and_complete(
    counts: list[int], fraction: float, seed: int
) -> None:
    training, held_out = hold_out(images(counts), fraction=fraction, seed=seed)
    ids = [image.sample_id for image in (*training, *held_out)]
    assert sorted(ids) == sorted(image.sample_id for image in images(counts))
    for class_index, count in enumerate(counts):
        kept = Counter(image.classes[0] for image in training)[class_index]
        assert 1 <= kept < count


def test_every_class_gives_the_same_share() -> None:
    _, held_out = hold_out(images([100, 40]), fraction=0.25, seed=42)
    assert Counter(image.classes[0] for image in held_out) == {0: 25, 1: 10}


def test_the_split_depends_on_the_seed_and_the_ids_and_not_on_the_order() -> None:
    all_images = images([30, 30])
    split = hold_out(all_images, fraction=0.25, seed=1)
    assert hold_out(all_images[::-1], fraction=0.25, seed=1) == split
    assert hold_out(all_images, fraction=0.25, seed=2) != split


def test_a_class_of_one_image_keeps_it_for_training() -> None:
    training, held_out = hold_out(images([1, 10]), fraction=0.5, seed=1)
    assert Counter(image.classes[0] for image in training)[0] == 1
    assert all(image.classes[0] == 1 for image in held_out)


def png(colour: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (20, 20), colour).save(buffer, "PNG")
    return buffer.getvalue()


def read(folder: Path, pairs: list[Pair], labels: list[str]) -> tuple[list[AnnotatedImage], list[str]]:
    write_snapshot(folder, pairs)
    notes: list[str] = []
    found = annotated_images(
        folder,
        read_manifest(folder),
        lambda document: ((only_class(document, labels),), ()),
        lambda _level, message: notes.append(message),
    )
    return found, notes


def test_classes_follow_the_order_of_the_labels(tmp_path: Path) -> None:
    found, _ = read(tmp_path, [Pair(1, "cat", png()), Pair(2, "dog", png())], ["dog", "cat"])
    assert [image.classes[0] for image in found] == [1, 0]


def test_an_unreadable_image_is_noted_and_left_out(tmp_path: Path) -> None:
    pairs = [Pair(index, "cat", png()) for index in range(20)] + [Pair(99, "cat", b"broken")]
    found, notes = read(tmp_path, pairs, ["cat", "dog"])
    assert len(found) == 20
    assert notes == ["image cat-99.png is left out: not a jpg, png or bmp image"]


def test_many_unreadable_images_are_the_users_fault(tmp_path: Path) -> None:
    with pytest.raises(UserFault, match="2 of 4 images cannot be decoded"):
        read(
            tmp_path, [Pair(index, "cat", png() if index % 2 else b"x") for index in range(4)], ["cat", "dog"]
        )


def test_a_label_that_was_not_chosen_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserFault, match="label bird of sample bird-1"):
        read(tmp_path, [Pair(1, "bird", png())], ["cat", "dog"])


def test_a_label_without_images_is_named() -> None:
    with pytest.raises(UserFault, match="label bird has no image in the training set"):
        require_every_label(images([3, 3]), ["cat", "dog", "bird"], what="training set")
