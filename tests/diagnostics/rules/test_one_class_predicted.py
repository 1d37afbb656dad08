"""The same class for every row is named."""

import numpy as np

from tests.diagnostics.runs import check_patch, find, predicted, run, spec

TARGETS = np.arange(90) % 3


def test_it_is_named_with_the_class() -> None:
    over = run(spec(), predictions={"train": predicted(TARGETS, np.ones(90, int))})
    [finding] = find("one_class_predicted", over)
    assert finding.message == "All 90 training rows are predicted as 'b'; 60 of them are of another class."
    assert check_patch(over, finding)["optimizer"]["name"] == "adamw"


def test_a_frequent_class_is_balanced() -> None:
    targets = np.where(np.arange(90) < 80, 1, 0)
    over = run(spec(), predictions={"train": predicted(targets, np.ones(90, int))})
    [finding] = find("one_class_predicted", over)
    assert check_patch(over, finding)["training"]["class_weight"] == "balanced"


def test_rows_of_one_class_and_different_answers_are_none() -> None:
    same = {"train": predicted(np.ones(90, int), np.ones(90, int))}
    assert find("one_class_predicted", run(spec(), predictions=same)) == []
    assert find("one_class_predicted", run(spec())) == []
    assert find("one_class_predicted", run(spec(), predictions={})) == []


def test_a_job_with_weights_is_chosen_again_and_other_tasks_have_none() -> None:
    targets = np.where(np.arange(90) < 80, 1, 0)
    rows = {"train": predicted(targets, np.ones(90, int))}
    weighted = run(spec(training={"class_weight": "balanced"}), predictions=rows)
    [finding] = find("one_class_predicted", weighted)
    assert "scale of the inputs" in finding.suggestion
    assert (finding.value, finding.threshold) == (1, 1)
    assert find("one_class_predicted", run(spec() | {"task": "multilabel"}, predictions=rows)) == []
    assert find("one_class_predicted", run(spec(), predictions=rows, classes=None)) == []
    assert find("one_class_predicted", run(spec(), predictions=rows, history={})) == []
    half = {"train": predicted(np.arange(90) % 2, np.ones(90, int))}
    [finding] = find("one_class_predicted", run(spec(), predictions=half))
    assert "scale of the inputs" in finding.suggestion  # half of the rows is not a frequent class
