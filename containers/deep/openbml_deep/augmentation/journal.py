"""What a search has found so far, as a file that outlives the machine; a resumed job goes on from it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from openbml_deep.augmentation.candidates import Choice, Trial
from openbml_kit.files import write_json

FILE = "augmentation_search.json"


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class JournalTrial(_Document):
    """A trial; `final_loss` is that of the second, longer look at the better ones."""

    candidate: tuple[Choice, ...]
    loss: float
    final_loss: float | None = None

    @property
    def trial(self) -> Trial:
        return Trial(self.candidate, self.loss)


class Journal(_Document):
    """One search.

    Attributes:
        fingerprint: of the job's settings and data: another job's search is not continued.
        seconds: time spent, earlier machines included.
        plain_loss: the loss without any operator, what candidates are compared with.
        end: why there is nothing left to try; None: the search goes on.
    """

    fingerprint: str
    seconds: float = 0.0
    plain_loss: float | None = None
    trials: tuple[JournalTrial, ...] = ()
    end: Literal["complete", "time", "no_proxy", "too_few_images"] | None = None

    def write(self, folder: Path) -> None:
        write_json(folder / FILE, self.model_dump(mode="json"))


def read_journal(folder: Path, fingerprint: str, note: Callable[[str, str], None]) -> Journal:
    """Return the search to go on with; a new one where there is none that fits, with a note if one was
    there."""
    path = folder / FILE
    if not path.exists():
        return Journal(fingerprint=fingerprint)
    try:
        journal = Journal.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        note("warning", f"the journal of the augmentation search cannot be read, it starts anew: {error}")
        return Journal(fingerprint=fingerprint)
    if journal.fingerprint != fingerprint:
        note("warning", "the augmentation search is of other data or settings: it starts anew")
        return Journal(fingerprint=fingerprint)
    return journal
