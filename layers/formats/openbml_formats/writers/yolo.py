"""YOLO: `data.yaml`, images below `images/`, lines of boxes or polygons below `labels/`."""

import json
from collections.abc import Iterable, Iterator, Sequence

from openbml_catalog.datasets import AnnotationForm
from openbml_formats import masks
from openbml_formats.annotations import Region, Ring
from openbml_formats.export_names import ExportNames, file_suffix
from openbml_formats.geometry import bounding_box, turns_right
from openbml_formats.protocols import Archive, ExportInfo
from openbml_formats.records import ExportSample


class YoloWriter:
    def write(self, info: ExportInfo, samples: Iterable[ExportSample], archive: Archive) -> None:
        names = ExportNames()
        classes = {label: place for place, label in enumerate(info.labels)}
        boxes = info.kind.annotation_form is AnnotationForm.BOXES
        for sample in samples:
            stem = names.stem(sample)
            archive.add(f"images/{stem}{file_suffix(sample)}", sample.content())
            lines: list[str] = []
            for region in sample.annotation.regions:
                place = classes.setdefault(region.label, len(classes))
                shapes = [_box(region, sample)] if boxes else _rings(region, sample)
                lines += [" ".join([str(place), *map(repr, shares)]) + "\n" for shares in shapes]
            archive.add(f"labels/{stem}.txt", "".join(lines).encode())
        archive.add("data.yaml", _data_yaml(list(classes)))


def _box(region: Region, sample: ExportSample) -> list[float]:
    box = bounding_box(region)
    if box is None:
        raise ValueError("a region of a YOLO file has a shape")
    return [
        (box.x1 + box.x2) / 2 / sample.width,
        (box.y1 + box.y2) / 2 / sample.height,
        box.width / sample.width,
        box.height / sample.height,
    ]


def _rings(region: Region, sample: ExportSample) -> Iterator[list[float]]:
    """Yield each outer outline; the format has neither holes nor objects of several parts."""
    for ring in _outlines(region):
        yield [share for x, y in ring for share in (x / sample.width, y / sample.height)]


def _outlines(region: Region) -> Sequence[Ring]:
    if region.polygons or region.mask is None:
        return region.polygons
    return [ring for ring in masks.to_polygons(region.mask) if turns_right(ring)]


def _data_yaml(classes: Sequence[str]) -> bytes:
    # JSON texts are YAML texts: no name, however odd, is read as anything else.
    rows = "".join(f"  {place}: {json.dumps(name)}\n" for place, name in enumerate(classes))
    names = f"names:\n{rows}" if classes else "names: []\n"
    # Without a `path`, tools look beside the file itself.
    return f"train: images\nval: images\nnc: {len(classes)}\n{names}".encode()


WRITER = YoloWriter()
