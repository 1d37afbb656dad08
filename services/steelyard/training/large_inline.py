"""Large jobs: a separate process extracts the rows from the body, as it does for files.

`serve` works there. It adds to the file that holds the body what is stored of the rows, and gives the rows as it gives
those of any file; all else that the job says is small.
"""

import json
import resource
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from steelyard.datasets.reader_pool import Parsed, Readers
from steelyard.documents.strict_json import read_document
from steelyard.errors import Fault, PayloadTooLarge, SteelyardError, ValidationFailed
from steelyard.store.tempfiles import passing_file
from steelyard.tabular import chunks
from steelyard.tabular.chunks import Part
from steelyard.tabular.column import Column
from steelyard.tabular.json_table import place_of
from steelyard.tabular.readers.unnamed_files import path_of
from steelyard.tabular.table import Table
from steelyard.training.inline import Inline, Load, read_stored
from steelyard.training.plan import Taken, require_few, take_inline

LARGE_BYTES = 2 << 20  # a job's body, or its stored rows, of more are read in another process
ANY_SIZE = 1 << 40
MOST_TEXT = 8 << 20
LIST_ITEM_BYTES = 256


def read_large_job(readers: Readers, body: bytes) -> Taken:
    """A job without its rows, those, and what is wrong with them: as `take_inline` gives them.

    Raises `InvalidRequest`, `PayloadTooLarge`.
    """
    with passing_file() as file:
        path = Path(path_of(file))
        path.write_bytes(body)
        with readers.read(str(path), __name__, max_bytes=len(body)) as parsed:
            found = parsed.found
            rows = found["inline"]
            load = None if rows is None else _load(parsed, rows)
        document = json.loads(found["document"])
        faults = [Fault(*fault) for fault in found["faults"]]
        if rows is None or load is None:
            return document, None, faults
        file.seek(len(body))
        return document, Inline(file.read(), rows["rows"], rows["columns"], load), faults


def read_stored_rows(readers: Readers, content: bytes) -> Inline:
    """The rows of a stored job, however many they are."""
    if len(content) <= LARGE_BYTES:
        return read_stored(content)
    _, rows, _ = read_large_job(readers, b'{"data":{"inline":%s}}' % content)
    assert rows is not None
    return rows


def _load(parsed: Parsed, rows: dict[str, Any]) -> Load:
    if rows["faults"]:
        return partial(_refuse, [Fault(*fault) for fault in rows["faults"]])
    facts = parsed.columns
    found: list[list[Part]] = [[] for _ in facts]
    for part in parsed.parts():
        found[part.column].append(part)
    columns = {}
    for fact, some in zip(facts, found, strict=True):
        columns[fact["name"]] = _column(fact, some)
        some.clear()
    table = Table(columns, parsed.rows, place_of([*columns], rows["targets"], are_records=rows["are_records"]))
    return lambda: (table, rows["targets"])


def _column(fact: dict[str, Any], parts: list[Part]) -> Column:
    values = chunks.join(parts)
    return Column.from_json(fact, lambda: values)


def _refuse(faults: list[Fault]) -> tuple[Table, list[str]]:
    raise ValidationFailed(faults)


def serve(order: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Take the rows out of the job's body at `from`, behind which is put what is stored of them.

    The answers are those to any order to read a file; the first may say why the job is refused as a whole.
    """
    path, length = Path(order["from"]), order["max_bytes"]
    with path.open("rb") as file:
        body = file.read(length)  # an earlier process may have died behind it
    try:
        document = read_document(body, most_bytes=_most_bytes())
        del body
        _require_short(document)
        document, inline, faults = take_inline(document) if isinstance(document, dict) else (document, None, [])
        if isinstance(document, dict):
            require_few(document)
        text = json.dumps(document)  # which writes integers beyond 64 bits as well
        if len(text) > MOST_TEXT:
            raise PayloadTooLarge(f"the job has {len(text)} characters besides its rows; the limit is {MOST_TEXT}")
    except SteelyardError as error:
        yield {"refused": {"slug": error.slug, "detail": error.detail}}
        return
    found: dict[str, Any] = {"document": text, "faults": [*map(_as_list, faults)], "inline": None}
    table = Table({}, 0)
    if inline is not None:
        with path.open("r+b") as file:
            file.truncate(length)
            file.seek(length)
            file.write(inline.content)
        rows = {"rows": inline.rows, "columns": inline.columns, "faults": [], "targets": []}
        rows["are_records"] = inline.content.startswith(b'{"rows":')
        try:
            table, rows["targets"] = inline.load()
        except ValidationFailed as error:
            rows["faults"] = [*map(_as_list, error.faults)]
        found["inline"] = rows
    yield {"rows": table.rows, "found": found}
    yield from _write(table, order["to"])


def _require_short(document: Any) -> None:
    """That no list of the rows is longer than orjson can write: it asks for much memory at once, and dies without."""
    data = document.get("data") if isinstance(document, dict) else None
    inline = data.get("inline") if isinstance(data, dict) else None
    most = _most_bytes() // LIST_ITEM_BYTES
    for values in inline.values() if isinstance(inline, dict) else ():
        if isinstance(values, list):
            longest = max(len(values), max((len(row) for row in values if isinstance(row, (list, dict))), default=0))
            if longest > most:
                raise PayloadTooLarge(f"the job has a list of {longest} values; the limit is {most}")


def _most_bytes() -> int:
    """How much memory the objects of a body may take here: what is made of them takes as much again."""
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return ANY_SIZE if limit == resource.RLIM_INFINITY else limit // 2


def _as_list(fault: Fault) -> list[str]:
    return [fault.pointer, fault.detail]


def _write(table: Table, path: str) -> Iterator[dict[str, Any]]:
    yield {"columns": [{"name": name} | column.to_json() for name, column in table.columns.items()]}
    with open(path, "wb") as file:  # noqa: PTH123 -- made for us
        for first in range(0, table.rows, chunks.ROWS):
            columns = enumerate(table.columns.values())
            chunks.write(file, (chunks.cut(place, column.values, first) for place, column in columns))
            file.flush()
            yield {"written": first + chunks.ROWS >= table.rows}
    if not table.rows:
        yield {"written": True}
