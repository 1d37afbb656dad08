"""Answers that are kept for a request that comes again."""

import pytest
from sqlalchemy import Engine

from steelyard.errors import IdempotencyKeyReused
from steelyard.store import replies
from steelyard.store.engine import writing
from steelyard.store.replies import AnsweredAlready, Once
from steelyard.store.tables import Reply

ONCE = Once("key", "asked")


def test_an_answer_is_found_by_its_key_and_what_was_asked(engine: Engine) -> None:
    assert replies.find(engine, ONCE) is None
    replies.keep_alone(engine, ONCE, b"answer")
    assert replies.find(engine, ONCE) == b"answer"
    assert replies.find(engine, Once("other", "asked")) is None
    with pytest.raises(IdempotencyKeyReused, match="'key'"):
        replies.find(engine, Once("key", "something else"))


def test_the_second_of_two_answers_undoes_its_transaction(engine: Engine) -> None:
    replies.keep_alone(engine, ONCE, b"first")

    def do_twice() -> None:
        with writing(engine) as connection:
            replies.keep(connection, Once("another", ""), b"with it")
            replies.keep(connection, ONCE, b"second")

    with pytest.raises(AnsweredAlready):
        do_twice()
    assert replies.find(engine, ONCE) == b"first"
    assert replies.find(engine, Once("another", "")) is None


@pytest.mark.parametrize(("age", "is_kept"), [(replies.KEPT_SECONDS - 60, True), (replies.KEPT_SECONDS + 1, False)])
def test_answers_are_forgotten_after_a_day(engine: Engine, age: float, is_kept: bool) -> None:
    replies.keep_alone(engine, ONCE, b"answer")
    with writing(engine) as connection:
        connection.execute(Reply.__table__.update().values(created_at=Reply.created_at - age))
    replies.forget_old(engine)
    assert (replies.find(engine, ONCE) is not None) == is_kept
