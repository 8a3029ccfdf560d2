"""COCO: `annotations.json` and the images below `images/`."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from openbml_formats.coco_json import item_of
from openbml_formats.export_names import ExportNames, file_suffix
from openbml_formats.kept_items import KeptItems
from openbml_formats.protocols import Archive, ExportInfo
from openbml_formats.records import ExportSample


class CocoWriter:
    def write(self, info: ExportInfo, samples: Iterable[ExportSample], archive: Archive) -> None:
        names = ExportNames()
        categories = {label: place for place, label in enumerate(info.labels, start=1)}
        with KeptItems[str]() as kept:
            for image_id, sample in enumerate(samples, start=1):
                file_name = names.stem(sample) + file_suffix(sample)
                archive.add(f"images/{file_name}", sample.content())
                image = {"id": image_id, "file_name": file_name}
                kept.add("images", image | {"width": sample.width, "height": sample.height})
                for region in sample.annotation.regions:
                    category = categories.setdefault(region.label, len(categories) + 1)
                    item = {"image_id": image_id, "category_id": category}
                    kept.add("annotations", item | item_of(region))
            archive.add_from("annotations.json", _document(info, kept, categories))


def _document(info: ExportInfo, kept: KeptItems[str], categories: dict[str, int]) -> Iterator[bytes]:
    about = {"description": info.dataset_name, "version": str(info.version_number)}
    yield b'{"info": ' + _json(about) + b', "licenses": [], "images": ['
    yield from _list(kept, "images")
    yield b'], "annotations": ['
    yield from _list(kept, "annotations")
    rows = [{"id": key, "name": name, "supercategory": ""} for name, key in categories.items()]
    yield b'], "categories": ' + _json(rows) + b"}"


def _list(kept: KeptItems[str], key: str) -> Iterator[bytes]:
    for place, item in enumerate(kept.items(key), start=1):
        numbered = {"id": place, **item}
        yield (b"" if place == 1 else b", ") + _json(numbered)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


WRITER = CocoWriter()
