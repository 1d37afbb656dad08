"""Strict JSON: what RFC 8259 leaves open is refused, so that a request means one thing only."""

import json
import math
import re
from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import Any

import orjson

from steelyard.documents.footprint import Footprint, measure
from steelyard.errors import InvalidRequest, PayloadTooLarge, shown

NAN = re.compile(rb'"(?:[^"\\]++|\\[\s\S])*+"?|NaN')  # or a string, in which it stays
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
KEY = re.compile(rb'"\s*:')
FOLD = bytes.maketrans(b"123456789E", b"000000000e")  # every digit the same, so that a search is one of bytes
EXPONENT, MANY_DIGITS = b"0e", b"0" * 300
LONG_DIGITS = b"0" * 19  # as many as an integer beyond 64 bits has
MAX_DEPTH = 64
TOO_DEEP = f"the body is nested more than {MAX_DEPTH} deep"
MAX_DIGITS = 400  # Python reads no integer of more than 4,300 digits; a number of interest is far shorter
SMALL_BYTES = 1 << 20  # what is in so short a body takes 100 MB at most
MOST_BYTES = 256 << 20  # of memory for the objects of a body
STRICT_SHARE = 4  # the strict reader takes as many times as long, in which it lets no other thread work
FEW = 16  # characters that are found one by one in less time than all of a body is looked through


def read_document(body: bytes, *, most_bytes: int = MOST_BYTES) -> Any:
    """The JSON value in `body`, if its objects take at most about `most_bytes` of memory.

    Raises `InvalidRequest`: not UTF-8, not JSON, a key twice in one object, NaN or Infinity, a number beyond
    float64, nesting deeper than `MAX_DEPTH`, or a string with a NUL or half a surrogate pair. Raises `PayloadTooLarge`.
    """
    if len(body) > SMALL_BYTES:
        return _read_large(body, most_bytes)
    folded = body.translate(FOLD)
    if b"\\" not in body and LONG_DIGITS not in folded:
        try:
            return _read_plain(body)
        except (orjson.JSONDecodeError, NotPlain):
            pass  # told by the reader below, which knows what is wrong and where
    return _read_strictly(body, folded)


def nan_as_null(body: bytes) -> bytes:
    """The body with `null` for each NaN, as which clients of other servers send missing values."""
    if b"N" not in body or b"NaN" not in body:  # a search for a single byte takes a twentieth of the time
        return body
    return NAN.sub(lambda found: b"null" if found[0] == b"NaN" else found[0], body)


def _read_large(body: bytes, most_bytes: int) -> Any:
    """The value in a body of some megabytes: measured first, and read by orjson, in half a second at most."""
    footprint = measure(body)
    require_memory(footprint, most_bytes)
    if footprint.depth > MAX_DEPTH:
        raise InvalidRequest(TOO_DEEP)
    folded = body.translate(FOLD)
    if LONG_DIGITS in folded:
        require_memory(footprint, most_bytes // STRICT_SHARE)
        return _read_strictly(body, folded)
    del folded
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        detail = f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise InvalidRequest(detail) from None
    if footprint.keys > 1 and footprint.keys != sum(map(len, _records(document))):
        raise InvalidRequest("a key appears twice in one object")
    if b"\\u0000" in body:
        _require_no_nul(document)
    return document


def require_memory(footprint: Footprint, most_bytes: int) -> None:
    """That the objects of a body take no more memory than they may. Raises `PayloadTooLarge`."""
    if footprint.memory_bytes > most_bytes:
        needed, most = footprint.memory_bytes >> 20, most_bytes >> 20
        detail = f"the body's JSON would take about {needed} MiB of memory; the limit is {most} MiB"
        raise PayloadTooLarge(f"{detail}: send large data as a file, to /v1/datasets")


class NotPlain(Exception):
    """A body that only the strict reader can judge."""


def _read_plain(body: bytes) -> Any:
    """The value in a body without escapes and long numbers, in a tenth of the time.

    A quote before a colon ends a key then, unless a string begins with a colon: there are as many as the value's
    objects have keys, if none of them was there twice. So there are if it has as many colons. Raises
    `JSONDecodeError`, `NotPlain`.
    """
    document = orjson.loads(body)
    braces, brackets, colons = (_count(body, character) for character in (b"{", b"[", b":"))
    if colons <= 1 and braces + brackets <= MAX_DEPTH:
        return document
    if (keys := _count_keys(document, braces, brackets)) != colons and keys != len(KEY.findall(body)):
        raise NotPlain
    return document


def _count(body: bytes, character: bytes) -> int:
    """How often the character is there. To find one takes no time; `bytes.count` looks at each byte."""
    count, place = 0, body.find(character)
    while place >= 0:
        count += 1
        if count > FEW:
            return body.count(character)
        place = body.find(character, place + 1)
    return count


def _count_keys(document: Any, braces: int, brackets: int) -> int:
    """How many keys the objects of a value have, of whose text so many characters may open an object or a list.

    Raises `InvalidRequest` where it is nested too deep. It stops as soon as what is left can be neither.
    """
    keys = depth = 0
    level: Iterable[Any] = [document]
    while nested := [value for value in level if type(value) is dict or type(value) is list]:
        depth += 1
        if depth > MAX_DEPTH:
            raise InvalidRequest(TOO_DEEP)
        records = [value for value in nested if type(value) is dict]
        keys, braces, brackets = (
            keys + sum(map(len, records)),
            braces - len(records),
            brackets - len(nested) + len(records),
        )
        if not braces and depth + brackets <= MAX_DEPTH:
            break
        level = chain.from_iterable(value.values() if type(value) is dict else value for value in nested)
    return keys


def levels(document: Any) -> Iterator[Collection[Any]]:
    """The values within a value, those of one object or list at a time."""
    level: list[Collection[Any]] = [[document]]
    while level:
        yield from level
        deeper: list[Collection[Any]] = []
        for values in level:
            kinds = {*map(type, values)}
            if dict in kinds:
                deeper += [value.values() for value in values if type(value) is dict]
            if list in kinds:
                deeper += [value for value in values if type(value) is list]
        level = deeper


def _records(document: Any) -> Iterator[dict[str, Any]]:
    for values in levels(document):
        if dict in {*map(type, values)}:
            yield from (value for value in values if type(value) is dict)


def _strings(document: Any) -> Iterator[str]:
    for values in levels(document):
        if str in {*map(type, values)}:
            yield from (value for value in values if type(value) is str)


def _read_strictly(body: bytes, folded: bytes) -> Any:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"the body is not UTF-8: byte {error.start} is invalid") from None
    if not text.strip():
        raise InvalidRequest("the body is empty; it must be a JSON object")
    # Most bodies hold no number that could be beyond float64, and need not ask that of each.
    is_large = EXPONENT in folded or MANY_DIGITS in folded
    checks: dict[str, Any] = {"parse_float": _float, "parse_int": _integer} if is_large else {}
    try:
        document = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant, **checks)
    except json.JSONDecodeError as error:
        raise InvalidRequest(
            f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise InvalidRequest(TOO_DEEP) from None
    _require_depth(document)
    if "\\u" in text:
        _require_writable(text, document)
    return document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise InvalidRequest(f"the key {shown(key)} appears twice in one object")
            seen.add(key)
    return found


def _refuse_constant(name: str) -> None:
    raise InvalidRequest(f"the body has {name}, which is not JSON; every number must be finite")


def _float(digits: str) -> float:
    if len(digits) > MAX_DIGITS:
        raise InvalidRequest(f"the body has a number of {len(digits)} digits; the limit is {MAX_DIGITS}")
    value = float(digits)
    if not math.isfinite(value):
        raise InvalidRequest(f"the number {shown(digits)} is outside the range of float64")
    return value


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise InvalidRequest(f"the body has an integer of {len(digits)} digits; the limit is {MAX_DIGITS}")
    return int(digits)


def _require_depth(document: Any) -> None:
    level, depth = [document], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise InvalidRequest(TOO_DEEP)
        deeper: list[Any] = []
        for value in level:
            children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
            deeper += [child for child in children if isinstance(child, (dict, list))]
        level = deeper


def _require_writable(text: str, document: Any) -> None:
    """Databases hold no NUL in a string, and UTF-8 no half of a surrogate pair; both can only come as an escape."""
    if "\\u0000" in text:
        _require_no_nul(document)
    if SURROGATE.search(text) is None:
        return
    try:
        for string in chain(_strings(document), *_records(document)):
            string.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidRequest("the body has half of a surrogate pair in a string") from None


def _require_no_nul(document: Any) -> None:
    if any("\0" in string for string in chain(_strings(document), *_records(document))):
        raise InvalidRequest("the body has a NUL character in a string")
