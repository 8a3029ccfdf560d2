"""Options and files that hold JSON or text."""

import json
from pathlib import Path

from openbml_client.errors import InvalidChoiceError
from openbml_client.resources import Document

_LARGEST_FILE = 6 * 1024 * 1024  # what a prediction takes


def json_object(text: str, option: str) -> Document:
    """Return the object that an option holds, or the file that it names as @FILE.

    Raises:
        InvalidChoiceError: it holds none.
    """
    if text.startswith("@"):
        return json_file(Path(text[1:]))
    return _object(text, option)


def json_file(path: Path) -> Document:
    """Return a file's object. Raises InvalidChoiceError."""
    return _object(text_file(path), str(path))


def text_file(path: Path) -> str:
    """Return a file's text. Raises InvalidChoiceError: it is too large, or no text."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise InvalidChoiceError(f"{path} is larger than {_LARGEST_FILE // 1024**2} MB.")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidChoiceError(f"{path} cannot be read: {error}") from error


def _object(text: str, what: str) -> Document:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InvalidChoiceError(f"{what} is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise InvalidChoiceError(f"{what} is no JSON object.")
    return document
