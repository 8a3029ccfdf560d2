"""Settings of this context's functions."""

from openbml.core.settings import Settings


class ModelsSettings(Settings):
    """What whoever reads versions needs."""

    models_table_name: str


class PublishingSettings(Settings):
    """What the API and `copy_artifacts` need besides."""

    data_bucket_name: str
    copy_queue_url: str = ""


class UsesSettings(Settings):
    """What whoever asks who uses a model needs.

    The table's name comes from a parameter: services' stack needs this one's, so this one cannot name it.
    """

    services_table_parameter: str


class DeletionSettings(Settings):
    deletion_queue_url: str


class ImportSettings(Settings):
    uploads_bucket_name: str
    import_queue_url: str = ""


class ExportSettings(Settings):
    export_queue_url: str = ""
