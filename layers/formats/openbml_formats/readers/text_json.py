"""An archive of text files with a json file of the same stem each (spec 02 section 4.2)."""

from collections.abc import Iterator, Sequence
from typing import Any

from openbml_formats.json_values import sidecar_json
from openbml_formats.pairs import paired_files
from openbml_formats.protocols import Reader, ReadSettings
from openbml_formats.records import AnnotationError, Problem, Record
from openbml_formats.sources import MemberUnreadableError, Source
from openbml_formats.text_rules import MIB, TEXT_FILE_BYTES, TextError, decoded_text
from openbml_formats.text_samples import LabelReader, Place, text_record

JSON_BYTES = MIB


class TextJsonReader:
    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        labels = LabelReader(settings)
        for text_file, json_file in paired_files(source, [".txt"], what="text"):
            place = Place(text_file)
            try:
                text = decoded_text(source.read(text_file, limit=TEXT_FILE_BYTES))
                names = label_names(sidecar_json(source.read(json_file, limit=JSON_BYTES), limit=JSON_BYTES))
                annotation = labels.classes(names, place)
            except MemberUnreadableError as error:
                yield place.problem("unreadable", str(error))
            except (TextError, AnnotationError) as error:
                yield place.problem(error.reason, str(error))
            else:
                yield from text_record(
                    [text], annotation if settings.labelled else None, place, settings.kind
                )


def label_names(document: Any) -> Sequence[str]:
    """Return the names in `{"labels": [{"name": …}]}`. Raises AnnotationError."""
    labels = document.get("labels") if isinstance(document, dict) else None
    if not isinstance(labels, list):
        raise AnnotationError("annotation_shape", 'is not {"labels": [{"name": …}]}')
    names = [label.get("name") if isinstance(label, dict) else None for label in labels]
    if not all(isinstance(name, str) for name in names):
        raise AnnotationError("annotation_shape", "has a label without a name")
    return [str(name) for name in names]


READER: Reader = TextJsonReader()
