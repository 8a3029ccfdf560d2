"""An archive of text files, each of which is one text (spec 02 sections 4.2 and 4.5)."""

from collections.abc import Iterator

from openbml_formats.protocols import Reader, ReadSettings
from openbml_formats.records import Problem, Record
from openbml_formats.sources import MemberUnreadableError, Source
from openbml_formats.text_rules import TEXT_FILE_BYTES, TextError, decoded_text
from openbml_formats.text_samples import Place, files_of, text_record


class TextFilesReader:
    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        files, others = files_of(source, [".txt"], what="text file")
        yield from others
        for member in files:
            place = Place(member.name)
            try:
                text = decoded_text(source.read(member.name, limit=TEXT_FILE_BYTES))
            except MemberUnreadableError as error:
                yield place.problem("unreadable", str(error))
            except TextError as error:
                yield place.problem(error.reason, str(error))
            else:
                yield from text_record([text], None, place, settings.kind)


READER: Reader = TextFilesReader()
