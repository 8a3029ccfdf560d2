"""Who trains and who evaluates: equal images together, every label on both sides, samples of a share."""

from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from openbml_deep.splitting import hold_out, share_of, without
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_kit.snapshots import Extent

NOWHERE = Extent(Path("none"), 0, 0)


def image(number: int, *classes: int, sha256: str = "") -> AnnotatedImage:
    name = f"{number:04}"
    return AnnotatedImage(name, name, NOWHERE, sha256 or name, 0, 0, classes)


label_sets = st.lists(st.frozensets(st.integers(0, 4), max_size=3), min_size=2, max_size=60)


@given(label_sets, st.floats(0.05, 0.5), st.integers(0, 99))
def test_several_labels_each_keep_an_image_for_training(
    labels: list[frozenset[int]], fraction: float, seed: int
) -> None:
    images = [image(number, *sorted(classes)) for number, classes in enumerate(labels)]
    training, held_out = hold_out(images, fraction=fraction, seed=seed)
    assert sorted(row.sample_id for row in (*training, *held_out)) == [row.sample_id for row in images]
    assert {c for row in training for c in row.classes} == {c for classes in labels for c in classes}


def test_several_labels_give_about_the_same_share_away() -> None:
    images = [
        image(number, *([0] if number % 2 else [0, 1]), *([2] if number % 10 == 0 else []))
        for number in range(200)
    ]
    _, held_out = hold_out(images, fraction=0.25, seed=42)
    counts = Counter(c for row in held_out for c in row.classes)
    assert (counts[2], counts[1], counts[0]) == (5, 25, 50)


@given(st.lists(st.integers(0, 5), min_size=2, max_size=40), st.integers(0, 99))
def test_equal_images_are_never_on_both_sides(digests: list[int], seed: int) -> None:
    images = [image(number, number % 2, sha256=str(digest)) for number, digest in enumerate(digests)]
    training, held_out = hold_out(images, fraction=0.4, seed=seed)
    assert not {row.sha256 for row in training} & {row.sha256 for row in held_out}


def test_of_images_that_are_all_equal_nothing_is_held_out() -> None:
    training, held_out = hold_out([image(n, n % 2, sha256="same") for n in range(10)], fraction=0.25, seed=1)
    assert (len(training), held_out) == (10, [])


def test_images_without_labels_are_held_out_like_a_class() -> None:
    images = [image(number) for number in range(8)] + [image(number + 10, 0) for number in range(8)]
    _, held_out = hold_out(images, fraction=0.25, seed=1)
    assert Counter(bool(row.classes) for row in held_out) == {True: 2, False: 2}


def test_ten_thousand_classes_are_split_at_once() -> None:
    images = [image(number, number % 10_000) for number in range(20_000)]
    training, held_out = hold_out(images, fraction=0.25, seed=1)
    assert (len(training), len(held_out)) == (10_000, 10_000)


def test_training_goes_without_what_is_evaluated() -> None:
    kept, dropped = without([image(1, sha256="a"), image(2, sha256="b")], [image(9, sha256="b")])
    assert ([row.sample_id for row in kept], dropped) == (["0001"], 1)


@given(st.integers(1, 100), st.integers(0, 9))
def test_a_share_of_the_data_keeps_every_class(percent: int, seed: int) -> None:
    images = [image(number, number % 7) for number in range(70)]
    chosen = share_of(images, percent=percent, seed=seed)
    assert {row.classes for row in chosen} == {(c,) for c in range(7)}
    assert len(chosen) == len({row.sample_id for row in chosen})
    assert len(chosen) <= max(7, 70 * percent / 100 + 7)
