"""Settings of this context's functions."""

from openbml.core.settings import Settings


class TrainingSettings(Settings):
    training_table_name: str
    data_bucket_name: str
