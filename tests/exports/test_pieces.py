"""Tensors that are read a part at a time."""

import numpy as np

from steelyard.exports.pieces import PIECE_BYTES, PiecewiseTensor
from tests.exports.tensors import LARGE, TENSORS


def test_pieces_are_the_bytes_in_c_order_and_no_longer_than_a_megabyte() -> None:
    for array in (*LARGE.values(), *TENSORS.values()):
        tensor = PiecewiseTensor.of(array)
        pieces = [*tensor.pieces()]
        assert b"".join(pieces) == array.tobytes("C")
        assert all(0 < len(piece) <= PIECE_BYTES for piece in pieces)
        assert (tensor.size, tensor.nbytes, tensor.shape) == (array.size, array.nbytes, array.shape)


def test_values_are_those_from_any_place_on() -> None:
    array = np.arange(20.0).reshape(4, 5)
    assert PiecewiseTensor.of(array).values(7, 3).tolist() == [7, 8, 9]
    assert PiecewiseTensor.of(array.astype(">f4")).values(0, 2).tolist() == [0, 1]
    assert PiecewiseTensor.of(array.T).values(1, 1).tolist() == [5]
