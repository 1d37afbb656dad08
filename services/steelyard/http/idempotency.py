"""`Idempotency-Key`: a POST that is sent again with the same key has its effect once, and gets the same answer."""

import hashlib
import re
from collections.abc import Callable

from flask import request

from steelyard.errors import Conflict, InvalidRequest
from steelyard.http.in_flight import InFlight
from steelyard.http.services import service
from steelyard.store import replies
from steelyard.store.engine import Engine
from steelyard.store.replies import AnsweredAlready, Once

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEY = re.compile(r"[\x21-\x7e]{1,255}")


def read_key() -> str | None:
    """This request's key, if it has one. Raises `InvalidRequest`."""
    key = request.headers.get(HEADER)
    if key is not None and not KEY.fullmatch(key):
        raise InvalidRequest(f"the {HEADER} must be 1 to 255 visible ASCII characters")
    return key


def answer_once(
    create: Callable[[Once | None], bytes], *, body_sha256: str | None = None
) -> tuple[bytes, dict[str, str]]:
    """The answer of `create`, or that of an earlier request with the same key; and the headers that tell so.

    `create` keeps its answer with `replies.keep`. `body_sha256` stands for a body that is too large to be held in
    memory. Raises `InvalidRequest`, `IdempotencyKeyReused`, `Conflict`.
    """
    key = read_key()
    if key is None:
        return create(None), {}
    body = request.get_data() if body_sha256 is None else body_sha256.encode()
    asked = b"\0".join((request.method.encode(), request.full_path.encode(), body))
    once = Once(key, hashlib.sha256(asked).hexdigest())
    engine = service(Engine)
    with service(InFlight).hold(key):
        answer = replies.find(engine, once)
        if answer is None:
            try:
                return create(once), {}
            except AnsweredAlready:  # by another process, a moment ago
                answer = replies.find(engine, once)
    if answer is None:
        raise Conflict(f"the answer to {HEADER} {key!r} is no longer stored; use a new key")
    return answer, {REPLAYED: "true"}
