"""What is done already: one small object per part, written after the part's own.

A job that was killed between the two writes the part again, under the same name: nothing is lost and nothing
is doubled. The first attempt notes what its input was; a later one on a changed input is refused, since its
parts would not fit.
"""

import json
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from openbml_batch.storage import Bucket, place_of
from openbml_formats.batch_orders import BatchOrder, BatchSummary, InputFormat, PartRecord, part_name
from openbml_kit.faults import PlatformFault, UserFault

_JSON = "application/json"


class _Begun(BaseModel):
    """What the parts are parts of."""

    model_config = ConfigDict(frozen=True)

    input_print: str
    input_format: InputFormat
    part_items: int


class DonePart(PartRecord):
    """Attributes: errors: how many items failed with each code."""

    errors: Mapping[str, int] = Field(default_factory=dict)


class Journal:
    def __init__(self, bucket: Bucket, order: BatchOrder) -> None:
        self._bucket = bucket
        self._order = order
        self._prefix = place_of(order.journal_uri)[1]

    def begin(self, input_print: str, input_format: InputFormat) -> Mapping[int, DonePart]:
        """Return the parts that are done.

        Raises:
            UserFault: the input is another one than the parts were made of.
        """
        begun = _Begun(input_print=input_print, input_format=input_format, part_items=self._order.part_items)
        key = f"{self._prefix}begun.json"
        before = self._bucket.find(key)
        if before is None:
            self._bucket.put(key, begun.model_dump_json().encode(), _JSON)
        elif _Begun.model_validate_json(before) != begun:
            raise UserFault("the input has changed since the batch prediction began: start a new one")
        return self.parts()

    def parts(self) -> Mapping[int, DonePart]:
        """Return the parts of all nodes. Raises PlatformFault: a record is damaged."""
        found = {}
        for stored in self._bucket.list(f"{self._prefix}part-"):
            number = int(stored.key.rpartition("part-")[2].partition(".")[0])
            try:
                found[number] = DonePart.model_validate_json(self._bucket.read(stored.key))
            except ValidationError as error:
                raise PlatformFault(f"the journal's {stored.key} is damaged") from error
        return found

    def done(self, part: int, *, items: int, errors: Mapping[int, int]) -> None:
        record = DonePart(
            items=items,
            failed=sum(errors.values()),
            errors={str(code): count for code, count in sorted(errors.items())},
        )
        self._bucket.put(f"{self._prefix}{part_name(part, 'json')}", record.model_dump_json().encode(), _JSON)

    def summary(self, parts: Mapping[int, DonePart], input_format: InputFormat) -> bytes:
        errors: dict[str, int] = {}
        for part in parts.values():
            for code, count in part.errors.items():
                errors[code] = errors.get(code, 0) + count
        items = sum(part.items for part in parts.values())
        failed = sum(part.failed for part in parts.values())
        order = self._order
        summary = BatchSummary(
            job_id=order.job_id,
            input_uri=order.input_uri,
            input_format=input_format,
            output_format=order.output_format,
            items=items,
            succeeded=items - failed,
            failed=failed,
            parts=len(parts),
            part_items=order.part_items,
            errors=dict(sorted(errors.items())),
        )
        return json.dumps(summary.model_dump(mode="json"), ensure_ascii=False, indent=1).encode()
