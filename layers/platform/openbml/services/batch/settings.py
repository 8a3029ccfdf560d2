"""Settings of this package's functions; each function gets those it needs."""

from openbml.core.settings import Settings


class BatchSettings(Settings):
    """Attributes:
    user_bucket_prefix: how the names of buckets of customers begin that jobs may use.
    """

    data_bucket_name: str
    uploads_bucket_name: str
    user_bucket_prefix: str
    batch_queue_url: str
