"""Tensors: what is written is read again, and what does not fit its shape is one clear error."""

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.errors import PayloadTooLarge, ValidationFailed
from steelyard.inference.protocols import tensors

NUMBERS = [name for name in tensors.NUMPY if name != "BOOL"]
TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), max_size=5)


def refusal(read: Any, *arguments: Any) -> str:
    with pytest.raises(ValidationFailed) as refused:
        read(*arguments, ("inputs", 0))
    [fault] = refused.value.faults
    assert fault.pointer == "/inputs/0"
    return fault.detail


@pytest.mark.parametrize("datatype", NUMBERS)
def test_numbers_are_read_from_their_bytes(datatype: str) -> None:
    values = np.array([0, 1, 127], tensors.NUMPY[datatype])
    content = tensors.write_binary(values, datatype)
    assert tensors.read_binary(memoryview(content), datatype, [3], ()) == [0, 1, 127]
    assert tensors.type_of(values) == datatype


def test_nan_is_a_missing_value() -> None:
    content = np.array([[1.5, np.nan]], "<f4").tobytes()
    assert tensors.read_binary(memoryview(content), "FP32", [1, 2], ()) == [1.5, None]


@given(TEXTS)
def test_strings_are_read_from_their_bytes(texts: list[str]) -> None:
    content = tensors.write_binary(texts, "BYTES")
    assert tensors.read_binary(memoryview(content), "BYTES", [len(texts)], ()) == texts


@given(st.binary(max_size=40), st.sampled_from([*tensors.NUMPY, "BYTES"]), st.integers(1, 9))
def test_any_bytes_are_read_or_refused(content: bytes, datatype: str, count: int) -> None:
    with suppress(ValidationFailed):
        assert len(tensors.read_binary(memoryview(content), datatype, [count], ("inputs", 0))) == count


@pytest.mark.parametrize(
    ("content", "datatype", "expected"),
    [
        (b"\0" * 7, "FP32", "has 7 bytes; the shape [2] of FP32 takes 8"),
        (b"\0" * 12, "FP32", "has 12 bytes; the shape [2] of FP32 takes 8"),
        (b"\1\0\0\0a\0\0", "BYTES", "ends after 1 of 2 strings"),
        (b"\1\0\0\0a\xff\xff\xff\xff", "BYTES", "has 0 bytes left for string 1, whose length is 4294967295"),
        (b"\1\0\0\0a\0\0\0\0b", "BYTES", "has 10 bytes; its 2 strings take 9"),
        (b"\1\0\0\0\xff\0\0\0\0", "BYTES", "has a string that is not UTF-8: number 0"),
        (b"\1\0\0\0\0\0\0\0\0", "BYTES", "has a string with a NUL character: number 0"),
    ],
)
def test_bytes_that_do_not_fit_the_shape_are_refused(content: bytes, datatype: str, expected: str) -> None:
    assert refusal(tensors.read_binary, memoryview(content), datatype, [2]) == expected


def test_json_is_flat_or_nested() -> None:
    for data in ([1, 2.5, None, 4], [[1, 2.5], [None, 4]]):
        assert tensors.read_json(data, "FP32", [2, 2], ()) == [1, 2.5, None, 4]
    assert tensors.read_json([[1], [2]], "INT8", [2, 1], ()) == [1, 2]


@pytest.mark.parametrize(
    ("data", "datatype", "shape", "expected"),
    [
        ({"a": 1}, "FP32", [1], "is {'a': 1}; it must be a list"),
        ([1, 2, 3], "FP32", [2, 2], "has 3 values; the shape [2, 2] has 4"),
        ([[1, 2], [3]], "FP32", [2, 2], "does not have the shape [2, 2]"),
        ([[1, 2], 3], "FP32", [2, 2], "does not have the shape [2, 2]"),
        ([[1, 2, 3, 4]], "FP32", [2, 2], "does not have the shape [2, 2]"),
        ([[[1]], [[2]]], "FP32", [2, 1], "has a value of another type; values of FP32 are numbers, or null"),
        ([True], "FP64", [1], "has a value of another type; values of FP64 are numbers, or null"),
        ([1.5], "INT64", [1], "has a value of another type; values of INT64 are integers, or null"),
        ([1], "BOOL", [1], "has a value of another type; values of BOOL are true or false, or null"),
        ([{}], "BYTES", [1], "has a value of another type; values of BYTES are strings, or null"),
        ([128, None], "INT8", [2], "has an integer that INT8 does not hold"),
        ([-1, 0], "UINT64", [2], "has an integer that UINT64 does not hold"),
    ],
)
def test_json_that_does_not_fit_is_refused(data: Any, datatype: str, shape: list[int], expected: str) -> None:
    assert refusal(tensors.read_json, data, datatype, shape) == expected


def test_integers_beside_null_are_within_their_type() -> None:
    assert refusal(tensors.read_json, [300, None], "UINT8", [2]) == "has an integer that UINT8 does not hold"


def test_labels_have_the_type_that_holds_all_of_them() -> None:
    assert tensors.type_of([1, -2]) == "INT64"
    assert tensors.type_of([True, False]) == "BOOL"
    assert tensors.type_of([2**63]) == tensors.type_of([1, "a"]) == tensors.type_of([1, True]) == "BYTES"


def test_tensors_that_would_fill_the_memory_are_refused_before_they_are_read() -> None:
    tensors.require_few([[10**6], [10**6, 1]])
    with pytest.raises(PayloadTooLarge, match="have 1000000000000 values; the limit is 4194304"):
        tensors.require_few([[10**6, 10**6]])


@pytest.mark.parametrize("data", [[1, 0, 2.5, 4], [[1, 0], [2.5, 4]], np.array([1, 0, 2.5, 4], "<f4")])
def test_a_matrix_of_numbers_is_read_at_once(data: Any) -> None:
    content = memoryview(data.tobytes()) if isinstance(data, np.ndarray) else data
    found = tensors.read_matrix(content, "FP32", [2, 2])
    assert found is not None
    assert found.tolist() == [[1, 0], [2.5, 4]]


@pytest.mark.parametrize(
    ("data", "datatype"),
    [
        ([1, True, 2, 3], "FP32"),
        ([1, 2, 3, False], "FP64"),
        ([[1, 2], [3, False]], "FP64"),
        ([1, None, 2, 3], "FP32"),
        ([1, "2", 2, 3], "FP32"),
        ([1, 2, 3], "FP32"),
        ([[1, 2, 3], [4]], "FP32"),
        ([[1, 2], 3, 4], "FP32"),
        ([[1, 2]], "FP32"),
        ([], "FP32"),
        ([[]], "FP32"),
        ({}, "FP32"),
        ([10**400, 1, 2, 3], "FP64"),
        ([1, 2, 3, 4], "INT64"),
        (memoryview(b"\0" * 15), "FP32"),
        (memoryview(b"\0" * 4), "BOOL"),
        (memoryview(b"\0" * 16), "BYTES"),
    ],
)
def test_what_is_no_matrix_of_numbers_is_left_to_the_reader_that_looks_at_each(data: Any, datatype: str) -> None:
    assert tensors.read_matrix(data, datatype, [2, 2]) is None
