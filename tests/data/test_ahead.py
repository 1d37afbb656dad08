"""Work is done ahead of its turn, and comes in order."""

from collections.abc import Callable, Iterator
from functools import partial
from threading import Barrier

import pytest

from steelyard.data.ahead import ahead

AT_ONCE = 3


def test_so_many_are_done_at_once_and_come_in_order() -> None:
    together = Barrier(AT_ONCE, timeout=30)

    def work(place: int) -> int:
        together.wait()  # which nobody passes alone
        return place

    assert [*ahead((partial(work, place) for place in range(4 * AT_ONCE)), AT_ONCE)] == [*range(4 * AT_ONCE)]


def test_no_more_jobs_are_taken_than_are_at_work_and_one() -> None:
    taken: list[int] = []

    def jobs() -> Iterator[Callable[[], int]]:
        for place in range(100):
            taken.append(place)
            yield partial(int, place)

    found = ahead(jobs(), AT_ONCE)
    for place in range(50):
        assert next(found) == place
        assert len(taken) <= place + 1 + AT_ONCE


def test_what_goes_wrong_is_raised_in_its_turn() -> None:
    found = ahead([lambda: 1, lambda: 1 // 0, lambda: 3], AT_ONCE)
    assert next(found) == 1
    with pytest.raises(ZeroDivisionError):
        next(found)
