"""Arrays of NumPy as a table."""

from pathlib import Path

import numpy as np
import pytest

from steelyard.datasets.reader_pool import Readers
from steelyard.errors import SteelyardError
from tests.datasets.corpus import (
    NPZ,
    npz,
)
from tests.datasets.reading import lists, read


@pytest.mark.parametrize("names", [["a", "a"], ["a", "y"]])
def test_arrays_with_two_columns_of_one_name_are_refused(readers: Readers, tmp_path: Path, names: list[str]) -> None:
    content = npz(x=np.ones((2, 2)), y=np.ones(2), feature_names=np.array(names))
    with pytest.raises(SteelyardError, match="is used by two columns"):
        read(readers, tmp_path, content, NPZ)


@pytest.mark.parametrize("dtype", [">f4", ">i8", "<f2", "<f4", "<f8", "longdouble", "?", "|u1"])
def test_arrays_of_any_numbers_in_any_order_are_read(readers: Readers, tmp_path: Path, dtype: str) -> None:
    for order in ("C", "F"):
        x = np.array([[0, 1], [1, 0], [1, 1]], dtype, order=order)
        assert lists(read(readers, tmp_path, npz(x=x), NPZ)) == {"x0": [0, 1, 1], "x1": [1, 0, 1]}
