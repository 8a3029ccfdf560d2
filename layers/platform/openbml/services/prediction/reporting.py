"""The report of a call that reached a service."""

from datetime import datetime

from openbml.core.public_calls import PublicCall
from openbml.services.calls.kept_calls import KeptCall
from openbml.services.calls.labels import labels_of
from openbml.services.calls.reports import CallReport, is_recorded
from openbml.services.prediction.models import Asked
from openbml.services.prediction.replies import error_reply
from openbml.services.repositories import CallRecord
from openbml.services.routes import Route


def report_of(
    call: PublicCall,
    route: Route,
    asked: Asked,
    *,
    app_id: int,
    log_id: int,
    began: datetime,
    ended: datetime,
    waited_ms: int = 0,
) -> CallReport:
    record = CallRecord(
        log_id=log_id,
        service_id=route.service_id,
        app_id=app_id,
        at=began,
        error_code=asked.code,
        duration_ms=max(0, round((ended - began).total_seconds() * 1000)),
        role=asked.role.value,
        model_version=asked.model_version,
        waited_ms=max(0, waited_ms),
    )
    recorded = is_recorded(route.recording, record)
    if not recorded:
        return CallReport(scope=route.scope, record=record, recorded=False)
    kept = None
    if route.recording.keep_inputs:
        answer = error_reply(asked.error, log_id) if asked.error else asked.reply
        kept = KeptCall.of(call.content_type, call.body, answer)
    labelled = record.model_copy(update={"labels": labels_of(asked.reply)})
    return CallReport(scope=route.scope, record=labelled, recorded=True, content=kept)
