"""Settings of this context's functions."""

from openbml.core.settings import Settings


class MeteringSettings(Settings):
    metering_table_name: str
    aws_region: str
