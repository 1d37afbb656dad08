"""Inputs of very different or large scale are named."""

import numpy as np

from tests.diagnostics.rules.data_runs import X, find_with

NONE = {"numeric": "none"}


def test_large_and_different_inputs_are_a_warning_where_it_did_harm() -> None:
    [finding] = find_with("unscaled_inputs", x=X * [1000, 1], preprocessing=NONE, value=0.4)
    assert finding.level == "warning"
    assert "the root mean square of 'x0' is" in finding.message
    [finding] = find_with("unscaled_inputs", x=X * [1000, 1], preprocessing=NONE, value=0.95)
    assert finding.level == "info"
    [finding] = find_with("unscaled_inputs", x=X * [1, 0.001], preprocessing=NONE, value=0.4)
    assert "differ by a factor of" in finding.message


def test_scaled_and_harmless_inputs_have_none() -> None:
    assert find_with("unscaled_inputs", x=X * [1000, 1], value=0.4) == []
    assert find_with("unscaled_inputs", x=X, preprocessing=NONE, value=0.4) == []
    assert find_with("unscaled_inputs", x=np.ones_like(X), preprocessing=NONE, value=0.4) == []
