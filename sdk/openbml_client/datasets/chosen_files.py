"""Files that a person names, made into what an import takes: some files as they are, or one archive."""

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from openbml_client.datasets.format_signs import Members, fits
from openbml_client.datasets.kinds import Kinds
from openbml_client.errors import FileChoiceError
from openbml_client.resources import Document

_HEAD_BYTES = 64 * 1024
_ARCHIVE = ".zip"
_STAMP = (1980, 1, 1, 0, 0, 0)  # the same files make the same archive, so an upload of it can be resumed
_PACKED_ALREADY = frozenset({".jpg", ".jpeg", ".png", ".mp3", ".m4a", ".parquet", ".xlsx"})
_LEFT_BEHIND = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})


@dataclass(frozen=True)
class FoundFile:
    """A file and how it is called in an archive."""

    path: Path
    name: str


@dataclass(frozen=True)
class ChosenFiles:
    """What is uploaded: the format's code, and the files."""

    format: str
    paths: Sequence[Path]


def choose_files(
    references: Sequence[str | Path], kind: Document, kinds: Kinds, *, format_code: str | None, folder: Path
) -> ChosenFiles:
    """Find the files, tell their format where none is given, and pack what cannot go up as it is.

    Args:
        references: files, folders and glob patterns.
        folder: where an archive is packed; the caller removes it.

    Raises:
        FileChoiceError: nothing is there, or the format cannot be told.
    """
    found = find_files(references)
    chosen = _format_named(format_code, kind, kinds) if format_code else _only_format(found, kind, kinds)
    if _is_archive(found) or _goes_loose(found, chosen):
        return ChosenFiles(chosen["code"], [file.path for file in found])
    if chosen["source"] == "files":
        raise FileChoiceError(
            f"{chosen['title']} ({chosen['code']}) takes 1 to {chosen['most_files']} files with "
            f"{' or '.join(chosen['suffixes'])} and different names, not these {len(found)}."
        )
    return ChosenFiles(chosen["code"], [pack(found, folder / f"{_archive_name(references)}{_ARCHIVE}")])


def find_files(references: Sequence[str | Path]) -> Sequence[FoundFile]:
    """Return all files in a stable order; those of folders keep their names below the folder.

    Raises:
        FileChoiceError: nothing is there.
    """
    found: dict[Path, str] = {}
    for reference in references:
        paths = _expanded(reference)
        if not paths:
            raise FileChoiceError(f"There is no file {str(reference)!r}.")
        for path in paths:
            for file in _members(path):
                found.setdefault(file, file.relative_to(path).as_posix() if path.is_dir() else file.name)
    if not found:
        raise FileChoiceError("The folder holds no files.")
    return [FoundFile(path, name) for path, name in found.items()]


def possible_formats(found: Sequence[FoundFile], kind: Document, kinds: Kinds) -> Sequence[Document]:
    """Return the formats that the files can be, by their names and beginnings.

    Raises:
        FileChoiceError: an archive that cannot be opened.
    """
    members = _looked_into(found, 2 if kind["content"] == "pair" else 1)
    fitting = [row for row in kinds.imports_of(kind) if fits(row["code"], members)]
    if any("/" in file.name for file in found) or _is_archive(found):
        return [row for row in fitting if row["source"] != "files" or not _is_archive(found)]
    return [row for row in fitting if _suffixes_fit(found, row)] or fitting


def pack(found: Sequence[FoundFile], target: Path) -> Path:
    """Write the files into one archive; the same files always give the same bytes."""
    names: set[str] = set()
    with zipfile.ZipFile(target, "w") as archive:
        for file in found:
            if file.name in names:
                raise FileChoiceError(f"Two of the files are called {file.name}; import them one by one.")
            names.add(file.name)
            entry = zipfile.ZipInfo(file.name, _STAMP)
            entry.file_size = (
                file.path.stat().st_size
            )  # says whether its header needs room for more than 2 GB
            stored = file.path.suffix.lower() in _PACKED_ALREADY
            entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            with file.path.open("rb") as source, archive.open(entry, "w") as packed:
                while block := source.read(1024 * 1024):
                    packed.write(block)
    return target


def _format_named(code: str, kind: Document, kinds: Kinds) -> Document:
    possible = kinds.imports_of(kind)
    for row in possible:
        if row["code"] == code:
            return row
    raise FileChoiceError(f"{kind['code']} is not imported from {code!r}; possible are {_codes(possible)}.")


def _only_format(found: Sequence[FoundFile], kind: Document, kinds: Kinds) -> Document:
    possible = possible_formats(found, kind, kinds)
    if len(possible) == 1:
        return possible[0]
    if possible:
        raise FileChoiceError(f"The files can be {_codes(possible)}. Say which with --format.")
    raise FileChoiceError(
        f"The files look like no format of {kind['code']}. "
        f"If they are one, say it with --format: {_codes(kinds.imports_of(kind))}."
    )


def _codes(formats: Sequence[Document]) -> str:
    return ", ".join(row["code"] for row in formats)


def _expanded(reference: str | Path) -> Sequence[Path]:
    path = Path(reference).expanduser()
    if path.exists():
        return [path.resolve()]
    pattern = str(path.relative_to(path.anchor))
    return [found.resolve() for found in sorted(Path(path.anchor or ".").glob(pattern))]


def _members(path: Path) -> Sequence[Path]:
    if not path.is_dir():
        return [path]
    return [file for file in sorted(path.rglob("*")) if file.is_file() and not _stays(file.relative_to(path))]


def _stays(inside: Path) -> bool:
    return any(part.startswith(".") or part in _LEFT_BEHIND for part in inside.parts)


def _is_archive(found: Sequence[FoundFile]) -> bool:
    return len(found) == 1 and found[0].path.suffix.lower() == _ARCHIVE


def _goes_loose(found: Sequence[FoundFile], chosen: Document) -> bool:
    if chosen["source"] == "archive" or len(found) > chosen["most_files"]:
        return False
    names = {file.path.name for file in found}
    return len(names) == len(found) and _suffixes_fit(found, chosen)


def _suffixes_fit(found: Sequence[FoundFile], row: Document) -> bool:
    return row["source"] != "archive" and all(file.path.suffix.lower() in row["suffixes"] for file in found)


def _archive_name(references: Sequence[str | Path]) -> str:
    first = Path(references[0]).expanduser()
    return first.resolve().name if len(references) == 1 and first.is_dir() else "files"


def _looked_into(found: Sequence[FoundFile], texts_per_sample: int) -> Members:
    if _is_archive(found):
        return _archive_members(found[0].path, texts_per_sample)
    by_name = {file.name: file.path for file in found}
    return Members(list(by_name), lambda name: _head_of(by_name[name]), texts_per_sample=texts_per_sample)


def _head_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def _archive_members(path: Path, texts_per_sample: int) -> Members:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [
                entry.filename
                for entry in archive.infolist()
                if not entry.is_dir() and not _stays(Path(entry.filename))
            ]
    except zipfile.BadZipFile as error:
        raise FileChoiceError(f"{path.name} is not a zip archive ({error}).") from error
    return Members(names, _head_in(path), texts_per_sample=texts_per_sample)


def _head_in(path: Path) -> Callable[[str], bytes]:
    def head(name: str) -> bytes:
        try:
            with zipfile.ZipFile(path) as archive, archive.open(name) as entry:
                return entry.read(_HEAD_BYTES)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:  # damaged, encrypted
            raise FileChoiceError(f"{name} in {path.name} cannot be read: {error}") from error

    return head
