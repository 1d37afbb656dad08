"""How much of a large network's history is computed for one answer."""

import pytest

from steelyard.errors import ValidationFailed
from steelyard.replays.work import choose_epochs, require_little_work


def test_all_epochs_of_a_small_network_are_computed() -> None:
    require_little_work(20_000, 2304, 40)
    assert choose_epochs([0, 1, 2, 4], 20_000, 256) == [0, 1, 2, 4]


def test_a_large_network_is_asked_for_an_epoch() -> None:
    require_little_work(5_000_000, 2304, 1)
    with pytest.raises(ValidationFailed) as caught:
        require_little_work(5_000_000, 2304, 2)
    assert caught.value.faults[0].parameter == "epoch"


def test_epochs_are_chosen_evenly_with_the_first_the_last_and_those_that_are_wanted() -> None:
    epochs = [*range(0, 1001, 10)]
    found = choose_epochs(epochs, 5_000_000, 256, wanted=[370])
    assert len(found) == 16
    assert (found[0], found[-1]) == (0, 1000)
    assert 370 in found
    assert choose_epochs(epochs, 10**12, 256) == [0, 1000]
