"""Settings of this context's functions."""

from openbml.core.settings import Settings


class ModelsSettings(Settings):
    """What whoever reads versions needs."""

    models_table_name: str


class PublishingSettings(Settings):
    """What the API and `copy_artifacts` need besides."""

    data_bucket_name: str
    copy_queue_url: str = ""
