"""Operations of cleanings and augmentations, checked without looking at a sample."""

from collections.abc import Sequence

from openbml.core.errors import InvalidRequestError
from openbml_catalog.datasets import DatasetKind
from openbml_catalog.datasets.operators import OperatorUse
from openbml_formats.operators.operations import Operation, OperationError, checked_operations


def checked_order(
    operations: Sequence[Operation], *, kind: DatasetKind, use: OperatorUse
) -> tuple[Operation, ...]:
    """Raises InvalidRequestError: the message names the operation and what is wrong with it."""
    try:
        return checked_operations(operations, kind=kind, use=use)
    except OperationError as error:
        raise InvalidRequestError(field=f"operations.{error.place}", reason=str(error)) from error
