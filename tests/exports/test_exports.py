"""Formats, read back by the libraries that they belong to."""

import io
import json
import struct
import zipfile
from math import prod
from typing import Any

import numpy as np
import orjson
import pytest
import safetensors
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from steelyard.exports import nested, npz
from steelyard.exports import safetensors as ours
from steelyard.exports.pieces import PiecewiseTensor

FLOATS = arrays.arrays(
    st.sampled_from([np.float32, np.float64]), arrays.array_shapes(min_dims=1, max_dims=3, max_side=4)
)
TENSORS: dict[str, Any] = {
    "dense_1/kernel": np.random.default_rng(0).normal(size=(3, 2)).astype(np.float32),
    "dense_1/bias": np.array([0.1, -2.5], np.float64),
    "späť/kernel": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
}
METADATA = {key: f'{key} — "quoted"\n' for key in ("snapshot", "job", "a", "b", "c", "d")}


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert (found[name].dtype, found[name].shape) == (tensor.dtype, tensor.shape)
        assert found[name].tobytes() == tensor.tobytes()


@pytest.mark.parametrize("metadata", [None, {}, METADATA])
def test_safetensors_are_read_by_their_library_and_by_us(metadata: dict[str, str] | None) -> None:
    content = ours.dump(TENSORS, metadata)
    assert_same(safetensors.numpy.load(content), TENSORS)
    assert_same(ours.load(content), TENSORS)


def test_safetensors_files_give_their_metadata_and_are_aligned(tmp_path: Any) -> None:
    content = ours.dump(TENSORS, METADATA)
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with safetensors.safe_open(path, framework="numpy") as file:
        assert file.metadata() == METADATA
    assert struct.unpack("<Q", content[:8])[0] % 8 == 0


@given(tensors=st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1), FLOATS, max_size=3))
def test_any_tensor_under_any_name_comes_back(tensors: dict[str, Any]) -> None:
    tensors.pop("__metadata__", None)
    assert_same(ours.load(ours.dump(tensors, METADATA)), tensors)


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


LARGE: dict[str, Any] = {
    "a": np.random.default_rng(1).normal(size=(3, 700_000)),
    "b": np.arange(5, dtype=np.float32),
}


def test_large_tensors_are_written_in_pieces_that_are_what_they_are_at_once() -> None:
    tensors = {name: PiecewiseTensor.of(tensor) for name, tensor in LARGE.items()}
    length, pieces = ours.dump_pieces(tensors, {})
    written = [*pieces]
    assert len(written) > 16
    assert b"".join(written) == ours.dump(LARGE)
    assert length == len(ours.dump(LARGE))
    assert_same(dict(np.load(io.BytesIO(npz_of(LARGE)))), LARGE)
    for name, tensor in LARGE.items():
        assert b"".join(nested.dump(tensors[name])) == orjson.dumps(nested.to_lists(tensor))


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 3), (3,), (2, 3), (2, 3, 4), (7, 1), (1, 7)])
def test_tensors_of_any_shape_are_written_in_pieces(monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...]) -> None:
    monkeypatch.setattr(nested, "PIECE_BYTES", 16)
    tensor = np.arange(prod(shape), dtype=np.float64).reshape(shape)
    assert json.loads(b"".join(nested.dump(PiecewiseTensor.of(tensor)))) == tensor.tolist()


def test_safetensors_are_read_a_part_at_a_time() -> None:
    content = ours.dump(LARGE)
    found = ours.load_pieces(lambda: lambda first, count: content[first : first + count])
    assert found["a"].shape == (3, 700_000)
    assert found["a"].values(700_000, 5).tolist() == LARGE["a"][1, :5].tolist()


def test_equal_tensors_give_equal_bytes() -> None:
    copies = {name: tensor.copy() for name, tensor in TENSORS.items()}
    assert npz_of(TENSORS) == npz_of(copies)
    with zipfile.ZipFile(io.BytesIO(npz_of(TENSORS))) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {npz.EPOCH}
    # Written twenty times: the library alone would write six entries of metadata in some other order.
    backwards = dict(reversed(METADATA.items()))
    assert {ours.dump(tensors, backwards) for tensors in [copies] * 20} == {ours.dump(TENSORS, METADATA)}


@given(FLOATS)
def test_json_lists_give_the_same_values_back_and_have_no_nan(tensor: Any) -> None:
    text = json.dumps(nested.to_lists(tensor), allow_nan=False)
    back = np.array(json.loads(text), np.float64).astype(tensor.dtype)  # null becomes nan
    np.testing.assert_array_equal(back, np.where(np.isfinite(tensor), tensor, np.nan))
    assert back.shape == tensor.shape


def test_float32_is_written_as_the_shortest_decimal() -> None:
    assert nested.to_lists(np.array([[0.1, np.nan], [np.inf, 1e-30]], np.float32)) == [[0.1, None], [None, 1e-30]]
    assert nested.to_lists(np.array([3, 4]).T) == [3, 4]
