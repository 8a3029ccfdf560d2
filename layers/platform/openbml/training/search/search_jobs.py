"""The jobs of a search: trials, which are training jobs, and turns of its manager."""

import re

from pydantic import BaseModel, ConfigDict

from openbml.compute.jobs import ProcessingJobRequest, TrainingJobRequest
from openbml.compute.owners import Owner
from openbml.training.jobs import JobPlaces, job_request
from openbml.training.runs import Run
from openbml.training.search.searches import Search
from openbml.training.search.trials import Trial
from openbml_catalog.search import StrategyName, hyper_parameters_of
from openbml_formats.searches import search_partition

OWNER_CONTEXT = "training.search"
_OWNER_ID = re.compile(r"(?P<search_id>\d+)/(?P<kind>trial|turn)/(?P<number>\d+)")
_IMAGE = "search"
_MACHINE = "CPU_4C_16G"
_TURN_AT_MOST_S = 24 * 3600  # a manager that has nothing to propose ends its turn long before


class SearchJob(BaseModel):
    """Which job of a search an event is about."""

    model_config = ConfigDict(frozen=True)

    search_id: int
    kind: str
    number: int


def search_job_of(owner: Owner) -> SearchJob | None:
    """Return the job that an owner names, None for one of other contexts."""
    if owner.context != OWNER_CONTEXT:
        return None
    match = _OWNER_ID.fullmatch(owner.id)
    return SearchJob.model_validate(match.groupdict()) if match else None


def trial_job_id(search_id: int, number: int) -> str:
    return f"trial{search_id}-{number}"


def turn_job_id(search_id: int, turn: int) -> str:
    return f"search{search_id}-{turn}"


def trial_request(
    run: Run, search: Search, places: JobPlaces, trial: Trial, parent: Trial | None
) -> TrainingJobRequest:
    """Return the job of a trial: the run's, with the trial's hyper-parameters and share of the data.

    All trials have the run's seed and so the same held-out samples: else qualities could not be compared, and
    a trial that goes on from another's weights would be evaluated on what those have seen. A trial of a
    population trains for one round and leaves a whole model, since it may be the result; its learning rate
    is constant, for the population is the schedule. The others leave their figures only.
    """
    base_uri = parent.data_uri if parent else places.base_uri
    request = job_request(run, places.model_copy(update={"base_uri": base_uri}))
    folder = f"{places.runs_uri}{run.run_id}/trials/{trial.number}/"
    changes = {
        "job_id": trial_job_id(search.search_id, trial.number),
        "owner": Owner(context=OWNER_CONTEXT, id=f"{search.search_id}/trial/{trial.number}"),
        "hyper_parameters": {**request.hyper_parameters, **_settings(search, trial, parent)},
        "output_uri": f"{folder}job",
        "checkpoint_uri": f"{folder}checkpoints/",
    }
    return request.model_copy(update=changes)


def turn_request(search: Search, table_name: str) -> ProcessingJobRequest:
    """Return the job of the manager's turn that the search stands at."""
    return ProcessingJobRequest(
        job_id=turn_job_id(search.search_id, search.turn),
        owner=Owner(context=OWNER_CONTEXT, id=f"{search.search_id}/turn/{search.turn}"),
        scope=search.scope,
        image=_IMAGE,
        environment={
            "SEARCH_TABLE_NAME": table_name,
            "SEARCH_PARTITION": search_partition(search.scope.key, search.search_id),
        },
        machine_type=_MACHINE,
        max_runtime_s=_TURN_AT_MOST_S,
    )


def _settings(search: Search, trial: Trial, parent: Trial | None) -> dict[str, str]:
    settings = hyper_parameters_of(trial.parameters, search.task_type)
    settings["data_sampling_ratio"] = str(search.plan.sampling_percent)
    if search.plan.strategy is not StrategyName.EVOLUTIONARY:
        return {**settings, "trial": "1"}
    settings |= {"epochs": str(search.plan.perturb_interval), "schedule": "constant"}
    return {**settings, "warmup_epochs": "0"} if parent else settings
