"""Encodings by any of their names are reported under one."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.tabular.readers.charsets import ALIASES, LABELS, NAMES, SOME, SUPERSETS, encoding_called


@pytest.mark.parametrize("name", NAMES)
def test_our_own_names_are_kept(name: str) -> None:
    assert encoding_called(name) == name
    assert encoding_called(f' "{name.upper()}" ') == name


@pytest.mark.parametrize("label", [*LABELS, *ALIASES, *SUPERSETS])
def test_every_label_that_is_offered_is_known(label: str) -> None:
    assert encoding_called(label) in NAMES


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("windows-1252", "cp1252"),
        ("ANSI", "cp1252"),
        ("ISO-8859-1", "latin-1"),
        ("latin1", "latin-1"),
        ("us-ascii", "utf-8"),
        ("UTF8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("Shift_JIS", "cp932"),
        ("Windows-31J", "cp932"),
        ("GBK", "gb18030"),
        ("big5", "big5hkscs"),
        ("euc-kr", "cp949"),
        ("macintosh", "mac-roman"),
        ("'utf-16le'", "utf-16-le"),
    ],
)
def test_other_names_are_those_of_the_encoding_or_of_its_superset(label: str, name: str) -> None:
    assert encoding_called(label) == name


@pytest.mark.parametrize("label", ["", "klingon", "rot13", "base64", "utf-7", "a\0", "x" * 1000])
def test_what_is_no_encoding_of_files_is_unknown(label: str) -> None:
    assert encoding_called(label) is None


@given(label=st.text(max_size=20))
def test_any_label_is_known_or_not(label: str) -> None:
    found = encoding_called(label)
    assert found is None or found in NAMES


WRITTEN = {"ascii": "a1", "utf-8-sig": "é漢", "gb2312": "中文", "gbk": "中文", "big5": "答案", "cp950": "答案"}
WRITTEN |= {"shift_jis": "日本", "euc_kr": "한국"}


@pytest.mark.parametrize("small", SUPERSETS)
def test_a_superset_reads_what_the_smaller_encoding_writes(small: str) -> None:
    text = WRITTEN[small]
    assert codecs.decode(codecs.encode(text, small), SUPERSETS[small]).removeprefix("\ufeff") == text


def test_the_names_in_messages_are_ours() -> None:
    assert all(encoding_called(word.split(" (")[0]) in NAMES for word in SOME.replace(" or ", ", ").split(", "))
