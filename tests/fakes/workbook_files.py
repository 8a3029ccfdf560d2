"""Excel files, made by hand so that wrong ones can be made too."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

_NAMESPACES = (
    'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)


def zipped(parts: Mapping[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in parts.items():
            target.writestr(name, data)
    return buffer.getvalue()


def workbook_parts(rows: Sequence[Sequence[str]], *, shared: bool = True) -> dict[str, bytes | str]:
    """Return the parts of a workbook with one sheet; empty cells are left out, as Excel does."""
    strings: list[str] = []
    lines = []
    for number, row in enumerate(rows, 1):
        cells = []
        for column, text in enumerate(row):
            name = f"{chr(ord('A') + column)}{number}"
            if shared and text:
                strings.append(text)
                cells.append(f'<c r="{name}" t="s"><v>{len(strings) - 1}</v></c>')
            elif text:
                cells.append(f'<c r="{name}" t="inlineStr"><is><t>{escape(text)}</t></is></c>')
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    sheets = '<sheets><sheet name="a" r:id="rId7"/></sheets>'
    link = '<Relationship Id="rId7" Target="worksheets/s.xml"/>'
    sheet = f"<sheetData>{''.join(lines)}</sheetData>"
    return {
        "xl/workbook.xml": f"<workbook {_NAMESPACES}>{sheets}</workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships>{link}</Relationships>",
        "xl/worksheets/s.xml": f"<worksheet {_NAMESPACES}>{sheet}</worksheet>",
        "xl/sharedStrings.xml": shared_strings([f"<t>{escape(text)}</t>" for text in strings]),
    }


def shared_strings(items: Sequence[str]) -> str:
    return f"<sst {_NAMESPACES}>{''.join(f'<si>{item}</si>' for item in items)}</sst>"


def workbook(rows: Sequence[Sequence[str]], *, shared: bool = True) -> bytes:
    return zipped(workbook_parts(rows, shared=shared))
