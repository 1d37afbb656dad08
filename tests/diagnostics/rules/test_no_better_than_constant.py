"""A training loss that is no better than one answer for all rows is named."""

from tests.diagnostics.rules.data_runs import find_with


def test_a_network_that_learned_nothing_is_named_with_both_losses() -> None:
    [finding] = find_with("no_better_than_constant", history={"loss": [2.0] * 12}, value=0.4)
    assert finding.level == "warning"
    assert "never below the 1 of" in finding.message
    assert finding.patch


def test_a_loss_below_a_constant_answer_and_few_epochs_have_none() -> None:
    assert find_with("no_better_than_constant", history={"loss": [2.0] * 11 + [0.5]}) == []
    assert find_with("no_better_than_constant", history={"loss": [2.0] * 9}) == []
