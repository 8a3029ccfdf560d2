"""Signs by which formats are told apart: names of files and how their contents begin."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import PurePosixPath

_IMAGES = frozenset({".jpg", ".jpeg", ".png", ".bmp"})
_SOUNDS = frozenset({".wav", ".mp3", ".m4a"})


class Members:
    """Files that are to be imported together, in an archive or beside each other.

    Args:
        names: with their folders, `/` between them.
        head: gives the first kilobytes of a file.
        texts_per_sample: two for pairs of texts.
    """

    def __init__(
        self, names: Sequence[str], head: Callable[[str], bytes], *, texts_per_sample: int = 1
    ) -> None:
        self.names = names
        self._head = head
        self._texts_per_sample = texts_per_sample

    def of(self, *suffixes: str) -> Sequence[str]:
        return [name for name in self.names if _path(name).suffix.lower() in suffixes]

    @cached_property
    def media(self) -> Sequence[str]:
        return self.of(*_IMAGES, *_SOUNDS)

    @cached_property
    def only_media(self) -> bool:
        return bool(self.media) and len(self.media) == len(self.names)

    @cached_property
    def in_folders(self) -> bool:
        return all("/" in name for name in self.media)

    @cached_property
    def stems(self) -> frozenset[str]:
        """Names of what samples are: media, or where there are none, texts."""
        return frozenset(_path(name).stem for name in self.media or self.of(".txt"))

    def has(self, basename: str) -> bool:
        return any(_path(name).name == basename for name in self.names)

    def begins_with(self, names: Sequence[str], *signs: bytes) -> bool:
        """Tell whether the beginning of the first of those files holds one of the signs."""
        if not names:
            return False
        head = self._head(names[0])
        return any(sign in head for sign in signs)

    def beside(self, suffix: str) -> Sequence[str]:
        """Return files of that suffix which share their name with a sample."""
        return [name for name in self.of(suffix) if _path(name).stem in self.stems]

    @cached_property
    def plain_lines(self) -> bool:
        """Whether the first text file's first line holds nothing but its sample."""
        lines = self._head(self.of(".txt")[0]).splitlines() if self.of(".txt") else []
        first = next((line for line in lines if line.strip()), b"")
        return first.count(b"\t") < self._texts_per_sample


_SIGNS: Mapping[str, Callable[[Members], bool]] = {
    "images": lambda files: files.only_media,
    "image_folder": lambda files: files.only_media and files.in_folders,
    "sounds": lambda files: files.only_media,
    "sound_folder": lambda files: files.only_media and files.in_folders,
    "json": lambda files: files.begins_with(files.beside(".json"), b'"labels"'),
    "sound_json": lambda files: bool(files.beside(".json")),
    "labelme": lambda files: files.begins_with(files.beside(".json"), b'"shapes"'),
    "coco": lambda files: (
        bool(files.media)
        and files.begins_with(_alone(files), b'"categories"', b'"images"', b'"annotations"')
        and not files.begins_with(_alone(files), b'"data"')
    ),
    "label_studio": lambda files: files.begins_with(_alone(files), b'"data"'),
    "voc": lambda files: files.begins_with(files.of(".xml"), b"<annotation>", b"<annotation "),
    "cvat": lambda files: files.begins_with(files.of(".xml"), b"<annotations>", b"<annotations "),
    "yolo": lambda files: bool(files.media) and bool(files.beside(".txt") or files.of(".yaml", ".yml")),
    "text_line_images": lambda files: files.has("lines.txt"),
    "text_lines": lambda files: _texts_only(files) and files.plain_lines,
    "text_files": lambda files: _texts_only(files) and files.plain_lines,
    "text_labels": lambda files: _texts_only(files) and not files.plain_lines,
    "text_json": lambda files: bool(files.of(".txt")) and bool(files.beside(".json")),
    "tagged": lambda files: files.has("label_map.json"),
    "conll": lambda files: bool(files.of(".txt", ".tsv", ".conll")) and not files.has("label_map.json"),
    "json_lines": lambda files: (
        bool(files.of(".jsonl", ".json")) and not files.of(".txt") and not _alone_tasks(files)
    ),
    "excel": lambda files: bool(files.of(".xlsx")),
    "excel_labels": lambda files: bool(files.of(".xlsx")),
    "csv": lambda files: bool(files.of(".csv")),
    "parquet": lambda files: bool(files.of(".parquet")),
}


def fits(code: str, members: Members) -> bool:
    """Tell whether the files look like that format; one without known signs may always be meant."""
    sign = _SIGNS.get(code)
    return sign is None or sign(members)


def _path(name: str) -> PurePosixPath:
    return PurePosixPath(name)


def _alone(members: Members) -> Sequence[str]:
    """Return json files that belong to no single medium."""
    return [name for name in members.of(".json") if _path(name).stem not in members.stems]


def _alone_tasks(members: Members) -> bool:
    return members.begins_with(members.of(".json"), b'"annotations"', b'"completions"')


def _texts_only(members: Members) -> bool:
    return bool(members.of(".txt")) and len(members.of(".txt")) == len(members.names)
