"""What a single sample may be: an image, a text, a pair of texts; by the rules that imports have too."""

import hashlib
from typing import NamedTuple

from openbml.core.errors import OpenBMLError
from openbml.datasets.datasets import Dataset
from openbml.datasets.image_rules import CheckedImage, checked_image
from openbml.datasets.samples import text_digest
from openbml_catalog.datasets import Content, DatasetKind
from openbml_formats.text_rules import TextError, checked_text


class ContentRefusedError(OpenBMLError):
    """The content breaks a rule of the dataset's kind; details: reason (a code), message."""


class NewContent(NamedTuple):
    """A checked content: an image with its bytes, or texts."""

    sha256: str
    size_bytes: int
    texts: tuple[str, ...] = ()
    data: bytes = b""
    image: CheckedImage | None = None

    @property
    def extension(self) -> str:
        return self.image.extension if self.image else ""


def image_content(data: bytes) -> NewContent:
    """Raises SampleRejectedError: the image breaks a rule (spec 02 section 3.1)."""
    image = checked_image(data)
    return NewContent(hashlib.sha256(data).hexdigest(), len(data), data=data, image=image)


def text_content(texts: tuple[str, ...], dataset: Dataset) -> NewContent:
    """Return texts as samples of the dataset hold them; what is beyond the kind's limit is cut off.

    Raises:
        ContentRefusedError: empty, not Unicode, or another number of texts than the kind has.
    """
    kind = dataset.kind
    if len(texts) != _texts_of(kind):
        message = f"{len(texts)} texts; {kind.code} has {_texts_of(kind)}"
        raise ContentRefusedError(reason="text_count", message=message)
    try:
        kept = tuple(checked_text(text, kind).text for text in texts)
    except TextError as error:
        raise ContentRefusedError(reason=error.reason, message=str(error)) from error
    return NewContent(text_digest(kept), sum(len(text.encode()) for text in kept), texts=kept)


def _texts_of(kind: DatasetKind) -> int:
    return {Content.TEXT: 1, Content.PAIR: 2}.get(kind.content, 0)
