"""OpenBML for Python: `Client` for the control API, `PredictionClient` for the public prediction APIs."""

from openbml_client.client import Client
from openbml_client.errors import ApiError, NotSignedInError, OpenBMLClientError
from openbml_client.prediction import PredictionClient, PredictionError

__all__ = [
    "ApiError",
    "Client",
    "NotSignedInError",
    "OpenBMLClientError",
    "PredictionClient",
    "PredictionError",
]
