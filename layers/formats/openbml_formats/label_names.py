"""What a label may be called (spec 02 sections 1.4, 3.4, 4.5), and how foreign names are adapted."""

import hashlib
import re
import unicodedata

from openbml_catalog.datasets import LabelRule
from openbml_formats.records import AnnotationError

NAME_BYTES = 20
TEXT_CHARACTERS = 50
_DIGEST_CHARACTERS = 4

_ALLOWED = {
    LabelRule.IDENTIFIER: re.compile(rf"[0-9A-Za-z_-]{{1,{NAME_BYTES}}}"),
    LabelRule.ALPHANUMERIC: re.compile(rf"[0-9A-Za-z]{{1,{NAME_BYTES}}}"),
    LabelRule.TEXT: re.compile(rf"\S|\S.{{0,{TEXT_CHARACTERS - 2}}}\S"),
    LabelRule.SIMILARITY: re.compile(r"[01]"),
}
_WHAT_IS_ALLOWED = {
    LabelRule.IDENTIFIER: f"1 to {NAME_BYTES} digits, letters, underscores and hyphens are possible",
    LabelRule.ALPHANUMERIC: f"1 to {NAME_BYTES} digits and letters are possible",
    LabelRule.TEXT: f"1 to {TEXT_CHARACTERS} characters of one line are possible",
    LabelRule.SIMILARITY: "1 (similar) and 0 (not similar) are possible",
}


def checked_label(name: str, rule: LabelRule) -> str:
    """Return the name. Raises AnnotationError where the rule does not allow it."""
    if not _is_allowed(name, rule):
        raise AnnotationError("label_name", f"has the label {name[:60]!r}; {_WHAT_IS_ALLOWED[rule]}")
    return name


def adapted_label(name: str, rule: LabelRule) -> str | None:
    """Return the nearest name that the rule allows, None where there is none.

    Spaces and punctuation become underscores (nothing in alphanumeric names), accents go. A name that is cut
    ends in a digest of the whole, so that two long names stay two.
    """
    if _is_allowed(name, rule):
        return name
    if rule is LabelRule.SIMILARITY:
        return None
    if rule is LabelRule.TEXT:
        adapted = " ".join("".join(c if c.isprintable() else " " for c in name).split())
        adapted = _cut(adapted, name, TEXT_CHARACTERS)
    else:
        adapted = _cut(_in_ascii(name, "_" if rule is LabelRule.IDENTIFIER else ""), name, NAME_BYTES)
    return adapted if _is_allowed(adapted, rule) else None


def _is_allowed(name: str, rule: LabelRule) -> bool:
    return bool(_ALLOWED[rule].fullmatch(name)) and name.isprintable()


def _in_ascii(name: str, instead: str) -> str:
    plain = unicodedata.normalize("NFKD", name.strip())
    kept = []
    for character in plain:
        if character.isascii() and (character.isalnum() or (instead and character in "_-")):
            kept.append(character)
        elif character.isalnum():
            return ""  # letters of another script have no equal
        elif not unicodedata.combining(character):
            kept.append(instead)
    adapted = re.sub(r"_{2,}", "_", "".join(kept))
    return adapted if any(character.isalnum() for character in adapted) else ""


def _cut(adapted: str, name: str, most: int) -> str:
    if len(adapted) <= most:
        return adapted
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_CHARACTERS]
    return adapted[: most - _DIGEST_CHARACTERS].rstrip() + digest
