"""A folder per class: the top folder is the class, whatever lies below it."""

from collections.abc import Iterator, Sequence

from openbml_formats.annotations import Annotation
from openbml_formats.pairing import ignored_file, is_image
from openbml_formats.protocols import ReadSettings
from openbml_formats.readers.central import told_by
from openbml_formats.readers.unlabelled import images_only
from openbml_formats.records import Problem, Record, SourceFormatError
from openbml_formats.sources import Source

_SPLITS = frozenset({"train", "training", "val", "valid", "validation", "test", "testing"})


class ImageFolderReader:
    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        return _labelled(source) if settings.labelled else images_only(source)


def _labelled(source: Source) -> Iterator[Record | Problem]:
    names = [member.name for member in source.members()]
    folders = [name.split("/")[:-1] for name in names if is_image(name)]
    if not any(folders):
        raise SourceFormatError("there are no folders with images; each folder's name is a class")
    level = class_level(folders)
    for name in names:
        if is_image(name):
            parts = name.split("/")[:-1]
            labels = (parts[level],) if len(parts) > level else ()
            yield told_by(name, Annotation(labels=labels), name)
        else:
            yield ignored_file(name)


def class_level(folders: Sequence[Sequence[str]]) -> int:
    """Return at which depth the classes' folders stand: below one folder around all, and below splits."""
    level = 0
    while all(len(parts) > level + 1 for parts in folders):
        at_level = {parts[level] for parts in folders}
        if len(at_level) > 1 and not {name.lower() for name in at_level} <= _SPLITS:
            break
        level += 1
    return level


READER = ImageFolderReader()
