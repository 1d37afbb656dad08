"""Inputs with one value are named."""

import numpy as np

from tests.diagnostics.rules.data_runs import X, find_with


def test_they_are_listed() -> None:
    [finding] = find_with("constant_inputs", x=np.column_stack([X, np.ones(len(X))]))
    assert finding.level == "info"
    assert find_with("constant_inputs") == []
