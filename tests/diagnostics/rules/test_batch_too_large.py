"""Steps that see all rows are named."""

from typing import Any

import pytest

from tests.diagnostics.runs import check_patch, find, run, spec


def found(losses: list[float], *, value: float = 0.95, **training: Any) -> Any:
    job = spec(training={"epochs": len(losses), "batch_size": 1000} | training)
    over = run(job, value=value, history={"loss": losses})
    findings = find("batch_too_large", over)
    for finding in findings:
        assert check_patch(over, finding)["training"]["batch_size"] == 32
    return findings


@pytest.mark.parametrize(
    ("value", "last", "level"), [(0.95, 0.5, "info"), (0.95, 0.3, "warning"), (0.4, 0.5, "warning")]
)
def test_it_is_a_warning_where_it_did_harm(value: float, last: float, level: str) -> None:
    [finding] = found([1.0, 0.7, 0.5, 0.5, last], value=value)
    assert finding.level == level
    assert "A batch has all 200 training rows, so the 5 epochs were only 5 steps" in finding.message


def test_small_batches_and_many_steps_have_none() -> None:
    assert found([1.0, 0.7, 0.5, 0.4, 0.3], batch_size=64) == []
    assert found([1 / epoch for epoch in range(1, 202)]) == []
    lbfgs = run(spec(optimizer="lbfgs", training={"epochs": 3}), history={"loss": [1.0, 0.5, 0.3]})
    assert find("batch_too_large", lbfgs) == []


def test_the_last_three_epochs_say_whether_the_loss_still_falls() -> None:
    assert found([1.0, 0.9, 0.4, 0.305, 0.3])[0].level == "warning"
    assert found([1.0, 0.9, 0.305, 0.302, 0.3])[0].level == "info"
    assert found([1.0, 0.31, 0.4, 0.305, 0.32])[0].level == "info"  # not the least


@pytest.mark.parametrize(("epochs", "count"), [(199, 1), (200, 0), (3, 1), (2, 0)])
def test_from_three_epochs_on_and_below_two_hundred_steps(epochs: int, count: int) -> None:
    assert len(found([1 / epoch for epoch in range(1, epochs + 1)])) == count


def test_a_run_that_failed_or_goes_on_has_none() -> None:
    job = spec(training={"epochs": 5, "batch_size": 1000})
    assert find("batch_too_large", run(job, history={"loss": [1.0] * 5}, is_over=False)) == []
    assert find("batch_too_large", run(job, history={"loss": [1.0] * 5}, error={"type": "x", "detail": ""})) == []
    full = spec(training={"epochs": 20, "batch_size": 200})
    [finding] = find("batch_too_large", run(full))
    assert (finding.value, finding.threshold) == (20, 200)
    assert find("batch_too_large", run(spec(training={"epochs": 20, "batch_size": 199}))) == []
