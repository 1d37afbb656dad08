"""Training that ended too early is named."""

from dataclasses import replace
from typing import Any

import pytest

from tests.diagnostics.recordings import recording
from tests.diagnostics.runs import changes, check_patch, find, run, spec

FALLING = [1 / epoch for epoch in range(1, 21)]


def found(loss: list[float], validation: list[float] | None = None, *, value: float = 0.95, **training: Any) -> Any:
    history = {"loss": loss} | ({} if validation is None else {"val_loss": validation})
    job = spec(training={"epochs": len(loss)} | training)
    return find("still_improving", run(job, value=value, history=history))


def test_both_losses_must_fall() -> None:
    [finding] = found(FALLING, FALLING)
    assert (finding.level, finding.code) == ("info", "still_improving")
    assert "The val_loss was still falling when the 20 epochs ran out" in finding.message
    assert found(FALLING, [1.0, *FALLING[:-2], 0.2]) == []
    assert found([1.0] * 20, FALLING) == []
    assert len(found(FALLING)) == 1


def test_it_is_a_warning_where_a_baseline_is_better() -> None:
    [finding] = found(FALLING[:4], FALLING[:4], value=0.4)
    assert finding.level == "warning"
    assert finding.patch
    assert finding.patch[0].value == 40
    assert found(FALLING[:2], FALLING[:2], value=0.4)[0].level == "warning"
    assert found(FALLING[:4], FALLING[:4]) == []  # few epochs, and good enough


def test_a_training_that_stopped_early_is_not_meant() -> None:
    assert found(FALLING, FALLING, epochs=50) == []


@pytest.mark.parametrize(
    ("losses", "is_found"),
    [
        ([1.0] * 2 + [0.9] * 5 + [0.5, 0.495, 0.491], False),  # less than two percent in the last three
        ([1.0] * 2 + [0.9] * 5 + [0.5, 0.495, 0.489], True),
        ([1.0] * 36 + [0.9, 0.9, 0.9, 0.88], True),  # the last four of forty
        ([1.0] * 6 + [0.4, 0.6, 0.55, 0.5], False),  # not the best
    ],
)
def test_a_loss_still_falls_if_its_last_tenth_fell_by_two_percent(losses: list[float], is_found: bool) -> None:
    assert bool(found(losses)) == is_found


def test_the_patch_trains_longer_with_early_stopping() -> None:
    over = run(spec(), history={"loss": FALLING, "val_loss": FALLING})
    [finding] = find("still_improving", over)
    training = check_patch(over, finding)["training"]
    assert (training["epochs"], training["early_stopping"]["monitor"]) == (40, "val_loss")


def test_what_was_measured_is_in_the_finding() -> None:
    [finding] = found(FALLING, FALLING)
    assert (finding.epoch, finding.value, finding.threshold) == (20, 0.1, 0.02)
    assert finding.message.endswith("0.05556 to 0.05 in the last 3.")
    assert found([1.0] * 8 + [0.981, 0.981]) == []
    assert found([0.0] * 12) == []
    [finding] = found(FALLING[:4], FALLING[:4], value=0.4)
    assert finding.message.endswith("in the last 3, and the network is worse than a baseline.")


def test_ten_epochs_are_enough_for_a_good_network() -> None:
    for epochs, count in ((9, 0), (10, 1)):
        assert len(found(FALLING[:epochs], FALLING[:epochs])) == count


def test_a_job_with_early_stopping_or_without_validation_only_trains_longer() -> None:
    stopping = {"monitor": "val_loss", "patience": 50}
    for history, training in (({"loss": FALLING}, {}), (None, {"early_stopping": stopping})):
        over = run(spec(training=training), history=history or {"loss": FALLING, "val_loss": FALLING})
        [finding] = find("still_improving", over)
        assert changes(finding) == [("/training/epochs", 40)]


@pytest.mark.parametrize(
    ("losses", "value", "count"), [([1.0, 0.5], 0.4, 1), ([1.0, 0.5], 0.95, 0), ([0.5, 0.5], 0.4, 0)]
)
def test_one_epoch_is_compared_with_the_start(losses: list[float], value: float, count: int) -> None:
    kept = recording()
    two = replace(kept, epochs=kept.epochs[:2], run=kept.run[:2])
    two.run[:, 0] = losses
    over = run(spec(training={"epochs": 1}), value=value, history={"loss": [0.7], "val_loss": [0.6]}, recording=two)
    findings = find("still_improving", over)
    end = "when the one epoch ran out: 1 to 0.5, and the network is worse than a baseline."
    assert [(each.level, each.message.endswith(end)) for each in findings] == [("warning", True)] * count
    assert all(changes(each)[0] == ("/training/epochs", 10) for each in findings)
