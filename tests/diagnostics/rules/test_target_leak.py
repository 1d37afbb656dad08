"""An input that gives the target away is dropped by the patch."""

import numpy as np

from tests.diagnostics.rules.data_runs import X, find_with


def test_the_leak_is_named_and_dropped() -> None:
    [finding] = find_with("target_leak", x=np.column_stack([X[:, 1], 3 * X[:, 0] + 1]), y=X[:, 0])
    assert finding.level == "warning"
    assert finding.patch
    assert finding.patch[0].path == "/data/ignore"


def test_usual_inputs_are_none() -> None:
    assert find_with("target_leak") == []


def test_the_only_input_is_not_dropped() -> None:
    [finding] = find_with("target_leak", x=X[:, :1], y=X[:, 0])
    assert (finding.level, finding.patch) == ("warning", None)
