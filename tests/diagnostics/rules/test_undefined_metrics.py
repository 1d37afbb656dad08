"""Metrics that are null are named."""

from tests.diagnostics.rules.data_runs import find_with


def test_each_has_its_reason() -> None:
    [finding] = find_with("undefined_metrics", metrics={"test": {"loss": 1.0, "r2": None}})
    assert finding.message == "r2 of the test rows is null. It needs at least two rows."
    assert find_with("undefined_metrics", metrics={"test": {"loss": 1.0, "r2": 0.5}}) == []


def test_validation_rows_whose_loss_is_unknown_are_named_by_another_rule() -> None:
    metrics = {split: {"loss": 1.0, "r2": None} for split in ("validation", "test")}
    for losses, splits in (([1.0, 0.5], ["validation", "test"]), ([1.0, None], ["test"])):
        found = find_with("undefined_metrics", metrics=metrics, history={"loss": [1.0, 0.5], "val_loss": losses})
        assert [finding.message.split()[3] for finding in found] == splits
