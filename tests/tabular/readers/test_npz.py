"""Arrays of NumPy as a table."""

import numpy as np
import pytest

from steelyard.tabular.readers.options import FORMATS
from steelyard.tabular.readers.unreadable import Unreadable
from tests.datasets.corpus import (
    NPZ,
    npz,
)
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
