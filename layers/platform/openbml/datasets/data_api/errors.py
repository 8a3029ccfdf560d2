"""What the data API refuses by itself; codes and messages are in the catalogue's `errors/data_api.yaml`."""

from openbml.core.errors import OpenBMLError


class ParameterInvalidError(OpenBMLError):
    """A parameter is missing, malformed or not legal; details: field."""


class OperationUnknownError(OpenBMLError):
    """There is no such operation; details: path."""


class DataAccessDeniedError(OpenBMLError):
    """The application may not see the datasets of a project; details: app_id."""


class DataChangeDeniedError(OpenBMLError):
    """The application may see but not change datasets so; details: permission."""


class TaskNotFoundError(OpenBMLError):
    """The project has no such import or export; details: task_id."""
