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
