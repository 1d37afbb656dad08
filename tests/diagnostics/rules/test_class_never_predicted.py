"""A class that is never predicted is named."""

import numpy as np

from tests.diagnostics.runs import check_patch, find, predicted, run, spec

TARGETS = np.arange(90) % 3


def test_a_class_with_enough_rows_is_named() -> None:
    over = run(spec(), predictions={"train": predicted(TARGETS, TARGETS % 2)})
    [finding] = find("class_never_predicted", over)
    assert finding.message == "No training row is predicted as 'c'; 30 of 90 are of this class."
    assert check_patch(over, finding)["training"]["class_weight"] == "balanced"


def test_a_class_of_few_rows_may_be_missed() -> None:
    targets = np.where(np.arange(90) < 4, 2, np.arange(90) % 2)
    over = run(spec(), predictions={"train": predicted(targets, np.arange(90) % 2)})
    assert find("class_never_predicted", over) == []
    assert find("class_never_predicted", run(spec())) == []
