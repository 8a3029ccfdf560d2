"""LabelMe: a json file for each image, beside it, or naming it, or with the image inside it."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from openbml_formats.annotations import Annotation
from openbml_formats.image_names import ImageNames
from openbml_formats.labelme_json import annotation_of, document_in
from openbml_formats.limits import EMBEDDED_BYTES
from openbml_formats.pairing import ignored_file, is_image, stem_of, suffix_of
from openbml_formats.protocols import ReadSettings, Shared
from openbml_formats.readers.central import refused, rejected, told_by
from openbml_formats.readers.unlabelled import images_only, kind_of
from openbml_formats.records import AnnotationError, Picture, Problem, Record, SourceFormatError
from openbml_formats.sources import MemberUnreadableError, Source


class LabelMeReader:
    def shared(self, source: Source, settings: ReadSettings) -> Shared:
        return Shared(settings=settings)

    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        return _labelled(source) if settings.labelled else images_only(source)

    def annotation(self, data: bytes, picture: Picture, shared: Shared) -> Annotation:
        return annotation_of(data, picture, kind_of(shared))


def _labelled(source: Source) -> Iterator[Record | Problem]:
    names = [member.name for member in source.members()]
    images = [name for name in names if is_image(name)]
    sidecars = [name for name in names if suffix_of(name) == ".json"]
    if not sidecars:
        raise SourceFormatError("there are no json files")
    yield from (ignored_file(name) for name in names if not is_image(name) and suffix_of(name) != ".json")
    of_images, others = _beside(images, sidecars)
    finder = ImageNames(images)
    for name in others:
        found = _elsewhere(source, name, finder)
        if isinstance(found, str) and found not in of_images:
            of_images[found] = name
        elif isinstance(found, str):
            yield rejected(
                name, "annotation_twice", f"{found!r} is annotated by {of_images[found]!r} already"
            )
        else:
            yield found
    for name in images:
        sidecar = of_images.get(name)
        if sidecar is None:
            yield told_by(name, Annotation(), name)
        else:
            yield Record(name=name, member=name, sidecar=sidecar, file=sidecar)


def _beside(images: list[str], sidecars: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return the files beside images of their name, and the others."""
    by_stem = {stem_of(name): name for name in reversed(images)}
    found = {by_stem[stem_of(name)]: name for name in sidecars if stem_of(name) in by_stem}
    return found, [name for name in sidecars if stem_of(name) not in by_stem]


def _elsewhere(source: Source, name: str, finder: ImageNames) -> str | Record | Problem:
    """Return the image that a file names, a record where it holds the image, or what is wrong with it."""
    try:
        document = document_in(source.read(name, limit=EMBEDDED_BYTES))
    except MemberUnreadableError as error:
        return rejected(name, "file_unreadable", str(error))
    except AnnotationError as error:
        return refused(name, error)
    told = document.get("imagePath")
    told = told if isinstance(told, str) else ""
    found = finder.find(told, file=name)
    if found.name is not None:
        return found.name
    if isinstance(document.get("imageData"), str) and document["imageData"]:
        suffix = PurePosixPath(told.replace("\\", "/")).suffix.lower()
        image = stem_of(name) + (suffix if is_image(told) else ".jpg")
        return Record(name=image, embedded=name, sidecar=name, file=name)
    if found.ambiguous:
        return rejected(name, "image_ambiguous", f"several images may be meant by {told[:200]!r}")
    return rejected(name, "image_missing", f"there is no image {told[:200]!r}, and no imageData")


READER = LabelMeReader()
