"""Findings: seen where they are, and not where they are not."""

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from steelyard.diagnostics.findings import STOP_EARLY, Run, find
from steelyard.diagnostics.schema import Finding

KERNEL = np.random.default_rng(0).normal(size=(3, 4))
ZEROS = np.zeros(4)


def findings(history: dict[str, list[Any]], **options: Any) -> list[Finding]:
    tensors = {"dense_1/kernel": KERNEL, "dense_1/bias": ZEROS}
    given: dict[str, Any] = {"initial": tensors, "final": tensors, "epochs": len(history["loss"])} | options
    return find(Run(history, **given))


def codes(history: dict[str, list[Any]], **options: Any) -> list[str]:
    return [finding.code for finding in findings(history, **options)]


def of_weights(initial: Any, final: Any, *, bias: Any = ZEROS, layer: str = "dense_1") -> list[Finding]:
    before, after = ({f"{layer}/kernel": kernel, f"{layer}/bias": bias} for kernel in (initial, final))
    return findings({"loss": [1.0, 0.9]}, initial=before, final=after)


def test_a_good_run_has_nothing_to_tell() -> None:
    assert codes({"loss": [1.0, 0.5, 0.3, 0.25, 0.249], "val_loss": [1.1, 0.6, 0.4, 0.39, 0.391]}) == []


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1])
def test_units_that_stay_copies_are_named(value: float) -> None:
    flat = np.full((3, 4), value)
    rounded = flat * 0.7 + np.array([0, 1e-7, 0, 0]) * value
    [finding] = of_weights(flat, rounded)
    assert (finding.code, finding.level, finding.layer) == ("equal_units", "warning", "dense_1")
    assert f"All 4 units of dense_1 started with the same weights ({value:g} everywhere)" in finding.message
    assert "and still have" in finding.message
    assert "he_normal" in finding.suggestion


def test_units_with_the_same_weights_that_differ_by_input_are_copies_too() -> None:
    [finding] = of_weights(KERNEL[:, :1] * np.ones(4), KERNEL[:, :1] * np.ones(4))
    assert "everywhere" not in finding.message


@pytest.mark.parametrize(("difference", "level"), [(0.9e-3, "warning"), (1.1e-3, "info")])
def test_units_are_copies_to_a_thousandth_of_the_largest_weight(difference: float, level: str) -> None:
    final = np.full((3, 4), 2.0) - np.array([0, 0, 0, 2 * difference])
    [finding] = of_weights(np.ones((3, 4)), final)
    assert finding.level == level


def test_two_units_are_enough_to_be_copies() -> None:
    assert len(of_weights(np.ones((3, 2)), np.ones((3, 2)), bias=np.zeros(2))) == 1


def test_every_layer_of_copies_is_named() -> None:
    flat = {name: np.ones((3, 4)) for name in ("dense_1/kernel", "dense_2/kernel", "dense_2/other")}
    tensors = {"dense_0/kernel": KERNEL, **flat, "output/kernel": np.ones((4, 3))}
    found = findings({"loss": [1.0, 0.9]}, initial=tensors, final=tensors)
    assert [finding.layer for finding in found] == ["dense_1", "dense_2"]


def test_findings_and_runs_cannot_be_changed() -> None:
    [finding] = of_weights(np.ones((3, 4)), KERNEL)
    with pytest.raises(ValidationError, match="frozen"):
        finding.code = "other"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Run({}, {}, {}, 1).epochs = 2  # type: ignore[misc]


def test_units_that_something_told_apart_are_mentioned() -> None:
    [finding] = of_weights(np.ones((3, 4)), KERNEL)
    assert (finding.code, finding.level) == ("equal_units", "info")
    assert "separated only later" in finding.message


@pytest.mark.parametrize(
    ("initial", "options"),
    [
        (np.ones((3, 4)), {"layer": "output"}),
        (np.ones((3, 4)), {"bias": np.arange(4.0)}),
        (np.ones((3, 1)), {"bias": np.zeros(1)}),
        (KERNEL, {}),
    ],
)
def test_weights_that_tell_units_apart_are_none(initial: Any, options: dict[str, Any]) -> None:
    assert of_weights(initial, initial, **options) == []


def test_layers_without_a_bias_are_looked_at() -> None:
    tensors = {"dense_2/kernel": np.ones((4, 2))}
    assert codes({"loss": [1.0, 0.9]}, initial=tensors, final=tensors) == ["equal_units"]


def test_a_loss_that_stays_is_seen() -> None:
    assert codes({"loss": [1.0, 1.01, 0.99, 1.0]}) == ["loss_did_not_fall"]
    assert codes({"loss": [1.0, 0.97, 0.99, 1.0]}) == []
    assert codes({"loss": [1.0, 1.0]}) == []


@pytest.mark.parametrize(("last", "found"), [(0.979, []), (0.98, []), (0.981, ["loss_did_not_fall"])])
def test_a_loss_has_fallen_from_two_percent_on(last: float, found: list[str]) -> None:
    assert codes({"loss": [1.0, 0.999, last]}) == found


def test_a_loss_that_stays_is_named_with_its_figures() -> None:
    [finding] = findings({"loss": [1.0, 1.01, 0.99, 1.02]})
    assert finding.level == "warning"
    assert "was 1 in the first epoch and 1.02 in the last of 4" in finding.message


def test_overfitting_is_seen() -> None:
    loss = [1, 0.5, 0.3, 0.2, 0.1, 0.05]
    history = {"loss": loss, "val_loss": [1, 0.6, 0.5, 0.6, 0.7, 0.8]}
    [finding] = findings(history)
    assert finding.code == "overfitting"
    assert "best in epoch 3 (0.5) and rose to 0.6" in finding.message
    assert "the training loss kept falling, to 0.05" in finding.message
    assert finding.patch == [STOP_EARLY]
    [finding] = findings(history, stops_early=True)
    assert finding.patch is None  # the job has its own early stopping
    assert codes(history, restored=True) == []
    assert codes({"loss": loss, "val_loss": [1, 0.1, 0.001, 0.002, 0.003, 0.002]}) == []  # next to what was gained
    assert codes({"loss": loss[::-1], "val_loss": [1, 0.6, 0.5, 0.6, 0.7, 0.8]}) == ["loss_did_not_fall"]


@pytest.mark.parametrize(
    ("validation", "found"),
    [
        ([2, 1.5, 1, 1.09, 1.09, 1.09], []),
        ([2, 1.5, 1, 1.11, 1.11, 1.11], ["overfitting"]),  # a tenth of the best
        ([3, 2, 1, 1.19, 1.19, 1.19], []),
        ([3, 2, 1, 1.21, 1.21, 1.21], ["overfitting"]),  # a tenth of what was gained
        ([2, 1.5, 1, 1.2, 1.2, 1.05], []),  # the best of the last three counts
        ([2, 1.5, 1, 1.05, 1.2, 1.2], []),
        ([2, 1, 1.2, 1.2, 1.2], ["overfitting"]),
        ([1, 1.2, 1.2, 1.2], []),  # four epochs
        ([15, 12, 10, 11, 11, 11], []),  # a tenth is not more than a tenth
        ([2, 1.5, 1, 1.05, 1.2, 1.2, 1.2], ["overfitting"]),
    ],
)
def test_overfitting_is_a_rise_by_a_tenth_that_lasts(validation: list[float], found: list[str]) -> None:
    loss = [1 / epoch for epoch in range(1, len(validation) + 1)]
    assert codes({"loss": loss, "val_loss": validation}) == found


def test_a_validation_loss_without_every_training_loss_is_passed_over() -> None:
    assert codes({"loss": [1, 0.5, None, 0.2, 0.1, 0.05], "val_loss": [1, 0.6, 0.5, 0.6, 0.7, 0.8]}) == []


def test_a_training_loss_as_at_the_best_epoch_is_no_overfitting() -> None:
    assert codes({"loss": [1, 0.5, 0.3, 0.2, 0.1, 0.3], "val_loss": [1, 0.6, 0.5, 0.6, 0.7, 0.8]}) == []
    assert codes({"loss": [1, 0.5, 0.3, 0.4, 0.4, 0.3], "val_loss": [1, 0.6, 0.5, 0.6, 0.7, 0.8]}) == []


@pytest.mark.parametrize(
    ("losses", "found"),
    [
        ([1.0] * 2 + [0.9] * 5 + [0.5, 0.495, 0.491], []),  # less than two percent in the last three
        ([1.0] * 2 + [0.9] * 5 + [0.5, 0.495, 0.489], ["still_improving"]),
        ([1.0] * 2 + [0.9] * 4 + [0.5, 0.495, 0.489], []),  # nine epochs
        ([1.0] * 36 + [0.9, 0.9, 0.9, 0.88], ["still_improving"]),  # the last four of forty
        ([1.0] * 35 + [0.9, 0.881, 0.881, 0.881, 0.881], []),
        ([1.0] * 6 + [0.4, 0.6, 0.55, 0.5], []),  # not the best
        ([1.0] * 2 + [0.9] * 5 + [0.5, 0.491, 0.4901], []),  # two percent of the first of them
        ([100] * 2 + [90] * 5 + [50, 49.5, 49], []),  # two percent are not more than two percent
        ([1.0] * 32 + [0.9, 0.881, 0.881, 0.8809], []),  # the last three of thirty-six
    ],
)
def test_a_loss_still_falls_if_its_last_tenth_fell_by_two_percent(losses: list[float], found: list[str]) -> None:
    assert codes({"loss": losses}) == found


def test_a_loss_that_still_falls_is_named_with_its_figures() -> None:
    falling = [1 / epoch for epoch in range(1, 41)]
    [finding] = findings({"loss": falling, "val_loss": falling})
    assert (finding.code, finding.level) == ("still_improving", "info")
    assert (
        "The val_loss was still falling when the 40 epochs ran out: 0.02703 to 0.025 in the last 4" in finding.message
    )


def test_a_loss_that_still_falls_at_the_end_is_seen() -> None:
    falling = [1 / epoch for epoch in range(1, 21)]
    assert codes({"loss": falling}) == ["still_improving"]
    assert codes({"loss": falling, "val_loss": [*falling[:-1], 0.2]}) == []  # one bad epoch is chance
    assert codes({"loss": falling}, epochs=50) == []  # it was stopped early


def test_values_that_were_not_finite_are_passed_over() -> None:
    assert codes({"loss": [1.0, None, 0.5, None]}) == []
    assert codes({"loss": [None, None, None]}) == []


def test_a_finding_is_json() -> None:
    [finding] = of_weights(np.ones((3, 4)), np.ones((3, 4)))
    assert finding.to_json().keys() == {"code", "level", "message", "suggestion", "layer", "patch"}
