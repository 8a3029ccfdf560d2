"""Validations in memory; they pass the contract suite of the real ones."""

import threading
from collections.abc import Sequence

from openbml.core.scope import ProjectScope
from openbml.services.validation.validations import (
    Validation,
    ValidationNotFoundError,
    ValidationTakenError,
)


class InMemoryValidations:
    def __init__(self) -> None:
        self._rows: dict[int, Validation] = {}
        self._lock = threading.Lock()

    def add(self, validation: Validation) -> None:
        with self._lock:
            for row in self._open():
                if _version(row) == _version(validation):
                    raise ValidationTakenError(validation_id=row.validation_id)
            self._rows[validation.validation_id] = validation

    def get(self, scope: ProjectScope, validation_id: int) -> Validation:
        row = self._rows.get(validation_id)
        if row is None or row.scope != scope:
            raise ValidationNotFoundError(validation_id=validation_id)
        return row

    def end(self, validation: Validation) -> None:
        with self._lock:
            self._rows[validation.validation_id] = validation

    def open_in(self, scope: ProjectScope) -> Sequence[Validation]:
        return [row for row in self._open() if row.scope == scope]

    def open_everywhere(self) -> Sequence[tuple[ProjectScope, int]]:
        return [(row.scope, row.validation_id) for row in self._open()]

    def _open(self) -> list[Validation]:
        return [row for row in self._rows.values() if row.ended_at is None]


def _version(row: Validation) -> tuple[ProjectScope, int, int]:
    return row.scope, row.model_id, row.model_version
