"""The model that answers: a task of the serving image, or an imported model of a framework's image.

Code of users runs in workers of the framework host without the job's credentials; this process, which has
them, only reads and writes objects.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import orjson

from openbml_batch.items import Document, refused
from openbml_batch.payloads import Payload
from openbml_catalog.frameworks.manifest import MANIFEST_FILE
from openbml_catalog.prediction_apis import prediction_apis


class BatchModel(Protocol):
    """A model set up; called from several threads at once.

    Attributes:
        parallel: how many requests it computes at once.
        most_line_bytes: of a request body.
        labels, quantiles: what a table's prediction names; both empty of a regression's single value.
        features: columns that a table's row must have, empty of other tasks.
        numbers: those of them that are numbers with a decimal point.
    """

    payload: Payload
    parallel: int
    most_line_bytes: int
    labels: Sequence[str]
    quantiles: Sequence[str]
    features: Sequence[str]
    numbers: frozenset[str]

    def read(self, body: bytes) -> Document:
        """Return a request body's object. Raises ItemError."""

    def answer(self, document: Document) -> Mapping[str, Any]:
        """Raises ItemError."""

    def close(self) -> None: ...


def load_model(folder: Path, *, cores: int, variant: str | None) -> BatchModel:
    """Return the model of a folder.

    Raises:
        PlatformFault, UserFault: this image cannot serve it.
    """
    # Each image has one of the two.
    if (folder / MANIFEST_FILE).exists():
        from openbml_batch.framework_models import FrameworkModel

        return FrameworkModel(folder)
    from openbml_batch.task_models import TaskModel

    return TaskModel(folder, cores=cores, variant=variant)


def payload_of(task: str, undecodable: str) -> Payload:
    return Payload(prediction_apis().get(task), undecodable=undecodable)


def parsed(body: bytes) -> Document:
    """Return a JSON object. Raises ItemError."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise refused("json_invalid") from error
    if not isinstance(document, dict):
        raise refused("invalid_argument", "the line is not a JSON object")
    return document
