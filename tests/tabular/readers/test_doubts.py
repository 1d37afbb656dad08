"""What was decided about a file as a whole is a remark at the columns that it matters to."""

import pytest

from tests.tabular.readers.conftest import Remarks


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("ort;y\nKöln;1\nİzmir;2\n", "was read as cp1254: 'İzmir' (row 1) is 'Ýzmir' in cp1252"),
        ("ort;y\nPlzeò;1\n", "was read as cp1252: 'Plzeò' (row 0) is 'Plzeň' in cp1250"),
    ],
)
def test_cells_that_another_encoding_reads_differently_are_named(remarks: Remarks, content: str, says: str) -> None:
    found = remarks(content.encode("cp1254" if "İ" in content else "cp1252"))
    assert [remark["code"] for remark in found["ort"]] == ["encoding_assumed"]
    assert says in found["ort"][0]["message"]
    assert found["y"] == []


def test_a_name_that_another_encoding_reads_differently_is_named(remarks: Remarks) -> None:
    [remark] = remarks("peso;señal\n1;2\n".encode("cp1252"))["señal"]
    assert "the name in cp1250: 'seńal'" in remark["message"]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [("ort;y\nKöln;1\n", "cp1252"), ("ort;y\nKöln;1\n", "utf-8"), ("ort;y\nŁódź;1\n", "cp1250")],
)
def test_nothing_is_said_where_there_is_no_doubt(remarks: Remarks, content: str, encoding: str) -> None:
    assert remarks(content.encode(encoding)) == {"ort": [], "y": []}


@pytest.mark.parametrize("name", ["Total", "Grand total:", "Summe", "TOTALS"])
def test_a_last_row_that_sums_up_the_others_is_named(remarks: Remarks, name: str) -> None:
    [remark] = remarks(f"city,n\nOslo,1\nRome,2\n{name},3\n")["city"]
    assert (remark["code"], remark["level"]) == ("total_row", "warning")
    assert remark["message"].startswith(f"The last row (row 2) is named {name!r}")


def test_a_sum_may_be_named_in_the_second_column(remarks: Remarks) -> None:
    assert [remark["code"] for remark in remarks("nr,city,n\n1,Oslo,1\n2,Rome,2\n,Total,3\n")["city"]] == ["total_row"]


@pytest.mark.parametrize(
    ("notes", "says"),
    [
        ("Source: World Bank,,\n", "The last row (row 2) has a value in 'city' alone: 'Source: World Bank'."),
        ("Last updated 2026,,\nA note,,\n", "The last 2 rows, from row 2 on, have a value in 'city' alone: 'Last"),
    ],
)
def test_notes_after_the_table_are_named(remarks: Remarks, notes: str, says: str) -> None:
    [remark] = remarks(f"city,n,m\nNew York,1,2\nLos Angeles,,3\n{notes}")["city"]
    assert (remark["code"], remark["level"]) == ("note_rows", "warning")
    assert remark["message"].startswith(says)


@pytest.mark.parametrize(
    "content",
    [
        "city,n\nNew York,1\nLos Angeles,\n",  # of two columns, one may be missing
        "city,n,m\nNew York,1,2\nOslo,,\n",
        "city,n,m\nNew York,,\nLos Angeles,,\n",  # all rows
        "city,n,m\nNew York,,\nLos Angeles,,1\n",
    ],
)
def test_rows_with_missing_values_are_no_notes(remarks: Remarks, content: str) -> None:
    assert not any(remarks(content).values())


@pytest.mark.parametrize("content", ["7,x,Oslo\n8,y,Rome\n", "a,4.5\nb,5.5\n", "20001,x,20003\n5,y,6\n"])
def test_a_first_line_that_may_be_a_row_is_named(remarks: Remarks, content: str) -> None:
    [remark] = [remark for found in remarks(content).values() for remark in found]
    assert (remark["code"], remark["level"]) == ("header_doubt", "warning")


@pytest.mark.parametrize("content", ["city,2024,2025\nOslo,1,2\n", "id,0,1,2\na,1,2,3\n", "a,7\nb,x\n", "7\n8\n9\n"])
def test_names_that_are_numbers_are_no_row(remarks: Remarks, content: str) -> None:
    assert not any(remarks(content).values())


@pytest.mark.parametrize("content", ["city,n\nTotal,1\nOslo,2\nRome,3\n", "brand,n\nEsso,1\nBP,2\nTotalEnergies,3\n"])
def test_another_row_is_no_sum(remarks: Remarks, content: str) -> None:
    assert not any(remarks(content).values())


def test_a_name_that_occurs_before_is_named_with_both_columns(remarks: Remarks) -> None:
    found = remarks("b,a,c,a,a\n1,2,3,4,5\n")
    assert [*map(bool, found.values())] == [False, False, False, True, True]
    assert found["a.1"][0]["message"] == "Column 4 has the same name as column 2, 'a'; it was renamed 'a.1'."
    assert found["a.2"][0]["message"] == "Column 5 has the same name as column 2, 'a'; it was renamed 'a.2'."


@pytest.mark.parametrize(("count", "listed"), [(1, "1."), (3, "1, 2, 3."), (4, "1, 2, 3, ….")])
def test_lines_that_repeat_the_names_are_named_at_the_first_column(remarks: Remarks, count: int, listed: str) -> None:
    names = "a,b\n"
    found = remarks(f"{names}1,2\n{names * count}3,4\n")
    [remark] = found["a"]
    assert (remark["code"], remark["level"]) == ("repeated_header", "info")
    assert remark["message"].endswith(f"repeat the column names and were dropped: {listed}")
    assert found["b"] == []


def test_a_total_has_rows_and_columns_that_it_sums_up(remarks: Remarks) -> None:
    assert remarks("city,n\nOslo,1\nTotal,1\n")["city"] == []
    assert remarks("city\nOslo\nRome\nTotal\n")["city"] == []
    assert remarks("a,b,c,city\n1,2,3,Oslo\n1,2,3,Rome\n1,2,3,Total\n")["city"] == []  # the fourth column
    assert remarks("a,b,city,c\n1,2,Oslo,3\n1,2,Rome,3\n1,2,Total,3\n")["city"] != []


def test_values_that_hold_whole_rows_are_named(remarks: Remarks) -> None:
    found = remarks('a,b\n0,x\n1,"x\n2,"y\n3,z\n4,"u\n5,v\n6,"w\n')
    [remark] = found["b"]
    assert (remark["code"], remark["level"]) == ("joined_rows", "warning")
    assert remark["message"].startswith(
        "2 values of 'b' have line breaks, and as many delimiters as rows have, such as"
    )
    assert "(row 1): they may be several rows" in remark["message"]
    assert found["a"] == []


@pytest.mark.parametrize(
    "content",
    [
        'a,b\n1,"two\nlines"\n2,"a,b"\n',
        'a,b,c\n1,"one,\ntwo",3\n',
        'a,b,c\n1,"one\ntwo, three, four",3\n',
        'a\n"two\nlines"\n',
    ],
)
def test_values_with_line_breaks_are_no_rows(remarks: Remarks, content: str) -> None:
    assert not any(remarks(content).values())


def test_short_rows_are_named_at_the_last_column(remarks: Remarks) -> None:
    found = remarks("a,b,c\n1,2,3\n4,5\n")
    assert [*map(bool, found.values())] == [False, False, True]
    assert found["c"][0]["code"] == "short_rows"
