"""Settings of this context's functions, and of whoever asks for an allowance."""

from openbml.core.settings import Settings


class MeteringSettings(Settings):
    metering_table_name: str
