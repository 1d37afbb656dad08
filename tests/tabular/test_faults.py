"""However many errors data have, one error of bounded length lists them."""

from collections.abc import Iterator

import pytest

from steelyard.errors import Fault, ValidationFailed
from steelyard.tabular.faults import MOST_COUNTED, MOST_FAULTS, refuse


def faults(count: int, drawn: list[int]) -> Iterator[Fault]:
    for number in range(count):
        drawn.append(number)
        yield Fault(f"/data/{number}", "is wrong")


def raised(count: int) -> tuple[list[Fault], int]:
    """The faults of the error over so many, and how many of them were drawn."""
    drawn: list[int] = []
    with pytest.raises(ValidationFailed) as caught:
        refuse(faults(count, drawn))
    return list(caught.value.faults), len(drawn)


@pytest.mark.parametrize("count", [1, MOST_FAULTS])
def test_few_faults_are_all_listed(count: int) -> None:
    assert raised(count) == (list(faults(count, [])), count)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (MOST_FAULTS + 1, "has 1 more"),
        (MOST_FAULTS + MOST_COUNTED - 1, "has 999 more"),
        (MOST_FAULTS + MOST_COUNTED, "has 1000 or more more"),
        (10**9, "has 1000 or more more"),
    ],
)
def test_further_faults_are_counted_up_to_a_bound(count: int, words: str) -> None:
    listed, drawn = raised(count)
    *first, last = listed
    assert first == list(faults(MOST_FAULTS, []))
    assert (last.pointer, last.detail) == ("/data", f"{words} errors that are not listed")
    assert drawn == min(count, MOST_FAULTS + MOST_COUNTED)
