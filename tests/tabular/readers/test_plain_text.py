"""A text file becomes one that a parser of CSV reads; where it is one already, it stays where it is."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.tabular.readers.options import FIXED_WIDTH, WHITESPACE, Dialect
from steelyard.tabular.readers.plain_text import WIDE, plain_text
from steelyard.tabular.readers.unreadable import Unreadable


def rewrite(folder: Path, content: bytes, **asked: object) -> tuple[str, Dialect, dict[str, str], bool]:
    """The text, how it is to be parsed, what is reported of the original, and whether that was read itself."""
    path = folder / "file"
    path.write_bytes(content)
    with plain_text(str(path), Dialect(**asked)) as plain:  # type: ignore[arg-type]
        text = Path(plain.path).read_bytes().decode("latin-1")
        return text, plain.dialect, plain.found(plain.dialect), plain.path == str(path)


def test_a_plain_file_is_read_where_it_is(tmp_path: Path) -> None:
    _, dialect, found, is_same = rewrite(tmp_path, b"a,b\n1,2\n")
    assert is_same
    assert (dialect.comment, dialect.skip_rows) == ("", 0)
    assert found.keys() <= {"delimiter", "decimal", "encoding"}


@pytest.mark.parametrize(
    ("content", "asked", "text"),
    [
        (b"Report\n\na,b\n1,2\n", {"skip_rows": 2}, "a,b\n1,2\n"),
        (b"a,b\n! x\n1,2\n!\n", {"comment": "!"}, "a,b\n1,2\n"),
        (b'a,b\n1,"x\n! kept"\n! gone\n', {"comment": "!"}, 'a,b\n1,"x\n! kept"\n'),
        (b"\xef\xbb\xbf! x\na,b\n1,2\n", {"comment": "!"}, "a,b\n1,2\n"),
        (b'a "b c"\n1   2\n', {"delimiter": WHITESPACE}, "a\tb c\n1\t2\n"),
        (b"# a b\n1 2\n3 4\n", {}, "a\tb\n1\t2\n3\t4\n"),
        (b"a  b\n\n1 2x3\n", {"delimiter": FIXED_WIDTH}, "a\tb\n1\t2x3\n"),
    ],
)
def test_what_is_no_part_of_the_table_is_left_out(
    tmp_path: Path, content: bytes, asked: dict[str, object], text: str
) -> None:
    found, dialect, _, is_same = rewrite(tmp_path, content, **asked)
    assert (found, is_same) == (text, False)
    if "delimiter" in asked:
        assert dialect.delimiter == "\t"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(encoding=st.sampled_from(WIDE), text=st.text("ab,é漢\n😀", max_size=30))
def test_wide_encodings_become_utf_8(tmp_path: Path, encoding: str, text: str) -> None:
    content = f"a,b\n{text}".encode(encoding)
    found, dialect, facts, _ = rewrite(tmp_path, content, encoding=encoding)
    assert found.encode("latin-1").decode() == f"a,b\n{text}"
    assert facts["encoding"] == encoding
    assert dialect.encoding in ("", "utf-8")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_wide_encoding_needs_its_mark_or_the_order_of_its_bytes(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(Unreadable, match=f"no byte order mark of {encoding.upper()}; state {encoding}-le or"):
        rewrite(tmp_path, "a,b\n1,2\n".encode(f"{encoding}-le"), encoding=encoding)


def test_bytes_that_are_not_in_the_encoding_are_told_by_their_place(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="it is not UTF-16-LE: the bytes after byte"):
        rewrite(tmp_path, b"a\0,\0\x00\xdc\x00", encoding="utf-16-le")


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    rewrite(tmp_path, b"x\na,b\n1,2\n", skip_rows=1)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
