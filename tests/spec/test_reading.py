"""Strict JSON: one meaning or none."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.errors import InvalidRequest
from steelyard.spec.reading import MAX_DEPTH, read_document

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=5), inner, max_size=4
    ),
    max_leaves=20,
)  # fmt: skip


@given(JSON)
def test_json_is_read_as_it_is(document: Any) -> None:
    assert read_document(json.dumps(document).encode()) == document


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"{", "line 1, column 2"),
        (b'{"a": 1, "a": 2}', "'a' stands twice"),
        (b'{"a" : 1, "a"\n\t:2}', "'a' stands twice"),
        (b'[{"b": {"c": 1, "c": 1}}]', "'c' stands twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": 1e999}', "float64"),
        (b'{"a": 1} x', "Extra data"),
        (b"{'a': 1}", "not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"a": "\\u0000"}', "NUL"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b"[" * 65 + b"]" * 65, "nested"),
        (b"[" * 100_000 + b"]" * 100_000, "nested"),
        (b'{"a": ' + b"9" * 5000 + b"}", "digits"),
    ],
)
def test_anything_else_is_refused_with_the_reason(body: bytes, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        read_document(body)


def test_nesting_up_to_the_bound_is_read() -> None:
    assert read_document(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(InvalidRequest):  # and nothing else
        read_document(body)


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    assert read_document(rb'["\\u0000"]') == [r"\u0000"]
    with pytest.raises(InvalidRequest, match="NUL"):
        read_document(rb'["\\\u0000"]')


def outcome(body: bytes) -> str:
    try:
        return repr(read_document(body))
    except InvalidRequest:
        return "refused"


@given(st.text(alphabet='{}[]":,01 9.-eatrufslnl\n\x00é', max_size=25))
def test_a_body_means_the_same_with_an_escape_in_it_which_the_quick_reader_leaves_to_the_strict(text: str) -> None:
    body = b"[" + text.encode() + b","
    assert outcome(body + b'"a"]') == outcome(body + b'"\\u0061"]')
