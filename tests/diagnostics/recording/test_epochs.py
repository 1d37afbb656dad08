"""Which epochs are recorded."""

import pytest

from steelyard.diagnostics.recording.epochs import recorded_epochs


def test_recorded_epochs_are_the_rounded_powers_of_the_square_root_of_two() -> None:
    assert recorded_epochs(100) == (0, 1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 100)


@pytest.mark.parametrize(("epochs", "expected"), [(1, (0, 1)), (2, (0, 1, 2)), (5, (0, 1, 2, 3, 4, 5))])
def test_the_last_epoch_is_always_recorded(epochs: int, expected: tuple[int, ...]) -> None:
    assert recorded_epochs(epochs) == expected


def test_even_long_trainings_have_few_recorded_epochs() -> None:
    assert len(recorded_epochs(100_000)) == 35
    assert recorded_epochs(100_000)[-3:] == (65_536, 92_682, 100_000)
