"""Training that ended too early is named."""

from typing import Any

import pytest

from tests.diagnostics.runs import check_patch, find, run, spec

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
