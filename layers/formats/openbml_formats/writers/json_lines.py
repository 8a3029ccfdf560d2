"""`data.jsonl`: an object for each sample; carries every text."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from openbml_catalog.datasets import AnnotationForm, DatasetKind
from openbml_formats.annotations import Span
from openbml_formats.protocols import Archive, ExportInfo, Writer
from openbml_formats.records import ExportSample


class JsonLinesWriter:
    """Members are those that the reader names first; what is not said of a sample has no member."""

    def write(self, info: ExportInfo, samples: Iterable[ExportSample], archive: Archive) -> None:
        archive.add_from("data.jsonl", (_line(info.kind, sample) for sample in samples))


def _line(kind: DatasetKind, sample: ExportSample) -> bytes:
    return json.dumps(said_document(kind, sample), ensure_ascii=False).encode() + b"\n"


def said_document(kind: DatasetKind, sample: ExportSample) -> Mapping[str, Any]:
    """Return what is said of a sample; what is not has no member."""
    said = sample.annotation
    if kind.annotation_form is AnnotationForm.TAGS:
        return {"tokens": sample.texts} | ({"tags": said.tags} if said.tags else {})
    if kind.annotation_form is AnnotationForm.SPANS:
        return {"text": sample.texts[0], "spans": [_span(span) for span in said.spans]}
    if kind.annotation_form is AnnotationForm.SIMILARITY:
        pair = dict(zip(("text1", "text2"), sample.texts, strict=True))
        return pair | ({"label": int(said.labels[0])} if said.labels else {})
    if kind.several:
        return {"text": sample.texts[0], "labels": said.labels}
    return {"text": sample.texts[0]} | ({"label": said.labels[0]} if said.labels else {})


def _span(span: Span) -> Mapping[str, Any]:
    return {"label": span.label, "start": span.start, "end": span.end, "text": span.text}


WRITER: Writer = JsonLinesWriter()
