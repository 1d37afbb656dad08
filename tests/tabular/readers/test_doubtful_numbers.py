"""Numbers whose cells may have meant something else are named."""

from pathlib import Path

import pytest

from steelyard.tabular.readers.read import Options, open_file
from tests.tabular.readers.conftest import Remarks


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        ("y,zip\n1,12345\n2,01234\n3,00501\n", "leading_zeros", "2 values of 'zip', such as '01234' (row 1)"),
        ('y;"zip"\n1;"007"\n', "leading_zeros", "1 values of 'zip', such as '007' (row 0)"),
        ("y;zip\n1;1.250\n2;980\n", "thousands_doubt", "'zip' with a point, such as '1.250', have three digits"),
        (
            "y,zip\n1,18446744073709551615\n2,7\n",
            "large_integers",
            "1 values of 'zip', the first in row 0, are",
        ),
        (
            "y,zip\n1,-18446744073709551615\n2,7\n",
            "large_integers",
            "1 values of 'zip', the first in row 0, are",
        ),
        (
            "y,zip\n1,7\n2,12345678901234567\n",
            "large_integers",
            "1 values of 'zip', the first in row 1, are",
        ),
        ("y\tzip\n1\t1.250\n2\t\n", "thousands_doubt", "such as '1.250'"),
        ("y;zip\n1;1.250\n2;NA\n3;98\n", "thousands_doubt", "such as '1.250'"),
        ("y,zip\n1,7E5\n2,12E3\n", "exponent_doubt", "2 values of 'zip', such as '7E5' (row 0)"),
        ("y,zip\n1,500\n2, 12e3\n", "exponent_doubt", "1 values of 'zip', such as '12e3' (row 1), were read as"),
    ],
)
def test_a_column_whose_cells_lose_something_is_named(remarks: Remarks, content: str, code: str, says: str) -> None:
    found = remarks(content)
    assert [(remark["code"], remark["level"]) for remark in found["zip"]] == [(code, "warning")]
    assert says in found["zip"][0]["message"]
    assert found["y"] == []


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n0,1\n0.5,2\n-0,3\n",
        "a,b\n12345678901234567890x,1\n12345678901234567890,2\n12345678901234567891y,3\n",
        "a,b\n1.250,1\n2.500,3\n",  # commas separate values, so points are decimal
        "a,b\n1e20,1\n2.5,2\n",
        "a,b\n1e+20,1\n2.5E5,2\n1E-3,3\n",
        "a,b,c\n1,01.05.2026,09:30\n2,02.05.2026,08:15\n",
        "a;b\n0.125;1\n1.250;2\n",
        "a;b\n1.25;1\n1.250;2\n",
        "a;b\n1.250;0,5\n980;1,5\n",  # the other column tells
        "a;b\n2026-01-05;1\n2026-02-05;2\n",
    ],
)
def test_other_numbers_are_not_named(remarks: Remarks, content: str) -> None:
    assert not any(remarks(content).values())


@pytest.mark.parametrize(("form", "content"), [("json", "[{},{}]"), ("ndjson", "{}\n{}\n")])
def test_integers_of_json_beyond_64_bits_are_named(tmp_path: Path, form: str, content: str) -> None:
    path = tmp_path / "file"
    path.write_text(
        content.replace("{}", '{"u": 1, "v": 1e30}', 1).replace("{}", '{"u": 18446744073709551615, "v": 2}')
    )
    with open_file(str(path), Options(form, 1 << 30)) as source:
        found = {facts["name"]: facts["findings"] for _, facts in source.columns}
    assert [remark["code"] for remark in found["u"]] == ["large_integers"]
    assert "1 values of 'u', the first in row 1" in found["u"][0]["message"]
    assert found["v"] == []


@pytest.mark.parametrize("rows", [0, 10, 300_000])
@pytest.mark.parametrize(
    ("other", "cell", "code"), [("1000", "0042", "leading_zeros"), ("1e+03", "7E5", "exponent_doubt")]
)
@pytest.mark.parametrize("end", ["", "\n"])
def test_a_code_is_found_wherever_it_is(
    remarks: Remarks, rows: int, other: str, cell: str, code: str, end: str
) -> None:
    [remark] = remarks(f"b,a\n{f'x,{other}{chr(10)}' * rows}x,{cell}{end}")["a"]
    assert remark["code"] == code
    assert f"1 values of 'a', such as '{cell}' (row {rows})" in remark["message"]
