"""Which files of a source are sounds, and which class a sound's folder names."""

from collections.abc import Sequence

from openbml_formats.records import Problem
from openbml_formats.sources import Source
from openbml_formats.text_samples import files_of

SOUND_SUFFIXES = (".wav", ".mp3", ".m4a")


def sounds_of(source: Source) -> tuple[Sequence[str], Sequence[Problem]]:
    """Return the sounds, and other files as problems. Raises SourceFormatError where there are none."""
    files, others = files_of(source, SOUND_SUFFIXES, what="sound")
    return [member.name for member in files], others


def shared_folder(names: Sequence[str]) -> str:
    """Return the folder around the classes: what all names begin with, where folders are in it.

    A single folder with nothing but sounds in it is a class.
    """
    folders = [name.split("/")[:-1] for name in names]
    shared: list[str] = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1 or not any(len(folder) > len(shared) + 1 for folder in folders):
            break
        shared.append(parts[0])
    return "".join(f"{part}/" for part in shared)


def class_folder(name: str, around: str) -> str:
    """Return the name of the first folder below the one around, empty for a sound outside of folders."""
    return name.removeprefix(around).rpartition("/")[0].partition("/")[0]
