"""Task types: which data they take and the segment of their public prediction URL.

Only the segment `detection` is printed in the manual; the others are chosen here, once (spec 08 section 4.1).
Services of every task are answered; which tasks are trained, say the networks.
"""

from collections.abc import Mapping, Sequence
from functools import cache

from pydantic import BaseModel, ConfigDict

from openbml_catalog.documents import load_document


class Task(BaseModel):
    """A task type.

    Attributes:
        quality: the figure of an epoch that says which model is best, higher is better; None where none
        trains it yet. figures: the other figures of an evaluation.
        fewest_labels: classes that a run must have.
    """

    model_config = ConfigDict(frozen=True)

    code: str
    direction: str
    data_type: str
    annotation_type: str
    template: str
    url_segment: str
    image: str
    quality: str | None = None
    figures: Sequence[str] = ()
    fewest_labels: int = 2


@cache
def tasks() -> Mapping[str, Task]:
    """Return all task types by code."""
    return {row["code"]: Task.model_validate(row) for row in load_document("tasks", "tasks.yaml")["tasks"]}
