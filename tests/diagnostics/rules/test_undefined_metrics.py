"""Metrics that are null are named."""

from tests.diagnostics.rules.data_runs import find_with


def test_each_has_its_reason() -> None:
    [finding] = find_with("undefined_metrics", metrics={"test": {"loss": 1.0, "r2": None}})
    assert finding.message == "r2 of the test rows is null. It needs at least two rows."
    assert find_with("undefined_metrics", metrics={"test": {"loss": 1.0, "r2": 0.5}}) == []
