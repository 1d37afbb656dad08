"""Footprints: depth, keys and memory of a JSON text, before anything is made of it."""

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.documents.footprint import (
    LIST_BYTES,
    OBJECT_BYTES,
    PIECE_BYTES,
    STRING_BYTES,
    VALUE_BYTES,
    measure,
)
from steelyard.documents.strict_json import read_document

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=5), inner, max_size=4
    ),
    max_leaves=20,
)  # fmt: skip


@given(JSON, st.sampled_from([b"", b" " * 3]))
def test_the_footprint_of_a_text_is_that_of_its_value(document: Any, space: bytes) -> None:
    found = measure(space + json.dumps(document).encode() + space)
    assert (found.depth, found.keys) == (depth_of(document), keys_of(document))


def depth_of(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


def keys_of(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (len(value) if isinstance(value, dict) else 0) + sum(map(keys_of, inner))


def test_objects_take_no_more_memory_than_is_said_of_them() -> None:
    rows = [{"name": f"row {number}", "values": [number / 7, number, None]} for number in range(20_000)]
    body = json.dumps(rows).encode()
    tracemalloc.start()
    try:
        document = read_document(body)
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held < measure(body).memory_bytes
    assert document == rows


@pytest.mark.parametrize("first", range(PIECE_BYTES - 6, PIECE_BYTES + 2))
def test_strings_and_levels_go_on_from_piece_to_piece(first: int) -> None:
    text = b"[" + b" " * (first - 1) + b'{"[a,": [1, {"b": "}]"}]}]'
    found = measure(text)
    assert (found.depth, found.keys) == (4, 2)


def test_memory_is_counted_by_kind() -> None:
    assert measure(b"1").memory_bytes == VALUE_BYTES + 1
    assert measure(b"[1,2]").memory_bytes == 3 * VALUE_BYTES + LIST_BYTES + 5
    assert measure(b'{"a":1}').memory_bytes == 3 * VALUE_BYTES + OBJECT_BYTES + STRING_BYTES + 7
    assert measure(b'["\\"[,"]').memory_bytes == 2 * VALUE_BYTES + LIST_BYTES + STRING_BYTES + 8


@pytest.mark.parametrize(("character", "width"), [("a", 1), ("é", 1), ("ā", 2), ("中", 2), ("😀", 4)])
def test_a_wide_character_makes_all_of_a_text_wide(character: str, width: int) -> None:
    text = f'"{character}"'.encode()
    assert measure(text).memory_bytes == VALUE_BYTES + STRING_BYTES + width * len(text)


def test_what_is_closed_twice_counts_as_it_was_opened() -> None:
    assert measure(b"]][[").depth == 0
    assert measure(b"").depth == 0
