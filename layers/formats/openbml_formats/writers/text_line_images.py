"""Images of one text line each with `lines.txt`; an image of several texts has a json file beside it."""

import json
from collections.abc import Iterable

from openbml_formats.annotations import Annotation, Box, Region
from openbml_formats.export_names import ExportNames, file_suffix
from openbml_formats.geometry import corners
from openbml_formats.image_json import document_of
from openbml_formats.kept_items import KeptItems
from openbml_formats.protocols import Archive, ExportInfo
from openbml_formats.records import ExportSample


class TextLineWriter:
    def write(self, info: ExportInfo, samples: Iterable[ExportSample], archive: Archive) -> None:
        names = ExportNames()
        with KeptItems[str]() as lines:
            for sample in samples:
                stem = names.stem(sample)
                file_name = stem + file_suffix(sample)
                archive.add(file_name, sample.content())
                text = _line(sample)
                if text is not None:
                    lines.add("", f"{file_name}\t{text}\n")
                elif sample.annotation != Annotation():
                    document = document_of(sample.annotation)
                    archive.add(f"{stem}.json", json.dumps(document, ensure_ascii=False).encode())
            archive.add_from("lines.txt", (line.encode() for line in lines.items("")))


def _line(sample: ExportSample) -> str | None:
    """Return the text of a sample that a line of the list can say: one region, the whole image."""
    if len(sample.annotation.regions) != 1:
        return None
    region = sample.annotation.regions[0]
    whole = corners(Box(x1=0, y1=0, x2=sample.width, y2=sample.height))
    said = Annotation(regions=(Region(text=region.text, polygons=region.polygons),))
    is_whole = region.polygons in ((), (whole,)) and said == sample.annotation
    return region.text if is_whole and region.text and region.text.isprintable() else None


WRITER = TextLineWriter()
