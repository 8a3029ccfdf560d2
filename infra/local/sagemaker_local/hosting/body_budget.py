"""A bound on the memory that the bodies of all calls in progress take together."""


class BodyBudget:
    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._taken_bytes = 0

    def take(self, size_bytes: int) -> bool:
        """Return False, and take nothing, when there is no room."""
        if self._taken_bytes + size_bytes > self._limit_bytes:
            return False
        self._taken_bytes += size_bytes
        return True

    def give_back(self, size_bytes: int) -> None:
        self._taken_bytes -= size_bytes
