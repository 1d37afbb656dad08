"""Stored answers to requests with an idempotency key, saved in the transaction that had the request's effect.

A client that got no answer sends the same request with the same key again, and its effect happens once: either the
transaction was committed and its answer is stored, or nothing happened.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from steelyard.errors import IdempotencyKeyReused
from steelyard.store.clock import now
from steelyard.store.engine import reading, writing
from steelyard.store.tables import Reply

KEPT_SECONDS = 24 * 3600.0


class AnsweredAlready(Exception):
    """Another request with the same key was committed first."""


@dataclass(frozen=True)
class Once:
    """A request with an idempotency key: the client's key, and the SHA-256 of the request."""

    key: str
    request_sha256: str


def find(engine: Engine, once: Once) -> bytes | None:
    """The answer to the first request with this key. Raises `IdempotencyKeyReused` if that request was different."""
    with reading(engine) as connection:
        row = connection.execute(select(Reply).where(Reply.key == once.key)).one_or_none()
    if row is None:
        return None
    if row.request_sha256 != once.request_sha256:
        raise IdempotencyKeyReused(
            f"the Idempotency-Key {once.key!r} was used by another request; use a new key for a new request"
        )
    return bytes(row.answer)


def keep(connection: Connection, once: Once, answer: bytes) -> None:
    """Store the answer in the transaction of the effect. Raises `AnsweredAlready`, which rolls the transaction back."""
    row = {"key": once.key, "request_sha256": once.request_sha256, "answer": answer, "created_at": now()}
    try:
        connection.execute(insert(Reply).values(**row))
    except IntegrityError as error:
        raise AnsweredAlready(once.key) from error


def keep_alone(engine: Engine, once: Once, answer: bytes) -> None:
    """Store the answer to an operation that is idempotent by itself. Raises `AnsweredAlready`."""
    with writing(engine) as connection:
        keep(connection, once, answer)


def forget_old(engine: Engine) -> None:
    """Delete answers that have expired."""
    with writing(engine) as connection:
        connection.execute(delete(Reply).where(Reply.created_at < now() - KEPT_SECONDS))
