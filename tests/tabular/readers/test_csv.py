"""CSV files: how they are written is found out."""

import subprocess
import sys
from pathlib import Path

import pytest

from steelyard.tabular.readers.unreadable import Unreadable
from tests.datasets.corpus import CORPUS, CSV, Bad
from tests.tabular.readers.conftest import Read


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a;b\n1,5;x\n2,5;y\n", {"a": [1.5, 2.5], "b": ["x", "y"]}),
        ("a\tb\n1\tx\n2\ty\n", {"a": [1, 2], "b": ["x", "y"]}),
        ("\ufeffa,b\n1,é\n2,y\n", {"a": [1, 2], "b": ["é", "y"]}),
        ('a,b\n1,"x\ny"\n2,"z"""\n', {"a": [1, 2], "b": ["x\ny", 'z"']}),
        ("a,b\n1,\n,y\nNA,z\n", {"a": [1, None, None], "b": [None, "y", "z"]}),
        ('a,b\n1,?\n?,y\n3,"?"\n', {"a": [1, None, 3], "b": [None, "y", None]}),
        (",a\n0,1\n1,2\n", {"Unnamed: 0": [0, 1], "a": [1, 2]}),
        ('"","a"\n"Rome",1\n"Oslo",2\n', {"Unnamed: 0": ["Rome", "Oslo"], "a": [1, 2]}),
        ("a,b,\n1,2,\n3,4,\n", {"a": [1, 3], "b": [2, 4]}),
        ('a,b,c\n"1","x","true"\n"","",""\n', {"a": [1, None], "b": ["x", None], "c": [True, None]}),
        ('a;b;c\n"1,5";"";"2"\n"";"";"2,5"\n', {"a": [1.5, None], "b": [None, None], "c": [2, 2.5]}),
        ('a,b\n"1","x"\n"","1"\n', {"a": [1, None], "b": ["x", "1"]}),
        ("a, b, c\n1, x, 2\n2, ?, ?\n3 , , 4\n", {"a": [1, 2, 3], "b": ["x", None, None], "c": [2, None, 4]}),
        ('a,b\n" x ",1\n" ",2\nx,3\n', {"a": ["x", None, "x"], "b": [1, 2, 3]}),
        ("a; b\n 1,5;true\n ?; false\n", {"a": [1.5, None], "b": [True, False]}),
        ("a,b\ntrue,=cmd()\nfalse,x\n", {"a": [True, False], "b": ["=cmd()", "x"]}),
        ("a,b\n9007199254740993,1\n9007199254740995,2\n", {"a": [2.0**53, 2.0**53 + 4], "b": [1, 2]}),
        ("a,b\n1970-01-02,1\n,2\n", {"a": [86400.0, None], "b": [1, 2]}),
    ],
)
def test_how_a_csv_file_is_written_is_found_out(read: Read, content: str, expected: dict[str, list[object]]) -> None:
    assert read(content.encode())[1] == expected


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_other_encodings_are_found_out(read: Read, encoding: str) -> None:
    assert read("a,b\n1,né\n2,x\n".encode(encoding))[1]["b"] == ["né", "x"]


def test_a_file_that_is_not_in_the_encoding_asked_for_is_refused(read: Read) -> None:
    with pytest.raises(Unreadable, match="UTF-16"):
        read(b"a,b\n1,2\n", encoding="utf-16")


def test_names_may_be_latin_where_no_value_is(read: Read) -> None:
    assert read("naïve,b\n1,2\n".encode("latin-1"))[1] == {"naïve": [1], "b": [2]}


def test_dates_of_the_last_year_that_there_is_are_read(read: Read) -> None:
    [moment] = read(b"a\n9999-12-31 23:59:59\n")[1]["a"]
    assert moment == 253_402_300_799


def test_columns_that_are_known_to_be_texts_stay_texts(read: Read) -> None:
    content = b'\n"code" ; day;size;other\n01234;2026-11-24;1;x\n"";13/1/2026;2;y\n'
    assert read(content, wanted={"size": False, "code": True, "day": True})[1] == {
        "size": [1, 2],
        "code": ["01234", None],
        "day": ["2026-11-24", "13/1/2026"],
    }
    assert read("größe,b\n01,é\n".encode("latin-1"), wanted={"größe": True})[1] == {"größe": ["01"]}
    # A first line of numbers has the names that are wanted all the same.
    numbers = read(b",3\n01,02\n03,04\n", wanted={"3": False, "Unnamed: 0": True})[1]
    assert numbers == {"3": [2, 4], "Unnamed: 0": ["01", "03"]}
    assert read(b"1,01234\n2,9\n", header=False, wanted={"x1": True})[1] == {"x1": ["01234", "9"]}


def test_a_quote_that_comes_late_holds_a_line_together(read: Read) -> None:
    texts = [f"t{row}" for row in range(300_000)] + ['"a\nb"', "c"]
    content = "a,b\n" + "".join(f"{row},{text}\n" for row, text in enumerate(texts))
    found = read(content.encode())[1]
    assert found == {"a": list(range(300_002)), "b": [*texts[:300_000], "a\nb", "c"]}


def test_bytes_of_utf_16_are_no_quotes(read: Read) -> None:
    content = "a,b\n1,∢\n".encode("utf-16")  # U+2222
    assert read(content)[1] == {"a": [1], "b": ["∢"]}


MAP = """
import resource, sys
from steelyard.tabular.readers.csv import mapped
resource.setrlimit(resource.RLIMIT_AS, (1 << 31, 1 << 31))
try:
    with mapped(sys.argv[1]):
        print("it fits")
except MemoryError:
    print("too large")
"""


def test_a_file_larger_than_the_address_space_is_a_matter_of_memory(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.write(b"a")
        file.truncate(1 << 32)
    done = subprocess.run([sys.executable, "-c", MAP, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout == "too large\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            "a,b\n1,2\n# end\n",
            "row 2: it has 1 value; the first line has 2: '# end'; if it is a comment, use the option comment with #",
        ),
        ("a,b\n1,2,3\n", "row 1: it has 3 values; the first line has 2: '1,2,3'$"),
        ("a,b\n", "it has a line of column names, but no rows; if that line is a row, use header=false"),
        ("\ufeffa,b", "it has a line of column names, but no rows"),
    ],
)
def test_a_fault_comes_with_what_to_do(read: Read, content: str, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        read(content)


def test_a_decimal_comma_beside_points_is_one_where_most_numbers_have_it(read: Read) -> None:
    assert read('a,b\n"1,5",2.5\n"2,5",3.5\n3,4.5\n')[1] == {"a": [1.5, 2.5, 3], "b": [2.5, 3.5, 4.5]}
    assert read('a,b\n1,2.5\n2,3.5\n"4,6",4.5\n')[1]["a"] == ["1", "2", "4,6"]  # a list


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pyarrow's, over a row not in UTF-8
@pytest.mark.parametrize(
    "bad",
    [bad for bad in CORPUS if bad.media_type == CSV and not bad.name.startswith("gzip")],
    ids=lambda bad: bad.name,
)
def test_a_broken_file_is_rejected_with_the_reason(read: Read, bad: Bad) -> None:
    with pytest.raises(Unreadable) as caught:
        read(bad.make())
    assert bad.says in str(caught.value)


@pytest.mark.parametrize(("header", "row"), [(True, 2), (False, 3)])
def test_a_quote_that_is_never_closed_is_named_by_its_row(read: Read, header: bool, row: int) -> None:
    with pytest.raises(Unreadable, match=f'row {row}: a " is opened but never closed'):
        read('a,b\n1,2\n3,"x\n5,6\n', header=header)


def test_a_file_that_is_not_in_utf_8_is_rejected_where_its_sender_said_so(read: Read) -> None:
    with pytest.raises(Unreadable, match="UTF-8"):
        read("a,b\n1,é\n".encode("latin-1"), encoding="utf-8")


def test_a_row_with_more_values_is_named_by_its_number_wherever_it_is(read: Read) -> None:
    content = "a,b\n" + "1,2\n" * 400_000 + "1,2,3\n" + "1,2\n" * 9
    with pytest.raises(Unreadable, match="row 400001: it has 3 values; the first line has 2"):
        read(content)
    with pytest.raises(Unreadable, match="row 2: it has 3 values;"):
        read("1,2\n3,4,5\n", header=False)


def test_a_number_beyond_the_largest_is_shown_in_a_file_without_names(read: Read) -> None:
    with pytest.raises(Unreadable, match="row 2, column 'x1': '1e999' must be"):
        read("1,2\n3,1e999\n", header=False)


def test_a_decimal_comma_of_one_column_tells_what_the_points_of_another_are(read: Read) -> None:
    content = "a;b\n1,5;1.250\n2,5;980\n"
    assert read(content)[1] == {"a": [1.5, 2.5], "b": [1250, 980]}
    assert read(content, decimal=".")[1]["b"] == [1.25, 980]


def test_a_quote_at_the_beginning_of_the_file_is_found(read: Read) -> None:
    with pytest.raises(Unreadable, match=r'^header: a " is opened but never closed'):
        read('"a,b\n1,2\n')


def test_a_row_longer_than_a_block_names_the_bound(read: Read) -> None:
    with pytest.raises(Unreadable, match="longer than 2 MiB; check for a quote"):
        read(f'a,b\n1,"{"x" * (5 << 20)}"\n')


def test_a_row_to_predict_that_repeats_the_names_is_an_error(read: Read) -> None:
    with pytest.raises(Unreadable, match="row 2: it repeats the column names"):
        read("a,b\n1,2\na,b\n3,4\n", wanted={"a": False})
