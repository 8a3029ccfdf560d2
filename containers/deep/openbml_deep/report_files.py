"""What a report needs pictures for: hints from looks, heat maps, `report.html` with thumbnails."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from openbml_deep.heat_maps import MOST as MOST_HEAT_MAPS
from openbml_deep.heat_maps import Note, Seen, classifier_heat_maps, finder_heat_maps
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_deep.tasks.task import BuiltNetwork
from openbml_formats.operators.pictures import seen_of
from openbml_kit.files import write_atomically
from openbml_kit.images import TRAINING_SIDES, Normalisation, Pixels, decode, evaluation_view
from openbml_kit.letterbox import letterboxed
from openbml_kit.picture_hints import SeenSample, picture_hints
from openbml_kit.report_basis import EvaluatedSample
from openbml_kit.report_page import SHOWN_EXAMPLES, report_page
from openbml_kit.report_pictures import THUMBNAIL_SIDE, thumbnail
from openbml_kit.stopping import SIGNAL

# Pixels of the network's square, and the shares of its sides that hold the picture.
View = tuple[Pixels, tuple[float, float]]

HTML_FILE = "report.html"
_CLASSIFICATION = "image_classification"
# Pictures that are compared: so many are decoded in about a minute on one core.
_MOST_TRAINING, _MOST_EVALUATED = 5_000, 1_000
_LOOK_SIDE = 128


@dataclass(frozen=True)
class ReportPictures:
    """Makes the parts of a report that show or compare pictures.

    Attributes:
        images: the evaluated images.
        folder: the job's `output/data`.
    """

    task: str
    labels: Sequence[str]
    built: BuiltNetwork
    input_size: int
    device: torch.device
    images: Sequence[AnnotatedImage]
    training: Sequence[AnnotatedImage]
    folder: Path
    workers: int
    note: Note

    def complete(self, report: Mapping[str, Any], network: nn.Module) -> dict[str, Any]:
        """Return the report with hints from looks and with heat maps, whose pictures are written.

        After a stop signal the machine is taken away soon: the model comes first and both are left out.
        """
        if report.get("ended_early") == SIGNAL:
            return {**report, "heat_maps": []}
        hints = picture_hints(
            self._looks(_spread(self.training, _MOST_TRAINING)),
            self._looks(_spread(self.images, _MOST_EVALUATED)),
        )
        heat_maps = self._heat_maps(report, network)
        return {**report, "hints": [*hints, *report.get("hints", [])], "heat_maps": heat_maps}

    def write_page(self, report: Mapping[str, Any]) -> None:
        """Write `report.html` of the complete report."""
        by_id = {image.sample_id: image for image in self.images}
        shown = [row["sample_id"] for row in report["wrong_examples"][:SHOWN_EXAMPLES]]
        wanted = [by_id[sample_id] for sample_id in shown if sample_id in by_id]
        pictures = dict(zip((row.sample_id for row in wanted), self._each(_thumbnail, wanted), strict=True))
        heat = {row["file"]: (self.folder / row["file"]).read_bytes() for row in report["heat_maps"]}
        page = report_page(report, thumbnails=pictures, heat_maps=heat)
        write_atomically(self.folder / HTML_FILE, lambda draft: _write_text(draft, page))

    def _heat_maps(self, report: Mapping[str, Any], network: nn.Module) -> list[dict[str, str]]:
        chosen = _instructive(report, self.images, self.labels)
        if self.task.startswith(_CLASSIFICATION):
            seen = [self._seen(row, classification_view) for row in chosen]
            return classifier_heat_maps(network, seen, self.folder, note=self.note)
        seen = [self._seen(row, letterboxed_view) for row in chosen]
        find = getattr(network, "found", None) or getattr(network, "logits", None) or network
        return finder_heat_maps(network, find, seen, self.folder, note=self.note)

    def _seen(self, chosen: "_Chosen", view: Callable[[bytes, int], View]) -> Seen:
        image, label = chosen.image, chosen.class_index
        pixels, shown = view(image.extent.read(), self.input_size)
        planes = Normalisation(self.built.mean, self.built.std).planes(pixels)
        inputs = torch.from_numpy(planes).to(self.device)
        return Seen(_sample(image), pixels, inputs, self.labels[label], label, shown)

    def _looks(self, images: Sequence[AnnotatedImage]) -> list[SeenSample]:
        return self._each(_look, images)

    def _each(self, make: Callable[[AnnotatedImage], Any], images: Sequence[AnnotatedImage]) -> list[Any]:
        with ThreadPoolExecutor(self.workers, thread_name_prefix="pictures") as pool:
            return list(pool.map(make, images))


@dataclass(frozen=True)
class _Chosen:
    image: AnnotatedImage
    class_index: int


def _instructive(
    report: Mapping[str, Any], images: Sequence[AnnotatedImage], labels: Sequence[str]
) -> list[_Chosen]:
    """Return the pictures for heat maps: wrong ones with what was found in error, then right ones."""
    by_id = {image.sample_id: image for image in images}
    class_of = {label: place for place, label in enumerate(labels)}
    chosen = [
        _Chosen(by_id[row["sample_id"]], class_of[label])
        for row in report["wrong_examples"][:MOST_HEAT_MAPS]
        for label in [_wrong_label(row)]
        if row["sample_id"] in by_id and label in class_of
    ]
    taken = {row.image.sample_id for row in chosen}
    right = [image for image in images if image.classes and image.sample_id not in taken]
    chosen += [_Chosen(image, image.classes[0]) for image in right[: MOST_HEAT_MAPS - len(chosen)]]
    return chosen


def _wrong_label(row: Mapping[str, Any]) -> str | None:
    """Return the label found in error, else a missed one."""
    if isinstance(row.get("predicted"), str):
        return str(row["predicted"])
    for kind in ("false_positives", "missed"):
        if row.get(kind):
            return str(row[kind][0]["label"])
    parts = row.get("per_label") or [{}]
    return parts[0].get("label")


def classification_view(data: bytes, size: int) -> View:
    return evaluation_view(data, size=size, limits=TRAINING_SIDES), (1.0, 1.0)


def letterboxed_view(data: bytes, size: int) -> View:
    pixels, place = letterboxed(decode(data, limits=TRAINING_SIDES), size)
    return pixels, (place.inner_width / size, place.inner_height / size)


def _look(image: AnnotatedImage) -> SeenSample:
    picture = decode(image.extent.read(), limits=TRAINING_SIDES, shorter_side=_LOOK_SIDE)
    return SeenSample(_sample(image), seen_of(picture))


def _thumbnail(image: AnnotatedImage) -> bytes:
    return thumbnail(decode(image.extent.read(), limits=TRAINING_SIDES, shorter_side=THUMBNAIL_SIDE))


def _sample(image: AnnotatedImage) -> EvaluatedSample:
    return EvaluatedSample(image.sample_id, image.name)


def _spread(images: Sequence[AnnotatedImage], most: int) -> Sequence[AnnotatedImage]:
    """Return all, or so many at even distances."""
    if len(images) <= most:
        return images
    return [images[place * len(images) // most] for place in range(most)]


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
