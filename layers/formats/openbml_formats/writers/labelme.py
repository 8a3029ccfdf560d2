"""LabelMe: a json file beside each image."""

import json
from collections.abc import Iterable

from openbml_formats.export_names import ExportNames, file_suffix
from openbml_formats.labelme_json import document_of
from openbml_formats.protocols import Archive, ExportInfo
from openbml_formats.records import ExportSample


class LabelMeWriter:
    def write(self, info: ExportInfo, samples: Iterable[ExportSample], archive: Archive) -> None:
        names = ExportNames()
        for sample in samples:
            stem = names.stem(sample)
            file_name = stem + file_suffix(sample)
            archive.add(file_name, sample.content())
            document = document_of(
                sample.annotation,
                file_name=file_name.rpartition("/")[2],
                width=sample.width,
                height=sample.height,
            )
            archive.add(f"{stem}.json", json.dumps(document, ensure_ascii=False).encode())


WRITER = LabelMeWriter()
