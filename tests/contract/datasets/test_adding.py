"""Single samples: killed anywhere a repeat ends the same, and every count stays exact."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from openbml.core.ids import new_id
from openbml.datasets.adding.add_samples import Added, add_sample
from openbml.datasets.adding.contents import NewContent, image_content, text_content
from openbml.datasets.adding.intake_dynamodb import DynamoSampleIntake
from openbml.datasets.annotating.edits import Author, Edit
from openbml.datasets.datasets import DatasetQuotaError, VersionBusyError, VersionKey
from openbml.datasets.importing.data_imports import VolumeTakenError
from openbml.datasets.quotas import Quotas
from openbml.datasets.settings import QuotaSettings
from openbml.datasets.tables_dynamodb import version_pk
from openbml_formats.annotations import Annotation
from tests.contract.datasets.conftest import USER, World
from tests.contract.datasets.counters import verify_counters
from tests.fakes.datasets_archives import archive, image_bytes, labelled_pairs


class KilledError(Exception):
    pass


class Dying:
    """A collaborator that is killed before or after one of its methods has done its work."""

    def __init__(self, inner: Any, method: str, *, afterwards: bool) -> None:
        self._inner, self._method, self._afterwards = inner, method, afterwards

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            if self._afterwards:
                getattr(self._inner, name)(*arguments, **options)
            raise KilledError

        return call if name == self._method else getattr(self._inner, name)


def intake(world: World, **quotas: int) -> DynamoSampleIntake:
    return DynamoSampleIntake(
        world.table,
        imports=world.imports,
        marks=world.marks,
        quotas=Quotas(QuotaSettings(**quotas)) if quotas else Quotas(),
        new_id=new_id,
        now=world.clock,
    )


def added(world: World, key: VersionKey, content: NewContent, **replaced: Any) -> Added:
    parts: dict[str, Any] = {"samples": world.samples, "intake": intake(world), "data": world.data}
    return add_sample(
        world.datasets.get(key.scope, key.dataset_id),
        key,
        content,
        user_id=USER,
        datasets=world.datasets,
        now=world.clock,
        **{**parts, **replaced},
    )


def image(seed: int = 0) -> NewContent:
    return image_content(image_bytes(seed=seed))


def text(world: World, key: VersionKey, words: str) -> NewContent:
    return text_content((words,), world.datasets.get(key.scope, key.dataset_id))


@pytest.mark.parametrize("afterwards", [False, True])
@pytest.mark.parametrize(
    ("collaborator", "method"),
    [("intake", "hold"), ("data", "put"), ("intake", "enter")],
)
def test_a_sample_killed_anywhere_is_added_once_when_it_comes_again(
    world: World, collaborator: str, method: str, afterwards: bool
) -> None:
    key = world.dataset()
    inner = {"intake": intake(world), "data": world.data}[collaborator]
    with pytest.raises(KilledError):
        added(world, key, image(), **{collaborator: Dying(inner, method, afterwards=afterwards)})
    again = added(world, key, image())
    assert added(world, key, image()).sample.sample_id == again.sample.sample_id
    verify_counters(world, key)
    assert world.datasets.version(key).sample_count == 1


@pytest.mark.parametrize("method", ["hold", "enter"])
def test_what_a_killed_sample_held_an_import_takes(world: World, method: str) -> None:
    key = world.dataset()
    content = image_content(image_bytes(seed=1))
    dying = Dying(intake(world), method, afterwards=method == "hold")
    with pytest.raises(KilledError):
        added(world, key, content, intake=dying)
    ended = world.imported(key, archive(labelled_pairs(2)))
    assert (ended.accepted, ended.duplicate) == (2, 0)
    assert added(world, key, content).existed
    verify_counters(world, key)


def test_what_a_failed_import_held_a_sample_takes(world: World) -> None:
    key = world.dataset()
    body = archive(labelled_pairs(2))
    data_import = world.uploaded(key, body)
    world.planned(data_import)
    (message,) = world.shards.taken()
    with pytest.raises(KilledError):
        world.worked(message, samples=Dying(world.samples, "claim", afterwards=True))  # type: ignore[arg-type]
    world.cancelled(data_import)
    assert not added(world, key, image(1)).existed
    verify_counters(world, key)


def test_a_sample_that_comes_while_an_import_begins_is_refused(world: World) -> None:
    key = world.dataset()

    class Starting(DynamoSampleIntake):
        def enter(self, *arguments: Any, **options: Any) -> bool:
            world.planned(world.uploaded(key, archive(labelled_pairs(2))))
            return super().enter(*arguments, **options)

    slow = Starting(
        world.table,
        imports=world.imports,
        marks=world.marks,
        quotas=Quotas(),
        new_id=new_id,
        now=world.clock,
    )
    with pytest.raises(VersionBusyError):
        added(world, key, image(1), intake=slow)
    for message in world.shards.taken():
        world.worked(message)  # type: ignore[arg-type]
    assert added(world, key, image(1)).existed
    verify_counters(world, key)
    assert world.datasets.version(key).sample_count == 2


def test_a_full_chunk_is_followed_by_another(world: World) -> None:
    key = world.dataset("texts", "text_classification")
    first = added(world, key, text(world, key, "first")).sample
    world.table.update_item(
        Key={"pk": version_pk(key), "sk": f"open-chunk#{USER}"},
        UpdateExpression="SET used = :full",
        ExpressionAttributeValues={":full": 1000},
    )
    with ThreadPoolExecutor(4) as threads:
        words = [f"text {n}" for n in range(8)]
        found = list(threads.map(lambda word: added(world, key, text(world, key, word)).sample, words))
    assert len({sample.chunk for sample in found}) == 1
    assert found[0].chunk != first.chunk
    verify_counters(world, key)


def test_limits_hold_for_single_samples(world: World) -> None:
    key = world.dataset()
    by_user = intake(world, images_per_user=2)
    added(world, key, image(1), intake=by_user)
    added(world, key, image(2), intake=by_user)
    with pytest.raises(VolumeTakenError):
        added(world, key, image(3), intake=by_user)
    with pytest.raises(DatasetQuotaError):
        added(world, key, image(3), intake=intake(world, images_per_dataset=2))
    added(world, key, image(3), intake=intake(world, images_per_dataset=3))
    verify_counters(world, key)


def test_counts_stay_exact_whatever_happens_at_once(world: World) -> None:
    key = world.dataset("texts", "text_classification")
    labels = ["a", "b", "c"]

    def work(number: int) -> None:
        sample = added(world, key, text(world, key, f"text {number % 9}")).sample
        edit = Edit(sample_id=sample.sample_id, annotation=Annotation(labels=(labels[number % 3],)))
        author = Author.human(USER)
        world.annotations.apply_edits(key, [edit], author=author, during_import=None)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(work, range(27)))
    verify_counters(world, key)
    assert world.datasets.version(key).sample_count == 9


def test_samples_of_several_people_lie_in_chunks_of_their_own(world: World) -> None:
    key = world.dataset("texts", "text_classification")
    dataset = world.datasets.get(key.scope, key.dataset_id)
    chunks = set()
    for user_id in (7, 8):
        entry = add_sample(
            dataset,
            key,
            text(world, key, f"by {user_id}"),
            user_id=user_id,
            datasets=world.datasets,
            samples=world.samples,
            intake=intake(world),
            data=world.data,
            now=world.clock,
        )
        chunks.add(entry.sample.chunk)
    assert len(chunks) == 2
    volume = world.table.get_item(Key={"pk": "account#1#us-east-1", "sk": "volume#8"})["Item"]
    assert volume["texts"] == 1
