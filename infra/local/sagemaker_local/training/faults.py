"""The loss of spot capacity, as a fault hook (``SML_TEST=1`` only)."""

from aiohttp import web

from sagemaker_local.core import FaultHook
from sagemaker_local.jobs.runs import JobRuns
from sagemaker_local.jobs.store import JobStore, UnknownJobError
from sagemaker_local.protocol.arns import TRAINING_JOB, Scope
from sagemaker_local.training.jobs import TrainingJob


def interrupt_hook(store: JobStore[TrainingJob], runs: JobRuns[TrainingJob], scope: Scope) -> FaultHook:
    """``POST faults/interrupt/{job}``: the job loses its machine as a spot job does."""

    async def interrupt(request: web.Request) -> web.Response:
        name = request.match_info["job"]
        arn = scope.arn(TRAINING_JOB, name)
        try:
            job = await store.get(arn)
        except UnknownJobError:
            return web.json_response({"message": f"there is no training job {name}"}, status=404)
        if not job.is_spot or job.secondary_status != "Training":
            message = f"{name} is {job.secondary_status}; only a spot job in Training can be interrupted"
            return web.json_response({"message": message}, status=409)
        runs.interrupt(arn)
        return web.json_response({})

    return interrupt
