"""Files that are broken, or made to do harm, each with what must be said of it."""

import gzip
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CSV, PARQUET, ARROW = "text/csv", "application/vnd.apache.parquet", "application/vnd.apache.arrow.stream"
NPZ, JSON, NDJSON = "application/x-npz", "application/json", "application/x-ndjson"


@dataclass(frozen=True)
class Bad:
    """A file, and the words that its problem must have."""

    name: str
    media_type: str
    make: Callable[[], bytes]
    says: str


def table() -> pa.Table:
    """A good table."""
    return pa.table({"a": [1.0, 2.0, 3.0], "b": ["x", "y", "x"]})


def odd_types() -> pa.Table:
    """A good table, of types that some programs write: polars, DuckDB and older writers of Parquet."""
    texts, codes = pa.array(["x", "é"], pa.string_view()), pa.array([0, None, 1], pa.uint32())
    columns = {
        "view": pa.array(["x", None, "not as short as to stand in a view itself"], pa.string_view()),
        "category": pa.DictionaryArray.from_arrays(codes, texts),
        "bytes": pa.array([b"x", None, "é".encode()], pa.binary()),
        "uuid": pa.array([bytes(16), None, bytes(range(16))], pa.uuid()),
        "duration": pa.array([1500, None, 86_400_000], pa.duration("ms")),
        "time": pa.array([60, None, 0], pa.time32("s")),
    }
    return pa.table(columns)


def parquet(rows: pa.Table | None = None) -> bytes:
    """A good Parquet file."""
    file = io.BytesIO()
    pq.write_table(rows or table(), file)
    return file.getvalue()


def arrow(rows: pa.Table | None = None) -> bytes:
    """A good Arrow stream."""
    file, rows = io.BytesIO(), rows or table()
    with pa.ipc.new_stream(file, rows.schema) as writer:
        writer.write_table(rows)
    return file.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    """An NPZ file of these arrays."""
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    """A ZIP file with one member."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def npy_header(shape: str, descr: str = "'<f8'") -> bytes:
    """The head of an NPY file that speaks of a shape."""
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def parquet_bomb() -> bytes:
    """Some 135 million rows of one value, in a few kilobytes."""
    schema = pa.schema({"a": pa.float64()})
    file = io.BytesIO()
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        zeros = pa.table({"a": np.zeros(5_000_000)}, schema=schema)
        for _ in range(27):
            writer.write_table(zeros, row_group_size=5_000_000)
    return file.getvalue()


def constant(rows: int) -> pa.Table:
    """One number many times."""
    return pa.table({"a": np.zeros(rows)})


def gaps(columns: int) -> bytes:
    """A line that names so many columns."""
    return json.dumps({f"c{place}": 1.5 for place in range(columns)}).encode() + b"\n"


def lying_footer() -> bytes:
    """A Parquet file whose footer is noise."""
    good = bytearray(parquet())
    start = len(good) - 8 - int.from_bytes(good[-8:-4], "little")
    good[start : start + 40] = bytes((byte * 7 + 13) % 256 for byte in good[start : start + 40])
    return bytes(good)


def bad_offsets() -> bytes:
    """An Arrow stream whose texts begin and end outside of their bytes."""
    good = bytearray(arrow())
    place = good.find(struct.pack("<4i", 0, 1, 2, 3))
    assert place > 0
    good[place : place + 16] = struct.pack("<4i", 0, 1 << 30, -5, 3)
    return bytes(good)


def dictionary_bomb() -> bytes:
    """A gibibyte of one text that stands in a dictionary, in some hundred kilobytes."""
    codes = pa.array(np.zeros(1 << 14, np.int32))
    return arrow(pa.table({"a": pa.DictionaryArray.from_arrays(codes, pa.array(["x" * (1 << 16)]))}))


def views(length: int, rows: int) -> pa.Array:
    """As many views of one text of 64 KiB, each of which says that it is so long."""
    view = struct.pack("<i4sii", length, b"xxxx", 0, 0)
    buffers = [None, pa.py_buffer(view * rows), pa.py_buffer(b"x" * (1 << 16))]
    return pa.Array.from_buffers(pa.string_view(), rows, buffers)


def views_of_anything() -> pa.Array:
    """Views, of which the missing one, the second, is nothing that could be followed."""
    good = pa.array(["x", None, "not as short as to stand in a view itself"], pa.string_view())
    validity, content, text = good.buffers()
    bytes_of_views = content.to_pybytes()[:16] + b"\x7f" * 16 + content.to_pybytes()[32:]
    return pa.Array.from_buffers(good.type, len(good), [validity, pa.py_buffer(bytes_of_views), text])


def view_bomb(within: str = "") -> bytes:
    """The same as views, or as views within a dictionary or lists."""
    rows = 1 << 14
    values = views(1 << 16, rows)
    if within == "dictionary":
        values = pa.DictionaryArray.from_arrays(pa.array(np.arange(rows)), values)
    elif within == "lists":
        values = pa.ListArray.from_arrays(pa.array(np.arange(rows + 1), pa.int32()), values)
    return arrow(pa.table({"a": values}))


def gzip_bomb() -> bytes:
    """Half a gibibyte of two letters, in half a megabyte."""
    packer = zlib.compressobj(9, wbits=31)
    piece = b"a," * (1 << 20)
    return b"".join([packer.compress(piece) for _ in range(256)]) + packer.flush()


def broken_deflate() -> bytes:
    """An NPZ file whose compressed bytes are noise."""
    good = bytearray(zipped("x.npy", npy_header("(2, 2)") + bytes(32)))
    start = good.find(b"x.npy") + 5
    good[start : start + 8] = b"\xff" * 8
    return bytes(good)


def zip_bomb() -> bytes:
    """An array of a hundred million zeros, as it should be, in 98 kB."""
    return zipped("x.npy", npy_header("(100000000, 1)", "'|u1'") + bytes(100_000_000))


def zstd(content: bytes) -> bytes:
    """The bytes, packed."""
    file = pa.BufferOutputStream()
    with pa.CompressedOutputStream(file, "zstd") as stream:
        stream.write(content)
    return bytes(file.getvalue())


def text(content: str) -> Callable[[], bytes]:
    """A file of these characters."""
    return content.encode


CORPUS = [
    Bad("empty", CSV, bytes, "empty"),
    Bad("blank", CSV, text("\n\n  \n"), "empty"),
    Bad("header-only", CSV, text("a,b\n"), "no rows"),
    Bad("too-wide", CSV, text("a,b\n1,2\n3,4\n5,6,7\n"), "row 3"),
    Bad("too-wide-far-down", CSV, text("a,b\n" + "1,2\n" * 1_000_000 + "3,4,5\n"), "row 1000001"),
    Bad("endless-name", CSV, text("a" * 200_000 + ",b\n1,2\n"), "the name of column 1 has 200000 characters"),
    Bad("nameless-column", CSV, text("a,,c\n1,2,3\n"), "column 2 is empty"),
    Bad("no-header", CSV, text("1,2\n3,4\n"), "header=false"),
    Bad("unclosed-quote", CSV, text('a,b\n1,x\n2,"y\n3,z\n'), "row 2"),
    Bad("nul", CSV, text("a,b\n1,2\n3,\x00\n"), "row 2"),
    Bad("mixed-encodings", CSV, lambda: "a,b\n1,é\n".encode() + "2,é\n".encode("latin-1"), "row 2"),
    Bad("ragged-latin", CSV, lambda: "a,b\n1,é\n3,é,x\n".encode("latin-1"), "row 2"),
    Bad("infinity", CSV, text("a,b\n1,2\n3,inf\n"), "row 2, column 'b'"),
    Bad("beyond-float64", CSV, text("a,b\n1,2\n3,1e300\n"), "row 2, column 'b'"),
    Bad("a-million-columns", CSV, lambda: b",".join(b"c%d" % i for i in range(1_000_000)) + b"\n", "10000 columns"),
    Bad(
        "a-million-columns-of-nothing", CSV, lambda: b"," * 999_999 + b"\n" + b"1," * 999_999 + b"1\n", "10000 columns"
    ),
    Bad("gzip-bomb", CSV, gzip_bomb, "200 times its size"),
    Bad("gzip-truncated", CSV, lambda: gzip_bomb()[:2000], "gzip compression is broken"),
    Bad("zstd-truncated", CSV, lambda: zstd(b"a,b\n" + b"1,2\n" * 10_000)[:-5], "zstd compression is broken"),
    Bad("csv-that-is-parquet", CSV, parquet, "it is a Parquet file, not a CSV file"),
    Bad("parquet-truncated", PARQUET, lambda: parquet()[:-20], "Parquet"),
    Bad("parquet-that-is-csv", PARQUET, text("a,b\n1,2\n"), "Parquet"),
    Bad("parquet-lying-footer", PARQUET, lying_footer, "Parquet"),
    Bad("parquet-bomb", PARQUET, parquet_bomb, "declares 135000000 rows"),
    Bad("parquet-of-zeros", PARQUET, lambda: parquet(constant(20_000_000)), "200 times its size"),
    Bad("parquet-of-zeros-in-gzip", PARQUET, lambda: gzip.compress(parquet(constant(9_000_000))), "200 times its size"),
    Bad("arrow-of-nulls", ARROW, lambda: arrow(pa.table({"a": pa.nulls(100_000_000)})), "200 times its size"),
    Bad("ndjson-of-gaps", NDJSON, lambda: gaps(1000) + b"{}\n" * 20_000, "200 times its size"),
    Bad("parquet-empty", PARQUET, bytes, "Parquet"),
    Bad("arrow-truncated", ARROW, lambda: arrow()[:-60], "Arrow"),
    Bad("arrow-bad-offsets", ARROW, bad_offsets, "column 'b': its values cannot be read"),
    Bad("arrow-dictionary-bomb", ARROW, dictionary_bomb, "200 times its size"),
    Bad("arrow-view-bomb", ARROW, view_bomb, "200 times its size"),
    Bad("arrow-dictionary-of-views-bomb", ARROW, lambda: view_bomb("dictionary"), "200 times its size"),
    Bad("arrow-lists-of-views-bomb", ARROW, lambda: view_bomb("lists"), "of the type list<item: string_view>"),
    Bad("arrow-bad-views", ARROW, lambda: arrow(pa.table({"a": views(-1, 3)})), "column 'a'"),
    Bad("arrow-noise", ARROW, lambda: b"\xff\xff\xff\xff\x10\x00\x00\x00" + b"\x07" * 100, "Arrow"),
    Bad("npz-objects", NPZ, lambda: npz(x=np.array([[1, "a"]], object)), "object"),
    Bad("npz-header-of-1e12-rows", NPZ, lambda: zipped("x.npy", npy_header("(1000000000000, 2)")), "declares"),
    Bad("npz-negative-shape", NPZ, lambda: zipped("x.npy", npy_header("(-1, 2)")), "declares"),
    Bad("npz-evil-header", NPZ, lambda: zipped("x.npy", npy_header("__import__('os')")), "invalid header"),
    Bad("npz-open-header", NPZ, lambda: zipped("x.npy", npy_header("(1, 2")), "invalid header"),
    Bad("npz-broken-deflate", NPZ, broken_deflate, "NPZ"),
    Bad("npz-texts-that-are-none", NPZ, lambda: zipped("x.npy", npy_header("(1, 1)", "'<U1'") + b"\xff" * 4), "NPZ"),
    Bad("npz-no-shape", NPZ, lambda: zipped("x.npy", npy_header(f"(0, {10**30})")), "which is invalid"),
    Bad("npz-long-fault", NPZ, lambda: npz(x=np.zeros((90, 9))).replace(b"x.npy", b"\xff" * 5, 1), "NPZ"),
    Bad("npz-bomb", NPZ, lambda: zipped("x.npy", npy_header("(300000000, 1)") + bytes(1 << 26)), "declares"),
    Bad("npz-bomb-that-holds-what-it-says", NPZ, zip_bomb, "200 times its size"),
    Bad("npz-truncated", NPZ, lambda: npz(x=np.zeros((5, 2)))[:-40], "NPZ"),
    Bad("npz-outside", NPZ, lambda: zipped("../../x.npy", npy_header("(1, 1)") + bytes(8)), "must have x"),
    Bad("npz-lengths", NPZ, lambda: npz(x=np.zeros((5, 2)), y=np.zeros(4)), "5 rows of x"),
    Bad("json-broken", JSON, text('[{"a": 1}, {"a": '), "line 1"),
    Bad("json-mixed", JSON, text('[{"a": 1}, {"a": "x"}]'), "row 2, column 'a'"),
    Bad("json-nested", JSON, text('[{"a": {"b": 1}}]'), "column 'a': its values are of the type struct"),
    Bad("json-no-rows", JSON, text("[]"), "list of objects"),
    Bad("json-deep", JSON, text("[" * 100_000), "JSON"),
    Bad("ndjson-broken", NDJSON, text('{"a": 1}\n{"a": \n'), "NDJSON"),
    Bad("ndjson-null", NDJSON, text('null\n{"a": 1}\n'), "row 1"),
    Bad("ndjson-name", NDJSON, lambda: b'{"\xff": 1}\n', "not UTF-8"),
    Bad("ndjson-mixed", NDJSON, text('{"a": 1}\n{"a": "x"}\n'), "row 2, column 'a': is 'x'"),
    Bad("ndjson-empty", NDJSON, bytes, "empty"),
    Bad("ndjson-nested", NDJSON, text('{"a": [1, 2]}\n'), "column 'a'"),
]
