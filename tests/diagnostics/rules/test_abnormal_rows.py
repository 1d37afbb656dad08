"""Rows that the network contradicts are listed."""

import numpy as np
import pytest

from steelyard.diagnostics.rules.abnormal_rows import AbnormalRows
from tests.diagnostics.runs import find, predicted, regression, run, spec

TARGETS = np.arange(120) % 3
SURE = np.eye(3)[TARGETS] * 0.9 + 0.1 / 3


def test_rows_that_are_predicted_as_sure_as_others_of_that_class_are_listed() -> None:
    labels = np.where(np.isin(TARGETS, 0) & (np.arange(120) < 12), 1, TARGETS)
    over = run(spec(), predictions={"train": predicted(labels, TARGETS, SURE)})
    [finding] = find("abnormal_rows", over)
    assert finding.level == "info"
    assert "4 of 120 rows have an abnormal loss" in finding.message
    assert "Rows: 0, 3, 6, 9." in finding.message


def test_many_of_them_are_a_warning() -> None:
    labels = np.where(np.arange(120) < 20, (TARGETS + 1) % 3, TARGETS)
    over = run(spec(), predictions={"train": predicted(labels, TARGETS, SURE)})
    [finding] = find("abnormal_rows", over)
    assert finding.level == "warning"
    assert "and 10 more" in finding.message
    assert [each.level for each in AbnormalRows(share=0.5).find(over)] == ["info"]


@pytest.mark.parametrize(("accuracy", "level"), [(0.71, "warning"), (0.69, "info")])
def test_a_network_that_knows_little_more_than_a_constant_answer_does_not_warn(accuracy: float, level: str) -> None:
    labels = np.where(np.arange(120) < 20, (TARGETS + 1) % 3, TARGETS)
    rows = {split: predicted(labels, TARGETS, SURE) for split in ("train", "validation")}
    baseline = {
        name: {split: {"accuracy": value, "loss": 1.0} for split in rows}
        for name, value in (("constant", 0.4), ("linear", 0.6))
    }
    found = find("abnormal_rows", run(spec(), value=accuracy, predictions=rows, baseline=baseline))
    assert [finding.level for finding in found] == [level]


def test_doubtful_rows_are_not_meant() -> None:
    doubt = np.where(np.arange(120)[:, None] < 20, np.roll(np.eye(3)[TARGETS], 1, axis=1) * 0.3 + 0.7 / 3, SURE)
    over = run(spec(), predictions={"train": predicted(TARGETS, doubt.argmax(axis=1), doubt)})
    assert find("abnormal_rows", over) == []
    assert find("abnormal_rows", run(spec())) == []  # without probabilities


def test_numbers_far_from_their_prediction_are_listed() -> None:
    said = np.random.default_rng(0).normal(size=(100, 1))
    targets = said + np.random.default_rng(1).normal(scale=0.1, size=(100, 1))
    targets[[5, 17, 40]] += 5
    over = run(regression(), predictions={"train": predicted(targets, said)})
    [finding] = find("abnormal_rows", over)
    assert "3 of 100 rows" in finding.message
    assert "their errors are more than 8 standard deviations of the usual ones" in finding.message
    assert {*finding.message.split("Rows: ")[1].strip(".").split(", ")} == {"5", "17", "40"}


def test_runs_that_go_on_or_learned_nothing_and_several_labels_have_none() -> None:
    labels = np.where(np.arange(120) < 20, (TARGETS + 1) % 3, TARGETS)
    rows = {"train": predicted(labels, TARGETS, SURE)}
    assert len(find("abnormal_rows", run(spec(), predictions=rows))) == 1
    assert find("abnormal_rows", run(spec(), predictions=rows, is_over=False)) == []
    assert find("abnormal_rows", run(spec(), predictions=rows, value=0.4)) == []
    assert find("abnormal_rows", run(spec() | {"task": "multilabel"}, predictions=rows)) == []


def test_a_network_that_is_sure_of_everything_and_has_the_loss_for_it_is_not_believed() -> None:
    labels = np.where(np.arange(120) < 20, (TARGETS + 1) % 3, TARGETS)
    rows = {"train": predicted(labels, TARGETS, SURE)}
    for loss, count in ((1.0, 0), (0.99, 1)):  # a constant answer has 1
        metrics = {split: {"accuracy": 0.95, "loss": loss} for split in ("train", "validation")}
        assert len(find("abnormal_rows", run(spec(), predictions=rows, metrics=metrics))) == count


def test_ten_rows_are_named_and_the_others_counted() -> None:
    labels = np.where(np.arange(120) < 10, (TARGETS + 1) % 3, TARGETS)
    [finding] = find("abnormal_rows", run(spec(), predictions={"train": predicted(labels, TARGETS, SURE)}))
    assert finding.message.endswith("Rows: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9.")
    assert (finding.value, finding.threshold) == (0.0833333, 0.08)


def test_a_class_of_one_row_is_as_sure_as_that_row() -> None:
    labels, sure = np.array([0, 1, *[2] * 38]), np.full((40, 3), 0.02)
    sure[np.arange(40), [0, *[1] * 5, *[2] * 34]] = 0.96
    sure[2:6, 1] = 0.94  # not as sure as the one row of the class is
    over = run(spec(), predictions={"train": predicted(labels, sure.argmax(axis=1), sure)})
    assert find("abnormal_rows", over) == []


def test_each_of_several_targets_is_looked_at() -> None:
    targets = np.random.default_rng(0).normal(scale=0.1, size=(100, 2))
    targets[[3, 50, 51], [0, 1, 1]] = 5
    [finding] = find("abnormal_rows", run(regression(), predictions={"train": predicted(targets, targets * 0)}))
    assert {*finding.message.split("Rows: ")[1].strip(".").split(", ")} == {"3", "50", "51"}


def test_a_few_numbers_that_dominate_the_squared_error_have_another_remedy() -> None:
    targets = np.random.default_rng(0).normal(size=(100, 1))
    targets[[5, 17, 40]] += 100
    rows = {"train": predicted(targets, np.zeros((100, 1)))}
    [finding] = find("abnormal_rows", run(regression(), predictions=rows))
    assert finding.level == "info"
    assert "Those in training have 100% of the squared error. Rows: " in finding.message
    assert "mean_absolute_error or huber" in finding.suggestion
    [finding] = find("abnormal_rows", run(regression(loss="huber"), predictions=rows))
    assert "squared error" not in finding.message + finding.suggestion
    targets[[5, 17, 40]] -= 87  # about 13 deviations, and most of the squared error
    assert "squared error" in find("abnormal_rows", run(regression(), predictions=rows))[0].message
