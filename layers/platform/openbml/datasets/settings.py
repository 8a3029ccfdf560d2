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


class QuotaSettings(Settings):
    """How many samples may be held (spec 02 section 1.4); an installation may set others."""

    images_per_account: int = 200_000
    images_per_user: int = 100_000
    images_per_dataset: int = 100_000
    texts_per_user: int = 100_000
    texts_per_dataset: int = 100_000
    sequences_per_account: int = 1_000_000
    sounds_per_user: int = 100_000
    sounds_per_dataset: int = 100_000


class DataJobSettings(Settings):
    """What whoever asks for data jobs needs."""

    data_jobs_queue_url: str


class OperationSettings(Settings):
    operations_queue_url: str
