"""What is told of versions: side by side, where they come from, and in a card that no text breaks out of."""

import pytest

from openbml.core.errors import InvalidRequestError
from openbml.core.scope import ProjectScope
from openbml.models.compare_versions import ComparedRow, compare_versions
from openbml.models.manage_models import ModelChanges, change_model
from openbml.models.model_cards import card_text, model_card, plain
from openbml.models.model_uses import VersionUse
from openbml.models.version_lineage import RunFacts, version_lineage
from openbml.models.versions import ModelVersion, VersionNotFoundError
from tests.fakes.imports_desk import ImportDesk
from tests.fakes.imports_memory import FakeModelUses
from tests.fakes.model_file_samples import PICKLE, WRAPPER
from tests.fakes.services_samples import SCOPE

FACTS = RunFacts(
    run_id=9,
    name="digits V1",
    experiment_id=1,
    network="ResNet18_vd",
    machine_type="GPU",
    figures={"accuracy": 0.912345, "f1": 0.9},
    intervals={"accuracy": (0.88, 0.94)},
    basis="holdout",
    evaluated_count=200,
    weights="resnet18d.ra4_e3600_r224_in1k",
)


class Facts:
    def __init__(self, facts: RunFacts | None = FACTS) -> None:
        self._facts = facts

    def facts(self, scope: ProjectScope, run_id: int) -> RunFacts | None:
        return self._facts


def published(desk: ImportDesk, run_id: int = 9) -> ModelVersion:
    model = desk.models.named(SCOPE, "digits") or desk.model()
    return desk.copy(desk.publish(model.model_id, run_id))


def rows(desk: ImportDesk, model_id: int, versions: str) -> dict[tuple[str, str], ComparedRow]:
    comparison = compare_versions(SCOPE, model_id, versions, models=desk.models)
    return {(row.group, row.name): row for row in comparison.rows}


def test_versions_stand_side_by_side_and_what_differs_is_marked() -> None:
    desk = ImportDesk()
    first = published(desk)
    second = published(desk, 10)
    changed = second.described("x").model_copy(
        update={"metrics": {"accuracy": 0.8, "loss": 0.1}, "revision": second.revision + 1}
    )
    desk.models.save_version(changed)

    found = rows(desk, first.model_id, "1, 2")

    assert found["metric", "accuracy"].values == [0.9, 0.8]
    assert found["metric", "accuracy"].differs
    assert found["metric", "loss"].values == [None, 0.1]
    assert not found["hyper_parameter", "epochs"].differs
    assert found["proof", "max_abs_diff"].values == [1e-6, 1e-6]


@pytest.mark.parametrize(
    "versions", ["1", "1,1", "1,x", "", "1,2,", "-1,2", "1,²", ",".join(map(str, range(1, 13)))]
)
def test_a_comparison_takes_two_to_ten_numbers(versions: str) -> None:
    desk = ImportDesk()
    version = published(desk)

    with pytest.raises(InvalidRequestError):
        compare_versions(SCOPE, version.model_id, versions, models=desk.models)


def test_a_version_that_is_not_there_is_not_compared() -> None:
    desk = ImportDesk()
    version = published(desk)

    with pytest.raises(VersionNotFoundError):
        compare_versions(SCOPE, version.model_id, "1,9", models=desk.models)


def test_lineage_tells_run_data_and_what_answers() -> None:
    desk = ImportDesk()
    version = published(desk)
    uses = FakeModelUses()
    uses.uses[version.model_id] = [
        VersionUse(version_number=1, by="service 5", service_id=5),
        VersionUse(version_number=2, by="service 5", service_id=5),
        VersionUse(version_number=1, by="validation 3"),
    ]

    lineage = version_lineage(SCOPE, version.model_id, 1, models=desk.models, runs=Facts(), uses=uses)

    assert lineage.run is not None
    assert (lineage.run.name, lineage.snapshot) == ("digits V1", "abc")
    assert [row.by for row in lineage.services] == ["service 5", "validation 3"]
    assert lineage.version.deployed
    assert [row.dataset_id for row in lineage.datasets] == [1]


def test_lineage_of_an_imported_version_names_its_import() -> None:
    desk = ImportDesk()
    files = {"model.pkl": PICKLE, "s.py": WRAPPER}
    version = desk.imported(desk.local_model(), files, framework="sklearn")

    lineage = version_lineage(
        SCOPE, version.model_id, 1, models=desk.models, runs=Facts(), uses=FakeModelUses()
    )

    assert (lineage.run, lineage.snapshot, lineage.datasets) == (None, None, ())
    assert lineage.import_id == version.import_id
    assert lineage.content_digest == version.content_digest


def test_a_card_has_figures_with_intervals_and_the_weights_licence() -> None:
    desk = ImportDesk()
    version = published(desk)

    card = model_card(SCOPE, version.model_id, 1, models=desk.models, runs=Facts()).markdown

    assert "| accuracy | 0.912345 | 0.88 to 0.94 |" in card
    assert "| f1 | 0.9 | – |" in card
    assert "Apache\\-2.0" in card
    assert "`resnet18d.ra4_e3600_r224_in1k`" in card
    assert "Evaluated on a part that was held out of 200 samples" in card
    assert "Recommended threshold of the score: 0.4" in card
    assert "POST /rpc/2.0/ai_custom_bml/v1/classification/{suffix}" in card


def test_a_card_of_an_imported_version_claims_nothing() -> None:
    desk = ImportDesk()
    files = {"model.pkl": PICKLE, "s.py": WRAPPER}
    version = desk.imported(desk.local_model(), files, framework="sklearn")

    card = model_card(SCOPE, version.model_id, 1, models=desk.models, runs=Facts()).markdown

    assert "trained elsewhere" in card
    assert "No figures are known" in card
    assert "not known here" in card
    assert "Framework: Sklearn" in card


HOSTILE = "<img src=x onerror=alert(1)>\n# Fake heading\n| a | b |\n```\n[link](javascript:1) `code` *bold*"


def test_texts_of_users_mean_nothing_to_markdown_or_html() -> None:
    desk = ImportDesk()
    version = published(desk).model_copy(update={"labels": (HOSTILE, "ok"), "description": HOSTILE})
    model = change_model(
        ModelChanges(name="# <b>x</b>", description=HOSTILE),
        scope=SCOPE,
        model_id=version.model_id,
        models=desk.models,
    )
    facts = FACTS.model_copy(update={"weights": HOSTILE, "name": HOSTILE, "basis": HOSTILE})

    card = card_text(model, version, facts)

    text = [line for line in card.splitlines() if not line.startswith("    ")]  # indented code is code
    assert not [line for line in text if "<" in line]
    assert not [line for line in text if line.startswith(("# Fake", "```", "| a | b"))]
    assert "](javascript" not in "\n".join(text)
    assert [line for line in text if line.startswith("# ")] == [r"# \# &lt;b&gt;x&lt;/b&gt; V1"]


def test_plain_text_keeps_words() -> None:
    assert plain("two\nlines  of words") == "two lines of words"
