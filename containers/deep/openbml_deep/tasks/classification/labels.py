"""The classes of a whole image."""

from collections.abc import Sequence

from openbml_kit.faults import UserFault
from openbml_kit.snapshots import SampleDocument


def only_class(document: SampleDocument, labels: Sequence[str]) -> int:
    """Return the place of the sample's only label.

    Raises:
        UserFault: it has none or several, or one that was not chosen.
    """
    names = document.label_names
    if len(names) != 1:
        raise UserFault(
            f"sample {document.name} has {len(names)} labels, single-label classification needs one"
        )
    return chosen_classes(document, labels)[0]


def chosen_classes(document: SampleDocument, labels: Sequence[str]) -> tuple[int, ...]:
    """Return the places of the sample's labels, each once, in rising order; none of one without labels.

    Raises:
        UserFault: one was not chosen.
    """
    for name in document.label_names:
        if name not in labels:
            raise UserFault(
                f"label {name} of sample {document.name} is not among the labels chosen for training"
            )
    return tuple(sorted({labels.index(name) for name in document.label_names}))
