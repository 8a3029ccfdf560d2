"""Kept pictures and texts become samples of a dataset, with the labels that people expected."""

import base64
from collections.abc import Sequence
from typing import Any

import pytest

from openbml.services.calls.give_feedback import (
    FeedbackImportRequest,
    FeedbackRequest,
    ImportedCall,
    Outcome,
    SampleUnfitError,
    Sent,
    give_feedback,
    import_feedback,
    sent_in,
)
from openbml.services.calls.kept_calls import KeptCall
from openbml.services.services import ServiceNotFoundError
from tests.fakes.calls_desk import CallsDesk
from tests.fakes.services_samples import SCOPE


class Samples:
    """A dataset of pictures: the same content is one sample."""

    def __init__(self) -> None:
        self.samples: dict[Sent, list[str]] = {}

    def add(self, sent: Sent, labels: Sequence[str]) -> tuple[int, bool, bool]:
        if sent.texts:
            raise SampleUnfitError(reason="pictures only")
        existed = sent in self.samples
        self.samples.setdefault(sent, []).extend(labels)
        return [*self.samples].index(sent) + 1, existed, bool(labels)


def imported(desk: CallsDesk, samples: Samples, *log_ids: int, service_id: int = 5) -> Sequence[ImportedCall]:
    request = FeedbackImportRequest(
        log_ids=[str(log_id) for log_id in log_ids], dataset_id=7, version_number=1
    )
    return import_feedback(
        SCOPE,
        service_id,
        request,
        services=desk.services,
        book=desk.book,
        feedback=desk.said,
        objects=desk.objects,
        sink=samples,
    ).items


def say(desk: CallsDesk, log_id: int, **fields: Any) -> None:
    give_feedback(
        SCOPE,
        5,
        log_id,
        FeedbackRequest(**fields),
        user_id=3,
        services=desk.services,
        book=desk.book,
        feedback=desk.said,
        now=desk.now,
    )


def picture(content: bytes) -> dict[str, str]:
    return {"image": base64.b64encode(content).decode()}


def test_pictures_are_added_once_with_the_labels_that_people_said() -> None:
    desk, samples = CallsDesk(), Samples()
    wrong = desk.called(picture(b"one"), labels=("cat",))
    right = desk.called(picture(b"two"), labels=("cat", "dog"))
    untold = desk.called(picture(b"three"), labels=("cat",))
    say(desk, wrong, correct=False, expected=["dog"])
    say(desk, right, correct=True)

    rows = imported(desk, samples, wrong, right, untold, wrong)
    again = imported(desk, samples, wrong)

    assert [(row.outcome, row.sample_id, row.labelled) for row in rows] == [
        (Outcome.ADDED, 1, True),
        (Outcome.ADDED, 2, True),
        (Outcome.ADDED, 3, False),
    ]
    assert again[0].outcome is Outcome.EXISTED
    assert list(samples.samples.values())[1:] == [["cat"], []]


def test_each_call_says_why_it_was_left_out() -> None:
    desk, samples = CallsDesk(), Samples()
    unkept = desk.called()
    rows_of_a_table = desk.called({"data": [{"age": 3}]})
    text = desk.called({"text": "delivery took two weeks"})
    broken = desk.called({"image": "not base64!"})
    elsewhere = desk.called(picture(b"x"), service_id=6)
    forgotten = desk.called(picture(b"y"))
    desk.objects.files.pop(str(desk.book.find(SCOPE, forgotten).kept_as))

    rows = imported(desk, samples, unkept, rows_of_a_table, text, broken, elsewhere, forgotten, 1)

    assert [row.outcome.value for row in rows] == [
        "not_kept",
        "not_usable",
        "not_usable",
        "not_usable",
        "not_found",
        "not_kept",
        "not_found",
    ]
    assert rows[2].reason == "pictures only"
    assert samples.samples == {}


def test_a_service_that_is_not_there_is_refused_before_anything_is_read() -> None:
    with pytest.raises(ServiceNotFoundError):
        imported(CallsDesk(), Samples(), 1, service_id=99)


@pytest.mark.parametrize("log_ids", [[], ["0"], ["1x"], ["9" * 20], ["1"] * 51])
def test_requests_that_name_no_calls_or_too_many_are_refused(log_ids: list[str]) -> None:
    with pytest.raises(ValueError, match="log_ids"):
        FeedbackImportRequest(log_ids=log_ids, dataset_id=7, version_number=1)


@pytest.mark.parametrize(
    ("request_body", "sent"),
    [
        (b'{"text": "a"}', Sent(texts=("a",))),
        (b'{"text_a": "a", "text_b": "b"}', Sent(texts=("a", "b"))),
        (b'{"text_a": "a"}', None),
        (b'{"image": ""}', None),
        (b'{"image": 3}', None),
        (b"[]", None),
        (b"{", None),
        (b"\xff", None),
        (b'{"image": "AAAA", "top_num": 3}', Sent(picture=b"\0\0\0")),
    ],
    ids=str,
)
def test_what_was_sent_is_found_in_any_request(request_body: bytes, sent: Sent | None) -> None:
    assert sent_in(KeptCall.of("application/json", request_body, b"{}")) == sent
