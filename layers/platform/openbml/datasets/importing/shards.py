"""Shards of an import: a thousand samples or some megabytes, the work of one worker for some seconds."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import VersionKey
from openbml.datasets.importing.data_imports import DataImport


class ShardMessage(BaseModel):
    """Asks for one shard of an import to be imported."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    dataset_id: int
    version_number: int
    import_id: int
    index: int

    @property
    def version_key(self) -> VersionKey:
        return VersionKey(scope=self.scope, dataset_id=self.dataset_id, version_number=self.version_number)


def shard_messages(data_import: DataImport) -> Sequence[ShardMessage]:
    return [
        ShardMessage(
            scope=data_import.scope,
            dataset_id=data_import.dataset_id,
            version_number=data_import.version_number,
            import_id=data_import.import_id,
            index=index,
        )
        for index in range(data_import.shard_count)
    ]


def shards_prefix(data_import: DataImport) -> str:
    """Return where an import's plan lies; it expires with what was uploaded."""
    return f"{data_import.prefix}shards/"


def shard_key(data_import: DataImport, index: int) -> str:
    return f"{shards_prefix(data_import)}{index:06}.json.z"


def shared_key(data_import: DataImport) -> str:
    """Return where lies what all sidecars of the import need beside themselves."""
    return f"{shards_prefix(data_import)}shared.json"
