"""safetensors, read back by their library."""

import struct
from typing import Any

import pytest
import safetensors
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

from steelyard.exports import safetensors as ours
from steelyard.exports.pieces import PiecewiseTensor
from tests.exports.tensors import FLOATS, LARGE, METADATA, TENSORS, assert_same


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


def test_safetensors_are_read_a_part_at_a_time() -> None:
    content = ours.dump(LARGE)
    found = ours.load_pieces(lambda: lambda first, count: content[first : first + count])
    assert found["a"].shape == (3, 700_000)
    assert found["a"].values(700_000, 5).tolist() == LARGE["a"][1, :5].tolist()


def test_large_tensors_are_written_in_pieces_that_are_what_they_are_at_once() -> None:
    length, pieces = ours.dump_pieces({name: PiecewiseTensor.of(tensor) for name, tensor in LARGE.items()}, {})
    written = [*pieces]
    assert len(written) > 16
    assert b"".join(written) == ours.dump(LARGE)
    assert length == len(ours.dump(LARGE))


def test_equal_tensors_give_equal_bytes() -> None:
    copies = {name: tensor.copy() for name, tensor in TENSORS.items()}
    # Written twenty times: the library alone would write six entries of metadata in some other order.
    backwards = dict(reversed(METADATA.items()))
    assert {ours.dump(tensors, backwards) for tensors in [copies] * 20} == {ours.dump(TENSORS, METADATA)}
