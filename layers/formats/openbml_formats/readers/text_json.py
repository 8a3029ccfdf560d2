"""An archive of text files with a json file of the same stem each (spec 02 section 4.2)."""

from collections.abc import Iterator

from openbml_formats.image_json import annotation_of
from openbml_formats.json_values import sidecar_json
from openbml_formats.limits import MIB
from openbml_formats.protocols import Reader, ReadSettings
from openbml_formats.records import AnnotationError, Problem, Record
from openbml_formats.sources import MemberUnreadableError, Source
from openbml_formats.strict_pairs import paired_files
from openbml_formats.text_rules import TEXT_FILE_BYTES, TextError, decoded_text
from openbml_formats.text_samples import LabelReader, Place, text_record

JSON_BYTES = MIB


class TextJsonReader:
    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        labels = LabelReader(settings)
        for text_file, json_file in paired_files(source, [".txt"], what="text"):
            place = Place(text_file)
            try:
                text = decoded_text(source.read(text_file, limit=TEXT_FILE_BYTES))
                document = sidecar_json(source.read(json_file, limit=JSON_BYTES), limit=JSON_BYTES)
                said = annotation_of(document, settings.kind)
                labelled = said.model_copy(update={"labels": labels.classes(said.labels, place).labels})
            except MemberUnreadableError as error:
                yield place.problem("unreadable", str(error))
            except (TextError, AnnotationError) as error:
                yield place.problem(error.reason, str(error))
            else:
                yield from text_record([text], labelled if settings.labelled else None, place, settings.kind)


READER: Reader = TextJsonReader()
