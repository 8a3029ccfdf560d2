"""From the bytes of requests to the bytes of answers, on whichever thread computes them."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from openbml_serving.replies import RequestError, code_of, error_body, result_body
from openbml_serving.requests import read_object
from openbml_serving.tasks import ServedTask, TogetherHandler

_log = logging.getLogger("openbml_serving")


class Sent(NamedTuple):
    body: bytes
    content_type: str


class Answer(NamedTuple):
    """Attributes:
    error_code: of the manual, 0 for a result.
    """

    body: bytes
    error_code: int = 0

    @classmethod
    def of_error(cls, name: str, detail: str = "") -> "Answer":
        return cls(error_body(name, detail), code_of(name))


def answer(task: ServedTask, sent: Sent, *, alone: bool) -> Answer:
    """Return the answer; a fault of ours is told as the manual's internal error and logged."""
    try:
        document = read_object(sent.body, sent.content_type, task.body)
        return Answer(result_body(task.handler.answer(document, alone=alone)))
    except RequestError as error:
        return Answer.of_error(error.name, error.detail)
    except Exception:  # noqa: BLE001 - the request's outermost frame: a client always gets the manual's body
        _log.exception("invocation failed")
        return Answer.of_error("internal")


def answer_together(
    task: ServedTask, handler: TogetherHandler, several: Sequence[Sent]
) -> list[Answer | None]:
    """Return the answers of several requests that are computed in one run; None for one that takes too long
    to be computed with others."""
    answers: list[Answer | None] = [None] * len(several)
    documents = []
    places = []
    for place, sent in enumerate(several):
        try:
            document = read_object(sent.body, sent.content_type, task.body)
        except RequestError as error:
            answers[place] = Answer.of_error(error.name, error.detail)
            continue
        if handler.is_quick(document):
            documents.append(document)
            places.append(place)
    if not documents:
        return answers
    try:
        for place, result in zip(places, handler.answer_together(documents), strict=True):
            answers[place] = Answer(result_body(result))
    except Exception:  # noqa: BLE001 - one of them is wrong or fails: each is answered for itself
        for place in places:
            answers[place] = answer(task, several[place], alone=False)
    return answers
