"""A class that is never predicted is named."""

from typing import Any

import numpy as np
import pytest

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


@pytest.mark.parametrize(("value", "level"), [(0.4, "warning"), (0.95, "info")])
def test_a_label_that_no_row_is_predicted_to_have_is_named(value: float, level: str) -> None:
    rows = [{"a": place, "p": place % 2, "q": int(place < 20), "r": int(place < 4)} for place in range(100)]
    job = spec(data={"inline": {"rows": rows}, "target": ["p", "q", "r"]}, task="multilabel")
    targets = np.array([[row[name] for name in "pqr"] for row in rows])
    metrics = {split: {"hamming_loss": 1 - value, "loss": 0.2} for split in ("train", "validation")}
    baseline = {name: {split: {"hamming_loss": 0.3} for split in metrics} for name in ("constant", "linear")}
    given: Any = {"metrics": metrics, "baseline": baseline, "classes": None}
    said = {"train": predicted(targets, targets * [1, 0, 0])}
    [finding] = find("class_never_predicted", run(job, predictions=said, **given))
    assert finding.message == "No training row is predicted to have the label 'q' (20 of 100 have it)."
    assert (finding.level, bool(finding.patch), finding.threshold) == (level, level == "warning", 5)
    assert find("class_never_predicted", run(job, predictions={"train": predicted(targets, targets)}, **given)) == []
