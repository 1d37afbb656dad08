"""A file is read in what it is packed in, or named for what it is, with what to do."""

import gzip
import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from steelyard.tabular.readers.unreadable import Unreadable
from tests.tabular.readers.conftest import Read
from tests.tabular.readers.workbooks import rows, workbook, zipped

TABLE = pa.table({"a": [1, 2]})
COLUMNS = {"a": [1, 2]}


def parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(TABLE, file)
    return file.getvalue()


def arrow_file() -> bytes:
    file = io.BytesIO()
    feather.write_feather(TABLE, file, compression="uncompressed")
    return file.getvalue()


def npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, x=np.zeros((2, 1)))
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "form", "says"),
    [
        (
            zipped({"a.csv": b"a", "b.csv": b"b", "c": b"", "d": b""}),
            "csv",
            r"4 files \('a.csv', .* and 1 more",
        ),
        (zipped({}), "csv", "a ZIP file without files"),
        (zipped({"a/": b""}), "zip", "without files"),
        (zipped({"a.zip": zipped({"b.csv": b"a\n1\n"})}), "zip", "a ZIP file, not a CSV file; send the table in it"),
        (zipped({"a.csv": b"a\n" + b"1\n" * 5000}), "zip", "more than 9999 bytes"),
        (zipped({"a.csv": b"a\n1\n"}).replace(b"\x00\x00\x08\x00", b"\x01\x00\x08\x00"), "csv", "password"),
        (b"PK\x03\x04" + bytes(99), "csv", "not a valid ZIP file"),
        (zipped({"mimetype": b"application/vnd.oasis"}), "csv", "OpenDocument.*save its table"),
        (zipped({"word/document.xml": b"<x/>"}), "csv", "Word document"),
        (npz(), "csv", "an NPZ file, not a CSV file; send it with the Content-Type application/x-npz"),
        (
            parquet(),
            "csv",
            r"a Parquet file, not a CSV file; send it .*/vnd.apache.parquet",
        ),
        (arrow_file(), "csv", "Arrow"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "csv", r"old Excel workbook.*save it as .xlsx"),
        (b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n", "csv", "a PDF document"),
        (b"SQLite format 3\0" + bytes(99), "parquet", "an SQLite database, not parquet data"),
        (b"BZh91AY&SY\x01\x02", "csv", "bzip2"),
        (bytes(257) + b"ustar" + bytes(99), "csv", "a tar archive"),
        (b"\xef\xbb\xbf\n <!DOCTYPE html>\n<html><body>Sign in</body></html>\n", "csv", r"a web page.*sign-in page"),
        (b"<?xml version='1.0'?>\n<a>\n</a>\n", "csv", "it is XML"),
        (json.dumps([{"a": 1}]).encode(), "csv", "it is JSON.*application/json"),
        (json.dumps({"a": [1]}, indent=1).encode(), "csv", "it is JSON.*application/json"),
        (b'{"a": 1}\n{"a": 2}\n', "csv", "application/x-ndjson"),
        (b"% iris\n@RELATION iris\n@DATA\n1,2\n", "csv", "ARFF"),
    ],
)
def test_a_file_of_another_kind_is_named_with_what_to_do(read: Read, content: bytes, form: str, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        read(content, form, max_bytes=9999 if "9999" in says else 1 << 30)


def test_an_archive_that_is_a_bomb_is_rejected(read: Read) -> None:
    with pytest.raises(Unreadable, match="200 times its size"):
        read(zipped({"a.csv": bytes(100 << 20)}))


@pytest.mark.parametrize("packing", ["gzip", "zstd"])
def test_a_packed_file_is_unpacked_up_to_the_limit(read: Read, packing: str) -> None:
    plain = b"a,b\n1,x\n2,y\n"
    content = gzip.compress(plain) if packing == "gzip" else pa.compress(plain, "zstd", asbytes=True)
    found, columns = read(content, max_bytes=len(plain))
    assert columns == {"a": [1, 2], "b": ["x", "y"]}
    assert found == {"delimiter": ",", "encoding": "utf-8", "decimal": ".", "compression": packing}
    with pytest.raises(Unreadable, match=f"it unpacks to more than {len(plain) - 1} bytes"):
        read(content, max_bytes=len(plain) - 1)


def test_a_packed_workbook_has_its_sheet_and_its_packing_but_no_delimiter(read: Read) -> None:
    content = gzip.compress(workbook({"Daten": rows(["a", "b"], [1, "x"], [2, "y"])}))
    found, columns = read(content)
    assert columns == {"a": [1, 2], "b": ["x", "y"]}
    assert found == {"compression": "gzip", "sheet": "Daten"}


def test_packed_files_keep_their_format(read: Read) -> None:
    assert read(gzip.compress(parquet()), "parquet")[1] == read(parquet(), "parquet")[1]
    assert "compression" not in read(b"a,b\n1,2\n")[0]


def test_a_member_of_an_archive_is_no_archive(read: Read) -> None:
    inner = zipped({"a.csv": b"a\n1\n"})
    assert read(inner)[0]["compression"] == "zip"
    with pytest.raises(Unreadable, match="it is a ZIP file, not a CSV file; send the table in it"):
        read(zipped({"b.csv": inner}))
