"""XML from strangers: no document types, no entities, little depth; a document, or a stream of its parts."""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from openbml_formats.limits import CENTRAL_ITEM_BYTES, XML_DEPTH

_DECLARATION = re.compile(r"\s*<\?xml\b[^>]*\?>")
_DOCUMENT_TYPE = re.compile(r"\s*<!DOCTYPE\b", re.IGNORECASE)
_DOCUMENT_TYPE_REFUSED = "has a document type; that is not read"
_ENCODING = re.compile(rb"""\A\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ENCODINGS = frozenset(
    codecs.lookup(name).name
    for name in (
        *("utf-8", "ascii", "latin-1", "cp1252", "gbk", "gb2312", "gb18030", "big5", "shift_jis", "euc_jp"),
        "euc_kr",
    )
)
_CHUNK_BYTES = 256 * 1024


class XmlFormatError(ValueError):
    """Not XML, or XML that is refused: a document type, entities, endless depth."""


def decoded_xml(data: bytes) -> str:
    """Return the text without its declaration, from the encoding that it or its first bytes tell.

    Raises:
        XmlFormatError: an unknown encoding, or bytes that do not follow it.
    """
    encoding = "utf-8"
    for mark, name in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            data, encoding = data[len(mark) :], name
            break
    else:
        told = _ENCODING.match(data)
        if told:
            encoding = _known_encoding(told.group(1).decode("ascii"))
    try:
        text = data.decode(encoding)
    except UnicodeError as error:
        raise XmlFormatError(f"is not text in {encoding}") from error
    text = _DECLARATION.sub("", text, count=1)
    if _DOCUMENT_TYPE.match(text):
        raise XmlFormatError(_DOCUMENT_TYPE_REFUSED)
    return text


def _known_encoding(name: str) -> str:
    try:
        known = codecs.lookup(name).name
    except LookupError as error:
        raise XmlFormatError(f"has the unknown encoding {name!r}") from error
    if known not in _ENCODINGS:
        raise XmlFormatError(f"has the encoding {name!r}; write UTF-8")
    return known


def parsed_xml(text: str) -> Element:
    """Return the root element. Raises XmlFormatError."""
    builder = TreeBuilder()
    parser = _strict_parser(builder)
    try:
        parser.Parse(text.encode("utf-8"), True)  # noqa: FBT003 - expat's own signature
        return builder.close()
    except (expat.ExpatError, AssertionError, UnicodeError) as error:
        raise XmlFormatError("is not XML") from error


def streamed_elements(stream: BinaryIO, tags: frozenset[str]) -> Iterator[Element]:
    """Yield the root's children of these tags one by one; memory does not grow with the file (UTF-8).

    Raises:
        XmlFormatError: not XML, or a single child that is larger than a reader takes.
    """
    ready: list[Element] = []
    parser = _strict_parser(_Children(tags, ready))
    size = 0
    while True:
        chunk = stream.read(_CHUNK_BYTES)
        size += len(chunk)
        try:
            parser.Parse(chunk, not chunk)
        except (expat.ExpatError, AssertionError, UnicodeError) as error:
            raise XmlFormatError("is not XML") from error
        if ready:
            size = 0
        yield from ready
        ready.clear()
        if not chunk:
            return
        if size > CENTRAL_ITEM_BYTES:
            raise XmlFormatError(f"has a part of more than {CENTRAL_ITEM_BYTES} bytes")


class _Children:
    """A target of the parser that hands over the root's children of some tags and forgets the others."""

    def __init__(self, tags: frozenset[str], ready: list[Element]) -> None:
        self._tags = tags
        self._ready = ready
        self._depth = 0
        self._builder: TreeBuilder | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 2 and tag in self._tags:
            self._builder = TreeBuilder()
        if self._builder is not None:
            self._builder.start(tag, attributes)

    def end(self, tag: str) -> None:
        self._depth -= 1
        if self._builder is None:
            return
        self._builder.end(tag)
        if self._depth == 1:
            self._ready.append(self._builder.close())
            self._builder = None

    def data(self, text: str) -> None:
        if self._builder is not None:
            self._builder.data(text)


def _strict_parser(target: "TreeBuilder | _Children") -> expat.XMLParserType:
    parser = expat.ParserCreate("utf-8")
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > XML_DEPTH:
            raise XmlFormatError(f"is nested deeper than {XML_DEPTH} levels")
        target.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        target.end(tag)

    def refused(*_: object) -> None:
        raise XmlFormatError(_DOCUMENT_TYPE_REFUSED)

    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = target.data
    parser.StartDoctypeDeclHandler = refused
    parser.EntityDeclHandler = refused
    return parser
