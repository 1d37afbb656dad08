"""What every error message is made of."""

import time

import pytest

from steelyard.errors import LONGEST_SHOWN, nearest, pointer, shown


@pytest.mark.parametrize("value", ["x" * 10**7, [[0] * 1000] * 1000, {str(n): n for n in range(10**5)}, 10**4000])
def test_a_large_value_is_shown_in_brief_and_at_once(value: object) -> None:
    started = time.perf_counter()
    assert len(shown(value)) <= LONGEST_SHOWN
    assert time.perf_counter() - started < 0.1


def test_a_small_value_is_shown_as_it_is() -> None:
    assert [shown(value) for value in (1.5, "a'b", [1, 2], {"a": None})] == ["1.5", '"a\'b"', "[1, 2]", "{'a': None}"]


def test_a_pointer_escapes_what_rfc_6901_escapes() -> None:
    assert pointer("data", "a/b~c", 0) == "/data/a~1b~0c/0"


def test_an_unknown_word_gets_its_neighbour_or_all_that_are_known() -> None:
    assert nearest("rleu", ["relu", "tanh"]) == "did you mean 'relu'?"
    assert nearest("???", ["relu", "tanh"]) == "known are relu, tanh"
