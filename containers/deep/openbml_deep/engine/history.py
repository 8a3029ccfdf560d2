"""What is known of each epoch, and which one is best."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class EpochFigures:
    """`figures` are the task's; `complete` is False where the epoch was stopped half-way."""

    epoch: int
    train_loss: float
    figures: Mapping[str, float]
    quality: float
    tie_break: float
    learning_rate: float
    seconds: float
    images_per_second: float
    complete: bool = True

    def shown(self) -> dict[str, Any]:
        """Return the flat row of the report and of the progress lines."""
        return {
            "epoch": self.epoch,
            "train_loss": self.train_loss,
            **self.figures,
            "learning_rate": self.learning_rate,
            "seconds": self.seconds,
            "images_per_second": self.images_per_second,
        }


class History:
    """The epochs done, in order."""

    def __init__(self, epochs: Sequence[EpochFigures] = ()) -> None:
        self.epochs = list(epochs)

    @classmethod
    def of_state(cls, rows: Sequence[Mapping[str, Any]]) -> "History":
        return cls([EpochFigures(**row) for row in rows])

    def state(self) -> list[dict[str, Any]]:
        return [asdict(figures) for figures in self.epochs]

    def __len__(self) -> int:
        return len(self.epochs)

    @property
    def best_epoch(self) -> int:
        """The number of the best epoch, the first of equal ones; 0 of none."""
        best = max(self.epochs, key=lambda row: (row.quality, row.tie_break, -row.epoch), default=None)
        return best.epoch if best else 0

    @property
    def epochs_without_gain(self) -> int:
        return len(self.epochs) - self.best_epoch

    @property
    def complete(self) -> bool:
        return all(figures.complete for figures in self.epochs)
