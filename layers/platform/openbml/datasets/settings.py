"""Settings of this context; the template sets them."""

from openbml.core.settings import Settings


class DatasetsSettings(Settings):
    """What every function of this context has."""

    datasets_table_name: str
    data_bucket_name: str
    uploads_bucket_name: str


class ImportSettings(Settings):
    import_shards_queue_url: str


class DeletionSettings(Settings):
    deletions_queue_url: str


class SnapshotSettings(Settings):
    """Other contexts that ask for snapshots take these and `DatasetsSettings`."""

    snapshots_queue_url: str


class DataJobSettings(Settings):
    """What whoever asks for data jobs needs."""

    data_jobs_queue_url: str
