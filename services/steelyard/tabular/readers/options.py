"""Options for reading a file: stated by its sender, or detected. Imports nothing that reads files."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = {
    "text/csv": "csv",
    "application/vnd.apache.parquet": "parquet",
    "application/vnd.apache.arrow.stream": "arrow",
    "application/x-npz": "npz",
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    XLSX: "xlsx",
    "application/zip": "zip",
}

REMEMBERED = ("delimiter", "encoding", "decimal")  # as detected; other options as stated
LATER = ("texts", "columns", "comment", "skip_rows")
WHITESPACE, FIXED_WIDTH = "whitespace", "fixed-width"  # delimiters that are not a character


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written, where an empty string means to detect it; and for any file, the types of its columns.

    `texts` are columns that stay strings, whatever they look like: codes with leading zeros, for example.
    `columns` are the types that the owner gives to columns, as a schema has them. Lines that begin with `comment` are
    dropped; `skip_rows` lines come before the column names.
    """

    delimiter: str = ""
    quote: str = '"'
    encoding: str = ""
    decimal: str = ""
    header: bool = True
    texts: Sequence[str] = ()
    columns: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    comment: str = ""
    skip_rows: int = 0

    def to_json(self) -> dict[str, Any]:
        """As it is stored with the file."""
        document = asdict(self)
        for key in LATER:  # absent from documents stored before the option existed; their digests must not change
            if not document[key]:
                del document[key]
        return document


def remembered(found: Mapping[str, Any], read_with: Mapping[str, Any]) -> dict[str, Any] | None:
    """How a text file or a workbook is written, as found and as stated; `None` for other files."""
    if "delimiter" not in found and "sheet" not in found:
        return None
    plain = asdict(Dialect())
    stated = {key: read_with.get(key, plain[key]) for key in ("quote", "comment", "skip_rows", "header")}
    kept = {key: value for key, value in stated.items() if value != plain[key]}
    return {key: found[key] for key in REMEMBERED if key in found} | kept


def decimal_of(found: Mapping[str, Any], usual: Mapping[str, Any] | None) -> str | None:
    """The decimal point of a file that was found to be written so, if it is not written as is `usual`."""
    if not usual or found.get("delimiter") == usual.get("delimiter"):
        return None
    return "." if "sheet" in found else found.get("decimal")
