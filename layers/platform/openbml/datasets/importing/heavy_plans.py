"""Plans that are too large for a function: a data job makes them, and the import goes on with its result."""

from collections.abc import Callable
from typing import NamedTuple

from openbml.core.clock import Clock
from openbml.core.ids import IdFactory
from openbml.core.queues import MessageQueue
from openbml.datasets.datasets import Dataset, DatasetNotFoundError
from openbml.datasets.importing.data_imports import (
    DataImport,
    FailureReason,
    ImportChangedError,
    ImportCounts,
    ImportState,
    VolumeTakenError,
)
from openbml.datasets.importing.file_rules import is_archive_upload
from openbml.datasets.importing.plan_imports import (
    Planner,
    fault_text,
    record_plan,
    refuse,
    send_shards,
)
from openbml.datasets.importing.plan_sources import PlanRefusedError
from openbml.datasets.importing.reports import PLAN
from openbml.datasets.importing.shards import shards_prefix
from openbml.datasets.jobs.data_job_kinds import Result
from openbml.datasets.jobs.data_jobs import DataJob, DataJobRepository, DataJobState
from openbml.datasets.jobs.start_data_jobs import request_data_job
from openbml_formats.data_jobs import DataJobKind
from openbml_formats.plan_jobs import PlanJobResult, PlanJobSettings, loaded_problems, problems_key
from openbml_formats.planning import PlanLimits


class JobPlanner(NamedTuple):
    """Asks for plans by jobs; a job has its import's id, so that asking again asks for the same."""

    jobs: DataJobRepository
    starting: MessageQueue
    new_id: IdFactory
    now: Clock

    def plan(self, data_import: DataImport, dataset: Dataset, limits: PlanLimits) -> DataImport:
        chosen = data_import.data_format
        names = [file.name for file in data_import.files]
        settings = PlanJobSettings(
            format=data_import.format,
            labelled=chosen.labelled if chosen else True,
            archive=chosen is not None and is_archive_upload(chosen, names),
            limits=limits,
            shards_prefix=shards_prefix(data_import),
            problems_prefix=_problems_prefix(data_import),
        )
        request_data_job(
            data_import.version_key,
            DataJobKind.PLAN_IMPORT,
            selection=None,
            settings=settings.model_dump(mode="json"),
            user_id=data_import.created_by,
            jobs=self.jobs,
            starting=self.starting,
            new_id=self.new_id,
            now=self.now,
            job_id=data_import.import_id,
            uploads=[(data_import.file_key(index), name) for index, name in enumerate(names)],
        )
        return data_import


class PlanImportHook:
    """The `DataJobHook` of plans; its collaborators are made when the first plan comes."""

    def __init__(self, planner: Callable[[], Planner]) -> None:
        self._make = planner

    @property
    def _planner(self) -> Planner:
        return self._make()

    def completed(self, job: DataJob, result: Result) -> None:
        data_import = self._planner.imports.find(job.scope.project_id, job.job_id)
        if data_import is None or data_import.state not in (ImportState.PLANNING, ImportState.IMPORTING):
            return
        if data_import.state is ImportState.PLANNING:
            planned = self._taken(data_import, PlanJobResult.model_validate(result))
            if planned is None:
                return
            data_import = planned
        send_shards(data_import, self._planner)

    def not_completed(self, job: DataJob) -> None:
        data_import = self._planner.imports.find(job.scope.project_id, job.job_id)
        if data_import is None or data_import.state is not ImportState.PLANNING:
            return
        told = job.failure.message if job.failure and job.state is DataJobState.FAILED else "it was stopped"
        message = f"The files could not be read by the platform ({told}); import them again."
        refuse(data_import, FailureReason.INTERNAL, message, self._planner)

    def _taken(self, data_import: DataImport, result: PlanJobResult) -> DataImport | None:
        """Return the import with its plan, None where it ended instead."""
        planner = self._planner
        for place in range(result.problem_parts):
            body = planner.archives.read(problems_key(_problems_prefix(data_import), place))
            planner.reports.add(data_import, PLAN, place, loaded_problems(body))
        if result.failure is not None:
            reason, message = result.failure.reason, result.failure.message
            refuse(data_import, FailureReason(reason), fault_text(reason, message), planner)
            return None
        try:
            dataset = planner.datasets.get(data_import.scope, data_import.dataset_id)
            return record_plan(data_import, dataset, result.summary, _counts(result), planner)
        except PlanRefusedError as error:
            reason = error.details["reason"]
            refuse(data_import, FailureReason(reason), str(error.details["message"]), planner)
        except VolumeTakenError:
            message = "Other imports used up the data volume meanwhile; import the files again."
            refuse(data_import, FailureReason.VOLUME_LIMIT, message, planner)
        except (ImportChangedError, DatasetNotFoundError):
            pass  # cancelled or deleted meanwhile: what has been written counts for nothing
        return None


def _problems_prefix(data_import: DataImport) -> str:
    return f"{data_import.prefix}problems/"


def _counts(result: PlanJobResult) -> ImportCounts:
    return ImportCounts(**{severity.value: count for severity, count in result.problems.items()})
