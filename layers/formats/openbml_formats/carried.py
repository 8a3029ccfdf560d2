"""Lines of text files that give back exactly what is written to them, or a refusal."""

from collections.abc import Sequence

from openbml_formats.records import ExportSample
from openbml_formats.unwritable import UnwritableSampleError

_LINE_ENDS = "\n\r"


def line_of(sample: ExportSample, columns: Sequence[str], *, tabs: bool = False) -> bytes:
    """Return a line of these columns with tabs between.

    Args:
        tabs: a tab inside of a column is no harm: there is only one.

    Raises:
        UnwritableSampleError: a text would not be read as it is.
    """
    for text in columns:
        if any(character in text for character in _LINE_ENDS):
            raise UnwritableSampleError(sample.sample_id, "has a text of several lines")
        if "\t" in text and not tabs:
            raise UnwritableSampleError(sample.sample_id, "has a text with a tab")
        if "\0" in text or text.startswith("\ufeff") or not text.strip():
            raise UnwritableSampleError(sample.sample_id, "has a text that no line can hold")
    return "\t".join(columns).encode() + b"\n"


def joined_labels(sample: ExportSample, *, several: bool) -> Sequence[str]:
    """Return the column of the labels, none where there are none.

    Raises:
        UnwritableSampleError: a label of several holds the separator.
    """
    labels = sample.annotation.labels
    if several and any("/" in label for label in labels):
        raise UnwritableSampleError(sample.sample_id, "has a label with a slash")
    return ["/".join(labels)] if labels else []
