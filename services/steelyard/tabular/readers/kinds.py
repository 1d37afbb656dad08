"""Detects, from its first bytes, a file that does not have the declared format."""

import re

from steelyard.tabular.readers.unreadable import Unreadable

HEAD_BYTES = 1 << 10
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # the second is without members
CALLED = {"csv": "a CSV file", "xlsx": "an Excel workbook", "npz": "an NPZ file", "zip": "a ZIP file"}
SEND = "send it with the Content-Type"
EXPORT = "save it as CSV or Parquet, and send that"
# The first bytes; the name; what to do. The formats that are read name their own Content-Type.
MARKS: tuple[tuple[bytes, str, str], ...] = (
    (GZIP, "compressed with gzip within another compression", "unpack it once, and send that"),
    (ZSTD, "compressed with zstd within another compression", "unpack it once, and send that"),
    (b"PAR1", "a Parquet file", f"{SEND} application/vnd.apache.parquet"),
    (b"ARROW1", "an Arrow (Feather) file", f"{SEND} application/vnd.apache.arrow.stream"),
    (b"\xff\xff\xff\xff", "an Arrow stream", f"{SEND} application/vnd.apache.arrow.stream"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls) or one with a password", "save it as .xlsx"),
    (b"%PDF-", "a PDF document", "copy its table to a CSV file"),
    (b"SQLite format 3\0", "an SQLite database", EXPORT),
    (b"\x89HDF\r\n", "an HDF5 file", EXPORT),
    (b"CDF\x01", "a NetCDF file", EXPORT),
    (b"\x93NUMPY", "a NumPy array (.npy)", "save it with np.savez(file, x=…, y=…), and send that as NPZ"),
    (b"MATLAB 5.0", "a MATLAB file", EXPORT),
    (b"RDX", "an R data file", EXPORT),
    (b"RDA", "an R data file", EXPORT),
    (b"<stata_dta>", "a Stata file", EXPORT),
    (b"$FL2", "an SPSS file", EXPORT),
    (b"Obj\x01", "an Avro file", EXPORT),
    (b"ORC", "an ORC file", EXPORT),
    (b"\x80\x03", "a Python pickle", EXPORT),
    (b"\x80\x04", "a Python pickle", EXPORT),
    (b"\x80\x05", "a Python pickle", EXPORT),
    (b"BZh", "compressed with bzip2", "compress it with gzip or zstd instead"),
    (b"\xfd7zXZ\0", "compressed with xz", "compress it with gzip or zstd instead"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it, and send the table in it"),
    (b"Rar!", "a RAR archive", "unpack it, and send the table in it"),
    (b"\x89PNG", "an image", "send a table"),
    (b"\xff\xd8\xff", "an image", "send a table"),
    (b"GIF8", "an image", "send a table"),
    (b"{\\rtf", "an RTF document", EXPORT),
)
TEXTS: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    (
        re.compile(rb"<!doctype html|<html|<head|<body|<table", re.IGNORECASE),
        "a web page (HTML)",
        "it may be a sign-in page; download the table itself",
    ),
    (re.compile(rb"<\?xml|<[A-Za-z][\w:.-]*(\s+[\w:.-]+\s*=|>\r?\n\s*<)"), "XML", EXPORT),
    (re.compile(rb'\[\s*[\[{]|\{\s*"[^"]*"\s*:\s*[\[{]|\{\s*\n'), "JSON", f"{SEND} application/json"),
    (re.compile(rb'\{\s*"[^"\r\n]*"\s*:'), "NDJSON or JSON", f"{SEND} application/x-ndjson, or application/json"),
    (re.compile(rb"\s*+(?:%[^\n]*\n\s*+)*+@relation\s", re.IGNORECASE), "an ARFF file (Weka)", EXPORT),
)
TEXT_MARKS = (b"%PDF-", b"<stata_dta>", b"{\\rtf", b"$FL2")
CONTROLS = re.compile(rb"[\0-\x08\x0e-\x1f]")
SKIPPED = b" \t\r\n"
MARK = b"\xef\xbb\xbf"


def require_kind(start: bytes, form: str) -> None:
    """Raise `Unreadable` if the first bytes show that the file does not have the format `form`."""
    is_binary = CONTROLS.search(start) is not None  # names of columns may begin with the same letters
    for mark, name, remedy in MARKS:
        if start.startswith(mark) and (is_binary or mark in TEXT_MARKS) and form not in name.lower():
            raise Unreadable(f"it is {name}, not {called(form)}; {remedy}")
    if start[257:262] == b"ustar":
        raise Unreadable(f"it is a tar archive, not {called(form)}; unpack it, and send the table in it")
    if form == "csv":
        _require_csv(start)


def _require_csv(start: bytes) -> None:
    text = start.removeprefix(MARK).lstrip(SKIPPED)
    for pattern, name, remedy in TEXTS:
        if pattern.match(text):
            raise Unreadable(f"it is {name}, not {called('csv')}; {remedy}")


def called(form: str) -> str:
    """The name of a format in messages, such as `a CSV file`."""
    return CALLED.get(form, f"{form} data")
