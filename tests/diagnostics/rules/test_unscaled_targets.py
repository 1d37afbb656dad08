"""Targets of a large or small scale are named."""

import numpy as np
import pytest

from tests.diagnostics.runs import check_patch, find, predicted, regression, run

Y = np.random.default_rng(0).normal(size=(100, 1))
NONE = {"target": "none"}


@pytest.mark.parametrize(("targets", "found"), [(Y, False), (Y * 100, True), (Y * 0.001, True), (Y + 50, True)])
def test_what_is_far_from_one_is_named(targets: np.ndarray, found: bool) -> None:
    over = run(regression(preprocessing=NONE), value=0.1, predictions={"train": predicted(targets, targets)})
    findings = find("unscaled_targets", over)
    assert bool(findings) == found
    for finding in findings:
        assert finding.level == "warning"
        assert check_patch(over, finding)["preprocessing"]["target"] == "standard"


def test_scaled_targets_and_good_networks() -> None:
    rows = {split: predicted(Y * 100, Y * 100) for split in ("train", "validation")}
    assert find("unscaled_targets", run(regression(), value=0.1, predictions=rows)) == []
    [finding] = find("unscaled_targets", run(regression(preprocessing=NONE), value=0.95, predictions=rows))
    assert finding.level == "info"
