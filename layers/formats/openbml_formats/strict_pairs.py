"""Files that belong together by their stems, a content and its json file, and nothing else beside them."""

from collections.abc import Iterator, Mapping, Sequence

from openbml_formats.limits import LISTED_MISMATCHES
from openbml_formats.records import NameMismatchError, Problem, SourceFormatError
from openbml_formats.sources import Source
from openbml_formats.text_samples import is_litter


def paired_files(source: Source, suffixes: Sequence[str], *, what: str) -> Iterator[tuple[str, str]]:
    """Yield each content file with its json file, in the order of the contents.

    Raises:
        SourceFormatError: other kinds of files, two contents of one stem, or nothing at all.
        NameMismatchError: a file without its partner.
    """
    contents, sidecars = _by_stem(source, suffixes, what)
    lonely = [
        Problem(file=name, reason="name_mismatch", message="has no json file of the same name")
        for stem, name in contents.items()
        if stem not in sidecars
    ] + [
        Problem(file=name, reason="name_mismatch", message=f"has no {what} file of the same name")
        for stem, name in sidecars.items()
        if stem not in contents
    ]
    if lonely:
        first = lonely[0]
        message = f"{len(lonely)} files have no partner, the first is {first.file}: it {first.message}"
        raise NameMismatchError(message, lonely[:LISTED_MISMATCHES])
    for stem, name in contents.items():
        yield name, sidecars[stem]


def _by_stem(
    source: Source, suffixes: Sequence[str], what: str
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    contents: dict[str, str] = {}
    sidecars: dict[str, str] = {}
    for member in source.members():
        if is_litter(member.name):
            continue
        stem, _, suffix = member.name.rpartition(".")
        if f".{suffix.lower()}" in suffixes:
            group = contents
        elif suffix.lower() == "json":
            group = sidecars
        else:
            allowed = ", ".join([*suffixes, ".json"])
            raise SourceFormatError(f"{member.name}: only {allowed} files are possible in the archive")
        if stem in group:
            raise SourceFormatError(f"{member.name} and {group[stem]} have the same name")
        group[stem] = member.name
    if not contents and not sidecars:
        raise SourceFormatError(f"there is no {what} file in the archive")
    return contents, sidecars
