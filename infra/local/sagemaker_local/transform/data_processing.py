"""``DataProcessing``: what is sent, what is kept, and input joined to output (contract section 5.2)."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from sagemaker_local.transform.json_paths import JsonPath, NothingSelectedError
from sagemaker_local.transform.records import Format, RecordError, codec, raw_records

INPUT_KEY, OUTPUT_KEY = "SageMakerInput", "SageMakerOutput"


class JoinError(Exception):
    """Input and output do not belong together."""


def joined(record: Any, answer: Any, kind: Format) -> Any:
    """Put the answer to a record beside it."""
    if kind == "csv":
        return [*record, *answer]
    if isinstance(record, dict):
        return {**record, OUTPUT_KEY: answer}
    return {INPUT_KEY: record, OUTPUT_KEY: answer}


def filter_input(source: Path, target: Path, kind: Format, path: JsonPath) -> None:
    """Write what of each record is to be sent."""
    with source.open("rb") as file, target.open("wb") as filtered:
        for number, record in enumerate(raw_records(file, kind)):
            if number:
                filtered.write(b"\n")
            filtered.write(_selected(record, kind, path))


@dataclass(frozen=True)
class OutputProcessing:
    """What happens to answers: joined to their inputs if asked, then filtered."""

    kind: Format
    joins: bool
    path: JsonPath | None
    ends_with_newline: bool

    def write(self, answer: BinaryIO, inputs: Iterator[bytes], records: int | None, target: BinaryIO) -> None:
        """Write the processed answer to one request.

        Args:
            inputs: records of the object as it was, from the first of this request on.
            records: how many of them the request held; None for all.

        Raises:
            JoinError: another number of records came back than went out.
            RecordError: a record is not of its format.
        """
        coder = codec(self.kind)
        ending = b"" if self.kind == "json" and not self.ends_with_newline else b"\n"
        for value in self._values(answer, inputs, records):
            kept = value if self.path is None else _select(self.path, value)
            target.write(coder.write(kept) + ending)

    def _values(self, answer: BinaryIO, inputs: Iterator[bytes], records: int | None) -> Iterator[Any]:
        coder = codec(self.kind)
        answers = self._answers(answer, records)
        if not self.joins:
            yield from (coder.read(one) for one in answers)
            return
        sent = 0
        for record in islice(inputs, records):
            sent += 1
            reply = next(answers, None)
            if reply is None:
                raise JoinError(
                    f"the model answered {sent - 1} records, more were sent; they cannot be joined"
                )
            yield joined(coder.read(record), coder.read(reply), self.kind)
        if next(answers, None) is not None:
            raise JoinError(f"the model answered more than the {sent} records sent; they cannot be joined")

    def _answers(self, answer: BinaryIO, records: int | None) -> Iterator[bytes]:
        """A single record may be answered by a document of several lines."""
        single_document = self.kind == "json" or (self.kind == "jsonlines" and records == 1)
        return raw_records(answer, "json" if single_document else self.kind)


def append_answer(answer: BinaryIO, target: BinaryIO, *, by_line: bool) -> None:
    """Write an answer as it is; with ``AssembleWith`` Line it ends with a newline."""
    shutil.copyfileobj(answer, target)
    if not by_line or answer.tell() == 0:
        return
    answer.seek(-1, 2)
    if answer.read(1) != b"\n":
        target.write(b"\n")


def _selected(record: bytes, kind: Format, path: JsonPath) -> bytes:
    coder = codec(kind)
    return coder.write(_select(path, coder.read(record)))


def _select(path: JsonPath, value: Any) -> Any:
    try:
        return path.select(value)
    except NothingSelectedError as error:
        raise RecordError(str(error)) from error
