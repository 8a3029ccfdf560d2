"""What is wrong with a wish for a search."""


class SearchConfigError(ValueError):
    """A field cannot have its value; the text names the field and says what is allowed."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field} {reason}")
        self.field = field
        self.reason = reason
