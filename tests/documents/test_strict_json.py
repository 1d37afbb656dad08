"""Strict JSON: one meaning or none."""

import contextlib
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.documents.strict_json import MAX_DEPTH, SMALL_BYTES, nan_as_null, read_document
from steelyard.errors import InvalidRequest, PayloadTooLarge

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
        (b'{"a": 1, "a": 2}', "'a' appears twice"),
        (b'{"a" : 1, "a"\n\t:2}', "'a' appears twice"),
        (b'[{"b": {"c": 1, "c": 1}}]', "'c' appears twice"),
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
    body = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert json.dumps(read_document(body)).encode() == body


@pytest.mark.parametrize("text", ["", "{", "[", ":", '":', "}"])
def test_nesting_is_measured_beside_many_other_brackets(text: str) -> None:
    document: Any = [text]
    for _ in range(MAX_DEPTH // 2 - 2):
        document = [[{"a": 1}], {"b": document, text: [[2]] * 70}]
    document = [[document] * 2]
    assert read_document(json.dumps(document).encode()) == document
    with pytest.raises(InvalidRequest, match="nested"):
        read_document(json.dumps([document]).encode())


@pytest.mark.parametrize("text", ["", ":", "{:}"])
def test_a_key_that_appears_twice_is_found_among_many(text: str) -> None:
    rows = ",".join(f'{{"a": {number}, "b": "{text}"}}' for number in range(100)).encode()
    assert len(read_document(b"[" + rows + b"]")) == 100
    with pytest.raises(InvalidRequest, match="'b' appears twice"):
        read_document(b"[" + rows + b', {"b": 1, "b": 2}]')


@given(st.binary(max_size=200) | st.from_regex(rb"[ ]*[\[{]?[\"0-9a-z.,:+\-\]}]{0,12}", fullmatch=True))
def test_any_bytes_are_read_as_json_has_them_or_refused(body: bytes) -> None:
    with contextlib.suppress(InvalidRequest):  # and nothing else
        assert read_document(body) == json.loads(body)


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


def padded(body: bytes) -> bytes:
    """The same value, too long for the reader of small bodies."""
    return body + b" " * SMALL_BYTES


@given(JSON)
@settings(max_examples=30, deadline=None)
def test_json_of_megabytes_is_read_as_it_is(document: Any) -> None:
    assert read_document(padded(json.dumps(document).encode())) == document
    assert read_document(padded(json.dumps(document, ensure_ascii=False).encode())) == document


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not JSON"),
        (b'{"a\\"": 1, "b": ":", "a\\"": 2}', "twice"),
        (b'[{"b": {"c": 1, "\\u0063": 1}}]', "twice"),
        (b'{"a": NaN}', "not JSON"),
        (b'{"a": 1e999}', "not JSON"),
        (b'{"a": "\\u0000"}', "NUL"),
        (b'{"a\\u0000": 1}', "NUL"),
        (b'{"a": "\\ud800"}', "not JSON"),
        (b"[" * 65 + b"]" * 65, "nested"),
        (b"[" * 2_000_000, "nested"),
        (b'{"a": ' + b"9" * 5000 + b"}", "digits"),
        (b'{"a": 0.' + b"9" * 5000 + b"}", "digits"),
    ],
    ids=lambda text: text[:20],
)
def test_anything_else_of_megabytes_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        read_document(padded(body))


@pytest.mark.parametrize("item", [b"{}", b"[1]", b"1", b'""', b'{"a":1}', b'{"a":{"b":[]}}'])
def test_what_would_fill_the_memory_is_refused_before_it_is_made(item: bytes) -> None:
    body = b"[" + b",".join([item] * (30_000_000 // len(item))) + b"]"
    tracemalloc.start()
    try:
        with pytest.raises(PayloadTooLarge, match="MiB of memory"):
            read_document(body)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_a_long_string_of_commas_is_only_as_large_as_it_is() -> None:
    text = ',:[{\\"' * 5_000_000
    assert read_document(json.dumps({"a": text}).encode()) == {"a": text}


def test_nan_becomes_null_but_not_within_strings() -> None:
    body = rb'{"a": [NaN,NaN], "NaN": "x, NaN, \" NaN", "b":NaN}'
    assert nan_as_null(body) == rb'{"a": [null,null], "NaN": "x, NaN, \" NaN", "b":null}'
    assert nan_as_null(b'NaN "' + b'\\"' * 2_000_000)[:5] == b"null "  # in linear time, though no string ends
