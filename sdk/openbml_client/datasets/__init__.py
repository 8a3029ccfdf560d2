"""The data service: datasets, their versions, and what lies in them."""

from openbml_client.datasets.datasets import Datasets
from openbml_client.datasets.versions import DatasetVersion

__all__ = ["DatasetVersion", "Datasets"]
