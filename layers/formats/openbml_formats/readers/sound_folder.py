"""A folder of sounds for each class; sounds outside of folders are unlabelled."""

from collections.abc import Iterator

from openbml_formats.annotations import Annotation
from openbml_formats.protocols import Reader, ReadSettings
from openbml_formats.records import AnnotationError, Problem, Record
from openbml_formats.sound_files import class_folder, shared_folder, sounds_of
from openbml_formats.sources import Source
from openbml_formats.text_samples import LabelReader, Place


class SoundFolderReader:
    """The class is the folder that a sound lies in; one folder around all of them is no class."""

    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        sounds, others = sounds_of(source)
        yield from others
        labels = LabelReader(settings, adapting=True)
        around = shared_folder(sounds)
        for name in sounds:
            place = Place(name)
            folder = class_folder(name, around)
            annotation: Annotation | None = None
            try:
                if settings.labelled:
                    annotation = labels.classes([folder] if folder else [], place)
            except AnnotationError as error:
                yield place.problem(error.reason, str(error))
                continue
            yield from labels.told()
            yield Record(name=name, member=name, annotation=annotation, file=name)


READER: Reader = SoundFolderReader()
