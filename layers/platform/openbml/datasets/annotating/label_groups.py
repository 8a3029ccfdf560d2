"""Label groups: labels of a project that are put into versions together (spec 02 section 1.6)."""

import unicodedata
from collections.abc import Sequence
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict

from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError, OpenBMLError
from openbml.core.ids import IdFactory
from openbml.core.scope import ProjectScope
from openbml.datasets.annotating.annotate import annotatable
from openbml.datasets.annotating.labels import LabelRepository, checked_label_name
from openbml.datasets.datasets import DatasetRepository, LabelCount, Position, VersionKey, checked_name
from openbml.datasets.limits import LABELS_PER_GROUP


class LabelGroupNotFoundError(OpenBMLError):
    """The project has no such label group; details: group_id."""


class LabelGroupTakenError(OpenBMLError):
    """Another label group of the project has the name; details: name."""


class LabelGroupChangedError(OpenBMLError):
    """Somebody else changed the label group meanwhile; details: group_id."""


class TooManyLabelGroupsError(OpenBMLError):
    """The project has as many label groups as it can; details: most."""


class GroupLabel(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    remark: str = ""
    colour: str | None = None


class LabelGroup(BaseModel):
    """Attributes: revision: grows with every change."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    group_id: int
    name: str
    labels: Sequence[GroupLabel] = ()
    created_by: int
    created_at: AwareDatetime
    revision: int = 1


class LabelGroupRepository(Protocol):
    def add(self, group: LabelGroup) -> None:
        """Raises LabelGroupTakenError, TooManyLabelGroupsError."""

    def get(self, scope: ProjectScope, group_id: int) -> LabelGroup:
        """Raises LabelGroupNotFoundError."""

    def page(
        self, scope: ProjectScope, *, limit: int, position: Position | None
    ) -> tuple[Sequence[LabelGroup], Position | None]: ...

    def replace(self, before: LabelGroup, after: LabelGroup) -> None:
        """Raises LabelGroupTakenError, LabelGroupChangedError."""

    def remove(self, group: LabelGroup) -> None:
        """Raises LabelGroupChangedError."""


def create_group(
    scope: ProjectScope,
    name: str,
    labels: Sequence[GroupLabel],
    *,
    user_id: int,
    groups: LabelGroupRepository,
    new_id: IdFactory,
    now: Clock,
) -> LabelGroup:
    """Raises LabelGroupTakenError, TooManyLabelGroupsError, InvalidRequestError."""
    group = LabelGroup(
        scope=scope,
        group_id=new_id(),
        name=checked_name(name),
        labels=checked_group_labels(labels),
        created_by=user_id,
        created_at=now(),
    )
    groups.add(group)
    return group


def change_group(
    scope: ProjectScope,
    group_id: int,
    *,
    name: str | None,
    labels: Sequence[GroupLabel] | None,
    groups: LabelGroupRepository,
) -> LabelGroup:
    """Raises LabelGroupNotFoundError, LabelGroupTakenError, LabelGroupChangedError, InvalidRequestError."""
    before = groups.get(scope, group_id)
    changes: dict[str, object] = {"revision": before.revision + 1}
    if name is not None:
        changes["name"] = checked_name(name)
    if labels is not None:
        changes["labels"] = checked_group_labels(labels)
    after = before.model_copy(update=changes)
    groups.replace(before, after)
    return after


def apply_group(
    key: VersionKey,
    group_id: int,
    *,
    datasets: DatasetRepository,
    groups: LabelGroupRepository,
    labels: LabelRepository,
) -> Sequence[str]:
    """Make the group's labels in a version and return the names that it did not have.

    Raises:
        InvalidRequestError: the kind of the dataset allows one of the names not; then nothing is made.
        LabelGroupNotFoundError, OnlineAnnotationError, TooManyLabelsError.
    """
    group = groups.get(key.scope, group_id)
    kind = annotatable(key.scope, key.dataset_id, datasets).kind
    for row in group.labels:
        checked_label_name(row.name, kind)
    return labels.ensure(key, [LabelCount.model_validate(row.model_dump()) for row in group.labels])


def checked_group_labels(labels: Sequence[GroupLabel]) -> Sequence[GroupLabel]:
    """Return the labels; which names a dataset allows shows when the group is put into one.

    Raises:
        InvalidRequestError: too many, one twice, a name of no line of text.
    """
    names = [label.name for label in labels]
    if len(names) > LABELS_PER_GROUP:
        raise InvalidRequestError(field="labels", reason=f"can be at most {LABELS_PER_GROUP}")
    if len(set(names)) != len(names):
        raise InvalidRequestError(field="labels", reason="one label stands there twice")
    for name in names:
        if not name.strip() or any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
            raise InvalidRequestError(field="labels", reason="a name must be text of one line")
    return list(labels)
