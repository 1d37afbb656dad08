"""Work is done ahead of its turn, and comes in order."""

from collections.abc import Callable, Iterator
from functools import partial
from threading import Barrier, active_count

import pytest

from steelyard.tabular.prefetch import ahead, threads_begun

AT_ONCE = 3


def test_so_many_are_done_at_once_and_come_in_order() -> None:
    together = Barrier(AT_ONCE, timeout=30)

    def work(place: int) -> int:
        together.wait()  # which nobody passes alone
        return place

    with threads_begun(AT_ONCE) as threads:
        found = ahead((partial(work, place) for place in range(4 * AT_ONCE)), threads, AT_ONCE)
        assert [*found] == [*range(4 * AT_ONCE)]


def test_no_more_jobs_are_taken_than_are_at_work_and_one() -> None:
    taken: list[int] = []

    def jobs() -> Iterator[Callable[[], int]]:
        for place in range(100):
            taken.append(place)
            yield partial(int, place)

    with threads_begun(AT_ONCE) as threads:
        found = ahead(jobs(), threads, AT_ONCE)
        for place in range(50):
            assert next(found) == place
            assert len(taken) <= place + 1 + AT_ONCE


def test_what_goes_wrong_is_raised_in_its_turn() -> None:
    with threads_begun(AT_ONCE) as threads:
        found = ahead([lambda: 1, lambda: 1 // 0, lambda: 3], threads, AT_ONCE)
        assert next(found) == 1
        with pytest.raises(ZeroDivisionError):
            next(found)


def test_threads_that_are_begun_are_there_before_they_are_needed() -> None:
    before = active_count()
    with threads_begun(AT_ONCE):
        assert active_count() == before + AT_ONCE
    assert active_count() == before
