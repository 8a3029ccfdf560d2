"""Models and endpoint configurations in the state file."""

import sqlite3
from typing import Any

from pydantic import BaseModel, ConfigDict

from sagemaker_local.protocol.arns import ENDPOINT_CONFIG, MODEL
from sagemaker_local.protocol.errors import ValidationException
from sagemaker_local.state import resources
from sagemaker_local.state.resources import Record


class Definition(BaseModel):
    """A model or an endpoint configuration; it never changes."""

    model_config = ConfigDict(frozen=True)

    arn: str
    name: str
    request: dict[str, Any]
    created_at: float

    def record(self, kind: str) -> Record:
        return Record(self.arn, kind, self.name, "", self.created_at, self.created_at, self.model_dump_json())


def find(connection: sqlite3.Connection, kind: str, arn: str) -> Definition:
    record = resources.get(connection, arn)
    if record is None:
        words = {MODEL: "model", ENDPOINT_CONFIG: "endpoint configuration"}[kind]
        raise ValidationException(f'Could not find {words} "{arn}".')
    return Definition.model_validate_json(record.doc)
