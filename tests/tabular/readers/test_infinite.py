"""A cell that is too large for a number is shown as it is written."""

import pytest

from steelyard.tabular.readers.unreadable import Unreadable
from tests.tabular.readers.conftest import Read


def test_a_code_that_looks_like_a_huge_number_is_named(read: Read) -> None:
    content = "y;ref\n" + "0;32E0134\n1;47E0590\n0;12E0003\n" * 9
    with pytest.raises(Unreadable, match=r"row 2, column 'ref': '47E0590' must be within .* use texts=ref"):
        read(content)
    assert read(content, texts=("ref",))[1]["ref"][1] == "47E0590"


def test_a_column_that_no_model_wants_may_have_any_number(read: Read) -> None:
    content = "a,b\n1,47E0590\n"
    assert read(content, wanted={"a": False})[1] == {"a": [1]}
    with pytest.raises(Unreadable, match="row 1, column 'b'"):
        read(content, wanted={"b": False})


def test_missing_values_before_it_are_passed_over(read: Read) -> None:
    with pytest.raises(Unreadable, match="row 3, column 'a': '1e999' must be within"):
        read("a,b\n1,1\n,2\n1e999,3\n")


@pytest.mark.parametrize("cell", ["inf", "-Infinity"])
def test_an_infinity_may_be_declared_missing(read: Read, cell: str) -> None:
    content = f"a,b\n1,2\n{cell},3\n"
    with pytest.raises(Unreadable) as caught:
        read(content)
    assert f'use columns={{"a": {{"type": "number", "missing": ["{cell}"]}}}}' in str(caught.value)
    assert read(content, columns={"a": {"type": "number", "missing": [cell]}})[1]["a"] == [1, None]
