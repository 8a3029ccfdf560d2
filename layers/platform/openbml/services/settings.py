"""Settings of this context's functions; each function gets those it needs."""

from pydantic import Field

from openbml.core.settings import Settings


class ServicesSettings(Settings):
    services_table_name: str
    order_queue_url: str = ""
    call_queue_url: str = ""
    wake_queue_url: str = ""
    shadow_queue_url: str = ""
    ticket_queue_url: str = ""


class CallSettings(Settings):
    """What the functions have that keep files of calls."""

    data_bucket_name: str


class ClusterSettings(Settings):
    """Attributes:
    cluster_qps: prediction calls per second that the installation takes in all; 0: as many as come.
    """

    cluster_qps: int = Field(default=0, ge=0, le=1_000_000)
