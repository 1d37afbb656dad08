"""Arrays of NumPy as a table."""

from typing import Any

import numpy as np
import pytest

from steelyard.tabular.readers.options import FORMATS
from steelyard.tabular.readers.unreadable import Unreadable
from tests.datasets.corpus import CORPUS, NPZ, Bad, npz
from tests.tabular.readers.conftest import Read


@pytest.mark.parametrize("names", [["a", "a"], ["a", "y"]])
def test_arrays_with_two_columns_of_one_name_are_refused(read: Read, names: list[str]) -> None:
    content = npz(x=np.ones((2, 2)), y=np.ones(2), feature_names=np.array(names))
    with pytest.raises(Unreadable, match="is used by two columns"):
        read(content, FORMATS[NPZ])


@pytest.mark.parametrize("dtype", [">f4", ">i8", "<f2", "<f4", "<f8", "longdouble", "?", "|u1"])
def test_arrays_of_any_numbers_in_any_order_are_read(read: Read, dtype: str) -> None:
    for order in ("C", "F"):
        x = np.array([[0, 1], [1, 0], [1, 1]], dtype, order=order)
        assert read(npz(x=x), FORMATS[NPZ])[1] == {"x0": [0, 1, 1], "x1": [1, 0, 1]}


@pytest.mark.parametrize("bad", [bad for bad in CORPUS if bad.media_type == NPZ], ids=lambda bad: bad.name)
def test_a_broken_file_is_rejected_with_the_reason(read: Read, bad: Bad) -> None:
    with pytest.raises(Unreadable) as caught:
        read(bad.make(), "npz")
    assert bad.says in str(caught.value)


X = np.arange(6.0).reshape(3, 2)


@pytest.mark.parametrize(
    ("arrays", "columns"),
    [
        ({"x": X, "y": np.arange(3)}, {"x0": [0, 2, 4], "x1": [1, 3, 5], "y": [0, 1, 2]}),
        ({"x": X, "y": X[:, ::-1]}, {"x0": [0, 2, 4], "x1": [1, 3, 5], "y0": [1, 3, 5], "y1": [0, 2, 4]}),
        ({"x": X, "feature_names": np.array([["a"], ["b"]])}, {"a": [0, 2, 4], "b": [1, 3, 5]}),
        ({"x": X.astype("U3")}, {"x0": [0, 2, 4], "x1": [1, 3, 5]}),
    ],
)
def test_arrays_are_columns(read: Read, arrays: Any, columns: dict[str, list[Any]]) -> None:
    assert read(npz(**arrays), "npz")[1] == columns


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"y": np.arange(3)}, "it has no array x"),
        ({"x": X, "z": X}, "it has an array 'z'; it must have x"),
        ({"x": np.arange(3)}, "x has 1 dimensions; it must have 2"),
        ({"x": X[None]}, "x has 3 dimensions"),
        ({"x": X, "y": np.arange(2)}, r"y is of the shape \(2,\)"),
        ({"x": X, "y": X[:, :, None]}, r"y is of the shape \(3, 2, 1\)"),
        ({"x": X, "y": np.array(1.0)}, r"y is of the shape \(\)"),
        ({"x": X, "feature_names": np.array(["a"])}, "feature_names has 1 names for the 2 columns of x"),
        ({"x": X.astype("datetime64[s]")}, "is of the type datetime64"),
    ],
)
def test_arrays_that_are_no_table_are_explained(read: Read, arrays: Any, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        read(npz(**arrays), "npz")


def test_an_array_of_more_bytes_than_the_limit_is_rejected(read: Read) -> None:
    assert read(npz(x=X), "npz", max_bytes=X.nbytes)[1]["x0"] == [0, 2, 4]
    with pytest.raises(Unreadable, match=f"declares {X.nbytes} bytes; the limit is {X.nbytes - 1}"):
        read(npz(x=X), "npz", max_bytes=X.nbytes - 1)
