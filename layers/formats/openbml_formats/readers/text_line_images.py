"""Images of one text line each, and `lines.txt` with `file TAB text` per line.

An image that holds several texts has a json file of the manual's form, as the writer makes it.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from openbml_formats.annotations import Annotation, Region
from openbml_formats.image_json import annotation_of
from openbml_formats.image_names import ImageNames
from openbml_formats.json_values import sidecar_json
from openbml_formats.limits import LINE_CHARACTERS, SIDECAR_BYTES
from openbml_formats.pairing import ignored_file, is_image, stem_of
from openbml_formats.protocols import ReadSettings, Shared
from openbml_formats.readers.central import missing_image, opened, rejected, told_by
from openbml_formats.readers.unlabelled import images_only, kind_of
from openbml_formats.records import Picture, Problem, Record, SourceFormatError
from openbml_formats.sources import Source

LINES = "lines.txt"


class TextLineReader:
    def shared(self, source: Source, settings: ReadSettings) -> Shared:
        return Shared(settings=settings)

    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        return _labelled(source) if settings.labelled else images_only(source)

    def annotation(self, data: bytes, picture: Picture, shared: Shared) -> Annotation:
        return annotation_of(sidecar_json(data, limit=SIDECAR_BYTES), kind_of(shared))


def _labelled(source: Source) -> Iterator[Record | Problem]:
    names = [member.name for member in source.members()]
    lists = [name for name in names if PurePosixPath(name).name == LINES]
    if not lists:
        raise SourceFormatError(f"there is no {LINES}")
    images = [name for name in names if is_image(name)]
    stems = {stem_of(name) for name in images}
    sidecars = {stem_of(name): name for name in names if name.endswith(".json") and stem_of(name) in stems}
    used = {*lists, *sidecars.values()}
    yield from (ignored_file(name) for name in names if not is_image(name) and name not in used)
    texts: dict[str, str] = {}
    for name in lists:
        yield from _read_lines(source, name, ImageNames(images), texts)
    for name in images:
        sidecar = sidecars.get(stem_of(name))
        if name in texts:
            yield told_by(name, Annotation(regions=(Region(text=texts[name]),)), name)
        elif sidecar:
            yield Record(name=name, member=name, sidecar=sidecar, file=sidecar)
        else:
            yield told_by(name, Annotation(), name)


def _read_lines(source: Source, name: str, finder: ImageNames, texts: dict[str, str]) -> Iterator[Problem]:
    """Note each image's text; yield the lines that say none."""
    for place, line in enumerate(_lines(source, name), start=1):
        told, tab, text = line.partition("\t")
        if not line.strip():
            continue
        if not tab:
            yield rejected(name, "line_shape", "is not a file name, a tab and a text", place)
            continue
        found = finder.find(told.strip(), file=name)
        if found.name is None:
            yield missing_image(name, told, found).model_copy(update={"line": place})
        elif found.name in texts:
            yield rejected(name, "annotation_twice", f"{told[:200]!r} has a text already", place)
        else:
            texts[found.name] = text


def _lines(source: Source, name: str) -> Iterator[str]:
    with opened(source, name) as stream:
        first = True
        while line := stream.readline(LINE_CHARACTERS):
            try:
                text = line.decode("utf-8-sig" if first else "utf-8")
            except UnicodeError as error:
                raise SourceFormatError(f"{name!r} is not text in UTF-8") from error
            yield text.rstrip("\r\n")
            first = False


READER = TextLineReader()
