"""What every error message is made of."""

import time

import pytest

from steelyard.errors import LONGEST_KEY, LONGEST_SHOWN, MOST_ERRORS, Fault, ValidationFailed, nearest, pointer, shown


@pytest.mark.parametrize("value", ["x" * 10**7, [[0] * 1000] * 1000, {str(n): n for n in range(10**5)}, 10**4000])
def test_a_large_value_is_shown_in_brief_and_at_once(value: object) -> None:
    started = time.perf_counter()
    assert len(shown(value)) <= LONGEST_SHOWN
    assert time.perf_counter() - started < 0.1


def test_a_small_value_is_shown_as_it_is() -> None:
    assert [shown(value) for value in (1.5, "a'b", [1, 2], {"a": None})] == ["1.5", '"a\'b"', "[1, 2]", "{'a': None}"]


def test_a_pointer_escapes_what_rfc_6901_escapes() -> None:
    assert pointer("data", "a/b~c", 0) == "/data/a~1b~0c/0"


def test_an_unknown_word_gets_its_neighbor_or_all_that_are_known() -> None:
    assert nearest("rleu", ["relu", "tanh"]) == "did you mean 'relu'?"
    assert nearest("???", ["relu", "tanh"]) == "known are relu, tanh"


def test_looking_for_the_word_that_was_meant_is_bounded() -> None:
    known = [f"{number:08d}{'ab' * 46}" for number in range(10_000)]
    started = time.perf_counter()
    said = nearest("9" * 8 + "ab" * 46, known)
    assert time.perf_counter() - started < 0.5
    assert len(said) < 5000
    assert nearest("x" * 10**6, ["x"]) == "known are x"


def test_an_error_lists_so_many_places_of_bounded_length_and_counts_the_others() -> None:
    problem = ValidationFailed(Fault(pointer("k" * 10**6), "is wrong") for _ in range(1000)).problem()
    assert len(problem["errors"]) == MOST_ERRORS
    assert problem["more_errors"] == 1000 - MOST_ERRORS
    assert len(problem["errors"][0]["pointer"]) == LONGEST_KEY + 1


def test_an_error_of_the_query_names_the_parameter() -> None:
    problem = ValidationFailed([Fault.of_query("limit", "is 0")]).problem()
    assert problem["errors"] == [{"parameter": "limit", "detail": "is 0"}]
