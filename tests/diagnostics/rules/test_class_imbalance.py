"""A rare class that the network misses is named."""

import numpy as np

from tests.diagnostics.runs import check_patch, find, predicted, run, spec

TARGETS = np.where(np.arange(200) < 12, 2, np.arange(200) % 2)
MISSED = np.where(np.arange(200) < 10, 0, TARGETS)


def test_it_is_named_with_its_share_and_balanced_by_the_patch() -> None:
    over = run(spec(), predictions={"train": predicted(TARGETS, MISSED)})
    [finding] = find("class_imbalance", over)
    assert "The class 'c' has 12 of 200 training rows, and 83% of its rows are predicted as another" in finding.message
    assert check_patch(over, finding)["training"]["class_weight"] == "balanced"


def test_a_rare_class_that_is_found_and_balanced_jobs_have_none() -> None:
    assert find("class_imbalance", run(spec(), predictions={"train": predicted(TARGETS, TARGETS)})) == []
    weighted = spec(training={"class_weight": "balanced"})
    assert find("class_imbalance", run(weighted, predictions={"train": predicted(TARGETS, MISSED)})) == []
    assert find("class_imbalance", run(spec(), predictions={"train": predicted(MISSED, TARGETS)})) == []
