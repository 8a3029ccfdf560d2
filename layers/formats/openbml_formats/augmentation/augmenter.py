"""All that a training image goes through, in the order of its steps: geometry, mirroring, policy or tone."""

import math
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from PIL import Image

from openbml_catalog.augmentation import DefaultPolicy, default_policies
from openbml_catalog.augmentation.settings import AugmentationMode, AugmentationSettings, Flip
from openbml_formats.augmentation.moves import mirror, turn_over
from openbml_formats.augmentation.placing import fitted, mosaic, placed, somewhere
from openbml_formats.augmentation.policy import Applied, Policy
from openbml_formats.augmentation.scene import Randomness, Scene
from openbml_formats.augmentation.tones import gained

_GREY = 0.45
_HALF = 0.5
_MOSAIC = 4
# Words of a label that a mirrored object would make untrue.
_SIDED = re.compile(r"\b(left|right|lhs|rhs)\b|左|右", re.IGNORECASE)


class Tone(NamedTuple):
    """A change of brightness and contrast, `gain * value + shift` of values in 0..1."""

    gain: float
    shift: float


UNCHANGED = Tone(1.0, 0.0)


class Augmenter:
    """What chance does to the training images of a job.

    Every mode but `none` has the task's random geometry. Mode `default` adds the tone, `manual` the chosen
    operators, `auto` those that were found: `policy` is set. The same settings and randomness give the same.

    Args:
        task: task code of the catalogue.
        settings: as `AugmentationSettings.checked` returns them.
        size: side of the network's square input, pixels.
        policy: the operators; None = those of the settings.
        labels: the job's; where one would be untrue of a mirrored object, `flip: auto` does not mirror.
    """

    def __init__(
        self,
        task: str,
        settings: AugmentationSettings,
        *,
        size: int,
        labels: Sequence[str] = (),
        policy: Policy | None = None,
    ) -> None:
        self._task = task
        self._labels = labels
        self._default = default_policies()[task]
        self._flip = flip_of(settings.flip, self._default, labels)
        self._mosaic = sum(float(row.probability or 0.0) for row in settings.mixing if row.name == "mosaic")
        self.settings = settings
        self.size = size
        self.policy = Policy.of(settings.operators) if policy is None else policy

    @property
    def is_plain(self) -> bool:
        """Tell whether images are seen as evaluation sees them."""
        return self.settings.mode is AugmentationMode.NONE

    def view(self, image: Image.Image, random: Randomness) -> Image.Image:
        """Return a random part of a classification image, square; not for mode `none`."""
        return self._viewed(image, random).scene.image

    def tone(self, random: Randomness) -> Tone:
        """Return the change of tone that belongs to a view; drawn after it, applied where it is cheapest."""
        if self.settings.mode is not AugmentationMode.DEFAULT:
            return UNCHANGED
        return random_tone(random, self._default.tone)

    def scene(self, index: int, load: Callable[[int], Scene], count: int, random: Randomness) -> Scene:
        """Return the square training scene of image `index` (detection, instance, semantic segmentation).

        Args:
            load: image number → its scene, of any size; its result is not changed.
            count: number of training images; a mosaic takes three others at random.
        """
        done = self._seen(index, load, count, random).scene
        tone = self.tone(random)
        return done if tone == UNCHANGED else done.with_image(gained(done.image, *tone))

    def preview(self, scene: Scene, random: Randomness) -> Applied:
        """Return what training would see of a scene, with the operators that chance gave it."""
        whole = self._default.crop_area is None or self.is_plain
        done = self._seen(0, lambda _: scene, 1, random) if whole else self._viewed(scene.image, random)
        tone = self.tone(random)
        if tone == UNCHANGED:
            return done
        return done._replace(scene=done.scene.with_image(gained(done.scene.image, *tone)))

    def _viewed(self, image: Image.Image, random: Randomness) -> Applied:
        return self._changed(Scene(random_part(image, self.size, random, self._default)), random)

    def _seen(self, index: int, load: Callable[[int], Scene], count: int, random: Randomness) -> Applied:
        size = self.size
        if self.is_plain:
            first = load(index)
            return Applied(placed(first, fitted(first.image, size), size), ())
        zoom = self._default.scale or (1.0, 1.0)
        shape = self._default.shape or (1.0, 1.0)
        if self._mosaic and random.random() < self._mosaic:
            others = [int(random.uniform(0, count)) % count for _ in range(_MOSAIC - 1)]
            square = mosaic([load(place) for place in (index, *others)], size, random, zoom=zoom)
        else:
            square = _zoomed(load(index), size, random, zoom, shape)
        return self._changed(square, random)

    def _changed(self, scene: Scene, random: Randomness) -> Applied:
        if self._flip in (Flip.HORIZONTAL, Flip.BOTH) and random.random() < _HALF:
            scene = mirror(scene)
        if self._flip in (Flip.VERTICAL, Flip.BOTH) and random.random() < _HALF:
            scene = turn_over(scene)
        return self.policy.applied(scene, random)


def flip_of(flip: Flip, default: DefaultPolicy, labels: Sequence[str]) -> Flip:
    """Return the mirroring that a setting means for a job's labels."""
    if flip is not Flip.AUTO:
        return flip
    return Flip.NONE if any(map(_is_sided, labels)) else Flip(default.flip)


def _is_sided(label: str) -> bool:
    """Tell whether a mirrored object is likely no longer what its label says: a side, or a single sign."""
    return _SIDED.search(label.replace("_", " ")) is not None or len(label.strip()) == 1


def random_part(image: Image.Image, size: int, random: Randomness, default: DefaultPolicy) -> Image.Image:
    """Return a random part of the image, scaled to a square of `size`.

    Source: Szegedy et al. 2014, arXiv:1409.4842, section 6.
    """
    area = image.width * image.height * random.uniform(*(default.crop_area or (1.0, 1.0)))
    ratio = _between(default.crop_ratio or (1.0, 1.0), random)
    width = min(image.width, math.sqrt(area * ratio))
    height = min(image.height, math.sqrt(area / ratio))
    left = random.uniform(0, image.width - width)
    top = random.uniform(0, image.height - height)
    box = (left, top, min(image.width, left + width), min(image.height, top + height))
    return image.resize((size, size), Image.Resampling.BILINEAR, box=box)


def random_tone(random: Randomness, reach: float) -> Tone:
    """Return a slight change of brightness and of contrast, each by at most `reach`."""
    brightness = 1 + random.uniform(-reach, reach)
    contrast = 1 + random.uniform(-reach, reach)
    return Tone(brightness * contrast, (1 - contrast) * _GREY)


def _zoomed(
    scene: Scene, size: int, random: Randomness, zoom: tuple[float, float], shape: tuple[float, float]
) -> Scene:
    """Return the scene in a random size, shape and place of the square.

    Source: Ghiasi et al. 2021, arXiv:2012.07177, section 3 (scale jitter).
    """
    factor, stretch = _between(zoom, random), _between(shape, random)
    place = somewhere(fitted(scene.image, size, factor, stretch), (0, 0, size, size), random)
    square = placed(scene, place, size)
    if scene.boxes and not square.boxes:
        return placed(scene, fitted(scene.image, size), size)  # chance has cut every object off
    return square


def _between(limits: tuple[float, float], random: Randomness) -> float:
    low, high = limits
    return math.exp(random.uniform(math.log(low), math.log(high)))
