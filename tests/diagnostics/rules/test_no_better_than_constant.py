"""A training loss that is no better than one answer for all rows is named."""

from typing import Any

import pytest

from tests.diagnostics.rules.data_runs import Y, find_with


def test_a_network_that_learned_nothing_is_named_with_both_losses() -> None:
    [finding] = find_with("no_better_than_constant", history={"loss": [2.0] * 12}, value=0.4)
    assert finding.level == "warning"
    assert "never below the 1 of" in finding.message
    assert finding.patch


def test_a_network_with_a_good_metric_is_too_sure() -> None:
    for value, end in ((0.02, "the network learned nothing."), (0.4, "the network is too sure of wrong answers.")):
        [finding] = find_with("no_better_than_constant", history={"loss": [2.0] * 12}, value=value)
        assert finding.message.endswith(end)


def test_a_loss_below_a_constant_answer_and_few_epochs_have_none() -> None:
    assert find_with("no_better_than_constant", history={"loss": [2.0] * 11 + [0.5]}) == []
    assert find_with("no_better_than_constant", history={"loss": [2.0] * 9}) == []


def test_the_boundary_is_a_thousandth_below_the_constant_answer() -> None:
    [finding] = find_with("no_better_than_constant", history={"loss": [2.0] * 10}, value=0.95)
    assert finding.level == "info"
    constant = finding.threshold
    assert constant is not None
    assert constant == pytest.approx(1, rel=0.01)
    assert finding.value == 2
    assert find_with("no_better_than_constant", history={"loss": [2.0] * 9 + [0.998 * constant]}) == []
    assert len(find_with("no_better_than_constant", history={"loss": [2.0] * 9 + [0.9995 * constant]})) == 1
    diverged = {"type": "https://x/diverged", "detail": ""}
    assert find_with("no_better_than_constant", history={"loss": [2.0] * 12}, error=diverged) == []


def test_what_a_linear_model_did_not_learn_either_is_blamed_on_the_inputs() -> None:
    hopeless = {kind: {"train": {"r2": 0.0, "loss": 1.0}} for kind in ("constant", "linear")}
    over: dict[str, Any] = {"history": {"loss": [2.0] * 12}, "value": 0.0}
    [finding] = find_with("no_better_than_constant", **over, baseline=hopeless)
    assert "a linear model learned nothing from them" in finding.suggestion
    [finding] = find_with("no_better_than_constant", **over)
    assert "See the other findings" in finding.suggestion


def test_targets_of_another_scale_have_another_constant_loss() -> None:
    none = {"target": "none"}
    given: dict[str, Any] = {"y": 10 * Y, "preprocessing": none, "value": 0.4}
    [finding] = find_with("no_better_than_constant", history={"loss": [900.0] + [400.0] * 10 + [390.0]}, **given)
    assert finding.message.startswith("The training loss was 390 in the last of 12 epochs")
    assert finding.threshold is not None
    assert finding.threshold > 100
    assert find_with("no_better_than_constant", history={"loss": [0.9 * finding.threshold] * 12}, **given) == []
