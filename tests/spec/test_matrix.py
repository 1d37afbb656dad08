"""Rows of numbers are read from JSON as the strict reader reads them, or not at all."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.data.numbers import read_matrix
from steelyard.errors import InvalidRequest
from steelyard.spec.matrix import parse_matrix
from steelyard.spec.reading import read_document

NUMBERS = (
    st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**70), 2**70)
    | st.integers(-9, 9)
    | st.decimals(-1000, 1000, places=25).map(float)
)
ROWS = st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(NUMBERS, min_size=width, max_size=width), max_size=4))
VALUES = st.recursive(
    NUMBERS | st.booleans() | st.none() | st.text(max_size=2), lambda inner: st.lists(inner, max_size=3)
)
SPACES = st.sampled_from(["", " ", "\n\t", "\r"])


def strictly(body: bytes, width: int) -> Any:
    """What the strict reader and the one of lists make of a body."""
    try:
        document = read_document(body)
    except InvalidRequest:
        return None
    if not isinstance(document, dict) or [*document] != ["inputs"] or not isinstance(document["inputs"], list):
        return None
    return read_matrix(document["inputs"], width) if document["inputs"] else None


@given(rows=ROWS, before=SPACES, after=SPACES, indent=st.sampled_from([None, 0, 2]))
def test_numbers_have_the_bits_that_the_strict_reader_gives_them(
    rows: Any, before: str, after: str, indent: Any
) -> None:
    body = f"{before}{json.dumps({'inputs': rows}, indent=indent)}{after}".encode()
    width = len(rows[0]) if rows else 1
    found, expected = parse_matrix(body, "inputs", width), strictly(body, width)
    if found is None:
        assert expected is None or max(abs(float(value)) for row in rows for value in row) >= 2**63
    else:
        assert found.tobytes() == expected.tobytes()


@given(
    document=st.dictionaries(st.sampled_from(["inputs", "input"]), VALUES, max_size=2) | VALUES, width=st.integers(1, 3)
)
def test_what_is_no_rows_of_numbers_is_left_to_the_strict_reader(document: Any, width: int) -> None:
    body = json.dumps(document).encode()
    found = parse_matrix(body, "inputs", width)
    assert found is None or found.tobytes() == strictly(body, width).tobytes()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[[1]]",
        b'{"inputs": 1}',
        b'{"inputs": []}',
        b'{"inputs": [[]]}',
        b'{"inputs": [[1], [2, 3]]}',
        b'{"inputs": [[1, 2], []]}',
        b'{"inputs": [[[1]]]}',
        b'{"inputs": [[[1], 2], 3]}',
        b'{"inputs": [1, [2]]}',
        b'{"inputs": [[1]], "inputs": [[2]]}',
        b'{"inputs": 1, "inputs": [[2]]}',
        b'{"inputs": [[1]], "x": 2}',
        b'{"x": 2, "inputs": [[1]]}',
        b'{"inputs": [[true]]}',
        b'{"inputs": [[null]]}',
        b'{"inputs": [[NaN]]}',
        b'{"inputs": [[1e999]]}',
        b'{"inputs": [[1e151]]}',
        b'{"inputs": [[01]]}',
        b'{"inputs": [[1],]}',
        b'{"inputs": [[1]]} x',
        b'{"inputs": [[1]]}\0',
        b'{"inputs": [[1]',
        b'\xef\xbb\xbf{"inputs": [[1]]}',
        b'{"in\xffuts": [[1]]}',
        b'{"inputs": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_other_bodies_are_left_to_the_strict_reader(body: bytes) -> None:
    assert parse_matrix(body, "inputs", 1) is None


@pytest.mark.parametrize(
    "number",
    [b"-0", b"-0.0", b"0.1234567890123456789012345678901", b"18446744073709551615", b"9007199254740993", b"4.9e-324"],
)
def test_numbers_at_the_edges_have_the_same_bits(number: bytes) -> None:
    body = b'{"in\\u0070uts": [[%s]]}' % number
    found = parse_matrix(body, "inputs", 1)
    assert found is not None
    assert found.tobytes() == strictly(body, 1).tobytes()


def test_many_rows_are_read() -> None:
    x = np.random.default_rng(0).standard_normal((1000, 30))
    found = parse_matrix(json.dumps({"inputs": x.tolist()}).encode(), "inputs", 30)
    assert found is not None
    assert found.tobytes() == x.tobytes()
