"""A txt file for each text, with a json file of the same stem."""

import json
from collections.abc import Iterable

from openbml_formats.image_json import document_of
from openbml_formats.protocols import Archive, ExportInfo, Writer
from openbml_formats.records import ExportSample
from openbml_formats.unwritable import UnwritableSampleError


class TextJsonWriter:
    def write(self, info: ExportInfo, samples: Iterable[ExportSample], archive: Archive) -> None:
        for sample in samples:
            text = sample.texts[0]
            if text.startswith("\ufeff"):
                raise UnwritableSampleError(sample.sample_id, "has a text that begins with a byte order mark")
            archive.add(f"{sample.sample_id}.txt", text.encode())
            document = document_of(sample.annotation)
            archive.add(f"{sample.sample_id}.json", json.dumps(document, ensure_ascii=False).encode())


WRITER: Writer = TextJsonWriter()
