"""A folder of sounds for each class; unlabelled ones lie outside of folders."""

from collections.abc import Iterable

from openbml_formats.export_names import ExportNames, file_suffix
from openbml_formats.protocols import Archive, ExportInfo, Writer
from openbml_formats.records import ExportSample


class SoundFolderWriter:
    """Names are the samples' own without their folders."""

    def write(self, info: ExportInfo, samples: Iterable[ExportSample], archive: Archive) -> None:
        names = ExportNames()
        for sample in samples:
            folder = "".join(f"{label}/" for label in sample.annotation.labels[:1])
            base = sample.name.replace("\\", "/").rpartition("/")[2]
            stem = names.stem(sample._replace(name=base))
            archive.add(folder + stem + file_suffix(sample), sample.content())


WRITER: Writer = SoundFolderWriter()
