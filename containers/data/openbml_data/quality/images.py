"""Images of a version: sizes, light, sharpness, damage, and which look alike."""

from collections.abc import Iterator

from openbml_data.quality.distributions import Quantity
from openbml_data.quality.findings import Noted, ref
from openbml_data.quality.groups import Groups
from openbml_formats.listings import ListedSample
from openbml_formats.operators.near_duplicates import LookIndex
from openbml_formats.operators.pictures import Measures
from openbml_formats.quality import Finding, FindingSeverity, ImageQuality, SampleRef

# The catalogue's defaults of the filters that the findings name.
DARK, BRIGHT, BLURRED, SMALL = 40, 220, 5, 64


class ImageCount:
    def __init__(self, similar_distance: int) -> None:
        names = ("width", "height", "aspect", "size_kb", "brightness", "sharpness")
        self._quantities = {name: Quantity() for name in names}
        self._index = LookIndex(similar_distance)
        self._kept: dict[int, tuple[SampleRef, frozenset[str]]] = {}
        self._identical, self._similar = Groups(), Groups()
        self._broken, self._dark, self._bright, self._blurred, self._small = (Noted() for _ in range(5))

    def add_broken(self, sample: ListedSample) -> None:
        self._broken.add(sample)

    def add(self, sample: ListedSample, measures: Measures) -> None:
        for name, value in _figures(sample, measures):
            self._quantities[name].add(value)
        faults = (
            (self._dark, measures.brightness < DARK),
            (self._bright, measures.brightness > BRIGHT),
            (self._blurred, measures.sharpness < BLURRED),
            (self._small, min(measures.width, measures.height) < SMALL),
        )
        for noted, is_so in faults:
            if is_so:
                noted.add(sample)
        self._compare(sample, measures)

    def _compare(self, sample: ListedSample, measures: Measures) -> None:
        near = self._index.find(measures.look, measures.tones)
        labels = frozenset(sample.annotation.label_counts())
        if near is None:
            self._index.keep(sample.sample_id, measures.look, measures.tones)
            self._kept[sample.sample_id] = (ref(sample), labels)
            return
        first, first_labels = self._kept[near.number]
        groups = self._similar if near.distance else self._identical
        groups.join(first, ref(sample), first_labels, labels)

    def quality(self) -> ImageQuality:
        return ImageQuality(
            measured=self._quantities["width"].count,
            **{name: quantity.distribution() for name, quantity in self._quantities.items()},
            broken=self._broken.count,
            identical=self._identical.duplicates(),
            similar=self._similar.duplicates(),
            capped=self._index.capped,
        )

    def findings(self) -> list[Finding]:
        warning = FindingSeverity.WARNING
        return [
            *self._broken.finding(
                FindingSeverity.SERIOUS, "images_broken", "{count} images are damaged or cut off",
                advice="Any cleaning leaves them out.", operator="remove_small",
            ),
            *self._alike(),
            *self._dark.finding(
                warning, "images_dark", "{count} images are very dark",
                advice="Remove them, or brighten them at the source.", operator="remove_dark",
            ),
            *self._bright.finding(
                warning, "images_bright", "{count} images are over-exposed",
                advice="Remove them where nothing can be seen.", operator="remove_bright",
            ),
            *self._blurred.finding(
                warning, "images_blurred", "{count} images are blurred or nearly empty",
                advice="Remove them, or keep them where predictions will be made on such images.",
                operator="remove_blurred",
            ),
            *self._small.finding(
                warning, "images_small", f"{{count}} images have a side below {SMALL} pixels",
                advice="Small images show little; check the source.", operator="remove_small",
            ),
        ]  # fmt: skip

    def _alike(self) -> Iterator[Finding]:
        differ = self._identical.contradictions + self._similar.contradictions
        if differ:
            yield Finding(
                severity=FindingSeverity.SERIOUS,
                code="similar_images_differ_in_labels",
                message=f"{differ} groups of similar images have different labels",
                advice="Look at them side by side; one of the labels is likely wrong.",
                count=differ,
                samples=(self._identical.contradicting() + self._similar.contradicting())[:20],
            )
        extra = self._identical.duplicates().extra + self._similar.duplicates().extra
        if extra:
            yield Finding(
                severity=FindingSeverity.WARNING,
                code="images_similar",
                message=f"{extra} images look like another one",
                advice="Similar images in training and test make results look better than they are.",
                operator="remove_similar",
                count=extra,
            )


def _figures(sample: ListedSample, measures: Measures) -> Iterator[tuple[str, float]]:
    yield "width", measures.width
    yield "height", measures.height
    yield "aspect", measures.width / max(1, measures.height)
    yield "size_kb", sample.size_bytes / 1024
    yield "brightness", measures.brightness
    yield "sharpness", measures.sharpness
