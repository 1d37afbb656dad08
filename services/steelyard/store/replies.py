"""First answers to requests that a client may send again, kept in the transaction that did what they tell of.

So a client that heard nothing sends the same request with the same key, and nothing is made twice: either the
transaction was committed, and its answer is here, or it was not, and nothing happened.
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
    """A request that shall have its effect once: the client's key, and the SHA-256 of what it asks."""

    key: str
    request_sha256: str


def find(engine: Engine, once: Once) -> bytes | None:
    """The answer that the first such request got. Raises `IdempotencyKeyReused` if that one asked something else."""
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
    """Keep the answer in the transaction of what it tells of. Raises `AnsweredAlready`, which undoes all of it."""
    row = {"key": once.key, "request_sha256": once.request_sha256, "answer": answer, "created_at": now()}
    try:
        connection.execute(insert(Reply).values(**row))
    except IntegrityError as error:
        raise AnsweredAlready(once.key) from error


def keep_alone(engine: Engine, once: Once, answer: bytes) -> None:
    """Keep the answer to what has the same effect however often it is done. Raises `AnsweredAlready`."""
    with writing(engine) as connection:
        keep(connection, once, answer)


def forget_old(engine: Engine) -> None:
    """Delete the answers that no client will ask for again."""
    with writing(engine) as connection:
        connection.execute(delete(Reply).where(Reply.created_at < now() - KEPT_SECONDS))
