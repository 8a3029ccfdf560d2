"""The images of a job: read from snapshots, checked, and kept decoded where memory allows."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from openbml_deep.tasks.objects import AnnotatedImage, Region
from openbml_kit.faults import PlatformFault, UserFault
from openbml_kit.images import TRAINING_SIDES, ImageError, decode, shrunk, training_side
from openbml_kit.snapshots import Manifest, SampleDocument, SnapshotSample, read_samples

_UNREADABLE_SHARE = 0.1

# What a task makes of a sample's document: the classes of the image and its regions.
Annotate = Callable[[SampleDocument], tuple[tuple[int, ...], tuple[Region, ...]]]


@dataclass(frozen=True)
class _Inspected:
    width: int
    height: int
    defect: ImageError | None = None


def annotated_images(
    folder: Path,
    manifest: Manifest,
    annotate: Annotate,
    note: Callable[[str, str], None],
    *,
    workers: int = 1,
) -> list[AnnotatedImage]:
    """Return the readable samples of a snapshot in order of their ids; an unreadable image is noted and left
    out.

    Raises:
        UserFault: of `annotate`, or more than a tenth of the images is unreadable.
        PlatformFault: a sample has no image.
    """
    images, unreadable = [], 0
    for sample, found in _checked(read_samples(folder, manifest), workers=workers):
        document = sample.document
        classes, regions = annotate(document)
        if found.defect is not None:
            unreadable += 1
            note("warning", f"image {document.name} is left out: {found.defect}")
            continue
        assert sample.data is not None
        assert sample.extent is not None
        digest = hashlib.sha256(sample.data).hexdigest()
        images.append(
            AnnotatedImage(
                str(document.sample_id),
                document.name,
                sample.extent,
                digest,
                found.width,
                found.height,
                classes,
                regions,
            )
        )
    if unreadable > _UNREADABLE_SHARE * manifest.sample_count:
        raise UserFault(f"{unreadable} of {manifest.sample_count} images cannot be decoded")
    return sorted(images, key=lambda image: image.sample_id)


def _checked(
    samples: Iterable[SnapshotSample], *, workers: int
) -> Iterator[tuple[SnapshotSample, _Inspected]]:
    """Yield the samples in order, each with what is wrong with its image; a few are in memory at a time."""
    waiting: deque[tuple[SnapshotSample, Future[_Inspected]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for sample in samples:
            waiting.append((sample, pool.submit(_inspected, sample)))
            if len(waiting) > 4 * workers:
                first, future = waiting.popleft()
                yield first, future.result()
        for first, future in waiting:
            yield first, future.result()


def _inspected(sample: SnapshotSample) -> _Inspected:
    document = sample.document
    if sample.data is None or sample.extent is None or sample.extent.kind != "image":
        raise PlatformFault(f"snapshot sample {document.sample_id} has no image")
    # Regions are in pixels of the whole image: where the snapshot tells no sides, it is decoded whole.
    whole = bool(document.regions) and not (document.width and document.height)
    try:
        image = decode(sample.data, limits=TRAINING_SIDES, shorter_side=None if whole else 32)
    except ImageError as error:
        return _Inspected(document.width, document.height, error)
    if whole:
        return _Inspected(image.width, image.height)
    return _Inspected(document.width, document.height)


class DecodedImages:
    """Training images, decoded and shrunk to what the input size can show; kept while the budget lasts."""

    def __init__(self, images: Sequence[AnnotatedImage], *, input_size: int, budget_bytes: int) -> None:
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
