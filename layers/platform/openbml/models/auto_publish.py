"""Use case: publish a run that asked for it when it was started (spec 03 section 4.2, auto publish).

A run whose wish cannot be granted as it stands is published all the same, and its version says why elsewhere:
nobody is there any more who could choose again.
"""

from collections.abc import Iterator

from pydantic import AwareDatetime, BaseModel, ConfigDict

from openbml.core.clock import Clock
from openbml.core.ids import IdFactory
from openbml.core.observability import logger
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.models.model_files import ModelFiles
from openbml.models.models import Model, ModelNameTakenError, ModelNotFoundError, ModelRepository
from openbml.models.publish_versions import ModelRequest, PublishRequest, create_model, publish_version
from openbml.models.run_sources import PublishableRun, RunSource
from openbml.models.versions import ModelVersion

_NAME_CHARACTERS = 50
_NUMBERED_NAMES = 1_000


class Wish(BaseModel):
    """Where a run wants to be published: a model, or a new one of this name."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model_id: int | None = None
    model_name: str | None = None


class FinishedRun(BaseModel):
    """`RunStateChanged` of a run that succeeded, as this context reads it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    scope: ProjectScope
    run_id: int
    name: str
    auto_publish: Wish | None = None
    at: AwareDatetime


class _Target(BaseModel):
    """The model that takes the run, and what its owner should know of the choice."""

    model_config = ConfigDict(frozen=True)

    model: Model
    remark: str = ""


def publish_finished_run(
    finished: FinishedRun,
    *,
    models: ModelRepository,
    runs: RunSource,
    files: ModelFiles,
    copies: MessageQueue,
    new_id: IdFactory,
    now: Clock,
) -> ModelVersion | None:
    """Publish the run where it wished to be; None where it has no such wish. Again is the same version.

    All versions of an experiment belong to one model (spec 03 section 7.2): where it has one, that one takes
    the run.

    Raises:
        RunNotFoundError, RunNotPublishableError, VersionConflictError
    """
    if finished.auto_publish is None:
        return None
    scope = finished.scope
    published = models.version_of_run(scope, finished.run_id)
    if published is not None:
        request, model_id = PublishRequest(run_id=finished.run_id), published.model_id
    else:
        run = runs.get(scope, finished.run_id)
        target = _target(finished, finished.auto_publish, run, models=models, new_id=new_id, now=now)
        request = PublishRequest(run_id=finished.run_id, description=target.remark)
        model_id = target.model.model_id
    version = publish_version(
        request,
        scope=scope,
        model_id=model_id,
        models=models,
        runs=runs,
        files=files,
        copies=copies,
        now=now,
    )
    logger.info("run published by itself", run_id=finished.run_id, model_id=version.model_id)
    return version


def _target(
    finished: FinishedRun,
    wish: Wish,
    run: PublishableRun,
    *,
    models: ModelRepository,
    new_id: IdFactory,
    now: Clock,
) -> _Target:
    scope = finished.scope
    bound = models.model_of_experiment(scope, run.experiment_id)
    if bound is not None:
        return _Target(model=models.get(scope, bound), remark=_bound_remark(wish, bound))
    chosen = _chosen(scope, wish, models)
    if chosen is not None and _takes(chosen, run):
        return _Target(model=chosen)
    remark = "" if wish.model_id is None else f"The chosen model {wish.model_id} could not take this run."
    name = wish.model_name or finished.name
    return _Target(model=_new_model(scope, name, run, models=models, new_id=new_id, now=now), remark=remark)


def _bound_remark(wish: Wish, bound: int) -> str:
    if wish.model_id in (None, bound):
        return ""
    return f"The experiment's runs belong to this model, so model {wish.model_id} could not take this one."


def _chosen(scope: ProjectScope, wish: Wish, models: ModelRepository) -> Model | None:
    if wish.model_id is None:
        return None
    try:
        return models.get(scope, wish.model_id)
    except ModelNotFoundError:
        return None


def _takes(model: Model, run: PublishableRun) -> bool:
    fits = model.task_type == run.task_type and model.source is run.source and not model.deleting
    return fits and model.experiment_id in (None, run.experiment_id)


def _new_model(
    scope: ProjectScope,
    name: str,
    run: PublishableRun,
    *,
    models: ModelRepository,
    new_id: IdFactory,
    now: Clock,
) -> Model:
    """Return a model of the name; a number is added while other runs' models have it."""
    taken: ModelNameTakenError | None = None
    for candidate in _names(name):
        request = ModelRequest(name=candidate, task_type=run.task_type)
        try:
            return create_model(request, scope=scope, models=models, new_id=new_id, now=now)
        except ModelNameTakenError as error:
            taken = error
            there = models.named(scope, candidate)
            if there is not None and _takes(there, run):
                return there
    raise taken or ModelNameTakenError(name=name)


def _names(name: str) -> Iterator[str]:
    base = name.strip()[:_NAME_CHARACTERS].rstrip()
    yield base
    for number in range(2, _NUMBERED_NAMES):
        ending = f" {number}"
        yield base[: _NAME_CHARACTERS - len(ending)].rstrip() + ending
