"""The images of a job: read from snapshots, checked, split, and kept decoded where memory allows."""

import hashlib
import random
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from openbml_kit.faults import UserFault
from openbml_kit.images import (
    TRAINING_SIDES,
    ImageError,
    Pixels,
    decode,
    evaluation_view,
    shrunk,
    training_side,
)
from openbml_kit.snapshots import Extent, ImageSample, Manifest, read_images

_UNREADABLE_SHARE = 0.1


@dataclass(frozen=True)
class LabelledImage:
    sample_id: str
    name: str
    class_index: int
    extent: Extent
    sha256: str = ""


def labelled_images(
    folder: Path,
    manifest: Manifest,
    labels: Sequence[str],
    note: Callable[[str, str], None],
    *,
    workers: int = 1,
) -> list[LabelledImage]:
    """Return the readable samples of a snapshot in order of their ids, each with exactly one of the labels.

    An unreadable image is noted and left out.

    Raises:
        UserFault: a sample has no, several or unknown labels, or more than a tenth of the images is
        unreadable.
    """
    images, unreadable = [], 0
    for sample, defect in _checked(read_images(folder, manifest), workers=workers):
        class_index = _class_of(sample, labels)
        if defect is not None:
            unreadable += 1
            note("warning", f"image {sample.name} is left out: {defect}")
            continue
        digest = hashlib.sha256(sample.data).hexdigest()
        images.append(LabelledImage(sample.sample_id, sample.name, class_index, sample.extent, digest))
    if unreadable > _UNREADABLE_SHARE * manifest.sample_count:
        raise UserFault(f"{unreadable} of {manifest.sample_count} images cannot be decoded")
    return sorted(images, key=lambda image: image.sample_id)


def _checked(
    samples: Iterable[ImageSample], *, workers: int
) -> Iterator[tuple[ImageSample, ImageError | None]]:
    """Yield the samples in order, each with what is wrong with its image; a few are in memory at a time."""
    waiting: deque[tuple[ImageSample, Future[ImageError | None]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for sample in samples:
            waiting.append((sample, pool.submit(_defect, sample.data)))
            if len(waiting) > 4 * workers:
                first, future = waiting.popleft()
                yield first, future.result()
        for first, future in waiting:
            yield first, future.result()


def _defect(data: bytes) -> ImageError | None:
    try:
        decode(data, limits=TRAINING_SIDES, shorter_side=32)
    except ImageError as error:
        return error
    return None


def _class_of(sample: ImageSample, labels: Sequence[str]) -> int:
    if len(sample.labels) != 1:
        raise UserFault(
            f"sample {sample.name} has {len(sample.labels)} labels, single-label classification needs one"
        )
    if sample.labels[0] not in labels:
        raise UserFault(
            f"label {sample.labels[0]} of sample {sample.name} is not among the labels chosen for training"
        )
    return labels.index(sample.labels[0])


def hold_out(
    images: Sequence[LabelledImage], *, fraction: float, seed: int
) -> tuple[list[LabelledImage], list[LabelledImage]]:
    """Return (training, held out): disjoint, the same share of every class, fixed by the seed and the
    sample ids.

    A class keeps at least one image for training; a class of two or more gives at least one away.
    """
    by_class: dict[int, list[LabelledImage]] = {}
    for image in sorted(images, key=lambda image: image.sample_id):
        by_class.setdefault(image.class_index, []).append(image)
    training, held_out = [], []
    for class_index, members in sorted(by_class.items()):
        random.Random(f"{seed}/{class_index}").shuffle(members)
        count = min(len(members) - 1, max(1, round(fraction * len(members))))
        held_out += members[:count]
        training += members[count:]
    return sorted(training, key=lambda image: image.sample_id), sorted(
        held_out, key=lambda image: image.sample_id
    )


def counts_per_class(images: Iterable[LabelledImage], labels: Sequence[str]) -> list[int]:
    counts = Counter(image.class_index for image in images)
    return [counts[index] for index in range(len(labels))]


def require_every_label(images: Sequence[LabelledImage], labels: Sequence[str], *, what: str) -> None:
    """Check that each label has an image.

    Raises:
        UserFault: one has none.
    """
    for label, count in zip(labels, counts_per_class(images, labels), strict=True):
        if count == 0:
            raise UserFault(f"label {label} has no image in the {what}")


class DecodedImages:
    """Training images, decoded and shrunk to what the input size can show; kept while the budget lasts."""

    def __init__(self, images: Sequence[LabelledImage], *, input_size: int, budget_bytes: int) -> None:
        self.images = images
        self._shorter_side = training_side(input_size)
        self._kept: dict[int, Image.Image] = {}
        self._budget_bytes = budget_bytes

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Image.Image:
        kept = self._kept.get(index)
        if kept is not None:
            return kept
        data = self.images[index].extent.read()
        image = shrunk(
            decode(data, limits=TRAINING_SIDES, shorter_side=self._shorter_side), self._shorter_side
        )
        size = image.width * image.height * 4  # Pillow keeps RGB in four bytes a pixel
        if size <= self._budget_bytes:
            self._budget_bytes -= size
            self._kept[index] = image
        return image


class EvaluationViews:
    """What the serving image would feed to the network, file by file; kept while the budget lasts."""

    def __init__(
        self, images: Sequence[LabelledImage], *, input_size: int, budget_bytes: int, workers: int
    ) -> None:
        self._images = images
        self._input_size = input_size
        self._most_kept = budget_bytes // (input_size * input_size * 3)
        self._kept: dict[int, Pixels] = {}
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="views")

    def __len__(self) -> int:
        return len(self._images)

    def first(self, count: int) -> list[Pixels]:
        return list(self._pool.map(self._view, range(min(count, len(self)))))

    def chunks(self, size: int) -> Iterator[list[Pixels]]:
        for start in range(0, len(self), size):
            yield list(self._pool.map(self._view, range(start, min(start + size, len(self)))))

    def _view(self, index: int) -> Pixels:
        kept = self._kept.get(index)
        if kept is not None:
            return kept
        view = evaluation_view(
            self._images[index].extent.read(), size=self._input_size, limits=TRAINING_SIDES
        )
        if len(self._kept) < self._most_kept:
            self._kept[index] = view
        return view
