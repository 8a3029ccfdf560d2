"""What readers do when the images alone are wanted, and what they all need of their settings."""

from collections.abc import Iterator

from openbml_catalog.datasets import DatasetKind
from openbml_formats.pairing import ignored_file, is_image
from openbml_formats.protocols import Shared
from openbml_formats.records import Problem, Record, SourceFormatError
from openbml_formats.sources import Source


def images_only(source: Source) -> Iterator[Record | Problem]:
    """Yield all images without annotation. Raises SourceFormatError where there are none."""
    members = source.members()
    if not any(is_image(name) for name, _ in members):
        raise SourceFormatError("there are no images")
    for name, _ in members:
        yield Record(name=name, member=name, file=name) if is_image(name) else ignored_file(name)


def kind_of(shared: Shared) -> DatasetKind:
    """Return the kind that sidecars are read for; `shared()` of the same reader has set it."""
    if shared.settings is None:
        raise ValueError("sidecars are parsed with what shared() returned")
    return shared.settings.kind
