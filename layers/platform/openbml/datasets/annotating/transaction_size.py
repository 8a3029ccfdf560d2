"""How much of a transaction edits take: actions and bytes."""

from typing import Any, NamedTuple

from openbml.datasets.annotating.edit_effects import Change, effects_of
from openbml.datasets.sample_items_dynamodb import INLINE_ANNOTATION_BYTES

ACTIONS = 100  # of a transaction
_BYTES = 3_500_000  # of the 4 MB of a transaction


class TransactionSize(NamedTuple):
    """What a transaction would take at most: actions, and bytes in roughly."""

    actions: int = 4  # version, checkpoint
    items: frozenset[object] = frozenset()  # of the index and of labels, shared by samples
    bytes: int = 0

    def grown(self, change: Change, item: dict[str, Any]) -> "TransactionSize":
        effects = effects_of([change])
        texts = sum(len(text.encode()) for text in change.before.texts)
        return TransactionSize(
            actions=self.actions + (2 if change.after else 6),  # with claim, mark, import, volumes
            items=self.items | set(effects.bits) | set(effects.labels),
            bytes=self.bytes
            + len(bytes(item.get("annotation", b"")))
            + INLINE_ANNOTATION_BYTES
            + texts
            + 1000,
        )

    @property
    def is_too_much(self) -> bool:
        return self.actions + len(self.items) > ACTIONS or self.bytes > _BYTES
