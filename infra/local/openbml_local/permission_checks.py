"""Corrects where MiniStack 1.5.33 checks permissions otherwise than AWS, in MiniStack's own process.

* A batch of messages needs the right to the single operation on AWS (`sqs:SendMessage` covers
  `SendMessageBatch`); MiniStack asks for a right that AWS does not have.
* Requests on the loopback interface never leave the machine: they count as encrypted in transit, so that the
  buckets' policies, which refuse anything else, stay as they are deployed to AWS.
"""

from typing import Any

_LOOPBACK = ("127.0.0.1", "::1")
_BATCHES = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}


def correct() -> None:
    from ministack import app
    from ministack.core import iam_actions

    extract = iam_actions.extract_iam_action
    pin = app.pin_request_origin

    def extract_iam_action(*arguments: Any, **options: Any) -> Any:
        action = extract(*arguments, **options)
        return _BATCHES.get(action, action)

    def pin_request_origin(source_ip: str, secure_transport: bool) -> None:  # noqa: FBT001 - MiniStack's signature
        pin(source_ip, secure_transport or source_ip in _LOOPBACK)

    iam_actions.extract_iam_action = extract_iam_action
    app.pin_request_origin = pin_request_origin
