"""ZIP files: a zipped table, an Excel workbook, or another kind of archive, which is rejected by its name."""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from steelyard.errors import shown
from steelyard.tabular.readers.arrow import brief
from steelyard.tabular.readers.unnamed_files import NO_ROOM, path_of, unnamed_file
from steelyard.tabular.readers.unreadable import Unreadable, refuse_bomb

PIECE_BYTES = 1 << 20
WORKBOOK = "xl/workbook.xml"
FORM_BY_ENDING = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".tab": "csv", ".dat": "csv", ".data": "csv"}
FORM_BY_ENDING |= {".parquet": "parquet", ".arrow": "arrow", ".feather": "arrow", ".json": "json"}
FORM_BY_ENDING |= {".ndjson": "ndjson", ".jsonl": "ndjson", ".xlsx": "xlsx"}
# A member that others do not have: the name; what to do.
OTHERS = {
    "mimetype": ("an OpenDocument or EPUB file", "save its table as .xlsx or CSV"),
    "xl/workbook.bin": ("a binary Excel workbook (.xlsb)", "save it as .xlsx"),
    "word/document.xml": ("a Word document", "save its table as .xlsx or CSV"),
    "ppt/presentation.xml": ("a PowerPoint presentation", "save its table as .xlsx or CSV"),
    "doc.kml": ("a KMZ file", "save its table as CSV"),
}
# What is raised over a broken archive, or one with a password.
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError, RuntimeError),
    *(ValueError, LookupError, OverflowError),
)


def kind_of_zip(path: str) -> str:
    """`xlsx` or `npz` for files of these formats, which are ZIP files; `zip` for others. Raises `Unreadable`."""
    with opened_zip(path) as archive:
        names = {entry.filename for entry in archive.infolist()}
    if WORKBOOK in names:
        return "xlsx"
    for name, (kind, remedy) in OTHERS.items():
        if name in names:
            raise Unreadable(f"it is {kind}; {remedy}")
    return "npz" if names and all(name.endswith(".npy") for name in names) else "zip"


@contextmanager
def only_member(path: str, form: str, max_bytes: int) -> Iterator[tuple[str, str]]:
    """The path of the only file in a ZIP file, unpacked as long as this lasts, and its form. Raises `Unreadable`."""
    with unnamed_file() as plain:
        with opened_zip(path) as archive:
            entry = _only_member(archive)
            done, size = 0, Path(path).stat().st_size
            with archive.open(entry) as member:
                while piece := member.read(PIECE_BYTES):
                    done += len(piece)
                    if done > max_bytes:
                        raise Unreadable(f"it unpacks to more than {max_bytes} bytes")
                    refuse_bomb(unpacked_bytes=done, packed_bytes=size)
                    plain.write(piece)
        ending = PurePosixPath(entry.filename).suffix.lower()
        plain.flush()
        yield path_of(plain), FORM_BY_ENDING.get(ending, "csv") if form == "zip" else form


@contextmanager
def opened_zip(path: str) -> Iterator[zipfile.ZipFile]:
    """The archive. Raises `Unreadable` over one that is broken, and `OSError` where there is no room."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except BROKEN as error:
        if "password" in str(error):
            raise Unreadable("it is a ZIP file with a password; send it without one") from None
        raise Unreadable(f"it is not a valid ZIP file: {brief(error)}") from None
    except OSError as error:
        if error.errno in NO_ROOM:
            raise
        raise Unreadable(f"it is not a valid ZIP file: {brief(error)}") from None


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The only file, besides those that macOS adds. Raises `Unreadable`."""
    files = [entry for entry in archive.infolist() if not entry.is_dir()]
    files = [entry for entry in files if not entry.filename.startswith("__MACOSX/")]
    files = [entry for entry in files if not PurePosixPath(entry.filename).name.startswith(".")]
    if not files:
        raise Unreadable("it is a ZIP file without files")
    if len(files) > 1:
        names = ", ".join(shown(entry.filename) for entry in files[:3])
        more = f" and {len(files) - 3} more" if len(files) > 3 else ""
        raise Unreadable(f"it is a ZIP file of {len(files)} files ({names}{more}); send the one with the table")
    return files[0]
