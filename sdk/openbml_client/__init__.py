"""OpenBML for Python: `Client` for the control API, `PredictionClient` for the public prediction APIs."""

from openbml_client.client import Client
from openbml_client.errors import (
    ApiError,
    ConflictError,
    NotFoundError,
    NotSignedInError,
    OpenBMLClientError,
    WorkFailedError,
)
from openbml_client.masks import decode_mask
from openbml_client.prediction import PredictionClient, PredictionError

__all__ = [
    "ApiError",
    "Client",
    "ConflictError",
    "NotFoundError",
    "NotSignedInError",
    "OpenBMLClientError",
    "PredictionClient",
    "PredictionError",
    "WorkFailedError",
    "decode_mask",
]
