"""How many samples an account, a user and a dataset may hold (spec 02 section 1.4), by what a sample is."""

from pydantic import BaseModel, ConfigDict

from openbml.datasets.settings import QuotaSettings
from openbml_catalog.datasets import Content


class Quota(BaseModel):
    """Limits of one content; None sets none. `counter` is what the counts of it are called."""

    model_config = ConfigDict(frozen=True)

    counter: str
    account: int | None = None
    user: int | None = None
    dataset: int | None = None

    def describe(self) -> str:
        """Return the limits in words, for people."""
        said = [("dataset", self.dataset), ("user", self.user), ("account", self.account)]
        parts = [f"{limit:,} per {holder}" for holder, limit in said if limit is not None]
        return f"{', '.join(parts)} ({self.counter})"


COUNTERS = {
    Content.IMAGE: "images",
    Content.TEXT: "texts",
    Content.PAIR: "texts",
    Content.TOKENS: "sequences",
    Content.SOUND: "sounds",
    Content.ROWS: "rows",
}


class Quotas:
    """The quotas of an installation."""

    def __init__(self, settings: QuotaSettings | None = None) -> None:
        self._settings = settings or QuotaSettings()

    def of(self, content: Content) -> Quota:
        chosen, counter = self._settings, COUNTERS[content]
        if counter == "images":
            return Quota(
                counter=counter,
                account=chosen.images_per_account,
                user=chosen.images_per_user,
                dataset=chosen.images_per_dataset,
            )
        if counter == "texts":
            return Quota(counter=counter, user=chosen.texts_per_user, dataset=chosen.texts_per_dataset)
        if counter == "sequences":
            return Quota(counter=counter, account=chosen.sequences_per_account)
        if counter == "sounds":
            return Quota(counter=counter, user=chosen.sounds_per_user, dataset=chosen.sounds_per_dataset)
        return Quota(counter=counter)
