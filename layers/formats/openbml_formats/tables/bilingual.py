"""Messages in the two languages of the console."""

from typing import NamedTuple


class Said(NamedTuple):
    """One message in English and in Chinese."""

    en: str
    zh: str

    def filled(self, **values: object) -> "Said":
        """Return the message with its places in braces filled."""
        return Said(self.en.format(**values), self.zh.format(**values))
