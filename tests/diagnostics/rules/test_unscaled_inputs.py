"""Inputs of very different or large scale are named."""

import numpy as np
import pytest

from tests.diagnostics.rules.data_runs import X, find_with
from tests.diagnostics.runs import changes

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


def test_what_was_measured_is_in_the_finding() -> None:
    unit = (X - X.mean(axis=0)) / X.std(axis=0)
    [finding] = find_with("unscaled_inputs", x=unit * [50, 1], preprocessing=NONE)
    assert [finding.value, finding.threshold, finding.epoch] == pytest.approx([5, 1, 0], rel=0.1)
    [finding] = find_with("unscaled_inputs", x=unit * [1, 0.002], preprocessing=NONE)
    assert finding.value == pytest.approx(5, rel=0.1)
    assert find_with("unscaled_inputs", x=unit * [8, 0.1], preprocessing=NONE) == []  # a factor of 80
    assert len(find_with("unscaled_inputs", x=unit * [8, 0.06], preprocessing=NONE)) == 1
    high = {"loss": [30.0, 0.5, 0.3]}
    [finding] = find_with("unscaled_inputs", x=unit * [50, 1], preprocessing=NONE, history=high)
    assert finding.level == "warning"
    assert changes(finding) == [("/preprocessing/numeric", "standard")]


def test_categories_of_an_embedding_are_no_numbers_to_scale() -> None:
    x = np.column_stack([1000 * X[:, 0], np.arange(len(X)) % 5])
    embedding = {"type": "embedding", "columns": [1], "categories": [5], "units": 2}
    assert len(find_with("unscaled_inputs", x=x, preprocessing=NONE)) == 1
    assert find_with("unscaled_inputs", x=x, layers=[embedding, 8], preprocessing=NONE) == []
