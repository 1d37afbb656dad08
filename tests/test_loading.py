"""While a program is loaded, no garbage is collected; afterwards it is, but for what was loaded."""

import gc

import pytest

from steelyard.loading import loading


class Garbage:
    """Something that only the collector can free."""

    def __init__(self) -> None:
        self.itself = self


def collections() -> int:
    return sum(generation["collections"] for generation in gc.get_stats())


def test_nothing_is_collected_while_a_program_is_loaded() -> None:
    before = collections()
    with loading():
        made: list[list[int]] = [[] for _ in range(100_000)]
        assert collections() == before
    assert made
    assert gc.isenabled()


def test_what_was_loaded_is_not_looked_at_again_and_new_garbage_is_freed() -> None:
    with loading():
        kept = Garbage()
    frozen = gc.get_freeze_count()
    assert frozen > 0
    assert not any(each is kept for each in gc.get_objects())
    Garbage()
    assert gc.collect() > 0


def test_a_program_that_cannot_be_loaded_leaves_the_collector_on() -> None:
    with pytest.raises(ModuleNotFoundError), loading():
        raise ModuleNotFoundError
    assert gc.isenabled()
