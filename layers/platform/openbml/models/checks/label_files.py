"""Label files: a class a line, in the order of the model's outputs."""

from openbml.models.imports.limits import LABEL_CHARACTERS, LABELS_BYTES


class LabelFileError(Exception):
    """The message says what is wrong, and in which line."""


def read_labels(content: bytes) -> tuple[str, ...]:
    """Return the names; blank lines at the end do not count. Raises LabelFileError."""
    if len(content) > LABELS_BYTES:
        raise LabelFileError(f"has more than {LABELS_BYTES} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabelFileError(f"is not UTF-8 (byte {error.start})") from error
    lines = [line.strip() for line in text.rstrip().split("\n")] if text.strip() else []
    places: dict[str, int] = {}
    for number, name in enumerate(lines, start=1):
        if not name:
            raise LabelFileError(f"has nothing in line {number}")
        if len(name) > LABEL_CHARACTERS or not name.isprintable():
            raise LabelFileError(
                f"has no printable name of up to {LABEL_CHARACTERS} characters in line {number}"
            )
        if name in places:
            raise LabelFileError(f"has {name[:50]!r} in line {places[name]} and in line {number}")
        places[name] = number
    return tuple(lines)
