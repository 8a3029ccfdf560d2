"""Use case: a version's model card in Markdown (Mitchell et al. 2019, arXiv:1810.03993)."""

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from openbml.core.scope import ProjectScope
from openbml.models.api_references import ApiReferenceMissingError, api_reference
from openbml.models.models import Model, ModelRepository
from openbml.models.version_lineage import RunFacts, RunRecords
from openbml.models.versions import ModelVersion
from openbml_catalog.frameworks import frameworks
from openbml_catalog.networks import UnknownTaskError, networks

_SHOWN_LABELS = 30
_BASES = {"holdout": "a part that was held out", "eval": "an evaluation set"}
_WORD = re.compile(r"[\w.:/@+-]+")
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|<>~$-])")


class ModelCard(BaseModel):
    model_config = ConfigDict(frozen=True)

    markdown: str


def model_card(
    scope: ProjectScope,
    model_id: int,
    version_number: int,
    *,
    models: ModelRepository,
    runs: RunRecords,
) -> ModelCard:
    """Raises ModelNotFoundError, VersionNotFoundError."""
    model = models.get(scope, model_id)
    version = models.version(scope, model_id, version_number)
    facts = None if version.run_id is None else runs.facts(scope, version.run_id)
    return ModelCard(markdown=card_text(model, version, facts))


def card_text(model: Model, version: ModelVersion, facts: RunFacts | None) -> str:
    """Return the card; whatever users wrote is escaped."""
    sections = (
        _heading(model, version),
        _about(version, facts),
        _data(version, facts),
        _figures(version, facts),
        _limits(version, facts),
        _licence(version, facts),
        _calling(version),
    )
    return "\n".join(line for section in sections for line in section).rstrip() + "\n"


def plain(text: str) -> str:
    """Return a text without any meaning to Markdown or HTML, on one line."""
    return _MARKUP.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))


def _code(text: str) -> str:
    return f"`{text}`" if _WORD.fullmatch(text) else plain(text)


def _heading(model: Model, version: ModelVersion) -> Iterator[str]:
    yield f"# {plain(model.name)} V{version.version_number}"
    yield ""
    for text in (model.description, version.description):
        if text:
            yield plain(text)
            yield ""


def _about(version: ModelVersion, facts: RunFacts | None) -> Iterator[str]:
    yield "## What it is"
    yield ""
    made_with = frameworks()[version.framework].name if version.framework else "OpenBML"
    rows = {
        "Task": f"`{version.task_type}`",
        "Source": version.source.value,
        "Framework": made_with,
        "Network": plain(version.network) if version.network else None,
        "Published": version.created_at.date().isoformat(),
        "Run": f"{plain(facts.name)} ({facts.run_id})" if facts else None,
        "Size": f"{version.size_bytes:,} bytes" if version.size_bytes is not None else None,
        "Content (SHA-256)": f"`{version.content_digest}`" if version.content_digest else None,
        "Exported graph (SHA-256)": _code(version.onnx.sha256) if version.onnx else None,
    }
    yield from (f"- {name}: {value}" for name, value in rows.items() if value)
    if version.labels:
        shown = ", ".join(plain(label) for label in version.labels[:_SHOWN_LABELS])
        more = len(version.labels) - _SHOWN_LABELS
        yield f"- Classes ({len(version.labels)}): {shown}" + (f", and {more} more" if more > 0 else "")
    yield ""


def _data(version: ModelVersion, facts: RunFacts | None) -> Iterator[str]:
    yield "## Data"
    yield ""
    lineage = version.lineage
    if lineage.snapshot_id is None:
        yield "The model was trained elsewhere; what on is not known here."
    else:
        for row in lineage.dataset_versions:
            yield f"- Dataset {row.dataset_id} V{row.version_number}"
        yield f"- Snapshot {_code(lineage.snapshot_id)}: exactly these samples and annotations"
    if facts and facts.basis:
        of = _BASES.get(facts.basis, facts.basis)
        count = f" of {facts.evaluated_count} samples" if facts.evaluated_count is not None else ""
        yield f"- Evaluated on {plain(of)}{count}"
    yield ""


def _figures(version: ModelVersion, facts: RunFacts | None) -> Iterator[str]:
    yield "## Figures"
    yield ""
    figures: Mapping[str, float] = facts.figures if facts and facts.figures else version.metrics
    intervals = facts.intervals if facts else {}
    if not figures:
        yield "No figures are known: nothing was evaluated here."
        yield ""
    else:
        yield from _table(
            ["Figure", "Value", "95 % interval"],
            [[plain(name), f"{value:.6g}", _ends(intervals.get(name))] for name, value in figures.items()],
        )
    if version.recommended_threshold is not None:
        yield f"Recommended threshold of the score: {version.recommended_threshold:g}"
        yield ""
    if version.variants:
        yield from _table(
            ["File", "Precision", "Bytes", "Quality", "Lost", "ms a picture (one core)", "Recommended"],
            [
                [
                    plain(row.file),
                    row.precision,
                    f"{row.size_bytes:,}",
                    _number(row.quality),
                    _number(row.quality_loss),
                    _number(row.latency_ms),
                    "yes" if row.recommended else "no",
                ]
                for row in version.variants
            ],
        )


def _limits(version: ModelVersion, facts: RunFacts | None) -> Iterator[str]:
    yield "## Limits"
    yield ""
    if version.onnx is not None:
        yield (
            "- The served graph differs from the trained model by at most "
            f"{version.onnx.max_abs_diff:.3g} in a score (allowed: {version.onnx.tolerance:.3g})."
        )
    if version.labels:
        yield "- It knows no other classes than those above: anything else is given one of them."
    if facts and facts.figures and not facts.intervals:
        yield "- The figures are of one evaluation, without intervals: small differences may be chance."
    if version.source.value != "preset":
        yield "- It was not evaluated here; check it on your own data before you rely on it."
    yield "- Its figures hold for data like those it was evaluated on."
    yield ""


def _licence(version: ModelVersion, facts: RunFacts | None) -> Iterator[str]:
    yield "## Licence of the weights"
    yield ""
    if version.source.value != "preset":
        yield "Given by whoever trained the model; not known here."
    elif facts is None or facts.weights is None:
        yield "Not told by the run's report."
    elif facts.weights == "scratch":
        yield "Trained from random weights: no licence of others."
    elif facts.weights.startswith("base:"):
        yield f"Those of the run it was trained on from: {plain(facts.weights.removeprefix('base:'))}."
    else:
        yield f"Started from {_code(facts.weights)}: {_weights_licence(version, facts.weights)}"
    yield ""


def _weights_licence(version: ModelVersion, tag: str) -> str:
    try:
        known = list(networks(version.task_type).values())
    except UnknownTaskError:
        known = []
    for weights in (row for network in known for row in network.weights):
        if weights.tag == tag:
            use = "" if weights.commercial else ", no commercial use"
            return f"{plain(weights.licence)}{use}."
    return "its licence is not in the catalogue."


def _calling(version: ModelVersion) -> Iterator[str]:
    yield "## How to call it"
    yield ""
    if version.contract == "framework":
        yield "Deploy the version; its service answers in its framework's own format:"
        yield "`docs/guides/models.md`, section Calling."
        return
    try:
        reference = api_reference(version)
    except ApiReferenceMissingError as error:
        yield f"There is no API reference: {plain(str(error.details['reason']))}."
        return
    yield f"`POST {reference.path}?access_token=…` once it is deployed, with `application/json`:"
    yield ""
    yield from _block(reference.example_request)
    yield "answers"
    yield ""
    yield from _block(reference.example_response)


def _block(document: Mapping[str, object]) -> Iterator[str]:
    """Indented code has no end that a text in it could write."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    yield from (f"    {line}" for line in text.splitlines())
    yield ""


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _ends(interval: tuple[float, float] | None) -> str:
    return f"{interval[0]:.6g} to {interval[1]:.6g}" if interval else "–"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
