"""The only file in a ZIP file is read; other archives are named with what to do."""

import gzip
import io
import tempfile
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.tabular.readers.archive import OTHERS, kind_of_zip, only_member
from steelyard.tabular.readers.unreadable import Unreadable
from tests.tabular.readers.conftest import Read
from tests.tabular.readers.workbooks import rows, workbook, zipped

TABLE = pa.table({"a": [1, 2]})


COLUMNS = {"a": [1, 2]}


def parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(TABLE, file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("members", "form"),
    [
        ({"data/a.csv": b"a\n1\n2\n", "__MACOSX/._a.csv": b"\0", ".DS_Store": b"x"}, "csv"),
        ({"a.csv": b"a\n1\n2\n"}, "zip"),
        ({"a.ndjson": b'{"a": 1}\n{"a": 2}\n'}, "zip"),
        ({"a.parquet": parquet()}, "zip"),
        ({"a.parquet": parquet()}, "parquet"),
        ({"a": gzip.compress(b"a\n1\n2\n")}, "csv"),
    ],
)
def test_the_only_file_in_a_zip_file_is_read(read: Read, members: dict[str, bytes], form: str) -> None:
    if "a" in members:
        with pytest.raises(Unreadable, match="it is compressed with gzip"):
            read(zipped(members), form)
        return
    found, columns = read(zipped(members), form)
    assert (found["compression"], columns) == ("zip", COLUMNS)


def test_a_workbook_in_a_zip_file_is_read(read: Read) -> None:
    content = zipped({"b.xlsx": workbook({"s": rows(["a"], [1], [2])})})
    assert read(content, "zip") == ({"compression": "zip", "sheet": "s"}, COLUMNS)


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ({"xl/workbook.xml": b"", "a": b""}, "xlsx"),
        ({"x.npy": b"", "y.npy": b""}, "npz"),
        ({"x.npy": b"", "y": b""}, "zip"),
        ({"a.csv": b""}, "zip"),
        ({}, "zip"),
    ],
)
def test_the_members_say_what_a_zip_file_is(tmp_path: Path, members: dict[str, bytes], kind: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(zipped(members))
    assert kind_of_zip(str(path)) == kind


@pytest.mark.parametrize("member", OTHERS)
def test_archives_of_other_programs_are_named_with_what_to_do(tmp_path: Path, member: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(zipped({member: b"x", "a.csv": b"a\n1\n"}))
    name, remedy = OTHERS[member]
    with pytest.raises(Unreadable) as caught:
        kind_of_zip(str(path))
    assert str(caught.value) == f"it is {name}; {remedy}"


@pytest.mark.parametrize(
    ("name", "form", "expected"),
    [
        ("a.CSV", "zip", "csv"),
        ("a.jsonl", "zip", "ndjson"),
        ("a.feather", "zip", "arrow"),
        ("a", "zip", "csv"),
        ("a.parquet", "csv", "csv"),  # the sender said what it is
    ],
)
def test_the_form_of_a_member_is_by_its_ending(tmp_path: Path, name: str, form: str, expected: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(zipped({name: b"content"}))
    with only_member(str(path), form, 1000) as (member, found):
        assert found == expected
        assert Path(member).read_bytes() == b"content"
    with pytest.raises(Unreadable, match="it unpacks to more than 6 bytes"), only_member(str(path), form, 6):
        pass
    with only_member(str(path), form, 7) as (member, _):
        assert Path(member).read_bytes() == b"content"


@given(damage=st.integers(0, 10**6), value=st.integers(0, 255))
@settings(max_examples=200)
def test_a_damaged_archive_is_rejected_or_gives_the_whole_file(damage: int, value: int) -> None:
    member = b"a,b\n1,2\n" * 9
    content = bytearray(zipped({"a.csv": member}))
    content[damage % len(content)] = value
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        with suppress(Unreadable), only_member(file.name, "csv", 1000) as (path, _):
            assert Path(path).read_bytes() == member


@pytest.mark.parametrize(("count", "words"), [(2, "2 files ('a0', 'a1')"), (3, "'a2')"), (5, "'a2' and 2 more)")])
def test_an_archive_of_several_files_is_rejected_with_their_names(tmp_path: Path, count: int, words: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(zipped({f"a{place}": b"x" for place in range(count)}))
    with pytest.raises(Unreadable) as caught, only_member(str(path), "csv", 100):
        pass
    assert words in str(caught.value)
