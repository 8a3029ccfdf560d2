"""The use case: one call of the data API, checked in order, answered with the manual's bodies."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from openbml.core.errors import OpenBMLError
from openbml.core.ids import IdFactory
from openbml.core.observability import logger
from openbml.core.public_calls import PublicCall
from openbml.datasets.data_api.callers import Caller, Callers
from openbml.datasets.data_api.errors import OperationUnknownError
from openbml.datasets.data_api.replies import ApiReply, error_body, failure_body, success_body
from openbml.datasets.data_api.requests import ApiRequest, parsed

_PATH = re.compile(r"/rpc/2\.0/easydl/pro/dataset/(?P<operation>[A-Za-z]{1,40})/?\Z")


class Operation(NamedTuple):
    """What one operation takes, what it needs, and what carries it out."""

    request: type[ApiRequest]
    permission: str
    carry_out: Callable[[Caller, Any], ApiReply]


class DataApi:
    """Answers calls: token, operation, right, parameters, in this order."""

    def __init__(
        self, *, callers: Callers, operations: Mapping[str, Operation], new_log_id: IdFactory
    ) -> None:
        self._callers = callers
        self._operations = operations
        self._new_log_id = new_log_id

    def answer(self, call: PublicCall) -> bytes:
        log_id = self._new_log_id()
        try:
            return success_body(self._carried_out(call, log_id), log_id)
        except OpenBMLError as error:
            body = failure_body(error, log_id)
            if body is None:
                logger.exception("operation failed", log_id=log_id, cause=type(error).__name__)
                return error_body("internal", log_id)
            logger.info("operation refused", log_id=log_id, cause=type(error).__name__)
            return body

    def _carried_out(self, call: PublicCall, log_id: int) -> ApiReply:
        caller = self._callers.of_token(call.token)
        name, operation = self._operation(call)
        caller.require(operation.permission)
        reply = operation.carry_out(caller, parsed(call.body, operation.request))
        logger.info("operation done", log_id=log_id, operation=name, app_id=caller.app_id)
        return reply

    def _operation(self, call: PublicCall) -> tuple[str, Operation]:
        form = _PATH.match(call.path)
        name = form["operation"] if form else ""
        if call.method != "POST" or name not in self._operations:
            raise OperationUnknownError(path=call.path)
        return name, self._operations[name]
