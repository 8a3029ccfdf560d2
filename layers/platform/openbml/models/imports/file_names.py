"""Names of a model's files: paths below its folder."""

import unicodedata
from collections.abc import Iterable, Iterator

from openbml.models.imports.limits import NAME_CHARACTERS
from openbml_catalog.frameworks.manifest import MANIFEST_FILE

_FORBIDDEN = frozenset('\\<>:"|?*')


def name_fault(name: str) -> str | None:
    """Return what is wrong with a path, None where nothing is."""
    if not name or len(name) > NAME_CHARACTERS:
        return f"must have 1 to {NAME_CHARACTERS} characters"
    if unicodedata.normalize("NFC", name) != name:
        return "must be in Unicode's composed form (NFC)"
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in name):
        return "has a control character"
    if _FORBIDDEN & set(name):
        return 'has one of \\ < > : " | ? *'
    if name.startswith("/"):
        return "must not start with /"
    if any(part in ("", ".", "..") or part != part.strip() for part in name.split("/")):
        return "has an empty folder, a dot folder, or a space at an end"
    if name == MANIFEST_FILE:
        return "is the name of the file that the platform writes"
    return None


def clashing_names(names: Iterable[str]) -> Iterator[str]:
    """Yield names that stand there twice, differ in case only, or are a folder of another one."""
    seen: set[str] = set()
    folders: set[str] = set()
    for name in sorted(names):
        plain = name.casefold()
        parents = {plain.rsplit("/", depth)[0] for depth in range(1, plain.count("/") + 1)}
        if plain in seen or plain in folders or parents & seen:
            yield name
        seen.add(plain)
        folders |= parents
