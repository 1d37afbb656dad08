"""What a file holds goes from one process to another without loss."""

from pathlib import Path

import numpy as np
import orjson
import pytest

from steelyard.imports.contents import CannotImport, Contents


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    tensors = {
        "a": np.arange(6, dtype=">f8").reshape(2, 3).T,
        "half": np.array([0.1, -2], np.float16),
        "steps": np.array(2**53, np.int64),
        "none": np.zeros((0, 4), np.float32),
    }
    found = Contents(tensors, "{}", {"layers": []}).write(str(tmp_path / "values"))
    read = Contents.read(str(tmp_path / "values"), orjson.loads(orjson.dumps(found)))
    assert (read.manifest, read.network, [*read.tensors]) == ("{}", {"layers": []}, [*tensors])
    assert {name: each.dtype.name for name, each in read.tensors.items()} == {
        "a": "float64",
        "half": "float32",
        "steps": "float64",
        "none": "float32",
    }
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(read.tensors[name], tensor)


@pytest.mark.parametrize("values", [np.array(["x"]), np.array([1j]), np.zeros(2, np.longdouble)])
def test_other_types_are_refused(tmp_path: Path, values: np.ndarray) -> None:
    with pytest.raises(CannotImport, match=r"the tensor 'a' is of the type .*; it must be float32 or float64"):
        Contents({"a": values}).write(str(tmp_path / "values"))


def test_the_number_of_tensors_is_bounded(tmp_path: Path) -> None:
    with pytest.raises(CannotImport, match="it has 10001 tensors; the limit is 10000"):
        Contents({str(number): np.zeros(0) for number in range(10_001)}).write(str(tmp_path / "values"))
