"""Excel workbooks, made of the parts that a workbook needs."""

import io
import zipfile
from collections.abc import Mapping, Sequence

TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OF_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OF_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
DATE = ' s="1"'
Cell = str | int | float | bool | None


def workbook(sheets: Mapping[str, str], *, hidden: str = "") -> bytes:
    """A workbook of these sheets, each the XML of its rows."""
    names = enumerate(sheets, start=1)
    states = {name: ' state="hidden"' if name == hidden else "" for name in sheets}
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"{states[name]}/>' for n, name in names)
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{OF_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    links += f'<Relationship Id="rId0" Type="{OF_OFFICE}/styles" Target="styles.xml"/>'
    root = f'<Relationship Id="r" Type="{OF_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{TYPES}"/>',
        "_rels/.rels": f'<Relationships xmlns="{OF_PACKAGE}">{root}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OF_OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{OF_PACKAGE}">{links}</Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs><xf/><xf numFmtId="22"/></cellXfs></styleSheet>',
    }
    for number, rows in enumerate(sheets.values(), start=1):
        content = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        parts[f"xl/worksheets/sheet{number}.xml"] = content
    return zipped({name: content.encode() for name, content in parts.items()})


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A ZIP file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def rows(*values: Sequence[Cell], first: int = 1) -> str:
    """Rows of cells from row `first` and column B on; None is an empty cell."""
    return "".join(_row(number, row) for number, row in enumerate(values, start=first))


def _row(number: int, values: Sequence[Cell]) -> str:
    cells = [_cell(f"{chr(ord('B') + place)}{number}", value) for place, value in enumerate(values)]
    return f'<row r="{number}">{"".join(cells)}</row>'


def _cell(place: str, value: Cell) -> str:
    match value:
        case None:
            return ""
        case bool():
            return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
        case str():
            return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
        case _:
            return f'<c r="{place}"><v>{value}</v></c>'
