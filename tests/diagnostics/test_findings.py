"""Findings: seen where they are, and not where they are not."""

from typing import Any

import numpy as np
import pytest

from steelyard.diagnostics.findings import Finding, Run, find

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
    assert "he_normal" in finding.suggestion


def test_units_with_the_same_weights_that_differ_by_input_are_copies_too() -> None:
    [finding] = of_weights(KERNEL[:, :1] * np.ones(4), KERNEL[:, :1] * np.ones(4))
    assert "everywhere" not in finding.message


def test_units_that_something_told_apart_are_mentioned() -> None:
    [finding] = of_weights(np.ones((3, 4)), KERNEL)
    assert (finding.code, finding.level) == ("equal_units", "info")


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


def test_overfitting_is_seen() -> None:
    loss = [1, 0.5, 0.3, 0.2, 0.1, 0.05]
    history = {"loss": loss, "val_loss": [1, 0.6, 0.5, 0.6, 0.7, 0.8]}
    [finding] = findings(history)
    assert finding.code == "overfitting"
    assert "best in epoch 3 (0.5) and rose to 0.6" in finding.message
    assert codes(history, restored=True) == []
    assert codes({"loss": loss, "val_loss": [1, 0.1, 0.001, 0.002, 0.003, 0.002]}) == []  # next to what was gained
    assert codes({"loss": loss[::-1], "val_loss": [1, 0.6, 0.5, 0.6, 0.7, 0.8]}) == ["loss_did_not_fall"]


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
    assert finding.to_json().keys() == {"code", "level", "message", "suggestion", "layer"}
