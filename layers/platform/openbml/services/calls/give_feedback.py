"""Use cases: say whether an answer was right; take kept pictures and texts into a dataset (spec 08, 1)."""

import base64
import binascii
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Protocol

from pydantic import BaseModel, ConfigDict, Field

from openbml.core.clock import Clock
from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.services.calls.expiring_objects import ExpiringObjects, KeptObjectMissingError
from openbml.services.calls.kept_calls import KeptCall
from openbml.services.calls.read_calls import FeedbackView
from openbml.services.calls.records import CallBook, CallNotFoundError, Feedback, FeedbackBook
from openbml.services.repositories import CallRecord, ServiceRepository

Label = Annotated[str, Field(min_length=1, max_length=128)]
LogId = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,18}$")]
MOST_IMPORTED = 50


class SampleUnfitError(OpenBMLError):
    """The dataset takes no such content; details: reason."""


class FeedbackRequest(BaseModel):
    """`expected`: labels that would have been right; they may be left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    correct: bool
    expected: Sequence[Label] = Field(default=(), max_length=50)


class FeedbackImportRequest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    log_ids: Sequence[LogId] = Field(min_length=1, max_length=MOST_IMPORTED)
    dataset_id: int = Field(ge=1, lt=2**53)
    version_number: int = Field(ge=1, lt=2**31)


class Outcome(StrEnum):
    """`existed`: the dataset had the same content. `not_kept`: what was sent was not kept, or no longer is.

    `not_usable`: it holds no picture or text that the dataset takes.
    """

    ADDED = "added"
    EXISTED = "existed"
    NOT_FOUND = "not_found"
    NOT_KEPT = "not_kept"
    NOT_USABLE = "not_usable"


class ImportedCall(BaseModel):
    model_config = ConfigDict(frozen=True)

    log_id: str
    outcome: Outcome
    sample_id: int | None = None
    labelled: bool = False
    reason: str | None = None


class ImportedCalls(BaseModel):
    items: Sequence[ImportedCall]


class Sent(BaseModel):
    """What a call was about: a picture, or one or two texts."""

    model_config = ConfigDict(frozen=True)

    picture: bytes = b""
    texts: tuple[str, ...] = ()


class SampleSink(Protocol):
    """Port to a version of a dataset."""

    def add(self, sent: Sent, labels: Sequence[str]) -> tuple[int, bool, bool]:
        """Add a sample; return its id, whether it existed, and whether it is labelled now.

        Raises:
            SampleUnfitError: the dataset takes no such content.
        """


def give_feedback(
    scope: ProjectScope,
    service_id: int,
    log_id: int,
    request: FeedbackRequest,
    *,
    user_id: int,
    services: ServiceRepository,
    book: CallBook,
    feedback: FeedbackBook,
    now: Clock,
) -> FeedbackView:
    """Keep what a person says of a recorded call; the last word counts.

    Raises:
        ServiceNotFoundError; CallNotFoundError: not recorded, older than 30 days, or of another service.
    """
    services.get(scope, service_id)
    call = _call(scope, service_id, log_id, book)
    given = Feedback(
        log_id=log_id,
        service_id=service_id,
        role=call.role,
        model_version=call.model_version,
        correct=request.correct,
        expected=tuple(dict.fromkeys(request.expected)),
        called_at=call.at,
        given_at=now(),
        given_by=user_id,
    )
    feedback.put(given)
    return FeedbackView.model_validate(given)


def import_feedback(
    scope: ProjectScope,
    service_id: int,
    request: FeedbackImportRequest,
    *,
    services: ServiceRepository,
    book: CallBook,
    feedback: FeedbackBook,
    objects: ExpiringObjects,
    sink: SampleSink,
) -> ImportedCalls:
    """Add what calls were about to a dataset, with the labels that people expected where they said some.

    Each call has its own outcome, and a repeat finds the samples that are there. An answer that was called
    right is labelled with what it named.

    Raises:
        ServiceNotFoundError; errors of the dataset's version (datasets): it takes no samples now.
    """
    services.get(scope, service_id)
    rows = [
        _imported(scope, service_id, int(log_id), book, feedback, objects, sink)
        for log_id in dict.fromkeys(request.log_ids)
    ]
    return ImportedCalls(items=rows)


def _imported(
    scope: ProjectScope,
    service_id: int,
    log_id: int,
    book: CallBook,
    feedback: FeedbackBook,
    objects: ExpiringObjects,
    sink: SampleSink,
) -> ImportedCall:
    def ended(outcome: Outcome, reason: str | None = None) -> ImportedCall:
        return ImportedCall(log_id=str(log_id), outcome=outcome, reason=reason)

    try:
        call = _call(scope, service_id, log_id, book)
    except CallNotFoundError:
        return ended(Outcome.NOT_FOUND)
    kept = _kept(call, objects)
    if kept is None:
        return ended(Outcome.NOT_KEPT)
    sent = sent_in(kept)
    if sent is None:
        return ended(Outcome.NOT_USABLE, "the request has no picture and no text")
    try:
        sample_id, existed, labelled = sink.add(sent, _labels(call, feedback.find(service_id, log_id)))
    except SampleUnfitError as error:
        return ended(Outcome.NOT_USABLE, str(error.details["reason"]))
    outcome = Outcome.EXISTED if existed else Outcome.ADDED
    return ImportedCall(log_id=str(log_id), outcome=outcome, sample_id=sample_id, labelled=labelled)


def sent_in(kept: KeptCall) -> Sent | None:
    """Return the picture or texts of a request (spec 08 sections 5, 9, 10); None: there are none."""
    document = kept.request_document() or {}
    image = document.get("image")
    if isinstance(image, str) and image:
        try:
            return Sent(picture=base64.b64decode(image, validate=True))
        except (binascii.Error, ValueError):
            return None
    for fields in (("text_a", "text_b"), ("text",)):
        texts = tuple(document.get(field) for field in fields)
        if all(isinstance(text, str) and text for text in texts):
            return Sent(texts=tuple(map(str, texts)))
    return None


def _labels(call: CallRecord, said: Feedback | None) -> Sequence[str]:
    if said is None:
        return ()
    if said.expected:
        return said.expected
    return call.labels[:1] if said.correct else ()


def _call(scope: ProjectScope, service_id: int, log_id: int, book: CallBook) -> CallRecord:
    call = book.find(scope, log_id)
    if call.service_id != service_id:
        raise CallNotFoundError(log_id=str(log_id))
    return call


def _kept(call: CallRecord, objects: ExpiringObjects) -> KeptCall | None:
    if call.kept_as is None:
        return None
    try:
        return KeptCall.model_validate_json(objects.read(call.kept_as))
    except KeptObjectMissingError:
        return None
