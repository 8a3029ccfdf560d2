"""What a format cannot carry."""

from collections.abc import Sequence

ANYTHING = "json_lines"  # carries every text, label, span and tag


class UnwritableSampleError(Exception):
    """A sample that the format would not give back as it is.

    Attributes:
        sample_id: of the sample.
        carriers: codes of formats that can carry it.
    """

    def __init__(self, sample_id: int, what: str, carriers: Sequence[str] = (ANYTHING,)) -> None:
        super().__init__(f"sample {sample_id} {what}; export as {' or '.join(carriers)} instead")
        self.sample_id = sample_id
        self.carriers = tuple(carriers)
