"""Routes of `/v1/services` about calls: records, statistics, comparison, feedback (contracts, section 4)."""

from datetime import date
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from openbml.core.clock import utc_now
from openbml.core.http import principal_of
from openbml.core.pages import Page
from openbml.core.scope import ProjectScope
from openbml.core.wiring import public_url
from openbml.identity.projects import ProjectAccess
from openbml.identity.wiring import authorizer
from openbml.services.calls import compare_versions as comparing
from openbml.services.calls import give_feedback, read_calls
from openbml.services.calls.compare_versions import OnlineComparison
from openbml.services.calls.give_feedback import FeedbackImportRequest, FeedbackRequest, ImportedCalls
from openbml.services.calls.read_calls import (
    CallDetail,
    CallView,
    FeedbackView,
    MinuteList,
    UsageList,
    call_filter,
    moment,
)
from openbml.services.calls.show_snippets import SnippetList, show_snippets
from openbml.services.calls.wiring import (
    call_book,
    call_objects,
    call_readers,
    example_requests,
    feedback_book,
)
from openbml.services.calls.wiring_samples import version_samples
from openbml.services.repositories import CallRole
from openbml.services.wiring import services

router = Router()

_PROJECT = "/v1/services/projects/<project_id>"
_SERVICE = f"{_PROJECT}/services/<service_id>"
Id = Annotated[int, Path(ge=1, lt=2**53)]
LogId = Annotated[str, Path(pattern=r"^[1-9][0-9]{0,18}$")]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=4096)]
From = Annotated[str | None, Query(alias="from", max_length=40)]
To = Annotated[str | None, Query(alias="to", max_length=40)]
FromDay = Annotated[date | None, Query(alias="from")]
ToDay = Annotated[date | None, Query(alias="to")]
Minutes = Annotated[int, Query(ge=1, le=1440)]
OneId = Annotated[int | None, Query(ge=1, lt=2**53)]
Code = Annotated[int | None, Query(ge=1, lt=2**31)]
Version = Annotated[int | None, Query(ge=1, lt=2**31)]
Failed = Annotated[bool | None, Query()]
Label = Annotated[str | None, Query(max_length=128)]


def _access(project_id: int, permission: str) -> ProjectAccess:
    return authorizer().require(principal_of(router.current_event), project_id, permission)


def _scope(project_id: int) -> ProjectScope:
    return _access(project_id, "services.read").scope


@router.get(f"{_SERVICE}/calls")
def get_calls(
    project_id: Id,
    service_id: Id,
    since: From = None,
    until: To = None,
    app_id: OneId = None,
    error_code: Code = None,
    model_version: Version = None,
    role: CallRole | None = None,
    label: Label = None,
    failed: Failed = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[CallView]:
    wanted = call_filter(
        since,
        until,
        app_id=app_id,
        error_code=error_code,
        model_version=model_version,
        role=role,
        label=label,
        failed=failed,
    )
    return read_calls.list_calls(
        _scope(project_id), service_id, wanted, limit=limit, cursor=cursor, using=call_readers()
    )


@router.get(f"{_PROJECT}/calls/<log_id>")
def get_call(project_id: Id, log_id: LogId) -> CallDetail:
    return read_calls.find_call(_scope(project_id), int(log_id), using=call_readers())


@router.get(f"{_SERVICE}/metrics")
def get_call_metrics(project_id: Id, service_id: Id, minutes: Minutes = 60) -> MinuteList:
    return read_calls.recent_minutes(_scope(project_id), service_id, minutes, using=call_readers())


@router.get(f"{_PROJECT}/usage")
def get_call_usage(
    project_id: Id,
    since: FromDay = None,
    until: ToDay = None,
    service_id: OneId = None,
    app_id: OneId = None,
) -> UsageList:
    return read_calls.usage_of(
        _access(project_id, "usage.read").scope,
        first=since,
        last=until,
        service_id=service_id,
        app_id=app_id,
        using=call_readers(),
    )


@router.get(f"{_SERVICE}/comparison")
def get_online_comparison(
    project_id: Id, service_id: Id, since: From = None, until: To = None
) -> OnlineComparison:
    return comparing.compare_versions(
        _scope(project_id),
        service_id,
        since=moment(since, "from"),
        until=moment(until, "to"),
        services=services(),
        book=call_book(),
        feedback=feedback_book(),
        now=utc_now,
    )


@router.put(f"{_SERVICE}/calls/<log_id>/feedback")
def put_feedback(project_id: Id, service_id: Id, log_id: LogId, request: FeedbackRequest) -> FeedbackView:
    access = _access(project_id, "services.write")
    return give_feedback.give_feedback(
        access.scope,
        service_id,
        int(log_id),
        request,
        user_id=access.user_id,
        services=services(),
        book=call_book(),
        feedback=feedback_book(),
        now=utc_now,
    )


@router.post(f"{_SERVICE}/feedback-imports")
def post_feedback_import(project_id: Id, service_id: Id, request: FeedbackImportRequest) -> ImportedCalls:
    access = _access(project_id, "services.read")
    _access(project_id, "datasets.write")
    sink = version_samples(access.scope, request.dataset_id, request.version_number, access.user_id)
    sink.check()
    return give_feedback.import_feedback(
        access.scope,
        service_id,
        request,
        services=services(),
        book=call_book(),
        feedback=feedback_book(),
        objects=call_objects(),
        sink=sink,
    )


@router.get(f"{_SERVICE}/snippets")
def get_snippets(project_id: Id, service_id: Id) -> SnippetList:
    return show_snippets(
        _scope(project_id),
        service_id,
        public_url=public_url(),
        services=services(),
        examples=example_requests(),
    )
