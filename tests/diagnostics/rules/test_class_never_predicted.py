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


def test_a_job_with_weights_is_chosen_again() -> None:
    over = run(spec(training={"class_weight": "balanced"}), predictions={"train": predicted(TARGETS, TARGETS % 2)})
    [finding] = find("class_never_predicted", over)
    assert finding.suggestion == "Train for more epochs, or use a larger network."
    assert check_patch(over, finding)["optimizer"]["name"] == "adamw"
    [finding] = find("class_never_predicted", run(spec(), predictions={"train": predicted(TARGETS, TARGETS % 2)}))
    assert "'balanced'" in finding.suggestion
    assert (finding.value, finding.threshold) == (0, 5)


def test_at_most_ten_classes_are_named() -> None:
    targets = np.arange(360) % 12
    over = run(spec(), classes=[*"abcdefghijkl"], predictions={"train": predicted(targets, targets * 0)})
    [finding] = find("class_never_predicted", over)
    assert finding.message.startswith(
        "No training row is predicted as 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k';"
    )
    assert finding.message.endswith("330 of 360 are of these classes.")


def test_a_hundredth_of_many_rows_is_enough_and_a_run_that_goes_on_has_none() -> None:
    for rare, count in ((9, 0), (10, 1)):
        targets = np.where(np.arange(1000) < rare, 2, np.arange(1000) % 2)
        rows = {"train": predicted(targets, np.arange(1000) % 2)}
        assert len(find("class_never_predicted", run(spec(), predictions=rows))) == count
        assert find("class_never_predicted", run(spec(), predictions=rows, is_over=False)) == []
