"""Findings: seen where they are, and not where they are not."""

from typing import Any

import numpy as np

from steelyard.diagnostics.findings import Run, find

RANDOM = np.random.default_rng(0)


def codes(history: dict[str, list[Any]], *, initial: Any = None, final: Any = None) -> list[str]:
    kernel = RANDOM.normal(size=(3, 4))
    tensors = {"dense_1/kernel": kernel if initial is None else initial}
    after = {"dense_1/kernel": kernel + 1 if final is None else final}
    return [finding.code for finding in find(Run(history, tensors, after, len(history["loss"])))]


def test_a_good_run_has_nothing_to_tell() -> None:
    assert codes({"loss": [1.0, 0.5, 0.3, 0.25, 0.249], "val_loss": [1.1, 0.6, 0.4, 0.39, 0.391]}) == []


def test_units_that_stay_copies_are_named() -> None:
    flat = np.ones((3, 4))
    run = Run({"loss": [1.0, 0.9]}, {"dense_1/kernel": flat}, {"dense_1/kernel": flat * 0.7}, 2)
    [finding] = find(run)
    assert (finding.code, finding.layer) == ("equal_units", "dense_1")
    assert "4 units of dense_1" in finding.message


def test_units_that_were_told_apart_are_not() -> None:
    assert "equal_units" not in codes({"loss": [1.0, 0.5]}, initial=np.ones((3, 4)))


def test_a_loss_that_stays_is_seen() -> None:
    assert codes({"loss": [1.0, 1.01, 0.99, 1.0]}) == ["loss_did_not_fall"]


def test_overfitting_is_seen() -> None:
    assert codes({"loss": [1, 0.5, 0.3, 0.2, 0.1, 0.05], "val_loss": [1, 0.6, 0.5, 0.6, 0.7, 0.8]}) == ["overfitting"]


def test_a_loss_that_still_falls_at_the_end_is_seen() -> None:
    assert codes({"loss": [1 / epoch for epoch in range(1, 21)]}) == ["still_improving"]


def test_values_that_were_not_finite_are_passed_over() -> None:
    assert codes({"loss": [1.0, None, 0.5, None]}) == []
