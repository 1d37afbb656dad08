"""NumPy's files, read back by NumPy."""

import io
import zipfile
from typing import Any

import numpy as np

from steelyard.exports import npz
from steelyard.exports.pieces import PiecewiseTensor
from tests.exports.tensors import LARGE, TENSORS, assert_same


def test_npz_and_npy_are_read_by_numpy_without_pickle() -> None:
    with np.load(io.BytesIO(npz_of(TENSORS)), allow_pickle=False) as archive:
        assert_same(dict(archive), TENSORS)
    for tensor in (*TENSORS.values(), np.array(2.5)):
        assert_same(
            {"": np.load(io.BytesIO(b"".join(npz.dump_npy(PiecewiseTensor.of(tensor)))), allow_pickle=False)},
            {"": tensor},
        )


def npz_of(tensors: dict[str, Any]) -> bytes:
    return b"".join(npz.dump_npz({name: PiecewiseTensor.of(tensor) for name, tensor in tensors.items()}))


def test_large_tensors_are_written_in_pieces() -> None:
    pieces = [*npz.dump_npz({name: PiecewiseTensor.of(tensor) for name, tensor in LARGE.items()})]
    assert len(pieces) > 16
    assert_same(dict(np.load(io.BytesIO(b"".join(pieces)))), LARGE)


def test_equal_tensors_give_equal_bytes() -> None:
    copies = {name: tensor.copy() for name, tensor in TENSORS.items()}
    assert npz_of(TENSORS) == npz_of(copies)
    with zipfile.ZipFile(io.BytesIO(npz_of(TENSORS))) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {npz.EPOCH}
