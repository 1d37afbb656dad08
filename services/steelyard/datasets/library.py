"""Stores, lists, reads and deletes data sets.

A data set is identified by its bytes and by how they are read: uploading them again gives the same data set. Its
columns are stored next to the bytes, so that they can be read one at a time, or in parts.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import IO, Any, TypeVar

import orjson
from sqlalchemy import Connection, Engine, Integer, LargeBinary, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from steelyard.datasets import schema
from steelyard.datasets.reader_pool import Parsed
from steelyard.documents.writer import to_values
from steelyard.errors import Conflict, NotFound
from steelyard.store.blocks import Blocks, paging, rows_at_once
from steelyard.store.clock import now, rfc3339
from steelyard.store.engine import reading, writing
from steelyard.store.ids import new_id
from steelyard.store.pages import Page, read_page
from steelyard.store.space import freeing
from steelyard.store.tables import Dataset, DatasetContent, DatasetPart, Job, JobDataset
from steelyard.tabular import chunks
from steelyard.tabular.chunks import Part
from steelyard.tabular.column import Column
from steelyard.tabular.readers.options import Dialect, remembered
from steelyard.tabular.table import Table
from steelyard.tabular.types.registry import type_from_json
from steelyard.tabular.values import Values

PIECE_BYTES = 1 << 20
ROWS_AT_ONCE = 8
UNFINISHED = ("queued", "running")
T = TypeVar("T")


@dataclass(frozen=True)
class Upload:
    """An uploaded file: its name, its media type, and how to read it."""

    name: str | None
    media_type: str
    dialect: Dialect
    sha256: str
    bytes: int

    @property
    def digest(self) -> str:
        """Equal for equal bytes that are read with the same options."""
        said = orjson.dumps([self.sha256, self.media_type, self.dialect.to_json()])
        return hashlib.sha256(said).hexdigest()


def find(engine: Engine, upload: Upload) -> schema.Dataset | None:
    """The data set with exactly these bytes, if it is stored."""
    with reading(engine) as connection:
        row = connection.execute(select(Dataset.__table__).where(Dataset.digest == upload.digest)).one_or_none()
    return None if row is None else _dataset(row)


def keep(engine: Engine, upload: Upload, content: IO[bytes], parsed: Parsed) -> schema.Dataset:
    """Store the bytes as sent and the columns, in one transaction; the data set.

    Raises what reading a file raises.
    """
    columns, found = _described(parsed), parsed.parts()  # read everything before the transaction blocks other writers
    with suppress(IntegrityError), writing(engine, checkpoint=False) as connection:  # another may store the same bytes
        dataset_id = _add(connection, upload, parsed, columns)
        for first, piece in _pieces(content):
            connection.execute(insert(DatasetContent), {"dataset_id": dataset_id, "first": first, "content": piece})
        for some in _batches(found):
            connection.execute(insert(DatasetPart), [{"dataset_id": dataset_id} | vars(part) for part in some])
    kept = find(engine, upload)
    assert kept is not None
    return kept


def _add(connection: Connection, upload: Upload, parsed: Parsed, columns: list[dict[str, Any]]) -> str:
    dataset_id = new_id("ds")
    connection.execute(
        insert(Dataset).values(
            id=dataset_id,
            created_at=now(),
            name=upload.name,
            digest=upload.digest,
            sha256=upload.sha256,
            bytes=upload.bytes,
            media_type=upload.media_type,
            rows=parsed.rows,
            columns=columns,
            found=parsed.found,
            read_with=upload.dialect.to_json(),
        )
    )
    return dataset_id


def change(
    engine: Engine, dataset_id: str, *, name: str | None, dialect: Dialect | None = None, parsed: Parsed | None = None
) -> schema.Dataset:
    """Rename the data set, and replace its columns by those that were read again, if any were; the data set.

    Raises `NotFound`; `Conflict` while an unfinished job needs the columns, or if another data set is read so already.
    """
    columns, found = ([], iter(())) if parsed is None else (_described(parsed), parsed.parts())
    try:
        with writing(engine, checkpoint=False) as connection:
            row = _row(connection, dataset_id)
            changed: dict[str, Any] = {} if name is None else {"name": name}
            if parsed is not None and dialect is not None:
                _require_unused(connection, dataset_id)
                digest = Upload(None, row.media_type, dialect, row.sha256, row.bytes).digest
                changed |= {"columns": columns, "found": parsed.found, "rows": parsed.rows, "digest": digest}
                changed |= {"read_with": dialect.to_json()}
                connection.execute(delete(DatasetPart).where(DatasetPart.dataset_id == dataset_id))
                for some in _batches(found):
                    connection.execute(insert(DatasetPart), [{"dataset_id": dataset_id} | vars(part) for part in some])
            if changed:
                connection.execute(update(Dataset).where(Dataset.id == dataset_id).values(**changed))
    except IntegrityError:
        raise Conflict("the same bytes, read in the same way, are already stored as another data set") from None
    return get(engine, dataset_id)


def read_with(engine: Engine, dataset_id: str) -> tuple[str, Dialect]:
    """The media type of the data set, and how it was read. Raises `NotFound`."""
    with reading(engine) as connection:
        row = _row(connection, dataset_id)
    return row.media_type, Dialect(**row.read_with)


def _described(parsed: Parsed) -> list[dict[str, Any]]:
    """What clients see of the columns, to be stored."""
    return [to_values(schema.DatasetColumn(**column)) for column in parsed.columns]


def _pieces(content: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    content.seek(0)
    first = 0
    while piece := content.read(PIECE_BYTES):
        yield first, piece
        first += len(piece)


def _batches(items: Iterator[T]) -> Iterator[list[T]]:
    while some := list(islice(items, ROWS_AT_ONCE)):
        yield some


def get(engine: Engine, dataset_id: str) -> schema.Dataset:
    """The data set. Raises `NotFound`."""
    with reading(engine) as connection:
        return _dataset(_row(connection, dataset_id))


def list_datasets(engine: Engine, *, limit: int = 50, after: str | None = None) -> Page:
    """The newest data sets."""
    query = select(Dataset.__table__)
    with reading(engine) as connection:
        key = Dataset.__table__.c.id
        return read_page(connection, query, key=key, prefix="ds", render=_dataset, limit=limit, after=after)


@freeing
def remove(engine: Engine, dataset_id: str) -> None:
    """Delete the data set. Raises `NotFound`, `Conflict` while an unfinished job needs it."""
    with writing(engine) as connection:
        _row(connection, dataset_id)
        _require_unused(connection, dataset_id)
        connection.execute(delete(Dataset).where(Dataset.id == dataset_id))


def _require_unused(connection: Connection, dataset_id: str) -> None:
    """Raise `Conflict` if an unfinished job needs the data set."""
    needing = select(Job.id).join(JobDataset, JobDataset.job_id == Job.id)
    needing = needing.where(JobDataset.dataset_id == dataset_id, Job.status.in_(UNFINISHED)).limit(1)
    if job_id := connection.execute(needing).scalar_one_or_none():
        raise Conflict(f"the data set {dataset_id} is used by {job_id}, which has not ended; cancel that first")


def read_content(engine: Engine, dataset_id: str) -> tuple[str, int, Iterator[bytes]]:
    """The media type, the size and the bytes as sent. Raises `NotFound`."""
    with reading(engine) as connection:
        row = _row(connection, dataset_id)

    def pieces() -> Iterator[bytes]:
        query = select(DatasetContent.content, DatasetContent.first).where(DatasetContent.dataset_id == dataset_id)
        done = 0
        while done < row.bytes:  # a transaction each: a slow receiver must not hold one open
            with reading(engine) as connection:
                wanted = query.where(DatasetContent.first >= done).order_by(DatasetContent.first).limit(1)
                piece = connection.execute(wanted).one_or_none()
            if piece is None:
                return  # deleted meanwhile; the receiver sees that bytes are missing
            done = piece.first + len(piece.content)
            yield piece.content

    return row.media_type, row.bytes, pieces()


def open_rows(engine: Engine, dataset_id: str, *, limit: int, after: int = 0) -> Blocks:
    """`limit` rows as objects, after the first `after` rows. Raises `NotFound`."""
    with reading(engine) as connection:
        row = _row(connection, dataset_id)
    head = schema.DatasetRows(object="list", data=[], **paging(total=row.rows, limit=limit, after=after))

    def blocks() -> Iterator[list[dict[str, Any]]]:
        step, end = rows_at_once(len(row.columns)), min(row.rows, after + limit)
        start = after
        while start < end:
            stop = min(end, start + step, (start // chunks.ROWS + 1) * chunks.ROWS)
            yield _read_block(engine, dataset_id, row.columns, range(start, stop))
            start = stop

    return Blocks(head, ("dataset", dataset_id, limit, after), blocks())


def _read_block(engine: Engine, dataset_id: str, facts: list[dict[str, Any]], rows: range) -> list[dict[str, Any]]:
    """Rows of one part of every column as objects."""
    first = rows.start // chunks.ROWS * chunks.ROWS
    width = func.length(DatasetPart.content, type_=Integer) // DatasetPart.rows  # bytes of a value
    place, size = (rows.start - first) * width + 1, len(rows) * width
    values = func.substr(DatasetPart.content, place, size, type_=LargeBinary).label("content")
    query = select(DatasetPart.column, DatasetPart.dtype, DatasetPart.labels, values)
    query = query.where(DatasetPart.dataset_id == dataset_id, DatasetPart.first == first)
    columns = {}
    with reading(engine) as connection:
        for row in connection.execute(query.order_by(DatasetPart.column)):
            part = Part(row.column, rows.start, len(rows), row.dtype, row.labels, row.content)
            fact = facts[row.column]
            columns[fact["name"]] = _said(chunks.join([part]).to_list(), fact)
    if len(columns) < len(facts):
        raise NotFound(f"there is no data set {dataset_id!r}")
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _said(values: list[Any], fact: Mapping[str, Any]) -> list[Any]:
    """Values as their type writes them; whole numbers without a decimal point."""
    values = type_from_json(fact["schema"]).write(values)
    if fact["dtype"].startswith(("int", "uint")):
        return [int(value) if isinstance(value, float) else value for value in values]
    return values


def load_table(engine: Engine, dataset_id: str) -> Table:
    """The data set as a table, whose columns are read from the database when they are asked for.

    Raises `NotFound`; so does a column, if the data set is deleted before it is read.
    """
    with reading(engine) as connection:
        row = _row(connection, dataset_id)

    def load(place: int) -> Values:
        query = select(DatasetPart).where(DatasetPart.dataset_id == dataset_id, DatasetPart.column == place)
        with reading(engine) as connection:
            found = [_part(part) for part in connection.execute(query.order_by(DatasetPart.first))]
        if not found:
            raise NotFound(f"there is no data set {dataset_id!r}")
        return chunks.join(found)

    columns = {
        fact["name"]: Column.from_json(fact, partial(load, place), missing=fact["missing"])
        for place, fact in enumerate(row.columns)
    }
    return Table(columns, row.rows, sha256=row.sha256, dialect=remembered(row.found, row.read_with))


def load_part(engine: Engine, dataset_id: str, names: Sequence[str], first: int) -> Table:
    """Some columns of the `parts.ROWS` rows from `first` on, a multiple of that. Raises `NotFound`."""
    with reading(engine) as connection:
        row = _row(connection, dataset_id)
        facts = {place: fact for place, fact in enumerate(row.columns) if fact["name"] in names}
        query = select(DatasetPart).where(DatasetPart.dataset_id == dataset_id, DatasetPart.first == first)
        found = connection.execute(query.where(DatasetPart.column.in_(facts))).all()
    columns = {}
    for part in found:
        fact = facts[part.column]
        columns[fact["name"]] = Column.from_json(fact, partial(chunks.join, [_part(part)]))
    return Table(columns, min(row.rows - first, chunks.ROWS))


def _part(row: Any) -> Part:
    return Part(row.column, row.first, row.rows, row.dtype, row.labels, row.content)


def _row(connection: Connection, dataset_id: str) -> Any:
    row = connection.execute(select(Dataset.__table__).where(Dataset.id == dataset_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no data set {dataset_id!r}")
    return row


def _dataset(row: Any) -> schema.Dataset:
    return schema.Dataset(
        id=row.id,
        object="dataset",
        name=row.name,
        created_at=rfc3339(row.created_at),
        rows=row.rows,
        bytes=row.bytes,
        sha256=row.sha256,
        media_type=row.media_type,
        read_as=row.found,
        columns=row.columns,
    )
