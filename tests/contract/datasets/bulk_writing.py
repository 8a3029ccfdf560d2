"""The bulk writer of an emulator's table."""

from botocore.config import Config

from openbml.datasets.bulk_writes_dynamodb import BulkWriter, bulk_client
from tests.contract.emulator import access


def bulk_writer(endpoint_url: str, table_name: str, config: Config | None = None) -> BulkWriter:
    return BulkWriter(table_name, lambda: bulk_client(config, **access(endpoint_url)))
