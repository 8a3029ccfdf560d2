"""Use cases: make models, publish runs as their versions, copy the files."""

from pydantic import BaseModel, ConfigDict, Field

from openbml.compute.failures import Failure, Fault
from openbml.core.clock import Clock
from openbml.core.errors import OpenBMLError
from openbml.core.events import EventPublisher
from openbml.core.ids import IdFactory
from openbml.core.observability import logger
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.models.events import ModelVersionPublished
from openbml.models.model_files import MANIFEST, ModelFiles, ModelFilesInvalidError, content_of
from openbml.models.models import (
    ExperimentPublishedError,
    Model,
    ModelDeletingError,
    ModelNotNewError,
    ModelRepository,
    ModelSourceDiffersError,
    ModelSourceMixedError,
    ModelTaskDiffersError,
    TaskUnknownError,
)
from openbml.models.run_sources import PublishableRun, RunSource
from openbml.models.sources import ModelSource
from openbml.models.versions import (
    Lineage,
    ModelContent,
    ModelVersion,
    VersionConflictError,
    VersionDeletingError,
    VersionNotFoundError,
    VersionState,
)
from openbml_catalog.tasks import tasks

_ATTEMPTS = 8  # of taking the next version number beside others
_MOST_MANIFEST_BYTES = 5 * 1024 * 1024


class RunPublishedError(OpenBMLError):
    """The run is a version of another model already; details: run_id, model_id, version_number."""


class ModelRequest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=50)
    task_type: str = Field(max_length=50)
    source: ModelSource | None = None
    description: str | None = Field(default=None, max_length=2000)


class PublishRequest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    run_id: int = Field(ge=1, lt=2**53)
    description: str | None = Field(default=None, max_length=2000)


class CopyOrder(BaseModel):
    """Message to `copy_artifacts`."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    model_id: int
    version_number: int


def create_model(
    request: ModelRequest, *, scope: ProjectScope, models: ModelRepository, new_id: IdFactory, now: Clock
) -> Model:
    """Raises TaskUnknownError, ModelNameTakenError."""
    if request.task_type not in tasks():
        raise TaskUnknownError(task_type=request.task_type, available=", ".join(tasks()))
    model = Model(
        scope=scope,
        model_id=new_id(),
        name=request.name,
        task_type=request.task_type,
        description=request.description or "",
        source=request.source or ModelSource.PRESET,
        created_at=now(),
    )
    models.add(model)
    return model


def publish_version(
    request: PublishRequest,
    *,
    scope: ProjectScope,
    model_id: int,
    models: ModelRepository,
    runs: RunSource,
    files: ModelFiles,
    copies: MessageQueue,
    now: Clock,
) -> ModelVersion:
    """Publish a run as the model's next version; its files are copied by `copy_version`.

    The same run again is the same version: a failed or half-finished publication goes on.

    Raises:
        ModelNotFoundError, ModelDeletingError, RunNotPublishableError, ModelTaskDiffersError,
        ModelSourceMixedError, ModelSourceDiffersError, ModelNotNewError, ExperimentPublishedError,
        RunPublishedError, VersionDeletingError, VersionConflictError
    """
    model = models.get(scope, model_id)
    if model.deleting:
        raise ModelDeletingError(model_id=model_id)
    version = models.version_of_run(scope, request.run_id)
    if version is None:
        version = _added(request, model, runs.get(scope, request.run_id), models=models, files=files, now=now)
    if version.model_id != model_id:
        raise RunPublishedError(
            run_id=request.run_id, model_id=version.model_id, version_number=version.version_number
        )
    if version.state is VersionState.DELETING:
        raise VersionDeletingError(model_id=model_id, version_number=version.version_number)
    again = version.retried()
    if again is not version:
        models.save_version(again)
    if again.state is VersionState.PUBLISHING:
        copies.send([CopyOrder(scope=scope, model_id=model_id, version_number=again.version_number)])
    return again


def copy_version(
    order: CopyOrder, *, models: ModelRepository, files: ModelFiles, events: EventPublisher
) -> ModelVersion:
    """Copy the run's model folder, file by file, and make the version ready.

    Files that are there already are skipped, so that a repeat after a crash goes on where it ended. Of two
    orders of one version at once, the slower one finds the work done.

    Raises:
        VersionNotFoundError, VersionConflictError
    """
    version = models.version(order.scope, order.model_id, order.version_number)
    if version.state is not VersionState.PUBLISHING:
        return version
    return settle_version(version, _outcome(version, files), models=models, files=files, events=events)


def settle_version(
    version: ModelVersion,
    after: ModelVersion,
    *,
    models: ModelRepository,
    files: ModelFiles,
    events: EventPublisher,
) -> ModelVersion:
    """Publish and save how a version came out; files of one that was deleted meanwhile go again.

    Raises:
        VersionConflictError: it was changed, and is still awaited.
    """
    if after.state is VersionState.READY:
        events.publish([ModelVersionPublished.of(after)])
    try:
        models.save_version(after)
    except VersionConflictError:
        current = _current(version, models)
        if current.state is VersionState.PUBLISHING:
            raise
        if current.state is VersionState.DELETING:
            files.remove_below(version.model_uri)
        return current
    return after


def _current(version: ModelVersion, models: ModelRepository) -> ModelVersion:
    try:
        return models.version(version.scope, version.model_id, version.version_number)
    except VersionNotFoundError:
        return version.deleting()


def _outcome(version: ModelVersion, files: ModelFiles) -> ModelVersion:
    try:
        return version.ready(_copied(version, files))
    except ModelFilesInvalidError as error:
        reason = error.details["reason"]
        logger.warning("publication failed", model_id=version.model_id, reason=reason)
        message = f"the run's model cannot be kept: {reason}"
        return version.broken(Failure(fault=Fault.PLATFORM, message=message))


def _copied(version: ModelVersion, files: ModelFiles) -> ModelContent:
    source = files.list(version.source_uri)
    manifest = files.read(version.source_uri, MANIFEST, most_bytes=_MOST_MANIFEST_BYTES)
    content = content_of(manifest, source, version.task_type)
    there = {file.name: file.size_bytes for file in files.list(version.model_uri)}
    for file in source:
        if there.get(file.name) != file.size_bytes:
            files.copy(version.source_uri, version.model_uri, file)
    return content


def _added(
    request: PublishRequest,
    model: Model,
    run: PublishableRun,
    *,
    models: ModelRepository,
    files: ModelFiles,
    now: Clock,
) -> ModelVersion:
    scope = model.scope
    for _ in range(_ATTEMPTS):
        _require_same_source(model, run, models)
        version = _draft(request, model, run, files=files, now=now)
        try:
            models.add_version(version, model, run.experiment_id)
        except VersionConflictError:
            published = models.version_of_run(scope, run.run_id)
            if published is not None:
                return published
            model = models.get(scope, model.model_id)
        else:
            return version
    raise VersionConflictError(model_id=model.model_id)


def _require_same_source(model: Model, run: PublishableRun, models: ModelRepository) -> None:
    """Check the binding rules of spec 03 section 7.2."""
    if model.deleting:
        raise ModelDeletingError(model_id=model.model_id)
    if run.source is not model.source:
        raise ModelSourceMixedError(model_id=model.model_id, source=model.source, wanted=run.source)
    if run.source is ModelSource.CUSTOM_JOB and model.latest_version:
        raise ModelNotNewError(model_id=model.model_id)
    if run.task_type != model.task_type:
        raise ModelTaskDiffersError(
            model_id=model.model_id, task_type=model.task_type, run_task_type=run.task_type
        )
    if model.experiment_id not in (None, run.experiment_id):
        raise ModelSourceDiffersError(model_id=model.model_id, experiment_id=model.experiment_id)
    bound = models.model_of_experiment(model.scope, run.experiment_id)
    if bound not in (None, model.model_id):
        raise ExperimentPublishedError(experiment_id=run.experiment_id, model_id=bound)


def _draft(
    request: PublishRequest, model: Model, run: PublishableRun, *, files: ModelFiles, now: Clock
) -> ModelVersion:
    number = model.latest_version + 1
    return ModelVersion(
        scope=model.scope,
        model_id=model.model_id,
        version_number=number,
        run_id=run.run_id,
        source=run.source,
        task_type=run.task_type,
        network=run.network,
        description=request.description or "",
        labels=run.labels,
        metrics=run.metrics,
        recommended_threshold=run.recommended_threshold,
        lineage=Lineage(
            snapshot_id=run.snapshot_id,
            dataset_versions=run.dataset_versions,
            hyper_parameters=run.hyper_parameters,
        ),
        source_uri=run.model_uri,
        model_uri=files.uri(f"{model.scope.prefix}models/{model.model_id}/{number}/"),
        created_at=now(),
    )
