"""A folder per class; images without one stand in the root."""

from collections.abc import Iterable

from openbml_formats.export_names import ExportNames, file_suffix
from openbml_formats.protocols import Archive, ExportInfo
from openbml_formats.records import ExportSample


class ImageFolderWriter:
    def write(self, info: ExportInfo, samples: Iterable[ExportSample], archive: Archive) -> None:
        names = ExportNames()
        for sample in samples:
            file_name = names.flat_stem(sample) + file_suffix(sample)
            labels = sample.annotation.labels
            archive.add(f"{labels[0]}/{file_name}" if labels else file_name, sample.content())


WRITER = ImageFolderWriter()
