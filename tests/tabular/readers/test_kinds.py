"""A file of another kind is named with what to do."""

import pytest

from steelyard.tabular.readers.kinds import MARKS, TEXT_MARKS, called, require_kind
from steelyard.tabular.readers.unreadable import Unreadable
from tests.tabular.readers.conftest import Read


@pytest.mark.parametrize("name", ["<TICKER>", "ORC", "GIF8", "RDA", "[x]", "{x}", "BZh", "%PDF"])
def test_names_of_columns_are_no_marks_of_other_kinds(read: Read, name: str) -> None:
    assert read(f"{name},<PER>\n1,2\n")[1] == {name: [1], "<PER>": [2]}


@pytest.mark.parametrize(("mark", "name", "remedy"), MARKS)
def test_a_file_that_begins_like_another_kind_is_named(mark: bytes, name: str, remedy: str) -> None:
    start = mark + (b"" if mark in TEXT_MARKS else b"\0")
    with pytest.raises(Unreadable) as caught:
        require_kind(start, "ndjson")
    assert str(caught.value) == f"it is {name}, not ndjson data; {remedy}"


@pytest.mark.parametrize(("mark", "form"), [(b"PAR1\0", "parquet"), (b"ARROW1\0", "arrow")])
def test_a_file_of_its_own_kind_is_let_through(mark: bytes, form: str) -> None:
    require_kind(mark, form)
    with pytest.raises(Unreadable, match="not a CSV file"):
        require_kind(mark, "csv")


@pytest.mark.parametrize("mark", [mark for mark, _, _ in MARKS if mark not in TEXT_MARKS and mark.isalnum()])
def test_letters_of_a_mark_in_a_text_are_no_mark(read: Read, mark: bytes) -> None:
    assert read(mark + b",b\n1,2\n")[1] == {mark.decode(): [1], "b": [2]}


def test_a_tar_archive_is_known_by_what_stands_in_its_head() -> None:
    for start in (bytes(257) + b"ustar", b"a" * 257 + b"ustar"):
        with pytest.raises(Unreadable, match="it is a tar archive, not a CSV file; unpack it"):
            require_kind(start, "csv")
    require_kind(b"a" * 256 + b"ustar", "csv")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (b"\xef\xbb\xbf \r\n<!DOCTYPE html>", "a web page (HTML)"),
        (b"<TABLE border=1>", "a web page (HTML)"),
        (b"<?xml version='1.0'?>", "XML"),
        (b"<rows>\n <row>", "XML"),
        (b'<r a="1">', "XML"),
        (b"[{", "JSON"),
        (b"[ [1]]", "JSON"),
        (b'{"a": [1]}', "JSON"),
        (b'{\n "a"', "JSON"),
        (b'{"a": 1}', "NDJSON or JSON"),
        (b"% iris\n@RELATION iris", "an ARFF file (Weka)"),
        (b"\f% a\n\n % b\n\t@relation x", "an ARFF file (Weka)"),
    ],
)
def test_texts_of_another_kind_are_no_csv(text: bytes, name: str) -> None:
    with pytest.raises(Unreadable) as caught:
        require_kind(text, "csv")
    assert str(caught.value).startswith(f"it is {name}, not a CSV file; ")
    require_kind(text, "json")


@pytest.mark.parametrize("name", ["<a>", "[x]", "{x}", "a <b>", "@relations"])
def test_texts_that_only_look_like_it_are_csv(read: Read, name: str) -> None:
    assert read(f"{name},y\n1,2\n")[1] == {name: [1], "y": [2]}


def test_many_spaces_take_no_time() -> None:
    for text in (b"\f" * 1000, b"\f%\n" * 300, b"\v" * 999 + b"@"):
        require_kind(text, "csv")  # a pattern that tries every division of them would not end


def test_formats_are_called_as_people_call_them() -> None:
    assert [called(form) for form in ("csv", "xlsx", "parquet")] == ["a CSV file", "an Excel workbook", "parquet data"]
