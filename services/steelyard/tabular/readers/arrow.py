"""Converts Arrow's columns to ours, each with its profile; reads Parquet files and Arrow streams."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from steelyard.errors import nearest, shown
from steelyard.tabular.json_numbers import LARGEST
from steelyard.tabular.prefetch import ahead
from steelyard.tabular.readers.arrow_types import plain
from steelyard.tabular.readers.profile import MOST_NAME, Read
from steelyard.tabular.readers.unreadable import Unreadable, refuse_bomb
from steelyard.tabular.remarks import LARGEST_EXACT, Remark, large_integers
from steelyard.tabular.types.category import Category
from steelyard.tabular.types.column_type import ColumnType, WrongValue
from steelyard.tabular.types.datetime import Datetime
from steelyard.tabular.types.number import Number
from steelyard.tabular.types.recognize import Recognized, declare, recognize, source_of
from steelyard.tabular.types.registry import candidates
from steelyard.tabular.types.time_of_day import TimeOfDay
from steelyard.tabular.values import MISSING, Values, trimmed

AT_ONCE = os.cpu_count() or 1
MOST_COLUMNS = 10_000
SECONDS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799  # of the years 1 and 9999
TEXT_BYTES = 4  # the offset of a string
# What Arrow raises over a broken file: all of its errors except lack of memory; UnicodeError for names not in UTF-8.
BROKEN = (
    pa.ArrowInvalid,
    pa.ArrowIndexError,
    pa.ArrowKeyError,
    pa.ArrowTypeError,
    pa.ArrowNotImplementedError,
    pa.ArrowSerializationError,
    OSError,
    UnicodeError,
)


def read_parquet(path: str, max_bytes: int) -> pa.Table:
    """The table of a Parquet file."""
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
        rows = file.metadata.num_rows
        require_size(rows, [*file.schema_arrow.names])
        size = unpacked_bytes(rows, file.schema_arrow)
        if size > max_bytes:
            raise Unreadable(f"it declares {rows} rows, at least {size} bytes; the limit is {max_bytes}")
        refuse_bomb(unpacked_bytes=size, packed_bytes=Path(path).stat().st_size)
        table = file.read(use_threads=True)
    except BROKEN as error:
        raise Unreadable(f"it is not a valid Parquet file: {brief(error)}") from None
    if table.num_rows != file.metadata.num_rows:
        raise Unreadable(f"its footer declares {file.metadata.num_rows} rows, but it has {table.num_rows}")
    return table


def unpacked_bytes(rows: int, schema: pa.Schema) -> int:
    """The least number of bytes that the values of a table take in memory."""
    return rows * sum(map(_width, schema.types))


def _width(kind: pa.DataType) -> int:
    """The least number of bytes that a value of this type takes."""
    try:
        return max(1, int(kind.bit_width) // 8)
    except ValueError:  # of texts, say
        return TEXT_BYTES


def read_arrow(path: str) -> pa.Table:
    """The table of an Arrow stream, or of an Arrow file."""
    try:
        with pa.memory_map(path) as source:
            is_file = source.read(6) == b"ARROW1"
            source.seek(0)
            reader = pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source)
            require_size(0, reader.schema.names)
            table = reader.read_all()
            table.validate()
            return table
    except BROKEN as error:
        raise Unreadable(f"it is not a valid Arrow stream: {brief(error)}") from None


def brief(error: BaseException) -> str:
    """The first line of a library's message, shortened."""
    return str(error).strip().split("\n", 1)[0][:300] or type(error).__name__


def require_size(rows: int, names: Sequence[str]) -> None:
    """Reject tables too large for memory, before anything is allocated, and invalid names."""
    if len(names) > MOST_COLUMNS:
        raise Unreadable(f"it has {len(names)} columns; the limit is {MOST_COLUMNS}")
    if rows * max(1, len(names)) > 1 << 40:
        raise Unreadable(f"it declares {rows} rows of {len(names)} columns, which is too large")
    seen: set[str] = set()
    for place, name in enumerate(names, start=1):
        if not name.strip():
            raise Unreadable(f"the name of column {place} is empty; every column needs a name")
        if len(name) > MOST_NAME:
            raise Unreadable(f"the name of column {place} has {len(name)} characters; the limit is {MOST_NAME}")
        if name in seen:
            raise Unreadable(f"the name {shown(name)} is used by two columns; names must be unique")
        seen.add(name)


def with_names(table: pa.Table) -> pa.Table:
    """The table with trimmed column names. Raises `Unreadable` if it has no columns or no rows."""
    try:
        names = [*map(trimmed, table.column_names)]
    except UnicodeError:
        raise Unreadable("the name of one of its columns is not UTF-8") from None
    require_size(table.num_rows, names)
    if not table.num_columns:
        raise Unreadable("it has no columns")
    if not table.num_rows:
        raise Unreadable("it has no rows")
    return table.rename_columns(names)


@dataclass(frozen=True)
class Recognition:
    """How the types of columns are found.

    `declared` are given by the owner; columns of `texts` stay strings, and integers of `categories` become such;
    `decimal` is the decimal point of numbers, and `nulls` are strings that mean a missing value. Columns that are
    only `is_wanted` keep their strings. `remarks` were made while the file was read.
    """

    declared: Mapping[str, ColumnType] = field(default_factory=dict)
    texts: Collection[str] = ()
    categories: Collection[str] = ()
    decimal: Literal[","] | None = None
    nulls: Collection[str] = ()
    is_wanted: bool = False
    remarks: Mapping[str, tuple[Remark, ...]] = field(default_factory=dict)

    def find(self, name: str, values: Values, known: ColumnType | None) -> Recognized:
        """The type of a column, and its values."""
        declared = self.declared.get(name)
        keeps_strings = declared is None and (self.is_wanted or name in self.texts)
        among = () if keeps_strings else candidates(self.decimal)
        nulls = () if keeps_strings else self.nulls
        has_doubts = not self.is_wanted and declared is None
        found = recognize(name, values, known, among=among, nulls=nulls, has_doubts=has_doubts)
        if declared is not None and self.is_wanted:
            return _as_declared(name, values, known, declared)
        if declared is not None:
            return declare(name, values, known, declared, guess=found)
        if self.decimal and isinstance(found.type, Number) and values.labels is None:
            return replace(found, type=replace(found.type, decimal=self.decimal))
        return found


def _as_declared(name: str, values: Values, known: ColumnType | None, declared: ColumnType) -> Recognized:
    """A column to predict: a value that does not fit its type is an error. Raises `Unreadable`."""
    source = known or source_of(values)
    try:
        return Recognized(declared, declared.convert(values, source), "its type was given")
    except WrongValue as wrong:
        raise Unreadable(wrong.detail, row=wrong.row + 1, column=name) from None


def require_columns(table: pa.Table, declared: Collection[str]) -> None:
    """That the table has the columns of a schema."""
    for name in declared:
        if name not in table.column_names:
            raise Unreadable(
                f"it has no column {shown(name)}, which `columns` names; {nearest(name, table.column_names)}"
            )


def categories_of(schema: pa.Schema) -> set[str]:
    """The columns that the file declares as categories: dictionaries, and those of pandas' metadata."""
    found = {field.name for field in schema if pa.types.is_dictionary(field.type)}
    with suppress(ValueError, KeyError, TypeError, AttributeError):  # pandas' own metadata, which may be anything
        columns = schema.pandas_metadata["columns"]
        found |= {each["field_name"] for each in columns if each["pandas_type"] == "categorical"}
    return {*map(trimmed, found)}


def without_nested(table: pa.Table, ignored: Collection[str]) -> pa.Table:
    """The table without the values of ignored columns of lists or objects, which are not read."""
    for place, field_ in enumerate(table.schema):
        if field_.name in ignored and pa.types.is_nested(field_.type):
            table = table.set_column(place, field_.name, pa.nulls(table.num_rows, pa.string()))
    return table


def with_texts(table: pa.Table, names: Sequence[str], option: str) -> pa.Table:
    """The table with these columns as strings, whatever they are in the file."""
    for name in names:
        place = table.schema.get_field_index(name)
        if place < 0:
            raise Unreadable(
                f"it has no column {shown(name)}, which `{option}` names; {nearest(name, table.column_names)}"
            )
        try:
            table = table.set_column(place, name, plain(table.column(place)).cast(pa.string()))
        except BROKEN as error:
            raise Unreadable(f"its values cannot be read as strings: {brief(error)}", column=name) from None
    return table


def read_columns(
    names: Sequence[str],
    columns: list[pa.ChunkedArray],
    describe: Callable[[Read], dict[str, Any]],
    threads: Executor,
    recognition: Recognition,
) -> Iterator[tuple[Values, dict[str, Any]]]:
    """The columns in order, each with its description; up to `AT_ONCE` are read ahead, in `threads`.

    `columns` is emptied, to give memory back early.
    """

    def work(name: str, column: pa.ChunkedArray) -> tuple[Values, dict[str, Any]]:
        read = _read(name, column, recognition)
        return read.values, describe(read)

    return ahead((partial(work, name, columns.pop(0)) for name in names), threads, AT_ONCE)


def _read(name: str, column: pa.ChunkedArray, recognition: Recognition) -> Read:
    try:
        column = plain(column)
        if name in recognition.categories and pa.types.is_integer(column.type):
            return Read(
                name, str(column.type), recognition.find(name, _read_strings(column.cast(pa.string())), Category())
            )
        values, known = _convert(name, column)
        found = recognition.find(name, values, known)
        if isinstance(found.type, Number) and (remark := _large_integers(name, column)):
            found = replace(found, remarks=(*found.remarks, remark))
        if more := recognition.remarks.get(name):
            found = replace(found, remarks=(*found.remarks, *more))
        return Read(name, str(column.type), found)
    except BROKEN as error:
        raise Unreadable(f"its values cannot be read: {brief(error)}", column=name) from None


def _convert(name: str, column: pa.ChunkedArray) -> tuple[Values, ColumnType | None]:
    """The values, and their type if the file states it: dates and times are stored as numbers."""
    kind = column.type
    if pa.types.is_null(kind):
        return Values(np.full(len(column), np.nan)), None
    if pa.types.is_boolean(kind):
        codes = column.cast(pa.int8()).fill_null(MISSING).to_numpy().astype(np.int32)
        return Values(codes, (False, True)), None
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _read_strings(column), None
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _read_datetimes(name, column), Datetime()
    if pa.types.is_time(kind) or pa.types.is_duration(kind):
        return _read_spans(column), TimeOfDay() if pa.types.is_time(kind) else Number()
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _read_numbers(name, column), None
    raise Unreadable(
        f"its values are of the type {kind}; supported are numbers, strings, booleans, dates and times. Split it into "
        f'such columns, or leave it out with columns={{"{name}": {{"type": "ignore"}}}}',
        column=name,
    )


def _read_strings(column: pa.ChunkedArray) -> Values:
    encoded = pc.dictionary_encode(column).unify_dictionaries()
    chunks = [chunk.indices.fill_null(MISSING).to_numpy(zero_copy_only=False) for chunk in encoded.chunks]
    labels = encoded.chunk(0).dictionary if chunks else pa.array([], pa.string())
    codes = np.concatenate(chunks).astype(np.int32) if chunks else np.empty(0, np.int32)
    labels, codes = _trimmed(labels, codes)
    return Values(codes, tuple(labels.to_pylist()))


def _trimmed(labels: pa.Array, codes: NDArray[np.int32]) -> tuple[pa.Array, NDArray[np.int32]]:
    """Unique labels without spaces around them, and their codes; blank ones are missing."""
    trimmed_labels = pc.ascii_trim_whitespace(labels)
    blank = pc.equal(trimmed_labels, "")
    if trimmed_labels.equals(labels) and not pc.any(blank).as_py():
        return labels, codes
    merged = pc.if_else(blank, pa.scalar(None, labels.type), trimmed_labels).dictionary_encode()
    places = merged.indices.fill_null(MISSING).to_numpy(zero_copy_only=False)
    return merged.dictionary, np.append(places, MISSING).astype(np.int32)[codes]  # MISSING, which is -1, is at the end


def _read_numbers(name: str, column: pa.ChunkedArray) -> Values:
    numbers = (column if pa.types.is_float32(column.type) else column.cast(pa.float64(), safe=False)).to_numpy()
    least, most = float(np.fmin.reduce(numbers)), float(np.fmax.reduce(numbers))  # a NaN is a missing value
    if max(-least, most) > LARGEST:
        row = int((np.abs(numbers.astype(np.float64)) > LARGEST).argmax())
        raise Unreadable(f"{numbers[row]:g} must be within ±{LARGEST:g}", row=row + 1, column=name)
    return Values(numbers)


def _large_integers(name: str, column: pa.ChunkedArray) -> Remark | None:
    """The remark on integers that no float64 holds exactly."""
    if not pa.types.is_integer(column.type) or column.type.bit_width < 64:
        return None
    extremes = pc.min_max(column).as_py()
    if extremes["max"] is None or max(-extremes["min"], extremes["max"]) <= LARGEST_EXACT:
        return None
    large = pc.greater(column, pa.scalar(LARGEST_EXACT, column.type))
    if pa.types.is_signed_integer(column.type):
        large = pc.or_(large, pc.less(column, pa.scalar(-LARGEST_EXACT, column.type)))
    found = large.fill_null(False).to_numpy()
    return large_integers(name, int(np.count_nonzero(found)), int(found.argmax()))


def _read_datetimes(name: str, column: pa.ChunkedArray) -> Values:
    ticks = column.cast(pa.timestamp("us"), safe=False).cast(pa.int64()).cast(pa.float64(), safe=False)
    seconds = ticks.to_numpy() / SECONDS["us"]
    outside = (seconds < FIRST_SECOND) | (seconds > LAST_SECOND)
    if outside.any():
        raise Unreadable("the date is outside the years 1 to 9999", row=int(outside.argmax()) + 1, column=name)
    return Values(seconds)


def _read_spans(column: pa.ChunkedArray) -> Values:
    """Times of day and durations, in seconds."""
    ticks = column.cast(pa.int32() if column.type.bit_width == 32 else pa.int64()).cast(pa.float64(), safe=False)
    return Values(ticks.to_numpy() / SECONDS[column.type.unit])
