"""COCO: images, and one or several json files about all of them, which are streamed."""

from collections.abc import Generator, Iterator
from typing import Any, NamedTuple

from openbml_catalog.datasets import AnnotationForm
from openbml_formats.annotations import Annotation, Region
from openbml_formats.coco_json import region_of
from openbml_formats.image_names import ImageNames
from openbml_formats.json_streams import first_character, member_items
from openbml_formats.kept_items import KeptItems
from openbml_formats.limits import CENTRAL_IMAGES
from openbml_formats.pairing import ignored_file, is_image, suffix_of
from openbml_formats.protocols import ReadSettings
from openbml_formats.readers.central import missing_image, opened, refused, rejected, skipped, told_by
from openbml_formats.readers.unlabelled import images_only
from openbml_formats.records import AnnotationError, Problem, Record, SourceFormatError
from openbml_formats.region_rules import check_region_count
from openbml_formats.sources import Source

_LISTS = frozenset({"images", "annotations", "categories"})
_Id = str | int


class _File(NamedTuple):
    """What one json file says beside its annotations: names of categories, file names of images, by id."""

    name: str
    categories: dict[_Id, str]
    images: dict[_Id, str]


class _Key(NamedTuple):
    """An image as one of the files knows it."""

    file: int
    image_id: _Id | None


class CocoReader:
    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        if not settings.labelled:
            return images_only(source)
        return _labelled(source, settings)


def _labelled(source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
    names = [member.name for member in source.members()]
    yield from (ignored_file(name) for name in names if not is_image(name) and suffix_of(name) != ".json")
    with KeptItems[_Key]() as kept:
        files: list[_File] = []
        for name in names:
            if suffix_of(name) == ".json":
                file = yield from _read_file(source, name, len(files), kept)
                files += [file] if file.images else []
        if not files:
            raise SourceFormatError('there is no json file with "images" and "annotations", as COCO has it')
        yield from _joined([name for name in names if is_image(name)], files, kept, settings)


def _read_file(
    source: Source, name: str, place: int, kept: KeptItems[_Key]
) -> Generator[Problem, None, _File]:
    """Keep a file's annotations, yield what is wrong in it, return the rest of it."""
    file = _File(name, {}, {})
    captions = 0
    for member, item in _items(source, name):
        if not isinstance(item, dict):
            yield rejected(name, "annotation_shape", f'"{member}" is not a list of objects')
        elif member != "annotations":
            yield from _noted(file, member, item)
        elif "caption" in item and not item.get("bbox"):
            captions += 1
        else:
            kept.add(_Key(place, _id(item.get("image_id"))), item)
    if captions:
        yield skipped(name, "ignored_captions", f"has {captions} captions, which are not read")
    if not file.images:
        yield skipped(name, "ignored_file", 'has no "images" and "annotations"')
    return file


def _items(source: Source, name: str) -> Iterator[tuple[str, Any]]:
    """Yield (list, item) of the lists that COCO has; nothing where the file is no object."""
    with opened(source, name) as stream:
        if first_character(stream) != "{":
            return
    with opened(source, name) as stream:
        yield from (found for found in member_items(stream) if found[0] in _LISTS)


def _noted(file: _File, member: str, item: dict[str, Any]) -> Iterator[Problem]:
    """Note an image or a category; yield what is wrong with it."""
    key, known = _id(item.get("id")), file.categories if member == "categories" else file.images
    wanted = "name" if member == "categories" else "file_name"
    told = item.get(wanted)
    if key is None or not isinstance(told, str):
        yield rejected(file.name, "annotation_shape", f'"{member}" has an item without "id" and "{wanted}"')
    elif len(known) > CENTRAL_IMAGES:
        raise SourceFormatError(f"{file.name!r} has more than {CENTRAL_IMAGES} {member}; split it")
    elif known.setdefault(key, told) != told:
        yield rejected(
            file.name, "id_twice", f'"{member}" has the id {key!r:.60} twice; the first one counts'
        )


def _id(value: Any) -> _Id | None:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int | str) and not isinstance(value, bool) else None


def _joined(
    names: list[str], files: list[_File], kept: KeptItems[_Key], settings: ReadSettings
) -> Iterator[Record | Problem]:
    finder = ImageNames(names)
    told: dict[str, list[_Key]] = {}
    for place, file in enumerate(files):
        for key, file_name in file.images.items():
            found = finder.find(file_name, file=file.name)
            if found.name is None:
                yield missing_image(file.name, file_name, found)
            else:
                told.setdefault(found.name, []).append(_Key(place, key))
    yield from _dangling(files, kept)
    for name in names:
        try:
            yield told_by(name, _annotation(told.get(name, []), files, kept, settings), name)
        except AnnotationError as error:
            yield refused(name, error)


def _dangling(files: list[_File], kept: KeptItems[_Key]) -> Iterator[Problem]:
    for key in kept:
        file = files[key.file]
        if key.image_id not in file.images:
            count = kept.count(key)
            yield rejected(
                file.name,
                "image_unknown",
                f"{count} annotations are of the image {key.image_id!r:.60}, which is not in the file",
            )


def _annotation(
    keys: list[_Key], files: list[_File], kept: KeptItems[_Key], settings: ReadSettings
) -> Annotation:
    check_region_count(sum(kept.count(key) for key in keys), settings.kind)
    regions: list[Region] = []
    for key in keys:
        categories = files[key.file].categories
        for item in kept.items(key):
            category = _id(item.get("category_id"))
            if category not in categories:
                raise AnnotationError(
                    "category_unknown", f"has the category {category!r:.60}, which is not in the file"
                )
            regions.append(_fitted(region_of(item, categories[category]), settings))
    return Annotation(regions=tuple(regions))


def _fitted(region: Region, settings: ReadSettings) -> Region:
    """Keep the one of box and outline that the kind wants, where there are both."""
    has_outline = bool(region.polygons) or region.mask is not None
    if region.box is None or not has_outline:
        return region
    if settings.kind.annotation_form is AnnotationForm.BOXES:
        return region.model_copy(update={"polygons": (), "mask": None})
    return region.model_copy(update={"box": None})


READER = CocoReader()
