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


@pytest.mark.parametrize(("scale", "offset", "value"), [(1.0, 50.0, 50), (0.01, 0.0, 0.01)])
def test_what_was_measured_is_in_the_finding(scale: float, offset: float, value: float) -> None:
    targets = (Y - Y.mean()) / Y.std() * scale + offset
    over = run(regression(preprocessing=NONE), value=0.1, predictions={"train": predicted(targets, targets)})
    [finding] = find("unscaled_targets", over)
    assert finding.value == pytest.approx(value, rel=0.01)
    assert finding.threshold == (10 if offset else 0.1)
    assert finding.epoch == 0


def test_constant_targets_and_classes_have_none() -> None:
    same = np.full((100, 1), 500.0)
    job = regression(preprocessing=NONE)
    assert find("unscaled_targets", run(job, value=0.1, predictions={"train": predicted(same, same)})) == []
    rows = {"train": predicted(Y * 100, Y * 100)}
    assert find("unscaled_targets", run(job | {"task": "binary"}, value=0.1, predictions=rows)) == []
    assert find("unscaled_targets", run(job | {"loss": {"name": "poisson"}}, value=0.1, predictions=rows)) == []
    high = {"loss": [3.1, 0.5, 0.3]}  # more than three times the loss of a constant answer, at the start
    [finding] = find("unscaled_targets", run(job, predictions=rows, history=high))
    assert finding.level == "warning"


def test_targets_of_ten_are_not_yet_large() -> None:
    ten = np.array([[10.0], [-10.0]] * 50)
    assert (
        find("unscaled_targets", run(regression(preprocessing=NONE), predictions={"train": predicted(ten, ten)})) == []
    )
    small = ten / 100
    [finding] = find(
        "unscaled_targets", run(regression(preprocessing=NONE), predictions={"train": predicted(small * 0.99, small)})
    )
    assert finding.value == pytest.approx(0.099)
