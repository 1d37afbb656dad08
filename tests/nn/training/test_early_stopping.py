"""Which epoch is the best, and when waiting for a better one is over."""

import json
import math
from typing import get_type_hints

import numpy as np
import pytest
from annotated_types import Ge
from sklearn.neural_network import MLPClassifier

from steelyard.nn.training.early_stopping import BestEpoch, EarlyStopping


def follow(best: BestEpoch, values: list[float]) -> list[bool]:
    """Whether each epoch, numbered from 1, is the best so far."""
    return [best.is_improved_by(epoch, {best.monitor: value}) for epoch, value in enumerate(values, start=1)]


def test_a_loss_gets_better_by_more_than_the_least_difference() -> None:
    best = BestEpoch("loss", 0.25)
    assert follow(best, [2.0, 1.75, 1.5, 1.5, 1.0]) == [True, False, True, False, True]
    assert (best.epoch, best.value, best.waited) == (5, 1.0, 0)


def test_an_equal_value_is_not_better() -> None:
    best = BestEpoch("val_loss", 0.0)
    assert follow(best, [1.0, 1.0, 1.5]) == [True, False, False]
    assert (best.epoch, best.waited) == (1, 2)


def test_an_accuracy_gets_better_by_rising() -> None:
    best = BestEpoch("val_accuracy", 0.0)
    assert follow(best, [0.5, 0.4, 0.6]) == [True, False, True]


def test_measured_from_the_best_value_small_improvements_do_not_add_up() -> None:
    best = BestEpoch("loss", 0.25, min_delta_from="best")
    assert follow(best, [2.0, 1.875, 1.75, 1.625]) == [True] * 4
    assert (best.epoch, best.value, best.waited) == (4, 1.625, 3)
    assert follow(best, [1.375]) == [True]
    assert best.waited == 0


def test_scikit_learn_counts_the_same_epochs() -> None:
    losses = np.abs(np.cumsum(np.random.default_rng(0).normal(-0.01, 0.05, 200)) + 2).round(3).tolist()
    theirs = MLPClassifier(tol=0.02)
    theirs.early_stopping, theirs.loss_curve_, theirs.best_loss_, theirs._no_improvement_count = False, [], np.inf, 0
    best = BestEpoch("loss", 0.02, min_delta_from="best")
    for epoch, loss in enumerate(losses, start=1):
        theirs.loss_curve_.append(loss)
        theirs._update_no_improvement_count(False, None, None, None)
        best.is_improved_by(epoch, {"loss": loss})
        assert (best.value, best.waited) == (theirs.best_loss_, theirs._no_improvement_count), epoch


def test_any_number_is_better_than_none() -> None:
    best = BestEpoch("loss", 0.0)
    assert follow(best, [math.nan, math.nan, 5.0, math.nan, 6.0]) == [True, False, True, False, False]
    assert (best.epoch, best.waited) == (3, 2)


@pytest.mark.parametrize(("patience", "stale_after"), [(0, 1), (1, 1), (2, 2)])
def test_waiting_ends_after_as_many_epochs_as_patience_has(patience: int, stale_after: int) -> None:
    best = BestEpoch("loss", 0.0)
    seen = []
    for epoch in range(1, 5):
        best.is_improved_by(epoch, {"loss": 1.0})
        seen.append(best.is_stale(patience))
    assert seen.index(True) == stale_after
    assert all(seen[stale_after:])


def test_a_state_goes_on_elsewhere() -> None:
    best, other = BestEpoch("loss", 0.0), BestEpoch("loss", 0.0)
    follow(best, [3.0, 2.0, 2.5])
    other.restore(json.loads(json.dumps(best.state())))
    assert other == best
    assert (other.value, other.epoch, other.waited) == (2.0, 2, 1)


def test_defaults_are_a_patience_of_ten_and_the_best_weights() -> None:
    assert EarlyStopping() == EarlyStopping("val_loss", patience=10, min_delta=0.0, restore_best=True)


def test_options_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        EarlyStopping().patience = 1  # type: ignore[misc]


def test_ranges_are_declared_for_the_schema_of_jobs() -> None:
    hints = get_type_hints(EarlyStopping, include_extras=True)
    assert {name: hint.__metadata__ for name, hint in hints.items() if hasattr(hint, "__metadata__")} == {
        "patience": (Ge(0),),
        "min_delta": (Ge(0),),
    }
