"""YOLO: a txt file of shares of the image's size for each image, and a list of class names."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

import yaml

from openbml_formats.annotations import Annotation, Box, Region
from openbml_formats.json_values import number_in
from openbml_formats.limits import SIDECAR_BYTES, YAML_BYTES
from openbml_formats.pairing import ignored_file, is_image, stem_of, suffix_of
from openbml_formats.protocols import ReadSettings, Shared
from openbml_formats.readers.central import read_whole, rejected, told_by
from openbml_formats.readers.unlabelled import images_only
from openbml_formats.records import AnnotationError, Picture, Problem, Record, Severity, SourceFormatError
from openbml_formats.sources import Source

_DIGITS = 9  # of a pixel: what multiplying back makes up lies behind them
_FURTHEST = 2.0  # shares beyond are no shares
_CENTRAL = frozenset({"classes.txt", "train.txt", "val.txt", "valid.txt", "test.txt", "trainval.txt"})
_LISTS = frozenset({"classes.txt", "obj.names", "_darknet.labels"})
_IMAGE_FOLDERS = frozenset({"images", "JPEGImages"})


class YoloReader:
    def shared(self, source: Source, settings: ReadSettings) -> Shared:
        """Raises SourceFormatError: the list of class names cannot be read."""
        return Shared(settings=settings, class_names=_class_names(source) or ())

    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        return _labelled(source) if settings.labelled else images_only(source)

    def annotation(self, data: bytes, picture: Picture, shared: Shared) -> Annotation:
        if len(data) > SIDECAR_BYTES:
            raise AnnotationError("annotation_size", f"is larger than {SIDECAR_BYTES} bytes")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeError as error:
            raise AnnotationError("annotation_text", "is not text in UTF-8") from error
        lines = [line.split() for line in text.splitlines()]
        return Annotation(regions=tuple(_region(line, picture, shared.class_names) for line in lines if line))


def _region(parts: Sequence[str], picture: Picture, names: Sequence[str]) -> Region:
    label = _label(parts[0], names)
    shares = [number_in(part, "a coordinate") for part in parts[1:]]
    if any(abs(share) > _FURTHEST for share in shares):
        raise AnnotationError("annotation_shape", "has coordinates that are not shares of the image's size")
    if len(shares) in (4, 5):
        x, y, width, height = shares[:4]
        box = Box(
            x1=_pixels(x - width / 2, picture.width),
            y1=_pixels(y - height / 2, picture.height),
            x2=_pixels(x + width / 2, picture.width),
            y2=_pixels(y + height / 2, picture.height),
        )
        return Region(label=label, box=box, attributes={"confidence": shares[4]} if shares[4:] else {})
    if len(shares) < 6 or len(shares) % 2:
        raise AnnotationError(
            "annotation_shape", f"has a line of {len(parts)} items: neither box nor polygon"
        )
    ring = tuple(
        (_pixels(x, picture.width), _pixels(y, picture.height))
        for x, y in zip(shares[::2], shares[1::2], strict=True)
    )
    return Region(label=label, polygons=(ring,))


def _pixels(share: float, side: int) -> float:
    return round(share * side, _DIGITS)


def _label(part: str, names: Sequence[str]) -> str:
    place = number_in(part, "a class")
    if not place.is_integer() or place < 0:
        raise AnnotationError("annotation_shape", f"has the class {part[:40]!r}, which is no place in a list")
    if not names:
        return str(int(place))
    if place >= len(names):
        raise AnnotationError("category_unknown", f"has the class {int(place)} of {len(names)} classes")
    return names[int(place)]


def _labelled(source: Source) -> Iterator[Record | Problem]:
    names = [member.name for member in source.members()]
    images = [name for name in names if is_image(name)]
    if not images:
        raise SourceFormatError("there are no images")
    if _class_names(source) is None:
        yield Problem(
            file="",
            reason="class_names_missing",
            message="there is no data.yaml, classes.txt or obj.names; classes are called by their numbers",
            severity=Severity.CHANGED,
        )
    labels = _Labels([name for name in names if suffix_of(name) == ".txt"])
    for name in names:
        if not is_image(name) and suffix_of(name) != ".txt" and not _is_central(name):
            yield ignored_file(name)
    for name in images:
        label = labels.of(name)
        yield (
            told_by(name, Annotation(), name)
            if label is None
            else Record(name=name, member=name, sidecar=label, file=label)
        )
    for name in labels.unused():
        if _is_note(name):
            yield ignored_file(name)
        elif not _is_central(name):
            yield rejected(name, "image_missing", "there is no image of this name")


def _is_central(name: str) -> bool:
    base = PurePosixPath(name).name
    return base in _CENTRAL or base in _LISTS or suffix_of(name) in (".yaml", ".yml", ".names", ".data")


def _is_note(name: str) -> bool:
    return PurePosixPath(name).stem.lower().startswith("readme")


class _Labels:
    """Finds an image's label file: beside it, in `labels` for `images`, or the only one of its name."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = dict.fromkeys(names)
        self._used: set[str] = set()
        self._by_base: dict[str, list[str]] = {}
        for name in names:
            self._by_base.setdefault(PurePosixPath(name).name, []).append(name)

    def of(self, image: str) -> str | None:
        stem = stem_of(image)
        for candidate in (f"{stem}.txt", f"{_in_labels(stem)}.txt"):
            if candidate in self._names:
                self._used.add(candidate)
                return candidate
        same = self._by_base.get(f"{PurePosixPath(stem).name}.txt", [])
        if len(same) != 1 or same[0] in self._used:
            return None
        self._used.add(same[0])
        return same[0]

    def unused(self) -> list[str]:
        return [name for name in self._names if name not in self._used]


def _in_labels(stem: str) -> str:
    parts = stem.split("/")
    for place in range(len(parts) - 2, -1, -1):
        if parts[place] in _IMAGE_FOLDERS:
            return "/".join([*parts[:place], "labels", *parts[place + 1 :]])
    return stem


def _class_names(source: Source) -> tuple[str, ...] | None:
    names = sorted((member.name for member in source.members()), key=lambda name: (name.count("/"), name))
    for name in names:
        if suffix_of(name) in (".yaml", ".yml"):
            found = _in_yaml(name, read_whole(source, name, YAML_BYTES))
            if found is not None:
                return found
    for name in names:
        if PurePosixPath(name).name in _LISTS or suffix_of(name) == ".names":
            lines = _text(name, read_whole(source, name, YAML_BYTES)).splitlines()
            return tuple(line.strip() for line in lines if line.strip())
    return None


def _text(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeError as error:
        raise SourceFormatError(f"{name!r} is not text in UTF-8") from error


def _in_yaml(name: str, data: bytes) -> tuple[str, ...] | None:
    """Return `names`, a list or a map of places; as texts, since `no` and `1` are names too."""
    try:
        document = yaml.load(_text(name, data), Loader=yaml.BaseLoader)  # noqa: S506 - makes texts only
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise SourceFormatError(f"{name!r} is not YAML") from error
    names = document.get("names") if isinstance(document, dict) else None
    if names is None:
        return None
    if isinstance(names, dict):
        names = _in_order(names)
    if not isinstance(names, list) or not all(isinstance(label, str) for label in names):
        raise SourceFormatError(f'{name!r} has "names" that are neither a list nor a map from 0 on')
    return tuple(names)


def _in_order(names: dict[Any, Any]) -> list[Any] | None:
    places = [str(place) for place in range(len(names))]
    return [names[place] for place in places] if all(place in names for place in places) else None


READER = YoloReader()
