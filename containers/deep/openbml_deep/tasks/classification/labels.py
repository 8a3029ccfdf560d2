"""The classes of a whole image."""

from collections.abc import Sequence

from openbml_kit.faults import UserFault
from openbml_kit.snapshots import SampleDocument


def class_of(document: SampleDocument, labels: Sequence[str]) -> int:
    """Return the place of the sample's only label.

    Raises:
        UserFault: it has none or several, or one that was not chosen.
    """
    names = document.label_names
    if len(names) != 1:
        raise UserFault(
            f"sample {document.name} has {len(names)} labels, single-label classification needs one"
        )
    if names[0] not in labels:
        raise UserFault(
            f"label {names[0]} of sample {document.name} is not among the labels chosen for training"
        )
    return labels.index(names[0])
