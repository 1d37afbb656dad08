"""A validation loss that rises while the training loss falls is named."""

import pytest

from steelyard.diagnostics.rules.overfitting import Overfitting
from tests.diagnostics.runs import check_patch, find, regression, run, spec

LOSS = [1, 0.5, 0.3, 0.2, 0.1, 0.05]
RISING = {"loss": LOSS, "val_loss": [1, 0.6, 0.5, 0.6, 0.7, 0.8]}


def test_it_is_named_with_its_figures_and_a_patch() -> None:
    over = run(spec(), history=RISING)
    [finding] = find("overfitting", over)
    assert (finding.level, finding.epoch, finding.threshold) == ("warning", 3, 0.1)
    assert "best in epoch 3 (0.5) and rose to 0.6" in finding.message
    assert check_patch(over, finding)["training"]["early_stopping"]["restore_best"] is True


def test_a_job_with_early_stopping_is_told_to_keep_the_best_weights() -> None:
    stopping = {"patience": 50, "restore_best": False}
    over = run(spec(training={"early_stopping": stopping}), history=RISING)
    [finding] = find("overfitting", over)
    changed = check_patch(over, finding)["training"]["early_stopping"]
    assert changed == over.spec["training"]["early_stopping"] | {"restore_best": True}
    assert changed["patience"] == 50


def test_a_network_that_is_good_on_its_training_rows_alone_is_named() -> None:
    metrics = {"train": {"accuracy": 1.0}, "validation": {"accuracy": 0.6}}
    over = run(spec(), metrics=metrics)
    [finding] = find("overfitting", over)
    assert "The accuracy is 1 on the training rows and 0.6 on the validation rows" in finding.message
    assert find("overfitting", run(spec(), metrics=metrics, restored=True)) == []


@pytest.mark.parametrize(
    ("validation", "found"),
    [
        ([2, 1.5, 1, 1.09, 1.09, 1.09], False),
        ([2, 1.5, 1, 1.11, 1.11, 1.11], True),  # a tenth of the best
        ([3, 2, 1, 1.19, 1.19, 1.19], False),
        ([3, 2, 1, 1.21, 1.21, 1.21], True),  # a tenth of what was gained
        ([2, 1.5, 1, 1.2, 1.2, 1.05], False),  # the best of the last three counts
        ([1, 1.2, 1.2, 1.2], False),  # four epochs
    ],
)
def test_it_is_a_rise_by_a_tenth_that_lasts(validation: list[float], found: bool) -> None:
    loss = [1 / epoch for epoch in range(1, len(validation) + 1)]
    assert bool(find("overfitting", run(spec(), history={"loss": loss, "val_loss": validation}))) == found


def test_what_is_no_overfitting_is_passed_over() -> None:
    assert find("overfitting", run(spec(), history=RISING, restored=True)) == []
    assert find("overfitting", run(spec(), value=0.5)) == []  # the training rows are no better
    assert find("overfitting", run(spec(), history=RISING | {"loss": LOSS[::-1]})) == []
    assert find("overfitting", run(spec(), history=RISING | {"loss": [1, 0.5, None, 0.2, 0.1, 0.05]})) == []
    assert [*Overfitting(0.9).find(run(spec(), history=RISING))] == []


def test_the_same_loss_for_training_is_no_fall_and_a_small_rise_is_a_note() -> None:
    flat = RISING | {"loss": [1, 0.5, 0.3, 0.3, 0.3, 0.3]}
    assert find("overfitting", run(spec(), history=flat)) == []
    small = {"loss": LOSS, "val_loss": [0.1, 0.06, 0.05, 0.06, 0.07, 0.08]}  # next to 1 of a constant answer
    [finding] = find("overfitting", run(spec(), history=small))
    assert (finding.level, finding.value) == ("info", 0.2)


def test_a_gap_needs_a_network_that_beats_the_baseline_on_its_own_rows() -> None:
    metrics = {"train": {"accuracy": 0.89}, "validation": {"accuracy": 0.6}}
    assert find("overfitting", run(spec(), metrics=metrics)) == []
    metrics = {"train": {"accuracy": 0.9}, "validation": {"accuracy": 0.6}}
    [finding] = find("overfitting", run(spec(), metrics=metrics))
    assert (finding.level, finding.epoch, finding.value, finding.threshold) == ("warning", 20, 0.3, None)
    assert find("overfitting", run(spec(), metrics=metrics, is_over=False)) == []


@pytest.mark.parametrize(
    ("train", "validation", "levels"),
    [
        (0.99, 0.02, ["warning"]),  # no better than a constant answer
        (0.99, 0.49, ["info"]),
        (0.99, 0.51, []),
        (0.91, 0.49, ["info"]),
        (0.89, 0.49, []),
    ],
)
def test_rows_that_are_learned_by_heart_are_named_where_no_baseline_is_better(
    train: float, validation: float, levels: list[str]
) -> None:
    baseline = {
        name: {split: {"r2": value, "loss": 1.0} for split in ("train", "validation")}
        for name, value in (("constant", 0.0), ("linear", -2.0))
    }
    metrics = {"train": {"r2": train}, "validation": {"r2": validation}}
    found = find("overfitting", run(regression(), metrics=metrics, baseline=baseline))
    assert [finding.level for finding in found] == levels
    assert all(finding.threshold == 0.5 for finding in found)
