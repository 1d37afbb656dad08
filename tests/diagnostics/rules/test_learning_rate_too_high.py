"""Steps that are too large are named by what they do to the loss."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from steelyard.diagnostics.rules.learning_rate_too_high import LearningRateTooHigh
from tests.diagnostics.recordings import recording
from tests.diagnostics.runs import check_patch, drawn, find, kernels, run, spec

FALLING = [1 / epoch for epoch in range(1, 21)]


def found(losses: list[float], *, rate: float = 0.1, value: float = 0.4, **fields: Any) -> Any:
    job = spec(optimizer={"name": "adam", "learning_rate": rate})
    return find("learning_rate_too_high", run(job, value=value, history={"loss": losses}, **fields))


@pytest.mark.parametrize(
    ("losses", "symptom"),
    [
        ([40, 30, 35, 20, 25, 22], "ended at 22, above the 1 of a constant answer"),
        ([0.9, 0.5, 0.3, 0.4, 0.7, 0.8], "rose from 0.3 to 0.7"),
        ([1.0, 0.3, 0.6, 0.3, 0.7, 0.3, 0.6, 0.2, 0.7, 0.2], "up and down from epoch to epoch"),
    ],
)
def test_a_loss_that_is_high_rises_or_swings_is_named(losses: list[float], symptom: str) -> None:
    [finding] = found(losses)
    assert finding.level == "warning"
    assert symptom in finding.message


def test_weights_that_moved_far_are_a_warning_where_a_baseline_is_better() -> None:
    start, end = kernels(dense_1=drawn(3, 4)), kernels(dense_1=drawn(3, 4, scale=100))
    [finding] = found([1.0] * 6, initial=start, final=end)
    assert "the weights moved 99 times as far as they were long at the start" in finding.message
    [finding] = found([1.0] * 6, initial=start, final=end, value=0.95)
    assert finding.level == "info"


def test_the_usual_rate_or_a_tenth_is_the_patch() -> None:
    for rate, patched in ((10.0, 0.001), (0.002, 0.0002)):
        job = spec(optimizer={"name": "adam", "learning_rate": rate})
        over = run(job, value=0.4, history={"loss": [40.0, 30, 20, 30, 20]})
        [finding] = find("learning_rate_too_high", over)
        assert check_patch(over, finding)["optimizer"]["learning_rate"] == patched


def test_a_loss_that_falls_and_small_rates_have_none() -> None:
    assert found(FALLING) == []
    assert found([40.0, 30, 20, 30, 20], rate=1e-5) == []
    assert found([0.9, 0.5, 0.30, 0.31, 0.305, 0.3]) == []
    noisy = [*(0.05 + 0.01 * np.sin(np.arange(40))).tolist()]
    assert found([1.0, 0.5, *noisy]) == []  # the swing is small next to a constant answer
    over = run(spec(), value=0.4, history={"loss": [40.0, 30, 20, 30, 20]})
    assert [*LearningRateTooHigh(above=100).find(over)] == []


def test_how_far_the_loss_is_too_high() -> None:
    [finding] = found([40, 30, 35, 20, 25, 22])
    assert (finding.value, finding.threshold) == (21, 0.5)
    assert found([2.0, 1.9, 1.8, 1.7, 1.45, 1.45]) == []  # less than a half above the constant answer
    assert len(found([2.0, 1.9, 1.8, 1.7, 1.55, 1.55])) == 1
    assert found([2.0, 1.9, 1.8, 1.7, 1.6, 1.55], value=0.95) == []
    assert len(found([40.0, 30, 20, 30, 20])) == 1
    assert found([40.0, 30, 20, 30]) == []  # four epochs
    assert find("learning_rate_too_high", run(spec(optimizer="lbfgs"), value=0.4, history={"loss": [40.0] * 6})) == []


def test_how_far_the_loss_rises() -> None:
    [finding] = found([1.0, 0.6, 0.2, 0.5, 0.62, 0.7], value=0.95)
    assert (finding.value, finding.threshold, finding.level) == (0.525, 0.5, "warning")
    assert found([1.0, 0.6, 0.2, 0.5, 0.58, 0.7], value=0.95) == []  # not by a half of what was gained
    assert found([1.0, 0.99, 0.98, 1.0, 1.0, 1.0], value=0.95) == []  # by less than a tenth of the least
    assert len(found([0.5, 0.52, 0.55, 0.58, 0.6, 0.7], value=0.95)) == 1  # nothing was gained


def test_how_far_the_loss_swings() -> None:
    swinging = [1.0, 0.3, 0.3, 0.3, 0.3, 0.5, 0.3, 0.5, 0.3, 0.31]
    [finding] = found(swinging, value=0.95)
    assert (finding.value, finding.threshold) == (0.1525, 0.15)
    assert found([1.0, 0.3, 0.3, 0.3, 0.3, 0.48, 0.3, 0.48, 0.3, 0.31], value=0.95) == []
    steady = [1.0, 0.3, 0.3, 0.3, 0.3, 0.9, 0.75, 0.6, 0.45, 0.3]
    assert found(steady, value=0.95) == []  # it falls all the time


def test_a_rate_of_a_tenth_of_the_usual_one_is_not_blamed() -> None:
    high = [40.0, 30, 20, 30, 20]
    assert found(high, rate=0.0001) == []
    assert len(found(high, rate=0.00011)) == 1


def test_a_loss_that_never_falls_and_what_is_at_a_threshold() -> None:
    assert found([0.5, 0.52, 0.53, 0.54, 0.54, 0.54], value=0.95) == []  # nothing was gained, and a tenth not lost
    job = spec(optimizer={"name": "adam", "learning_rate": 0.1})
    swinging = run(job, history={"loss": [1.0, 0.25, 0.25, 0.25, 0.25, 0.5, 0.25, 0.5, 0.25, 0.5]})
    assert len([*LearningRateTooHigh(swing=0.249).find(swinging)]) == 1
    assert [*LearningRateTooHigh(swing=0.25).find(swinging)] == []
    start, end = kernels(dense_1=drawn(3, 4)), kernels(dense_1=drawn(3, 4, scale=3))
    far = run(job, value=0.4, history={"loss": [1.0] * 6}, initial=start, final=end)
    assert far.distance is not None
    assert [*LearningRateTooHigh(distance=far.distance).find(far)] == []
    assert len([*LearningRateTooHigh(distance=far.distance * 0.999).find(far)]) == 1


@pytest.mark.parametrize(
    ("began", "moved", "penalty", "count"),
    [(6.0, 0.1, 0, 0), (4.0, 0.1, 0, 1), (6.0, 1.5, 0, 1), (4.0, 0.1, 2, 0), (4.9, 0.9, 0, 1), (5.1, 0.9, 0, 0)],
)
def test_a_loss_that_began_high_is_not_blamed_on_steps_that_hardly_moved_the_weights(
    began: float, moved: float, penalty: float, count: int
) -> None:
    kept = recording()
    start = kernels(dense_1=drawn(3, 4))
    tensors: dict[str, Any] = {"initial": start, "final": {name: each * (1 + moved) for name, each in start.items()}}
    job = spec(optimizer={"name": "adam", "learning_rate": 0.1}, regularizer="l2")
    metrics = {split: {"accuracy": 0.4, "loss": 6 - penalty} for split in ("train", "validation")}
    seen = replace(kept, run=kept.run + began)
    over = run(job, history={"loss": [6.0] * 6}, metrics=metrics, recording=seen, **tensors)
    assert len(find("learning_rate_too_high", over)) == count
