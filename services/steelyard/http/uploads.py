"""Files of data that come as a request's body, or as a part of it: to disk as they arrive, and nowhere else."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import PurePath
from typing import IO, Any

from flask import Request, request

from steelyard.documents.strict_json import read_document
from steelyard.errors import Fault, InvalidRequest, UnsupportedMediaType, ValidationFailed, pointer, shown
from steelyard.http.environment import BODY_FILE
from steelyard.http.query import Query
from steelyard.store.tempfiles import passing_file
from steelyard.tabular.readers.charsets import LABELS, NAMES, SOME, encoding_called
from steelyard.tabular.readers.options import FIXED_WIDTH, FORMATS, WHITESPACE, XLSX, Dialect
from steelyard.tabular.readers.unnamed_files import path_of, unnamed_file
from steelyard.tabular.schema import read_schema
from steelyard.tabular.values import trimmed

MULTIPART = "multipart/form-data"
PIECE_BYTES = 1 << 20
TEXT_FORMATS = ("csv", "json", "ndjson", "zip")
ENDINGS = {
    ".csv": "text/csv",
    ".tsv": "text/csv",
    ".txt": "text/csv",
    ".tab": "text/csv",
    ".data": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
    ".arrow": "application/vnd.apache.arrow.stream",
    ".arrows": "application/vnd.apache.arrow.stream",
    ".feather": "application/vnd.apache.arrow.stream",
    ".npz": "application/x-npz",
    ".json": "application/json",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
    ".xlsx": XLSX,
    ".zip": "application/zip",
}
QUOTE = '"'
CHARACTER = r"^[\t -~]$"
MOST_LINES = 10_000
OF_ROWS = (
    Query(
        "delimiter",
        "string",
        f"of a CSV file: a character, `{WHITESPACE}` or `{FIXED_WIDTH}`; detected by default",
        pattern=rf"^([\t -~]|{WHITESPACE}|{FIXED_WIDTH})$",
    ),
    # Client generators escape a default, and call a function `quote`, which a parameter of that name would hide.
    Query("quotechar", "string", 'of a CSV file; `"` by default', pattern=CHARACTER),
    Query(
        "encoding",
        "string",
        "of a CSV file; by default the charset of the Content-Type, else detected",
        choices=(*NAMES, *LABELS),
    ),
    Query("decimal", "string", "decimal point of a CSV file; detected by default", choices=(".", ",")),
    Query("comment", "string", "drop lines of a CSV file that begin with this character", pattern=r"^[!-~]$"),
    Query(
        "header",
        "boolean or integer",
        "of a CSV file or a workbook: whether it has column names, or the number of the line that has them",
        default=True,
        least=1,
        most=MOST_LINES,
    ),
    Query("skip_rows", "integer", "lines to skip before the column names", default=0, least=0, most=MOST_LINES),
    Query("texts", "string", "columns to read as strings, separated by commas"),
    Query("columns", "string", 'types of columns as JSON: `{"age": {"type": "number", "missing": ["n/k"]}}`'),
)
READING = (*OF_ROWS, Query("quote", "string", "the former name of `quotechar`", pattern=CHARACTER))


class Uploads(Request):
    """A request whose files go straight to disk, where another process can open them."""

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return unnamed_file()


class Sent:
    """A file that was sent: on disk at `path`."""

    def __init__(self, file: IO[bytes], name: str | None, media_type: str, charset: str | None) -> None:
        self.path = path_of(file)
        self.file = file
        self.name = name
        self.media_type = media_type
        self._encoding = _encoding_of(media_type, charset)

    def dialect(self, asked: Dialect) -> Dialect:
        """How to read it: in the encoding of its Content-Type, unless another is asked for."""
        return replace(asked, encoding=asked.encoding or self._encoding)

    @property
    def bytes(self) -> int:
        """How long it is."""
        return os.fstat(self.file.fileno()).st_size

    def digest(self) -> str:
        """Its SHA-256 in hexadecimal digits."""
        self.file.seek(0)
        return hashlib.file_digest(self.file, "sha256").hexdigest()  # type: ignore[arg-type]


def read_dialect(
    *,
    delimiter: str | None,
    encoding: str | None,
    decimal: str | None,
    comment: str | None,
    header: bool | int,
    skip_rows: int,
    texts: str | None,
    columns: str | None,
    quotechar: str | None,
    quote: str | None = None,
) -> Dialect:
    """The dialect that the query asks for. Raises `ValidationFailed`."""
    characters = {"delimiter": delimiter, "quotechar": quotechar, "quote": quote, "comment": comment}
    if delimiter in (WHITESPACE, FIXED_WIDTH):
        del characters["delimiter"]
    faults = [
        Fault.of_query(name, f"is {shown(value)}; it must be one ASCII character")
        for name, value in characters.items()
        if value and not (len(value) == 1 and value.isascii() and value not in "\r\n\0")
    ]
    for name, value in (("quotechar", quotechar), ("quote", quote)):
        if value == "":
            faults.append(Fault.of_query(name, "is empty; it must be one ASCII character"))
    if faults:
        raise ValidationFailed(faults)
    lines_before = 0 if isinstance(header, bool) else header - 1
    return Dialect(
        delimiter or "",
        quotechar or quote or QUOTE,
        (encoding_called(encoding) if encoding else None) or "",
        decimal or "",
        header is not False,
        tuple(map(trimmed, texts.split(","))) if texts else (),
        {} if columns is None else _read_columns(columns),
        comment or "",
        skip_rows + lines_before,
    )


def require_no_options(**given: Any) -> None:
    """Raise `ValidationFailed` over options of files in a request without one; generated clients send the defaults."""
    names = [query.name for query in OF_ROWS if given[query.name] != query.default]
    if names:
        raise ValidationFailed(Fault.of_query(name, "is an option of files, and the body is JSON") for name in names)


def _read_columns(text: str) -> dict[str, Any]:
    """The types of columns as a schema has them. Raises `ValidationFailed`."""
    try:
        return {name: kind.to_json() for name, kind in read_schema(read_document(text.encode())).items()}
    except InvalidRequest as error:
        raise ValidationFailed([Fault.of_query("columns", f"is not valid JSON: {error.detail}")]) from None
    except ValidationFailed as error:
        raise ValidationFailed(
            Fault.of_query("columns", f"{fault.pointer}: {fault.detail}" if fault.pointer else fault.detail)
            for fault in error.faults
        ) from None


@contextmanager
def receive(max_bytes: int) -> Iterator[Sent]:
    """The file of this request, which is on disk as long as this lasts. Raises `UnsupportedMediaType`."""
    request.max_content_length = max_bytes
    if request.mimetype == MULTIPART:
        yield _from_form()
        return
    if request.mimetype not in FORMATS:
        raise UnsupportedMediaType(f"the Content-Type is {request.mimetype or 'none'}; it must be one of {_known()}")
    if (kept := request.environ.get(BODY_FILE)) is not None:
        yield Sent(kept, None, request.mimetype, request.mimetype_params.get("charset"))
        return
    with passing_file() as file:  # a server that has not taken the body before it asked
        shutil.copyfileobj(request.stream, file, PIECE_BYTES)
        yield Sent(file, None, request.mimetype, request.mimetype_params.get("charset"))


def _from_form() -> Sent:
    unknown = [name for name in [*request.form, *request.files] if name not in ("file", "name")]
    faults = [Fault(pointer(name), "is not a known field; known are file, name") for name in unknown]
    if "file" not in request.files:
        faults.append(Fault(pointer("file"), "is missing; it must be the file"))
    if faults:
        raise ValidationFailed(faults)
    part = request.files["file"]
    part.stream.flush()
    name = request.form.get("name") or PurePath((part.filename or "").replace("\\", "/")).name or None
    return Sent(part.stream, name, _media_type(part.mimetype, part.filename or ""), part.mimetype_params.get("charset"))


def _media_type(said: str, filename: str) -> str:
    """What a part of a form is: by its Content-Type, or by its name, since clients send any type with it."""
    if said in FORMATS:
        return said
    endings = [ending.lower() for ending in PurePath(filename).suffixes]
    for ending in reversed(endings):
        if ending in ENDINGS:
            return ENDINGS[ending]
    seen = f"{shown(filename)} ({said or 'no Content-Type'})"
    raise UnsupportedMediaType(f"the file is {seen}; give it a Content-Type of {_known()}")


def _encoding_of(media_type: str, charset: str | None) -> str:
    """The encoding that the Content-Type states. Raises `UnsupportedMediaType`."""
    if not charset or FORMATS[media_type] not in TEXT_FORMATS:
        return ""
    encoding = encoding_called(charset)
    if encoding is None:
        raise UnsupportedMediaType(f"the charset {shown(charset)} is not supported; use one such as {SOME}")
    if encoding != "utf-8" and FORMATS[media_type] not in ("csv", "zip"):
        raise UnsupportedMediaType(f"the charset is {shown(charset)}; {media_type} must be UTF-8")
    return encoding


def _known() -> str:
    return ", ".join(FORMATS)


def require_name(name: str | None) -> str | None:
    """A name that can be stored. Raises `InvalidRequest`."""
    if name is not None and (len(name) > 200 or "\0" in name):
        raise InvalidRequest("the name must have at most 200 characters, and no NUL")
    return name
