"""Ids that sort by creation time: a prefix, 48 bits of milliseconds, and 80 random bits (the layout of a ULID)."""

import secrets
import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, without ambiguous letters
LENGTH = 26


def new_id(prefix: str) -> str:
    """A new id, such as `job_01jdcf4k2v8m3q6w9x0y1z2a3b`."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return f"{prefix}_" + "".join(ALPHABET[number >> shift & 31] for shift in range(5 * (LENGTH - 1), -1, -5))
