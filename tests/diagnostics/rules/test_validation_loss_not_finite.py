"""A validation loss that is not a number is named."""

from tests.diagnostics.rules.data_runs import find_with


def test_epochs_without_a_value_are_counted() -> None:
    history = {"loss": [1.0, 0.5], "val_loss": [None, 0.5]}
    [finding] = find_with("validation_loss_not_finite", history=history, causes={"validation": "Row 3 is large."})
    assert "in 1 of the 2 epochs. Row 3 is large." in finding.message
    assert find_with("validation_loss_not_finite") == []
