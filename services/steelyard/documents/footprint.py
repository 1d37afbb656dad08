"""How much memory the objects of a JSON text would take, before any of them is made.

Bytes alone bound nothing: `{},` is three of them and a hundred in memory. What is counted are the characters that make
objects, outside of strings; so a long text with commas costs what it is long.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PIECE_BYTES = 1 << 18  # of the text at a time, so that it stays in the processor's cache
# Bytes that CPython 3.11 takes for an object, with its place in the one that holds it.
VALUE_BYTES, LIST_BYTES, OBJECT_BYTES, STRING_BYTES = 40, 72, 240, 64
# The first bytes of characters for which Python takes two and four bytes for every character of a string.
WIDE, WIDEST = 0xC4, 0xF0
QUOTE = ord('"')


@dataclass(frozen=True)
class Footprint:
    """What is in a JSON text: how deep it is nested, how many keys its objects have, and about its size in memory."""

    depth: int
    keys: int
    memory_bytes: int


def measure(text: bytes) -> Footprint:
    """The footprint of a text; of what is not JSON, some number."""
    plain = text.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in text else text
    counts = dict.fromkeys(b',:[{"', 0)
    inside, level, depth, largest = False, 0, 0, 0
    for first in range(0, len(plain), PIECE_BYTES):
        piece = np.frombuffer(plain, np.uint8, min(PIECE_BYTES, len(plain) - first), first)
        largest = max(largest, int(piece.max()))
        piece, quotes, inside = _without_strings(piece, inside=inside)
        counts[QUOTE] += quotes
        for character in b",:[{":
            counts[character] += int(np.count_nonzero(piece == character))
        opened = (piece == ord("[")) | (piece == ord("{"))
        closed = (piece == ord("]")) | (piece == ord("}"))
        levels = level + np.cumsum(opened.view(np.int8) - closed.view(np.int8), dtype=np.int64)
        if len(levels):
            level, depth = int(levels[-1]), max(depth, int(levels.max()))
    values = 1 + counts[ord(",")] + counts[ord(":")] + counts[ord("[")] + counts[ord("{")]
    memory = VALUE_BYTES * values + LIST_BYTES * counts[ord("[")] + OBJECT_BYTES * counts[ord("{")]
    memory += STRING_BYTES * (counts[QUOTE] // 2)
    memory += len(text) * (4 if largest >= WIDEST else 2 if largest >= WIDE else 1)
    return Footprint(depth, counts[ord(":")], memory)


def _without_strings(piece: NDArray[np.uint8], *, inside: bool) -> tuple[NDArray[np.uint8], int, bool]:
    """The characters outside of strings, the number of quotes, and whether the piece ends within a string."""
    quotes = piece == QUOTE
    count = int(np.count_nonzero(quotes))
    if not count:
        return piece[:0] if inside else piece, 0, inside
    is_inside = np.logical_xor.accumulate(quotes)
    if inside:
        is_inside = ~is_inside
    return piece[~is_inside], count, bool(is_inside[-1])
