"""The use case: one call, checked in order, answered with the manual's bodies."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from openbml.core.errors import OpenBMLError
from openbml.core.ids import IdFactory
from openbml.core.observability import logger
from openbml.core.public_calls import PublicCall
from openbml.services.batch.batch_forms import minutes_of
from openbml.services.batch.batch_predictions import BatchPrediction, BatchState, BatchStateError
from openbml.services.batch.manual_api.callers import BatchCaller, BatchCallers
from openbml.services.batch.manual_api.refusals import Refusal, refusal_body, refusal_of, success_body
from openbml.services.batch.manual_api.requests import (
    PLATFORM_ENVIRONMENT,
    Body,
    check_project,
    creation_of,
    job_of,
    page_of,
    parsed,
)
from openbml.services.batch.order_batches import (
    BatchCollaborators,
    BatchJobs,
    BatchNaming,
    create_batch,
    delete_batch,
    stop_batch,
)

_PATH = re.compile(r"/rpc/2\.0/easydl/pro/predict/(?P<operation>[a-z]{1,20})/?\Z")
_PAGE = 100
_STATUS = {
    BatchState.QUEUED: "PENDING",
    BatchState.RUNNING: "RUNNING",
    BatchState.STOPPING: "RUNNING",
    BatchState.SUCCEEDED: "SUCCESSED",
    BatchState.FAILED: "FAILED",
    BatchState.STOPPED: "STOPPED",
}


class BatchApi:
    """Answers calls: token, operation, project, right, parameters, in this order."""

    def __init__(
        self,
        *,
        callers: BatchCallers,
        using: BatchCollaborators,
        jobs: BatchJobs,
        new_log_id: IdFactory,
    ) -> None:
        self._callers = callers
        self._using = using
        self._jobs = jobs
        self._new_log_id = new_log_id
        self._operations: Mapping[str, tuple[str, Callable[[BatchCaller, Body], Mapping[str, Any]]]] = {
            "create": ("services.write", self._create),
            "stop": ("services.write", self._stop),
            "delete": ("services.write", self._delete),
            "list": ("services.read", self._list),
            "detail": ("services.read", self._detail),
        }

    def answer(self, call: PublicCall) -> bytes:
        log_id = self._new_log_id()
        try:
            return success_body(self._carried_out(call, log_id), log_id)
        except Refusal as refusal:
            logger.info("operation refused", log_id=log_id, cause=refusal.name)
            return refusal_body(refusal, log_id)
        except OpenBMLError as error:
            known = refusal_of(error)
            if known is None:
                logger.exception("operation failed", log_id=log_id, cause=type(error).__name__)
            return refusal_body(known or Refusal("internal"), log_id)

    def _carried_out(self, call: PublicCall, log_id: int) -> Mapping[str, Any]:
        caller = self._callers.of_token(call.token)
        form = _PATH.match(call.path)
        operation = self._operations.get(form["operation"] if form else "")
        if call.method != "POST" or operation is None:
            raise Refusal("unsupported_method")
        body = parsed(call.body)
        check_project(body, caller.scope)
        permission, carry_out = operation
        caller.require(permission)
        reply = carry_out(caller, body)
        logger.info("operation done", log_id=log_id, path=call.path, app_id=caller.app_id)
        return reply

    def _create(self, caller: BatchCaller, body: Body) -> Mapping[str, Any]:
        creation = creation_of(body, caller.scope, self._using.buckets)
        naming = BatchNaming(
            name=creation.name, description=creation.description, user_id=caller.user_id, unique=True
        )
        try:
            batch = create_batch(creation.template, naming, scope=caller.scope, using=self._using)
        except OpenBMLError as error:
            raise _of_place(error) from error
        return {"result": batch.batch_id}

    def _stop(self, caller: BatchCaller, body: Body) -> Mapping[str, Any]:
        try:
            stop_batch(
                caller.scope,
                job_of(body),
                batches=self._using.batches,
                jobs=self._jobs,
                events=self._using.events,
                now=self._using.now,
            )
        except BatchStateError as error:
            raise Refusal("stop_failed", detail=f"the job is {error.details['state']}") from error
        return {"result": True}

    def _delete(self, caller: BatchCaller, body: Body) -> Mapping[str, Any]:
        try:
            delete_batch(
                caller.scope, job_of(body), batches=self._using.batches, starting=self._using.starting
            )
        except BatchStateError as error:
            raise Refusal("not_deletable", detail=f"the job is {error.details['state']}") from error
        return {"result": True}

    def _list(self, caller: BatchCaller, body: Body) -> Mapping[str, Any]:
        start, count = page_of(body)
        found: list[BatchPrediction] = []
        position = None
        while True:
            batches, position = self._using.batches.page(caller.scope, limit=_PAGE, position=position)
            found.extend(batches)
            if position is None:
                break
        return {"total": len(found), "result": [_row(batch) for batch in found[start : start + count]]}

    def _detail(self, caller: BatchCaller, body: Body) -> Mapping[str, Any]:
        batch = self._using.batches.get(caller.scope, job_of(body))
        work = batch.work
        row = {name: value for name, value in _row(batch).items() if name != "resource_name"}
        return {
            **row,
            "train_config": {
                "env_type": PLATFORM_ENVIRONMENT,
                "model_path": work.model_uri,
                "model_path_source": 1,
                "code_path": "",
                "code_path_source": 1,
                "start_cmd": "",
            },
            "dataset_config": {
                "input_file": work.input_uri,
                "input_file_source": 1,
                "output_file": work.output_uri,
                "output_file_source": 1,
            },
            "resource_config": {"node_count": work.nodes, "resource_name": work.machine_type},
            "prjId": str(batch.scope.project_id),
        }


def _row(batch: BatchPrediction) -> dict[str, Any]:
    return {
        "id": batch.batch_id,
        "name": batch.name,
        "description": batch.description,
        "status": "UNTRAIN" if _is_new(batch) else _STATUS[batch.state],
        "run_time": minutes_of(batch),
        "resource_name": batch.work.machine_type,
        "create_time": int(batch.created_at.timestamp()),
    }


def _is_new(batch: BatchPrediction) -> bool:
    """Return whether it is recorded and nothing more: nobody has been asked for a machine."""
    return batch.state is BatchState.QUEUED and not batch.submitted and batch.attempt == 1


def _of_place(error: OpenBMLError) -> Exception:
    """Return the documented refusal of an address; any other error as it is."""
    rows = {"input.uri": "input_path", "output.uri": "output_path"}
    row = rows.get(str(error.details.get("field", "")))
    return Refusal(row, detail=str(error.details.get("reason", ""))) if row else error
