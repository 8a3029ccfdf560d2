"""Calls of hosted models: what a reply is and how a call may fail."""

from typing import Protocol

from pydantic import BaseModel, ConfigDict

from openbml.core.errors import OpenBMLError


class InvocationReply(BaseModel):
    model_config = ConfigDict(frozen=True)

    body: bytes
    content_type: str


class ModelNotReadyError(OpenBMLError):
    """The model is not up, or has no room for the call now; details: deployment_id."""


class InvocationDeniedError(OpenBMLError):
    """The platform's own role may not call the model; details: deployment_id."""


class ModelFailedError(OpenBMLError):
    """The model answered with an error; details: deployment_id, status (0 when it closed without one)."""

    def __init__(self, *, deployment_id: str, status: int) -> None:
        super().__init__(deployment_id=deployment_id, status=status)
        self.status = status


class InvocationTimeoutError(OpenBMLError):
    """No answer in time; details: deployment_id."""


class Invoker(Protocol):
    """Port; a call is repeated once where the model's process closed the connection without an answer.

    Predictions change nothing, so that a repeat is safe: a copy that dies costs no caller the answer.
    """

    def invoke(
        self,
        deployment_id: str,
        body: bytes,
        content_type: str,
        timeout_s: float,
        revision: int | None = None,
    ) -> InvocationReply:
        """Return the model's answer.

        Args:
            revision: the one whose content answers; None: the newest that is there.

        Raises:
            HostingNotFoundError, ModelNotReadyError, ModelFailedError, InvocationTimeoutError,
            InvocationDeniedError
        """
