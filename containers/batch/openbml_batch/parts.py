"""Answers become parts: one is open at a time, and is noted in the journal when it is in place."""

from collections import Counter
from collections.abc import Iterable

from openbml_batch.answers import Answer
from openbml_batch.items import Source
from openbml_batch.job_progress import JobProgress
from openbml_batch.journal import Journal
from openbml_batch.outputs import OpenPart, PartWriter


def write_parts(
    answers: Iterable[Answer],
    *,
    part_items: int,
    open_part: OpenPart,
    journal: Journal,
    said: JobProgress,
    source: Source,
) -> None:
    """Write all answers; what ends in the middle leaves the part in work out."""
    part: _Part | None = None
    try:
        for answer in answers:
            number = answer.index // part_items
            if part is None or part.number != number:
                if part is not None:
                    part.close(journal)
                part = _Part(number, open_part(number))
            part.add(answer)
            said.count(items=1, failed=int(answer.error_code is not None))
            said.tell(total=source.total, share=source.share)
        if part is not None:
            part.close(journal)
    except BaseException:
        if part is not None:
            part.drop()
        raise


class _Part:
    def __init__(self, number: int, writer: PartWriter) -> None:
        self.number = number
        self._writer = writer
        self._items = 0
        self._errors: Counter[int] = Counter()

    def add(self, answer: Answer) -> None:
        self._writer.add(answer)
        self._items += 1
        if answer.error_code is not None:
            self._errors[answer.error_code] += 1

    def close(self, journal: Journal) -> None:
        self._writer.close()
        journal.done(self.number, items=self._items, errors=self._errors)

    def drop(self) -> None:
        self._writer.drop()
