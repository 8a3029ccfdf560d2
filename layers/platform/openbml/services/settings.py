"""Settings of this context's functions; each function gets those it needs."""

from openbml.core.settings import Settings


class ServicesSettings(Settings):
    services_table_name: str
    order_queue_url: str = ""
    call_queue_url: str = ""
    wake_queue_url: str = ""
