"""Use cases: delete a version or a model: refused while it is used, marked at once, emptied by a queue.

The mark comes before the question whether it is used, and the queue asks that again after longer than a call
may take: whoever read the version just before the mark has finished deploying by then.
"""

from collections.abc import Callable, Iterator

from pydantic import BaseModel, ConfigDict

from openbml.core.observability import logger
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.models.model_files import ModelFiles, digests_uri
from openbml.models.model_uses import (
    ModelInUseError,
    ModelUses,
    VersionInUseError,
    require_unused_model,
    require_unused_version,
)
from openbml.models.models import Model, ModelNotFoundError, ModelRepository
from openbml.models.versions import ModelVersion, VersionNotFoundError, VersionState

_PAGE = 100


class DeletionOrder(BaseModel):
    """Message to `delete_model`: the model, or one version of it."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    model_id: int
    version_number: int | None = None


def delete_version(
    scope: ProjectScope,
    model_id: int,
    version_number: int,
    *,
    models: ModelRepository,
    uses: ModelUses,
    deletions: MessageQueue,
) -> ModelVersion:
    """Mark the version and order its removal; again is fine.

    Raises:
        ModelNotFoundError, VersionNotFoundError, VersionConflictError
        VersionInUseError: a service, a validation or a batch prediction needs it.
    """
    version = models.version(scope, model_id, version_number)
    require_unused_version(scope, model_id, version_number, uses=uses)
    marked = _marked(version, models)
    try:
        require_unused_version(scope, model_id, version_number, uses=uses)
    except VersionInUseError:
        models.save_version(marked.kept())
        raise
    deletions.send([DeletionOrder(scope=scope, model_id=model_id, version_number=version_number)])
    return marked


def delete_model(
    scope: ProjectScope,
    model_id: int,
    *,
    models: ModelRepository,
    uses: ModelUses,
    deletions: MessageQueue,
) -> Model:
    """Mark the model and order the removal of all of it; again is fine.

    Raises:
        ModelNotFoundError
        ModelInUseError: it has a service, or a validation or a batch prediction needs a version.
    """
    model = models.get(scope, model_id)
    require_unused_model(scope, model_id, uses=uses)
    marked = models.mark_deleting(model, deleting=True)
    try:
        require_unused_model(scope, model_id, uses=uses)
    except ModelInUseError:
        models.mark_deleting(marked, deleting=False)
        raise
    deletions.send([DeletionOrder(scope=scope, model_id=model_id)])
    return marked


def carry_out_deletion(
    order: DeletionOrder,
    *,
    models: ModelRepository,
    files: ModelFiles,
    uses: ModelUses,
    deletions: MessageQueue,
    has_time: Callable[[], bool],
) -> bool:
    """Remove files, then records, as far as the time allows; ask for the rest.

    What is used by now after all is kept, and its mark taken back.

    Returns:
        Whether it is gone.
    """
    try:
        model = models.get(order.scope, order.model_id)
        if order.version_number is not None:
            return _remove_version(order, order.version_number, models=models, files=files, uses=uses)
    except (ModelNotFoundError, VersionNotFoundError):
        return True
    if not model.deleting:
        return False
    try:
        require_unused_model(order.scope, order.model_id, uses=uses)
    except ModelInUseError as error:
        logger.warning("a model is used after all", model_id=order.model_id, by=error.details["by"])
        models.mark_deleting(model, deleting=False)
        return False
    for version in _versions(model, models):
        if not has_time():
            deletions.send([order])
            return False
        _empty(version, files)
        models.remove_version(version)
    files.remove_below(files.uri(f"{model.scope.prefix}models/{model.model_id}/"))
    models.remove(model)
    return True


def _remove_version(
    order: DeletionOrder,
    version_number: int,
    *,
    models: ModelRepository,
    files: ModelFiles,
    uses: ModelUses,
) -> bool:
    version = models.version(order.scope, order.model_id, version_number)
    if version.state is not VersionState.DELETING:
        return False
    try:
        require_unused_version(order.scope, order.model_id, version_number, uses=uses)
    except VersionInUseError as error:
        logger.warning(
            "a version is used after all and kept", model_id=order.model_id, by=error.details["by"]
        )
        models.save_version(version.kept())
        return False
    _empty(version, files)
    models.remove_version(version)
    return True


def _empty(version: ModelVersion, files: ModelFiles) -> None:
    files.remove_below(version.model_uri)
    files.remove_below(digests_uri(version.model_uri))


def _marked(version: ModelVersion, models: ModelRepository) -> ModelVersion:
    after = version.deleting()
    if after is not version:
        models.save_version(after)
    return after


def _versions(model: Model, models: ModelRepository) -> Iterator[ModelVersion]:
    """Yield what is left, from the start each time: what was yielded has been removed since."""
    while True:
        found, _ = models.version_page(model.scope, model.model_id, limit=_PAGE, position=None)
        if not found:
            return
        yield from found
