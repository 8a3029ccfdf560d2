"""Images with a json file each, as the import of the same name reads them."""

import json
from collections.abc import Iterable

from openbml_formats.export_names import ExportNames, file_suffix
from openbml_formats.image_json import document_of
from openbml_formats.protocols import Archive, ExportInfo
from openbml_formats.records import ExportSample


class JsonWriter:
    def write(self, info: ExportInfo, samples: Iterable[ExportSample], archive: Archive) -> None:
        names = ExportNames()
        for sample in samples:
            stem = names.stem(sample)
            archive.add(stem + file_suffix(sample), sample.content())
            document = document_of(sample.annotation)
            archive.add(f"{stem}.json", json.dumps(document, ensure_ascii=False).encode())


WRITER = JsonWriter()
