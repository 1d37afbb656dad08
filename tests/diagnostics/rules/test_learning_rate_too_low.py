"""Weights that hardly moved are named."""

from dataclasses import replace
from typing import Any

import pytest

from steelyard.diagnostics.rules.learning_rate_too_low import LearningRateTooLow
from tests.diagnostics.runs import check_patch, drawn, find, kernels, run, spec

START = kernels(dense_1=drawn(3, 4))


def moved(by: float, *, value: float = 0.4, rate: float = 1e-6, **fields: Any) -> Any:
    end = {name: tensor * (1 + by) for name, tensor in START.items()}
    job = spec(optimizer={"name": "adam", "learning_rate": rate}, **fields)
    return run(job, value=value, initial=START, final=end)


def test_small_moves_of_a_network_that_learned_nothing_are_named() -> None:
    over = moved(0.01)
    [finding] = find("learning_rate_too_low", over)
    assert (
        "The learning rate of 1e-06 is too low: in 140 steps the weights moved by 0.01 of their length"
        in finding.message
    )
    assert check_patch(over, finding)["optimizer"]["learning_rate"] == 0.001
    over = moved(0.01, rate=0.0008)
    [finding] = find("learning_rate_too_low", over)
    assert check_patch(over, finding)["optimizer"]["learning_rate"] == 0.008


def test_large_moves_good_networks_and_frozen_weights_have_none() -> None:
    assert find("learning_rate_too_low", moved(0.2)) == []
    assert find("learning_rate_too_low", moved(0.01, value=0.95)) == []
    assert find("learning_rate_too_low", moved(0.0)) == []
    assert find("learning_rate_too_low", moved(0.01, rate=0.01)) == []
    assert [*LearningRateTooLow(distance=0.001).find(moved(0.01))] == []


def test_runs_that_failed_go_on_or_made_few_steps_have_none() -> None:
    over = moved(0.01)
    for change in ({"is_over": False}, {"error": {"type": "x", "detail": ""}}, {"history": {"loss": [1.0, 0.9]}}):
        assert find("learning_rate_too_low", replace(over, **change)) == []
    three = replace(over, history={"loss": [1.0, 0.9, 0.8]})  # of seven steps each
    [finding] = find("learning_rate_too_low", three)
    assert [finding.value, finding.threshold] == pytest.approx([0.01, 0.1])
    assert len(find("learning_rate_too_low", moved(0.09, rate=0.001))) == 1  # the usual rate
    assert find("learning_rate_too_low", moved(0.11, rate=0.001)) == []
