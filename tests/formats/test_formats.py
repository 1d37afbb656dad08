"""Formats, read back by the libraries that they belong to."""

import io
import json
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from steelyard.formats import nested, npz
from steelyard.formats import safetensors as ours

TENSORS: dict[str, NDArray[Any]] = {
    "dense_1/kernel": np.random.default_rng(0).normal(size=(3, 2)).astype(np.float32),
    "dense_1/bias": np.array([0.1, -2.5], np.float64),
}


def test_safetensors_are_read_by_their_library_and_by_us() -> None:
    content = ours.dump(TENSORS, {"job": "job_1"})
    for tensors in (safetensors.numpy.load(content), ours.load(content)):
        assert {name: tensor.tobytes() for name, tensor in tensors.items()} == {
            name: tensor.tobytes() for name, tensor in TENSORS.items()
        }


def test_npz_and_npy_are_read_by_numpy_without_pickle() -> None:
    with np.load(io.BytesIO(npz.dump_npz(TENSORS)), allow_pickle=False) as archive:
        for name, tensor in TENSORS.items():
            np.testing.assert_array_equal(archive[name], tensor)
    one = np.load(io.BytesIO(npz.dump_npy(TENSORS["dense_1/kernel"])), allow_pickle=False)
    assert one.tobytes() == TENSORS["dense_1/kernel"].tobytes()


def test_equal_tensors_give_equal_bytes() -> None:
    assert npz.dump_npz(TENSORS) == npz.dump_npz({name: tensor.copy() for name, tensor in TENSORS.items()})
    assert ours.dump(TENSORS) == ours.dump(dict(TENSORS))


def test_json_lists_give_the_same_bits_back_and_have_no_nan() -> None:
    for tensor in TENSORS.values():
        lists = json.loads(json.dumps(nested.to_lists(tensor)))
        assert np.array(lists, tensor.dtype).tobytes() == tensor.tobytes()
    assert nested.to_lists(np.array([0.1, np.nan, np.inf], np.float32)) == [0.1, None, None]
