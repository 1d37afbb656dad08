"""Reduces Arrow's types to a few: other programs write the same values in several types.

Dictionaries and views can repeat a long string a million times in a few bytes, so the expanded size is checked first.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from steelyard.tabular.readers.unreadable import refuse_bomb

VIEW_INTEGERS = 4  # of Arrow's columnar format, int32; the first is the text's length
TEXTS = (pa.types.is_string, pa.types.is_large_string)
BYTES = (pa.types.is_binary, pa.types.is_large_binary)
VIEWS = (pa.types.is_string_view, pa.types.is_binary_view)


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The validated column, without extensions and dictionaries; views, bytes and UUIDs become strings.

    Older Parquet files store strings as bytes. Raises `Unreadable`, and what Arrow raises.
    """
    kind = column.type
    if kind.num_fields:
        return column  # lists and structs are not examined
    if isinstance(kind, pa.BaseExtensionType) and not isinstance(kind, pa.UuidType):
        return plain(pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type))
    if pa.types.is_dictionary(kind):
        return column if kind.value_type.num_fields else pa.chunked_array(map(_decoded, column.chunks))
    if _is(kind, VIEWS):
        column = pa.chunked_array(map(_checked_views, column.chunks))
    column.validate(full=True)
    if isinstance(kind, pa.UuidType):
        return pa.chunked_array([[None if value is None else str(value) for value in column.to_pylist()]], pa.string())
    return column.cast(pa.large_string()) if _is(kind, (*VIEWS, *BYTES)) else column


def _decoded(chunk: pa.DictionaryArray) -> pa.Array:
    values = plain(pa.chunked_array([chunk.dictionary])).combine_chunks()
    chunk.validate(full=True)
    if _is(values.type, TEXTS):
        lengths = pc.binary_length(values).cast(pa.int64()).take(chunk.indices)
        _refuse_swelling(chunk, lengths.drop_null().to_numpy(zero_copy_only=False))
    return values.take(chunk.indices)


def _checked_views(chunk: pa.Array) -> pa.Array:
    """Views that do not come to too much. Those of values that are missing may be anything, and become empty.

    pyarrow 26 does not survive to cast them as they are.
    """
    chunk.validate()  # only that the views exist; their contents are checked below
    if not len(chunk):
        return chunk
    validity, content, *texts = chunk.buffers()
    count = VIEW_INTEGERS * (chunk.offset + len(chunk))
    views = np.frombuffer(content, np.int32, count).reshape(-1, VIEW_INTEGERS).copy()
    ours = views[chunk.offset :]
    ours[chunk.is_null().to_numpy(zero_copy_only=False)] = 0
    _refuse_swelling(chunk, np.abs(ours[:, 0].astype(np.int64)))
    buffers = [validity, pa.py_buffer(views), *texts]
    return pa.Array.from_buffers(chunk.type, len(chunk), buffers, offset=chunk.offset)


def _refuse_swelling(texts: pa.Array, lengths: NDArray[np.int64]) -> None:
    refuse_bomb(unpacked_bytes=int(lengths.sum()), packed_bytes=texts.get_total_buffer_size())


def _is(kind: pa.DataType, some: Iterable[Callable[[Any], bool]]) -> bool:
    return any(is_one(kind) for is_one in some)
