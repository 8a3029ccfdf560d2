"""What SageMaker's error replies mean. Told apart by code, and by the texts its own waiters look for where
one code means several things (`ValidationException`)."""

from botocore.exceptions import BotoCoreError, ClientError

from openbml.compute.jobs import RuntimeBusyError

_ABSENT_TEXTS = ("could not find", "not found")
_PRESENT_TEXTS = ("already exist", "already existing", "already in use")
_CHANGING_TEXTS = ("in-progress", "in progress", "cannot update", "unable to transition")
_REFUSALS = ("ValidationException", "ResourceNotFound", "UnknownOperationException")


def is_absent(error: ClientError) -> bool:
    return _code(error) == "ResourceNotFound" or (
        _code(error) == "ValidationException" and _says(error, _ABSENT_TEXTS)
    )


def is_present(error: ClientError) -> bool:
    return _code(error) == "ResourceInUse" or (
        _code(error) == "ValidationException" and _says(error, _PRESENT_TEXTS)
    )


def is_refusal(error: ClientError) -> bool:
    """Tell whether the same call would be refused again."""
    return _code(error) in _REFUSALS and not _says(error, _CHANGING_TEXTS)


def is_limit(error: ClientError) -> bool:
    """Tell whether the account, or a machine, has no room for what was asked for."""
    return _code(error) == "ResourceLimitExceeded"


def busy(error: ClientError | BotoCoreError) -> RuntimeBusyError:
    return RuntimeBusyError(reason=reason_of(error))


def reason_of(error: ClientError | BotoCoreError) -> str:
    if isinstance(error, ClientError):
        return f"{_code(error)}: {_text(error)}"
    return f"{type(error).__name__}: {error}"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _text(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", ""))


def _says(error: ClientError, texts: tuple[str, ...]) -> bool:
    return any(text in _text(error).lower() for text in texts)
