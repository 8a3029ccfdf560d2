"""What evaluation looks at, as serving does: each image, and its tiles in small-object mode, in a square."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from openbml_deep.tasks.drawn_regions import drawn
from openbml_deep.tasks.objects import AnnotatedImage, Found
from openbml_kit.evaluated_objects import EvaluatedImage, FoundObjects, TrueObjects
from openbml_kit.images import TRAINING_SIDES, Pixels, decode
from openbml_kit.letterbox import Letterbox
from openbml_kit.picture_views import PictureView, picture_views
from openbml_kit.report_basis import EvaluatedSample
from openbml_kit.run_lengths import encode_mask
from openbml_kit.tiling import merged


@dataclass(frozen=True)
class SquareView:
    """One view of an image: `index` is the image's place."""

    index: int
    view: PictureView

    @property
    def place(self) -> Letterbox:
        return self.view.place


class EvaluationViews:
    """The squares of all evaluated images; pixels are kept while the memory budget lasts."""

    def __init__(
        self,
        images: Sequence[AnnotatedImage],
        *,
        input_size: int,
        tile: int,
        budget_bytes: int,
        workers: int,
    ) -> None:
        self.images = images
        self.views = [
            SquareView(index, view)
            for index, image in enumerate(images)
            for view in picture_views(image.width, image.height, tile=tile, size=input_size)
        ]
        self._most_kept = budget_bytes // (input_size * input_size * 3)
        self._kept: dict[int, Pixels] = {}
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="views")

    def first(self, count: int) -> list[Pixels]:
        return list(self._pool.map(self._pixels, range(min(count, len(self.views)))))

    def chunks(self, size: int) -> Iterator[tuple[list[SquareView], list[Pixels]]]:
        for start in range(0, len(self.views), size):
            places = range(start, min(start + size, len(self.views)))
            yield [self.views[place] for place in places], list(self._pool.map(self._pixels, places))

    def _pixels(self, place: int) -> Pixels:
        kept = self._kept.get(place)
        if kept is not None:
            return kept
        shown = self.views[place]
        image = decode(self.images[shown.index].extent.read(), limits=TRAINING_SIDES)
        pixels = shown.view.pixels(image)
        if len(self._kept) < self._most_kept:
            self._kept[place] = pixels
        return pixels


@torch.inference_mode()
def evaluated_images(
    views_of: EvaluationViews,
    find: Callable[[list[Pixels]], list[Found]],
    *,
    together: int,
    with_masks: bool = False,
) -> list[EvaluatedImage]:
    """Return truth and findings of every image.

    Args:
        find: what the network finds in squares of shape (size, size, 3).
        together: squares that are looked at at once.
    """
    seen: list[list[FoundObjects]] = [[] for _ in views_of.images]
    for shown, pixels in views_of.chunks(together):
        for view, found in zip(shown, find(pixels), strict=True):
            seen[view.index].append(_in_image(view, found))
    return [
        EvaluatedImage(
            EvaluatedSample(image.sample_id, image.name),
            image.width,
            image.height,
            true_objects(image, with_masks=with_masks),
            found,
        )
        for image, found in zip(views_of.images, map(_together, seen), strict=True)
    ]


def true_objects(image: AnnotatedImage, *, with_masks: bool) -> TrueObjects:
    width, height = image.width, image.height
    regions = image.regions
    return TrueObjects(
        np.array([region.box for region in regions], dtype=np.float64).reshape(-1, 4),
        np.array([region.class_index for region in regions], dtype=np.int64),
        np.array([region.crowd for region in regions], dtype=np.bool_),
        [encode_mask(drawn(region, image, width, height)) for region in regions] if with_masks else (),
    )


def _in_image(view: SquareView, found: Found) -> FoundObjects:
    boxes, shown = view.view.in_picture(found.boxes.float().cpu().numpy())
    masks = [] if found.masks is None else found.masks.cpu().numpy()[shown]
    return FoundObjects(
        boxes,
        found.scores.double().cpu().numpy()[shown],
        found.classes.cpu().numpy()[shown],
        [encode_mask(view.place.mask_to_image(mask)) for mask in masks],
    )


def _together(seen: list[FoundObjects]) -> FoundObjects:
    if len(seen) == 1:
        return seen[0]
    boxes = np.concatenate([each.boxes for each in seen])
    scores = np.concatenate([each.scores for each in seen])
    classes = np.concatenate([each.classes for each in seen])
    kept = merged(boxes, scores, classes)
    return FoundObjects(boxes[kept], scores[kept], classes[kept])
